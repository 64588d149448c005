"""Where each peer stands in our log, by its own word, as far as that word can be true.

A size counts only if it is one that we signed: anything else is a mistake or a lie, and costs the
peer a round trip. Whoever names a size that we did not sign may hold another log of ours than we
do: that is looked into by gateway.service.recover.
"""

from collections.abc import Callable

from gateway.store import LogBook
from protocol.delivery.standing import Standing, answered, confirmed, refused
from protocol.identifiers import NodeId


class Standings:
    """The standing of every peer, in memory: one refusal for position restores it after a start.

    Args:
        log: Our own log.
        agreed: Called with a peer and a size that we signed.
        doubted: Called with a peer that named a size that we did not sign.
    """

    def __init__(
        self,
        log: LogBook,
        *,
        agreed: Callable[[NodeId, int], None],
        doubted: Callable[[NodeId], None],
    ) -> None:
        self._log = log
        self._agreed = agreed
        self._doubted = doubted
        self._standings: dict[NodeId, Standing] = {}

    def of(self, peer: NodeId) -> Standing:
        """Return where the peer stands in our log.

        Args:
            peer: The peer.
        """
        return self._standings.get(peer, Standing())

    async def confirm(self, peer: NodeId, size: int, *, answered: bool = False) -> None:
        """Take the peer's word that it holds our checkpoint of this size, if we signed it.

        Args:
            peer: The peer.
            size: What its frame or answer said in `seen`.
            answered: It answered our own checkpoint: it means the log that we write.
        """
        if not answered and self._log.origin.generation > 1 and not self.of(peer).head:
            return  # it may still speak of the log that we gave up
        if await self._holds(peer, size) and size > self.of(peer).head:
            self._standings[peer] = confirmed(self.of(peer), size)

    def show(self, peer: NodeId, size: int) -> None:
        """Take note that an answer shows the peer our checkpoint of this size.

        Args:
            peer: The peer.
            size: Of the checkpoint.
        """
        self._standings[peer] = answered(self.of(peer), size)

    async def refuse(self, peer: NodeId, size: int) -> None:
        """Take the peer's word that it stands elsewhere than we thought.

        Args:
            peer: The peer.
            size: The size named by E_LOG_POSITION.
        """
        self._standings[peer] = refused(size if await self._holds(peer, size) else 0)

    async def _holds(self, peer: NodeId, size: int) -> bool:
        """Tell whether a peer can hold our checkpoint of this size, and pass on what that means."""
        if size == 0:
            return False
        if size == self.of(peer).head or await self._is_ours(size):
            self._agreed(peer, size)
            return True
        self._doubted(peer)
        return False

    async def _is_ours(self, size: int) -> bool:
        head = self._log.head()
        if head is None or size > head.size:
            return False
        return size == head.size or await self._log.checkpoint(size) is not None
