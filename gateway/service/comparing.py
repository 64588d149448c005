"""Compares our log and a peer's with what the peer holds, by calling it now.

The call links both logs, as every frame does: what does not fit together shows itself there, and
is kept as evidence by whoever links (gateway.service.link).

Source: docs/wire-format.md, rules 7 to 9a; docs/desk.md, "The house".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.errors import NoInputError
from gateway.service.peers import PeerState
from protocol.identifiers import NodeId


class Verdict(StrEnum):
    """What a comparison came to."""

    CONSISTENT = "consistent"
    UNJOINED = "unjoined"
    """A head of the peer's log waits for its proof."""
    FORKED = "forked"
    """The peer's log has two histories."""
    UNREACHED = "unreached"
    """The peer did not answer: what is told is from before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogComparison:
    """How two logs stand to each other.

    Attributes:
        node: The peer.
        verdict: In one word.
        our_log: Up to where it holds ours, of heads that we signed; 0 if it never said so.
        their_log: Up to where we hold theirs, linked; 0 if nothing.
    """

    node: NodeId
    verdict: Verdict
    our_log: int
    their_log: int


class Caller(Protocol):
    """Calls a node."""

    async def call(self, node: NodeId) -> bool:
        """Exchange an empty frame; return whether the node answered with a link."""


class Table(Protocol):
    """How the nodes stand."""

    async def table(self) -> tuple[PeerState, ...]:
        """Return every other active node."""


class Comparing:
    """The use case.

    Args:
        lanes: Call.
        peers: How they stand then.
        unjoined: Gives the nodes of whose logs a head waits for its proof.
    """

    __slots__ = ("_lanes", "_peers", "_unjoined")

    def __init__(
        self, lanes: Caller, peers: Table, unjoined: Callable[[], Iterable[NodeId]]
    ) -> None:
        self._lanes = lanes
        self._peers = peers
        self._unjoined = unjoined

    async def compare(self, node: NodeId) -> LogComparison:
        """Call a peer, and return how both logs stand.

        Args:
            node: The peer.

        Raises:
            NoInputError: There is no such active node.
            StorageError: What came of the call could not be kept.
        """
        await self._state(node)
        is_reached = await self._lanes.call(node)
        state = await self._state(node)
        return LogComparison(
            node=node,
            verdict=self._verdict(state, is_reached=is_reached),
            our_log=state.our_log,
            their_log=state.their_log,
        )

    def _verdict(self, state: PeerState, *, is_reached: bool) -> Verdict:
        if state.is_forked:
            return Verdict.FORKED
        if state.node in set(self._unjoined()):
            return Verdict.UNJOINED
        return Verdict.CONSISTENT if is_reached else Verdict.UNREACHED

    async def _state(self, node: NodeId) -> PeerState:
        for state in await self._peers.table():
            if state.node == node:
                return state
        raise NoInputError("there is no such active node", hint="see who there is: a35 peers")
