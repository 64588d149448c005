"""Gets to know the other nodes: one empty frame and the key set of each, once a day.

The exchange links both logs and brings the prekeys under which that node is written to. A node
that is not reached is no fault: it is greeted again with the next round.
"""

from typing import Final

from gateway.errors import TransportError
from gateway.journal import Journal
from gateway.ports import Clock, Directory, Randomness
from gateway.service.dispatch import Dispatch, Progress
from gateway.service.keyring import Keyring
from protocol.errors import RemoteProtocolError
from protocol.identifiers import NodeId

_ROUND_S: Final = 60.0


class Greet:
    """Greets every active node of the directory.

    Args:
        node: This node, which is not greeted.
        directory: Who there is.
        dispatch: Sends empty frames.
        keyring: Fetches key sets.
        clock: Waiting.
        randomness: Spreads the rounds of many nodes.
        journal: Diagnostics.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        directory: Directory,
        dispatch: Dispatch,
        keyring: Keyring,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
    ) -> None:
        self._node = node
        self._directory = directory
        self._dispatch = dispatch
        self._keyring = keyring
        self._clock = clock
        self._randomness = randomness
        self._journal = journal

    async def run(self) -> None:
        """Greet until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        while True:
            await self.once()
            known = self._directory.stamp() is not None
            wait_s = _ROUND_S * self._randomness.between(0.5, 1.0) if known else 1.0
            await self._clock.sleep(wait_s)

    async def once(self) -> None:
        """Greet whoever is due.

        Raises:
            StorageError: The store failed.
        """
        for entry in self._directory.nodes():
            if entry.node_id != self._node and self._keyring.is_due(entry.node_id):
                await self._greet(entry.node_id)

    async def _greet(self, node: NodeId) -> None:
        if await self._dispatch.contact(node) is not Progress.DELIVERED:
            return
        try:
            await self._keyring.fetch(node)
        except TransportError as error:
            self._journal.info("greeting_unanswered", node=str(node), code=error.code)
        except RemoteProtocolError as error:
            self._journal.warning("greeting_not_proven", node=str(node), code=error.code.value)
