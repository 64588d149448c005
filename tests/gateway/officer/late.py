"""What was told of late messages, and the other nodes, for a desk in memory."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.cancelling import CancellationRow
from gateway.errors import NoInputError
from gateway.lateness import CopyRow, EscalationRow
from gateway.retaining import HoldRow
from gateway.rows import MessageRow
from gateway.service.cancel import Cancelled
from gateway.service.peers import PeerState
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


class Rows(Protocol):
    """Where messages are."""

    rows: list[MessageRow]


class LateNotes:
    """The port LateBook over lists."""

    def __init__(self, book: Rows) -> None:
        self._book = book
        self.stages: list[EscalationRow] = []
        self.pairs: list[CopyRow] = []
        self.ways: dict[NodeId, Way] = {}

    async def escalations(self, mids: Sequence[MessageId]) -> tuple[EscalationRow, ...]:
        """Return the stages of some messages."""
        return tuple(row for row in self.stages if row.mid in mids)

    async def copies(self, mid: MessageId) -> tuple[CopyRow, ...]:
        """Return the pair of a message."""
        return tuple(row for row in self.pairs if mid in {row.original, row.copy})

    async def coded(self, low: MessageId, high: MessageId) -> tuple[MessageRow, ...]:
        """Return messages by the range of their ids."""
        rows = self._book.rows
        return tuple(row for row in rows if low.value <= row.mid.value <= high.value)

    async def all(self) -> Mapping[NodeId, Way]:
        """Return the ways to other nodes."""
        return self.ways


class Others:
    """The table of other nodes, as a test wants it."""

    def __init__(self) -> None:
        self.states: tuple[PeerState, ...] = ()

    async def table(self) -> tuple[PeerState, ...]:
        """Return what the test put in."""
        return self.states


class TakingBack:
    """The use case of cancelling: what a test put in is what is known."""

    def __init__(self) -> None:
        self.known: dict[MessageId, Cancelled] = {}
        self.asked: list[tuple[MessageId, str, str]] = []

    def know(
        self,
        mid: MessageId,
        *,
        state: MessageState = MessageState.CANCELLED,
        may_have_left: bool = False,
        withdrawal: MessageId | None = None,
        copies: tuple[MessageId, ...] = (),
    ) -> None:
        """Let a message be cancelled like this."""
        row = CancellationRow(
            mid=mid,
            at_ms=1_795_269_600_000,
            origin="a35/RO/1/log/1",
            index=12,
            may_have_left=may_have_left,
            withdrawal=withdrawal,
        )
        self.known[mid] = Cancelled(state=state, row=row, repeated=False, copies=copies)

    async def cancel(self, mid: MessageId, reason: str, *, who: str) -> Cancelled:
        """Return what is known.

        Raises:
            NoInputError: Nothing is.
        """
        self.asked.append((mid, reason, who))
        if mid not in self.known:
            raise NoInputError("this node sent no such message")
        return self.known[mid]


class Held:
    """Where holds are kept: in memory."""

    def __init__(self) -> None:
        self.rows: dict[MessageId, HoldRow] = {}
        self.acts: list[bytes] = []

    async def hold(
        self, thread: MessageId, act: Statement, *, on: bool, by: str, now_ms: int
    ) -> HoldRow:
        """Hold or release; there is no thread of the number 9."""
        if thread.value[-1] == 9:
            raise NoInputError("there is no such thread")
        self.acts.append(act.preimage)
        row = HoldRow(
            thread=thread, is_on=on, at_ms=now_ms, by=by, origin="a35/RO/1/log/1", index=8
        )
        self.rows[thread] = row
        return row

    async def held(self, thread: MessageId) -> HoldRow | None:
        """Return how it stands."""
        return self.rows.get(thread)
