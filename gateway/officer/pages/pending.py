"""How many drafts wait for somebody, for the navigation of every page."""

from collections.abc import Mapping
from typing import Final

from gateway.drafting import DeskDrafts, DraftRow, DraftState
from gateway.officer.access import May, allows
from gateway.people import Caller

_WAITING: Final = frozenset({DraftState.SUBMITTED, DraftState.APPROVED})


async def draft_counts(drafts: DeskDrafts | None, caller: Caller | None) -> Mapping[str, int]:
    """Return how many drafts are being written, and how many somebody could approve, by page.

    Args:
        drafts: Of the desk; None on a desk without them.
        caller: Who looks; what is theirs is not counted as theirs to approve.
    """
    if drafts is None or caller is None:
        return {}
    writes, approves = allows(caller, May.COMPOSE), allows(caller, May.APPROVE)
    if not writes and not approves:
        return {}
    rows = await drafts.list(caller)
    counts = {}
    if writes:
        counts["/drafts"] = sum(row.state is not DraftState.SENT for row in rows)
    if approves:
        counts["/approve"] = sum(is_waiting(row) and row.author != caller.person for row in rows)
    return counts


def is_waiting(row: DraftRow) -> bool:
    """Tell whether a second person can do something about a draft.

    Args:
        row: Any.
    """
    return row.pending or (row.state in _WAITING and row.needs > len(row.approvals))
