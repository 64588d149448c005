"""How this node stands with every other one: contact, lane, what waits, both logs, clocks, silence.

Looked up when asked for, from the ports and from what services hold in memory; changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.ports import Directory
from gateway.service.health import Offsets
from gateway.service.link import PeerLogs
from gateway.service.standings import Standings
from gateway.service.ways import Way, Ways
from gateway.store import Lanes, Overview
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """One active node as we see it.

    Attributes:
        node: Which.
        way: The way to it: circuit, failures, next attempt, last contact.
        waiting: Items that wait for it, by class P0 to P3.
        their_log: Up to where we hold its log, 0 if we never linked it.
        our_log: Up to where it holds ours, as it said.
        is_forked: Whether its log has two histories.
        offset_ms: How far its clock is from ours; None if it was not heard in this run.
        silent_since_ms: Since when it owes a step that was due; None if it owes none.
    """

    node: NodeId
    way: Way
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
        ways: The ways to them.
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
        ways: Ways,
    ) -> None:
        self._node = node
        self._book = book
        self._directory = directory
        self._logs = logs
        self._standings = standings
        self._offsets = offsets
        self._ways = ways

    async def table(self) -> tuple[PeerState, ...]:
        """Return every other active node, in order of its id."""
        ways = await self._ways.all()
        counts = await self._book.lane_counts()
        silent = dict(await self._book.silences())
        return tuple(
            self._state(ways.get(entry.node_id, Way(node=entry.node_id)), counts, silent)
            for entry in self._directory.nodes()
            if entry.node_id != self._node
        )

    def held(self) -> tuple[tuple[NodeId, int], ...]:
        """Return how many leaves of our log other nodes said that they hold, as far as heard."""
        nodes = [entry.node_id for entry in self._directory.nodes()]
        sizes = [(node, self._standings.of(node).head) for node in nodes if node != self._node]
        return tuple((node, size) for node, size in sizes if size)

    def _state(
        self,
        way: Way,
        counts: Mapping[NodeId, tuple[int, ...]],
        silent: Mapping[NodeId, int],
    ) -> PeerState:
        node = way.node
        return PeerState(
            node=node,
            way=way,
            waiting=counts.get(node, (0, 0, 0, 0)),
            their_log=self._logs.head_size(node),
            our_log=self._standings.of(node).head,
            is_forked=self._logs.is_forked(node),
            offset_ms=self._offsets.of(node),
            silent_since_ms=silent.get(node),
        )
