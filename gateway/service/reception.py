"""The receiving side as the peer port sees it: frames and resources behind one name."""

from collections.abc import Sequence

from gateway.service.receive import LinkedFrame, Receive
from gateway.service.resources import Resources
from protocol.frame import FrameHead, FrameKind
from protocol.identifiers import LogOrigin, MessageId, NodeId


class Reception:
    """Forwards to the use cases; the contracts are theirs.

    Args:
        receive: Takes frames.
        resources: Gives what peers may read.
    """

    def __init__(self, receive: Receive, resources: Resources) -> None:
        self._receive = receive
        self._resources = resources

    def is_busy(self, *, urgent: bool = True) -> bool:
        """Tell whether new work must be put off; see Receive.is_busy."""
        return self._receive.is_busy(urgent=urgent)

    def takes_blob(self, peer: NodeId, digest: bytes, missing_bytes: int) -> bool:
        """Tell whether an attachment may go on; see Receive.takes_blob."""
        return self._receive.takes_blob(peer, digest, missing_bytes)

    def contact(self, peer: NodeId) -> None:
        """Take note of an authenticated contact; see Receive.contact."""
        self._receive.contact(peer)

    async def begin(self, peer: NodeId, kind: FrameKind, head: FrameHead) -> LinkedFrame:
        """Decide a frame's position; see Receive.begin."""
        return await self._receive.begin(peer, kind, head)

    async def envelopes(self, frame: LinkedFrame, bodies: Sequence[bytes]) -> bytes:
        """Take envelopes; see Receive.envelopes."""
        return await self._receive.envelopes(frame, bodies)

    async def receipts(self, frame: LinkedFrame) -> bytes:
        """Take receipts; see Receive.receipts."""
        return await self._receive.receipts(frame)

    async def key_set(self) -> bytes:
        """Return our key set; see Resources.key_set."""
        return await self._resources.key_set()

    async def past(self, peer: NodeId, mid: MessageId | None = None) -> bytes | None:
        """Return how our log begins, or how we accepted a message of this peer; None if neither."""
        if mid is None:
            return await self._resources.beginning()
        return await self._resources.sealing(peer, mid)

    async def log_proof(self, old: int, new: int) -> bytes:
        """Return a consistency proof; see Resources.log_proof."""
        return await self._resources.log_proof(old, new)

    async def log_note(
        self, peer: NodeId, origin: LogOrigin, size: int | None = None
    ) -> bytes | None:
        """Return a note; see Resources.log_note."""
        return await self._resources.log_note(peer, origin, size)

    async def receipts_for(self, peer: NodeId, mid: MessageId) -> bytes:
        """Return the receipts of one message; see Resources.receipts_for."""
        return await self._resources.receipts_for(peer, mid)
