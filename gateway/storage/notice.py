"""Notices of cases: each becomes one event, however often its clock is looked at."""

from collections.abc import Sequence

from gateway.records import CaseNotice
from gateway.storage.session import Event, Session
from gateway.storage.steps import held_message


def tell_notices(session: Session, *, notices: Sequence[CaseNotice], now_ms: int) -> int:
    """Make events of notices that were not told before.

    Args:
        session: The transaction.
        notices: What the clocks say now.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        How many were new.

    Raises:
        NoInputError: A notice is about a message that is not here.
    """
    told = 0
    for notice in notices:
        message = held_message(session, str(notice.sender), notice.mid)
        added = session.execute(
            "INSERT INTO notice (thread, key, message, at_ms) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (thread, key) DO NOTHING",
            (notice.thread.value, notice.key, message.row, now_ms),
        )
        if added.rowcount != 1:
            continue
        told += 1
        session.tell(
            Event(
                at_ms=now_ms,
                kind=notice.kind,
                message=message.row,
                what=notice.what,
                by=str(session.origin.node),
            )
        )
    return told
