"""What the peer port works with: the services behind it, as it sees them.

The reception is implemented by gateway.service; the port itself knows nothing of logs.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.pieces import TakenPiece
from gateway.ports import Clock, Directory
from gateway.service.receive import LinkedFrame
from protocol.delivery.admission import Unfinished
from protocol.directory import DEFAULT_BLOB_BYTES
from protocol.frame import FrameHead, FrameKind
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.witness.answer import RawAnswer


class Reception(Protocol):
    """The services behind the port; implemented by gateway.service."""

    async def begin(self, peer: NodeId, kind: FrameKind, head: FrameHead) -> LinkedFrame:
        """Decide the position of a frame from its head; raises RemoteProtocolError."""

    async def envelopes(self, frame: LinkedFrame, bodies: Sequence[bytes]) -> bytes:
        """Take envelopes; return the encoded answer."""

    async def receipts(self, frame: LinkedFrame) -> bytes:
        """Take receipts; return the encoded answer."""

    async def key_set(self) -> bytes:
        """Return our key set, proven and encoded."""

    async def past(self, peer: NodeId, mid: MessageId | None = None) -> bytes | None:
        """Return how our log begins, or how we accepted a message of this peer; None if neither."""

    async def log_proof(self, old: int, new: int) -> bytes:
        """Return an encoded consistency proof of our own log."""

    async def log_note(
        self, peer: NodeId, origin: LogOrigin, size: int | None = None
    ) -> bytes | None:
        """Return the linked note of a log of a size, the newest one; None if there is none."""

    async def receipts_for(self, peer: NodeId, mid: MessageId) -> bytes:
        """Return what we gave this peer for its message, as an encoded answer."""

    def is_busy(self, *, urgent: bool) -> bool:
        """Tell whether new work must be put off; the urgent last."""

    def takes_blob(self, peer: NodeId, digest: bytes, missing_bytes: int) -> bool:
        """Tell whether the disk has room for the rest of an attachment, and keep it."""

    def contact(self, peer: NodeId) -> None:
        """Take note of an authenticated contact."""


class Witness(Protocol):
    """Cosigns other nodes' logs; implemented by gateway.service.cosign."""

    async def add_checkpoint(self, peer: NodeId, body: bytes) -> RawAnswer:
        """Answer one request of C2SP tlog-witness."""


class Revocations(Protocol):
    """Takes revocations of keys; implemented by gateway.service.revocations."""

    async def take(self, body: bytes, *, by: NodeId | None) -> bytes:
        """Take what a peer tells; return the answer; raises RemoteProtocolError."""


class PeerBlobs(Protocol):
    """What the port needs of gateway.ports.Blobs."""

    async def offset(self, owner: NodeId, digest: bytes) -> int | None:
        """Return the bytes held durably of what this owner sent, None if nothing."""

    def taking(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int
    ) -> AbstractAsyncContextManager[TakenPiece]:
        """Take a piece at the offset held while it comes; durable once the block has ended."""

    async def unfinished(self, owner: NodeId, digest: bytes) -> Unfinished:
        """Return what this owner began and did not finish, and how much of one blob is held."""


def _no_file(_name: str) -> None:
    """Have nothing, where nobody keeps a directory's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerServices:
    """What the peer port works with.

    Args:
        reception: Decides and answers.
        directory: Whose TLS key it is, looked up for each request.
        blobs: Attachments of peers.
        clock: Time.
        metrics: Counters.
        journal: For the operator.
        mirror: Gives the files of the directory in use by their published names.
        max_blob_bytes: Largest attachment taken before it is sealed, as our directory entry says.
        witness: Cosigns; None for a node without a witness key.
        revocations: Takes revocations; None where nobody does.
    """

    reception: Reception
    directory: Directory
    blobs: PeerBlobs
    clock: Clock
    metrics: Metrics
    journal: Journal
    mirror: Callable[[str], bytes | None] = _no_file
    max_blob_bytes: int = DEFAULT_BLOB_BYTES
    witness: Witness | None = None
    revocations: Revocations | None = None
