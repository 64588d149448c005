"""How this node stands with every other one: contact, lane, what waits, both logs, clocks, silence.

Looked up when asked for, from the ports and from what services hold in memory; changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.ports import Directory
from gateway.records import LaneRow
from gateway.service.health import Offsets
from gateway.service.link import PeerLogs
from gateway.service.standings import Standings
from gateway.store import Lanes, Overview
from protocol.delivery.circuit import OPENS_AFTER
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """One active node as we see it.

    Attributes:
        node: Which.
        last_contact_ms: When it last answered well, ms since 1970 UTC; None if never.
        phase: The circuit of its lane: closed (healthy), half_open or open.
        failures: Attempts in a row that failed.
        next_wait_ms: How long the lane waits after its last failure, 0 if it does not.
        why: The last fault of the way, None after a good answer.
        waiting: Items that wait for it, by class P0 to P3.
        their_log: Up to where we hold its log, 0 if we never linked it.
        our_log: Up to where it holds ours, as it said.
        is_forked: Whether its log has two histories.
        offset_ms: How far its clock is from ours; None if it was not heard in this run.
        silent_since_ms: Since when it owes a step that was due; None if it owes none.
    """

    node: NodeId
    last_contact_ms: int | None
    phase: str
    failures: int
    next_wait_ms: int
    why: str | None
    waiting: tuple[int, ...]
    their_log: int
    our_log: int
    is_forked: bool
    offset_ms: int | None
    silent_since_ms: int | None


class Book(Lanes, Overview, Protocol):
    """What the table of peers is read from."""


class Peers:
    """The table of all active nodes.

    Args:
        node: This node, which is not in it.
        book: Lanes and silences.
        directory: Who is active.
        logs: Their logs, as we hold them.
        standings: Our log, as they hold it.
        offsets: Their clocks.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        book: Book,
        directory: Directory,
        logs: PeerLogs,
        standings: Standings,
        offsets: Offsets,
    ) -> None:
        self._node = node
        self._book = book
        self._directory = directory
        self._logs = logs
        self._standings = standings
        self._offsets = offsets

    async def table(self) -> tuple[PeerState, ...]:
        """Return every other active node, in order of its id."""
        rows = {row.node: row for row in await self._book.lane_rows()}
        counts = await self._book.lane_counts()
        silent = dict(await self._book.silences())
        return tuple(
            self._state(entry.node_id, rows.get(entry.node_id), counts, silent)
            for entry in self._directory.nodes()
            if entry.node_id != self._node
        )

    def _state(
        self,
        node: NodeId,
        row: LaneRow | None,
        counts: Mapping[NodeId, tuple[int, ...]],
        silent: Mapping[NodeId, int],
    ) -> PeerState:
        failures = 0 if row is None else row.failures
        return PeerState(
            node=node,
            last_contact_ms=None if row is None else row.last_ok_ms,
            phase="open" if failures >= OPENS_AFTER else "half_open" if failures else "closed",
            failures=failures,
            next_wait_ms=0 if row is None else row.back_off_ms,
            why=None if row is None else row.last_error,
            waiting=counts.get(node, (0, 0, 0, 0)),
            their_log=self._logs.head_size(node),
            our_log=self._standings.of(node).head,
            is_forked=self._logs.is_forked(node),
            offset_ms=self._offsets.of(node),
            silent_since_ms=silent.get(node),
        )
