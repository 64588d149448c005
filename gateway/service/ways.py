"""How the way to each node stands now: its circuit, the next attempt, the last contact.

Put together from what the engine holds in memory and what the store keeps; changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.records import LaneRow
from protocol.delivery.circuit import Phase
from protocol.identifiers import NodeId


class Standing(Protocol):
    """What the engine says of one lane that has work or a fault."""

    @property
    def phase(self) -> Phase:
        """The phase of its circuit."""

    @property
    def failures(self) -> int:
        """Attempts in a row that failed."""

    @property
    def due_in_s(self) -> float:
        """Seconds until the next attempt, 0 if it is due."""


class Times(Protocol):
    """When a node was met last, milliseconds since 1970 UTC; None if unknown."""

    @property
    def heard_ms(self) -> int | None:
        """It called us."""

    @property
    def reached_ms(self) -> int | None:
        """It answered us."""


class Book(Protocol):
    """What is kept of lanes."""

    async def lane_rows(self) -> tuple[LaneRow, ...]:
        """Return what is kept about the way to each node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to one node.

    Attributes:
        node: Where it leads.
        phase: Of its circuit: closed is healthy.
        failures: Attempts in a row that failed.
        due_in_ms: Until the next attempt; 0 if it is due, or nothing waits.
        last_contact_ms: When it was met last, either way; None if never.
        why: The last fault, None after a good answer.
    """

    node: NodeId
    phase: Phase = Phase.CLOSED
    failures: int = 0
    due_in_ms: int = 0
    last_contact_ms: int | None = None
    why: str | None = None


class Ways:
    """The ways to all nodes.

    Args:
        book: What is kept over a restart.
        standings: Gives the lanes that have work or a fault now.
        contacts: Gives the last contacts.
    """

    def __init__(
        self,
        *,
        book: Book,
        standings: Callable[[], Mapping[NodeId, Standing]],
        contacts: Callable[[], Mapping[NodeId, Times]],
    ) -> None:
        self._book = book
        self._standings = standings
        self._contacts = contacts

    async def all(self) -> Mapping[NodeId, Way]:
        """Return the way to each node that was ever met or written to."""
        rows = {row.node: row for row in await self._book.lane_rows()}
        standings, contacts = self._standings(), self._contacts()
        nodes = sorted({*rows, *standings, *contacts})
        return {
            node: _way(node, rows.get(node), standings.get(node), contacts.get(node))
            for node in nodes
        }


def _way(node: NodeId, row: LaneRow | None, now: Standing | None, met: Times | None) -> Way:
    kept = None if row is None else row.last_ok_ms
    times = () if met is None else (met.heard_ms, met.reached_ms)
    failures = 0 if now is None else now.failures
    return Way(
        node=node,
        phase=Phase.CLOSED if now is None else now.phase,
        failures=failures,
        due_in_ms=0 if now is None else round(now.due_in_s * 1000),
        last_contact_ms=max((each for each in (*times, kept) if each is not None), default=None),
        why=row.last_error if row is not None and failures else None,
    )
