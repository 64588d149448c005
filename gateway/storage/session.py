"""What one operation sees of the writer's transaction, and the news that its commit brings.

Leaves and events are collected and written at the end of the group, so that a hundred
operations cost a handful of statements. Their numbers are final at once: an operation that
fails takes its own back, and the next one gets them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gateway.errors import RecoveringError
from gateway.records import LaneRow, SignedHead
from gateway.storage.gate import Gate
from gateway.storage.sequence import LogSequence
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin
from protocol.log.statement import Statement

KIND_RECEIVED: Final = "message.received"
KIND_STATE: Final = "message.state"
KIND_RECEIPT: Final = "receipt"
KIND_STUCK: Final = "message.stuck"
KIND_LOST: Final = "message.lost"
KIND_RECOVERED: Final = "message.recovered"
KIND_ALERTED: Final = "message.alerted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQueued:
    """An item of the outbox began to wait."""

    item: int
    node: str
    cls: Urgency
    exp_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnded:
    """An item of the outbox is no more."""

    item: int
    node: str
    cls: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemParked:
    """An item of the outbox waits until a time of its own."""

    item: int
    node: str
    cls: Urgency
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHastened:
    """What is put off of a lane, or of all if `node` is None, waits no longer.

    In order with what was put off in the same commit: what came after it stays put off.
    """

    node: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChanged:
    """A lane's row was written."""

    row: LaneRow


LaneNews: TypeAlias = ItemQueued | ItemEnded | ItemParked | LaneHastened | LaneChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event before it has its number; `message` is the row it concerns."""

    at_ms: int
    kind: str
    message: int | None
    what: str
    by: str
    origin: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitNews:
    """What one commit changed, for those that keep a picture of the store in memory.

    `completed` has for each new leaf the subtrees that it completed, the first leaf being
    number `first`. `head` is the newest signed head, new or not.
    """

    first: int = 0
    completed: Sequence[tuple[bytes, ...]] = ()
    head: SignedHead | None = None
    newest_event: int = 0
    lanes: Sequence[LaneNews] = field(default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a session had come before an operation."""

    statements: int
    events: int
    lanes: int
    must_sign: bool
    begins: bool


class Session:
    """One group commit, from the inside; lives for one transaction of the writer.

    Args:
        connection: The read-write connection, in a transaction.
        sequence: The end of our log.
        origin: The generation that is written.
        gate: Whether heads may be signed.
        newest_event: Number of the newest committed event.
        next_item: Gives out numbers for items of the outbox, none twice while the store is open.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        sequence: LogSequence,
        origin: LogOrigin,
        gate: Gate,
        newest_event: int,
        next_item: Callable[[], int],
    ) -> None:
        self.origin: Final = origin
        self.gate: Final = gate
        self.execute: Final[Callable[..., sqlite3.Cursor]] = connection.execute
        self.next_item: Final = next_item
        self._connection = connection
        self._sequence = sequence
        self._first_event = newest_event + 1
        self._statements: list[Statement] = []
        self._events: list[Event] = []
        self._lanes: list[LaneNews] = []
        self._must_sign = False
        self._begins = False

    @property
    def must_sign(self) -> bool:
        """Whether an operation stated something that must leave the node."""
        return self._must_sign

    @property
    def begins(self) -> bool:
        """Whether signing begins with this commit."""
        return self._begins

    @property
    def will_sign(self) -> bool:
        """Whether this commit may carry a signed head."""
        return self.gate.is_open or (self._begins and not self.gate.is_ended)

    def begin_signing(self) -> None:
        """Let heads be signed from this commit on."""
        self._begins = True

    def state(self, statement: Statement, *, must_leave: bool) -> int:
        """Append one statement to our log.

        Args:
            statement: What this node says.
            must_leave: Somebody waits for it: the commit carries a signed head, unless the gate
                is closed; then the first head after it opens covers it.

        Returns:
            The index of its leaf.
        """
        self._statements.append(statement)
        self._must_sign = self._must_sign or must_leave
        return self._sequence.size + len(self._statements) - 1

    def tell(self, event: Event) -> None:
        """Add one event of the node."""
        self._events.append(event)

    def lane(self, news: LaneNews) -> None:
        """Note what changed in the outbox, for the picture in memory."""
        self._lanes.append(news)

    def mark(self) -> Mark:
        """Return how far this session is."""
        return Mark(
            len(self._statements),
            len(self._events),
            len(self._lanes),
            self._must_sign,
            self._begins,
        )

    def back_to(self, mark: Mark) -> None:
        """Take back what was added since a mark; the database was rolled back likewise."""
        del self._statements[mark.statements :]
        del self._events[mark.events :]
        del self._lanes[mark.lanes :]
        self._must_sign = mark.must_sign
        self._begins = mark.begins

    def flush(self) -> CommitNews:
        """Write the collected leaves and events, at the end of the group.

        Returns:
            The news of this commit, its head not yet set.

        Raises:
            sqlite3.Error: The whole group must be rolled back.
        """
        first = self._sequence.size
        completed = self._sequence.append(self._statements) if self._statements else []
        if self._events:
            self._connection.executemany(
                "INSERT INTO event (number, at_ms, kind, message, what, by, origin, i)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (n, e.at_ms, e.kind, e.message, e.what, e.by, e.origin, e.index)
                    for n, e in enumerate(self._events, self._first_event)
                ],
            )
        return CommitNews(
            first=first,
            completed=completed,
            newest_event=self._first_event + len(self._events) - 1,
            lanes=self._lanes,
        )


def refuse_unsigned(session: Session) -> None:
    """Refuse an operation whose outcome must leave the node with its commit.

    Raises:
        RecoveringError: No head may be signed now.
    """
    if not session.will_sign:
        raise RecoveringError(
            "this log is not signed now", hint="see what it waits for: a35 recover"
        )
