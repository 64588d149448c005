"""What the parts of the store that keep drafts share.

Source: docs/desk.md, "Drafts and second persons".
"""

from typing import Final

from gateway.drafting import DraftState, Need
from gateway.errors import DataError
from gateway.shelving import Writer
from gateway.storage.core import StorePart
from gateway.storage.draft_rows import DraftSeal, cell_of
from gateway.storage.session import Event, Session

KIND_DRAFT: Final = "draft.changed"
KIND_NEEDED: Final = "approval.needed"
KIND_DONE: Final = "approval.done"

EDITABLE: Final = (DraftState.EDITING, DraftState.RETURNED)
FROZEN: Final = (DraftState.SUBMITTED, DraftState.APPROVED)


class SealedPart(StorePart):
    """A part that seals and opens columns of drafts."""

    async def draft_key(self, draft: str) -> bytes:
        """Return the key of one that was not sent; secret.

        Raises:
            NoInputError: There is none of this id.
        """
        wrapped, _ = cell_of(self._core.reader, draft, "key")
        return DraftSeal.of(self._core.vault, draft, wrapped).key

    def _seal_of(self, draft: str, wrapped: bytes) -> DraftSeal:
        return DraftSeal.of(self._core.vault, draft, wrapped)

    async def _seal(self, draft: str) -> DraftSeal:
        return DraftSeal(await self.draft_key(draft), draft)

    def _opened_column(self, draft: str, column: str) -> bytes:
        wrapped, sealed = cell_of(self._core.reader, draft, column)
        return DraftSeal.of(self._core.vault, draft, wrapped).open(column, sealed)


def words(needs: frozenset[Need]) -> str:
    """Return why a second person must approve, as stored."""
    return " ".join(sorted(need.value for need in needs))


def wrote(session: Session, number: int | None, by: Writer) -> None:
    """Note that somebody wrote a draft: they may not approve it."""
    if by.person is not None:
        session.execute(
            "INSERT INTO draft_writer (draft, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (number, by.person),
        )


def tell(
    session: Session, draft: str, word: str, *, who: str, now_ms: int, kind: str = KIND_DRAFT
) -> None:
    """Make an event of a draft: its id and its state."""
    session.tell(Event(at_ms=now_ms, kind=kind, message=None, what=f"{draft} {word}", by=who))


class StaleApprovalError(DataError):
    """Other bytes are frozen now than those that were approved."""

    default_code = "approval_stale"

    def __init__(self) -> None:
        super().__init__(
            "other bytes are frozen now than those that were approved",
            hint="look at the draft again",
        )
