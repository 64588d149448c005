"""What was told of late messages, and the other nodes, for a desk in memory."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.lateness import CopyRow, EscalationRow
from gateway.rows import MessageRow
from gateway.service.peers import PeerState
from gateway.service.ways import Way
from protocol.identifiers import MessageId, NodeId


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
