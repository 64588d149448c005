"""Calls the other nodes though nothing waits for them: a sign of life, the link, the key set.

An empty frame goes to every active node about every quarter of an hour, unless there was an
exchange meanwhile; the key set, under which that node is written to, is fetched once a day. A
node that is not reached is no fault, and delays no other: it is called again in its turn.

Source: docs/delivery.md, "Delivery in rules", 21; docs/wire-format.md, rule 9b.
"""

import asyncio
from typing import Final, Protocol

from gateway.errors import TransportError
from gateway.journal import Journal
from gateway.ports import Clock, Directory, Randomness
from gateway.service.guard import passing_over_full
from gateway.service.keyring import Keyring
from protocol.delivery.liveness import PING_S, Exchanges, ping_at_s
from protocol.errors import RemoteProtocolError
from protocol.identifiers import NodeId

_LOOK_S: Final = 30.0
_AT_ONCE: Final = 16
"""Nodes called side by side: dead ones must not delay the others by their time-outs."""


class Lanes(Protocol):
    """What the caller needs of delivery."""

    async def call(self, node: NodeId) -> bool:
        """Exchange an empty frame; return whether the node answered with a link."""

    def exchanges(self, node: NodeId) -> Exchanges:
        """Return the last exchanges with a node."""


class Counted(Protocol):
    """Takes note of how a call went."""

    def __call__(self, node: NodeId, *, answered: bool) -> None:
        """Count a call of a node."""


class Greet:
    """Calls every active node of the directory.

    Args:
        node: This node, which is not called.
        directory: Who there is.
        lanes: Send empty frames, and know of every exchange.
        keyring: Fetches key sets.
        clock: Waiting.
        randomness: Spreads the calls of many nodes.
        journal: Diagnostics.
        counted: Told how each call went.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        directory: Directory,
        lanes: Lanes,
        keyring: Keyring,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        counted: Counted,
    ) -> None:
        self._node = node
        self._directory = directory
        self._lanes = lanes
        self._keyring = keyring
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._counted = counted
        self._draws: dict[NodeId, float] = {}

    async def run(self) -> None:
        """Call until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        while True:
            await self.once()
            known = self._directory.stamp() is not None
            wait_s = _LOOK_S * self._randomness.between(0.5, 1.0) if known else 1.0
            await self._clock.sleep(wait_s)

    async def once(self) -> None:
        """Call whoever is due.

        Raises:
            GatewayError: The store failed.
        """
        places = asyncio.Semaphore(_AT_ONCE)
        due = [entry.node_id for entry in self._directory.nodes() if self._is_due(entry.node_id)]
        calls = [asyncio.ensure_future(self._call(node, places)) for node in due]
        if not calls:
            return
        try:
            await asyncio.gather(*calls)
        finally:
            for call in calls:
                call.cancel()

    def _is_due(self, node: NodeId) -> bool:
        if node == self._node:
            return False
        exchanges, now_s = self._lanes.exchanges(node), self._clock.monotonic_s()
        if self._keyring.is_due(node):
            met = max(exchanges.heard_s, exchanges.reached_s) > exchanges.asked_s
            return now_s >= exchanges.asked_s + (_LOOK_S if met else PING_S)
        draw = self._draws.setdefault(node, self._randomness.between(0.0, 1.0))
        return now_s >= ping_at_s(exchanges, draw=draw)

    async def _call(self, node: NodeId, places: asyncio.Semaphore) -> None:
        async with places:
            self._draws.pop(node, None)
            with passing_over_full():  # called again when it is due again
                answered = await self._lanes.call(node)
                self._counted(node, answered=answered)
                if answered and self._keyring.is_due(node):
                    await self._fetch(node)

    async def _fetch(self, node: NodeId) -> None:
        try:
            await self._keyring.fetch(node)
        except TransportError as error:
            self._journal.info("greeting_unanswered", node=str(node), code=error.code)
        except RemoteProtocolError as error:
            self._journal.warning("greeting_not_proven", node=str(node), code=error.code.value)
