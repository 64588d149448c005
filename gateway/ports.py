"""The ports through which services and delivery know time, chance, wire, attachments, directory.

Real implementations stand in gateway.clock, .randomness, .peer, .storage and .directory; tests
and the simulator bring their own. The sixth port, the store, has a module of its own.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol, TypeAlias

from gateway.pieces import Piece, SealedFile
from keys.body import StreamDigests
from protocol.directory import NodeEntry, PartyEntry
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import MessageId, NodeId


class Clock(Protocol):
    """The two times of a node: wall time for what is written down, monotonic for waiting."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970, UTC."""

    def monotonic_s(self) -> float:
        """Return seconds that never jump; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait; zero only yields."""


class Randomness(Protocol):
    """Chance that is not secret. Keys, nonces and salts are drawn inside keys/, never here."""

    def message_id(self) -> MessageId:
        """Return 16 fresh random bytes as an id."""

    def between(self, low: float, high: float) -> float:
        """Return a number drawn evenly between the two."""


class Route(StrEnum):
    """The two routes on which frames travel."""

    ENVELOPES = "/v1/envelopes"
    RECEIPTS = "/v1/receipts"


class Transport(Protocol):
    """One request to one node over mutual TLS pinned by the directory.

    Every method raises gateway.errors.TransportError when the node was not reached, or what
    answered is not our media type from the pinned peer. A coded refusal is an answer: status
    and body come back as they are.
    """

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """POST one frame; return HTTP status and body (an answer or a coded error).

        `urgent`: the frame carries a P0; all endpoints are tried side by side, a little apart.
        """

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """GET one of the fixed resources of docs/wire-format.md, rule 25."""

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Return how many bytes of a blob the peer holds safely (0 if none)."""

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """PUT one piece of a blob; return HTTP status and body."""


class Blobs(Protocol):
    """Sealed attachments: ciphertext only, named by its digest, apart for each sending node."""

    async def seal(self, source: BinaryIO, *, content_key: bytes, context: bytes) -> StreamDigests:
        """Encrypt a file into the store of this node's own blobs; durable when it returns."""

    async def open(
        self, owner: NodeId, digest: bytes, target: BinaryIO, *, content_key: bytes, context: bytes
    ) -> StreamDigests:
        """Decrypt a blob; the caller must not use `target` before this returns."""

    async def offset(self, owner: NodeId, digest: bytes) -> int | None:
        """Return the bytes held durably of what this owner sent, None if nothing."""

    async def put(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int, piece: bytes
    ) -> int:
        """Append a piece at the offset held; return the new offset; complete at `total`."""

    async def is_complete(self, owner: NodeId, digest: bytes, size_bytes: int) -> bool:
        """Tell whether a blob of exactly this size is held whole."""

    async def drop(self, owner: NodeId, digest: bytes) -> None:
        """Remove what is held of a blob, for ever; nothing happens if nothing is."""

    async def sweep(self, *, now_ms: int) -> int:
        """Drop what was begun and not finished for a day; return how many."""

    def read(
        self, owner: NodeId, digest: bytes, *, offset: int, piece_bytes: int
    ) -> AsyncIterator[bytes]:
        """Yield the ciphertext from an offset in pieces."""

    def reading(self, owner: NodeId, digest: bytes) -> SealedFile:
        """Open a blob that is whole, to be sent; the caller closes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What a disk has: bytes that this node may still write, and its size."""

    free_bytes: int
    total_bytes: int


Measure: TypeAlias = Callable[[], Space | None]
"""Measures the disk that a node writes to; None where nobody can say."""


class Directory(Protocol):
    """The newest verified directory, as a snapshot in memory; only `refresh` waits."""

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return the entry of a node, active or not."""

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return the active node that may use this TLS key (SHA-256 of the SPKI)."""

    def party(self, country: str) -> PartyEntry | None:
        """Return a Party's entry."""

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every active node, in order of its id."""

    def stamp(self) -> DirectoryStamp | None:
        """Return the version in use, None while there is none."""

    async def refresh(self) -> bool:
        """Fetch and verify; return whether anything changed. Keeps the last good one on failure."""
