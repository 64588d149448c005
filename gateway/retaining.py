"""The part of the store port by which old data are erased, and its values.

gateway.store has the port as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from protocol.cases.retention import RetainedThread
from protocol.identifiers import MessageId
from protocol.log.erasure import Erasure
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedThread:
    """A thread, or one message that is in none, nothing of which changed for long.

    `place`: where to go on from. `thread` is None for a message that is in none.
    """

    place: int
    thread: MessageId | None
    kept: RetainedThread


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedStatement:
    """A statement that is old enough, with what it says."""

    index: int
    kind: int
    preimage: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """Whether a thread is held, since when, by whom, and the leaf that says so."""

    thread: MessageId
    is_on: bool
    at_ms: int
    by: str
    origin: str
    index: int


class Holds(Protocol):
    """What officers keep from being erased."""

    async def hold(
        self, thread: MessageId, act: Statement, *, on: bool, by: str, now_ms: int
    ) -> HoldRow:
        """Hold a thread or release it; the row as it was if that is so already.

        Raises NoInputError if there is no such thread.
        """

    async def held(self, thread: MessageId) -> HoldRow | None:
        """Return whether a thread was ever held, and is now."""


class Retaining(Holds, Protocol):
    """What is old, what is held, and erasing what an act of our log names."""

    async def aged_threads(
        self, *, after: int, before_ms: int, limit: int
    ) -> tuple[AgedThread, ...]:
        """Return what has not changed since, with contents or attachments, in order of place."""

    async def generations(self) -> tuple[int, ...]:
        """Return the generations of our log, the oldest first."""

    async def signed_before(self, generation: int, at_ms: int) -> int:
        """Return the size of the largest head of a log that was signed before a time."""

    async def aged_statements(
        self, generation: int, *, start: int, stop: int, limit: int
    ) -> tuple[AgedStatement, ...]:
        """Return statements of [start, stop) of which the preimage is still kept."""

    async def with_content(self, mids: Sequence[MessageId]) -> frozenset[MessageId]:
        """Return those of these ids that name a message whose content or body is still kept."""

    async def name_erasure(self, erasure: Erasure, act: Statement, *, now_ms: int) -> None:
        """Commit a retention act with its list; nothing is erased yet.

        Raises RecoveringError while no head may be signed.
        """

    async def named_erasure(self) -> Erasure | None:
        """Return the oldest list that was named and is not erased yet, None if there is none."""

    async def erase_named(self) -> None:
        """Erase what the oldest such list names, whole; its attachments are gone already."""

    async def destroy_months(self, *, now_ms: int) -> int:
        """Destroy the keys of past months that seal nothing any more; return how many."""
