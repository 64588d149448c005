"""A peer port on loopback with real TLS, the services behind it faked, and raw hands to try it."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from io import BytesIO
from typing import ParamSpec

from typing_extensions import override

from gateway.clock import SystemClock
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.connection import PortLimits
from gateway.peer.places import PlaceLimits
from gateway.peer.quota import PeerLimits
from gateway.peer.reader import Pace
from gateway.peer.server import PeerServer, PeerServices
from gateway.peer.services import Revocations, Witness
from gateway.peer.tls import client_context
from gateway.service.receive import LinkedFrame
from keys.certificate import TlsIdentity, make_identity
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.delivery.admission import Unfinished
from protocol.directory import NodeEntry, NodeState, PartyEntry
from protocol.envelope.header import DirectoryStamp
from protocol.frame import EnvelopeItem, FrameHead, FrameKind, encode_frame
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.joining import node_part
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead

RO = NodeId("RO", 1)
FR = NodeId("FR", 1)
HOST = "127.0.0.1"
DAY_MS = 24 * 60 * 60 * 1000
Params = ParamSpec("Params")


def scenario(test: Callable[Params, Awaitable[None]]) -> Callable[Params, None]:
    """Make an asynchronous test one that pytest runs; two minutes at the most."""

    @wraps(test)
    def run(*args: Params.args, **kwargs: Params.kwargs) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(120):
                await test(*args, **kwargs)

        asyncio.run(bounded())

    return run


@cache
def identity(name: str) -> TlsIdentity:
    """Return the TLS identity of a name, the same within a run."""
    return make_identity(name, now_ms=int(time.time() * 1000), days=90)


def der(tls: TlsIdentity) -> bytes:
    """Return an identity's certificate."""
    return ssl.PEM_cert_to_DER_cert(tls.certificate_pem.decode())


@cache
def _keys(name: str) -> NodeKeys:
    return NodeKeys.generate(name, generation=1, tls_name="node.example", now_ms=0)


def entry(node: NodeId, tls: TlsIdentity, *endpoints: str) -> NodeEntry:
    """Return the active entry of a node that uses this identity."""
    keys = _keys(str(node))
    part = node_part(
        node,
        endpoints=endpoints or ("https://localhost:1",),
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=der(tls),
        not_before_ms=0,
        not_after_ms=DAY_MS,
    )
    return part.model_copy(update={"state": NodeState.ACTIVE})


class FixedDirectory:
    """The directory port over entries that a test puts in."""

    def __init__(self, *entries: NodeEntry) -> None:
        self.entries = {each.node_id: each for each in entries}

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.entries.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return whose TLS key it is."""
        return next((node for node, each in self.entries.items() if spki in each.spki), None)

    def party(self, country: str) -> PartyEntry | None:
        """Return nothing."""
        del country
        return None

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every entry."""
        return tuple(self.entries.values())

    def stamp(self) -> DirectoryStamp | None:
        """Return nothing."""
        return None

    async def refresh(self) -> bool:
        """Change nothing."""
        return False

    def certificates(self) -> tuple[bytes, ...]:
        """Return all certificates."""
        return tuple(each for node in self.nodes() for each in node.certificates)


class FakeReception:
    """Records what reached the services, answers or fails as a test says."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.contacts: list[NodeId] = []
        self.answer = b"answer"
        self.note: bytes | None = b"note"
        self.busy = False
        self.full = False
        self.takes = True
        self.missing: list[tuple[NodeId, int]] = []
        self.fault: Exception | None = None
        self.late_fault: Exception | None = None
        self.began = asyncio.Event()
        self.took = asyncio.Event()
        self.gate = asyncio.Event()
        self.late_gate = asyncio.Event()
        self.gate.set()
        self.late_gate.set()

    async def begin(self, peer: NodeId, kind: FrameKind, head: FrameHead) -> LinkedFrame:
        """Accept the position, unless there is a fault."""
        self.began.set()
        self.seen.append((peer, kind, head))
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        origin = LogOrigin(peer, 1)
        return LinkedFrame(
            peer=peer,
            frame=head,
            head=TreeHead(origin=origin, size=head.at, root=bytes(32)),
            linked=LinkedHead(size=head.at, root=bytes(32), note=b"", linked_ms=0),
        )

    async def envelopes(self, frame: LinkedFrame, bodies: Sequence[bytes]) -> bytes:
        """Record the bodies."""
        del frame
        self.seen.append(list(bodies))
        self.took.set()
        await self.late_gate.wait()
        return self._answer()

    async def receipts(self, frame: LinkedFrame) -> bytes:
        """Record the receipts."""
        self.seen.append([item.receipt for item in frame.frame.receipts])
        return self._answer()

    async def key_set(self) -> bytes:
        """Answer."""
        self.seen.append("keys")
        return self._answer()

    async def past(self, peer: NodeId, mid: MessageId | None = None) -> bytes | None:
        """Follow no other log, and hold nothing."""
        del peer, mid
        return None

    async def log_proof(self, old: int, new: int) -> bytes:
        """Record the sizes."""
        self.seen.append((old, new))
        return self._answer()

    async def log_note(
        self, peer: NodeId, origin: LogOrigin, size: int | None = None
    ) -> bytes | None:
        """Record the origin, and the size if one is named."""
        self.seen.append((peer, origin) if size is None else (peer, origin, size))
        return self.note

    async def receipts_for(self, peer: NodeId, mid: MessageId) -> bytes:
        """Record the id."""
        self.seen.append((peer, mid))
        return self._answer()

    def is_busy(self, *, urgent: bool) -> bool:
        """Tell what the test says."""
        return self.full or (self.busy and not urgent)

    def takes_blob(self, peer: NodeId, digest: bytes, missing_bytes: int) -> bool:
        """Tell what the test says, and record what is missing."""
        assert digest
        self.missing.append((peer, missing_bytes))
        return self.takes

    def contact(self, peer: NodeId) -> None:
        """Record the contact."""
        self.contacts.append(peer)

    def _answer(self) -> bytes:
        if self.late_fault is not None:
            raise self.late_fault
        return self.answer


@dataclass
class MemoryPiece:
    """A piece that comes."""

    data: bytearray
    pieces: list[int]

    @property
    def held(self) -> int:
        """What is there."""
        return len(self.data)

    def write(self, data: bytes, /) -> None:
        """Append."""
        self.data += data
        self.pieces.append(len(data))


class MemoryBlobs:
    """Blobs of peers in memory; only what the port uses."""

    def __init__(self) -> None:
        self.held: dict[tuple[NodeId, bytes], bytearray] = {}
        self.pieces: list[int] = []
        self.fault: Exception | None = None

    async def offset(self, owner: NodeId, digest: bytes) -> int | None:
        """Return what is held."""
        held = self.held.get((owner, digest))
        return None if held is None else len(held)

    @asynccontextmanager
    async def taking(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int
    ) -> AsyncIterator[MemoryPiece]:
        """Append what comes."""
        if self.fault is not None:
            raise self.fault
        held = self.held.setdefault((owner, digest), bytearray())
        assert len(held) == offset < total
        yield MemoryPiece(held, self.pieces)

    async def unfinished(self, owner: NodeId, digest: bytes) -> Unfinished:
        """Return what the owner has: here nothing is ever finished."""
        held = {name: len(data) for (who, name), data in self.held.items() if who == owner}
        return Unfinished(
            size_bytes=sum(held.values()),
            blobs=len(held),
            most_bytes=max(held.values(), default=0),
            this_bytes=held.get(digest, 0),
        )


class WatchedMetrics(Metrics):
    """Counters that a test can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = asyncio.Event()

    @override
    def turned_away(self, reason: str) -> None:
        super().turned_away(reason)
        self.turned.set()


@dataclass(slots=True)
class Port:
    """A running port and what stands behind it. The server is RO/1, the known peer FR/1."""

    server: PeerServer
    number: int
    directory: FixedDirectory
    reception: FakeReception
    blobs: MemoryBlobs
    metrics: WatchedMetrics


@dataclass(slots=True, kw_only=True)
class Options:
    """What a test may set of a port."""

    limits: PortLimits = field(default_factory=PortLimits)
    peer_limits: PeerLimits = field(default_factory=PeerLimits)
    pace: Pace = field(default_factory=Pace)
    write_timeout_s: float = 30.0
    places: PlaceLimits = field(default_factory=PlaceLimits)
    max_blob_bytes: int = 1 << 31
    witness: Witness | None = None
    revocations: Revocations | None = None


@asynccontextmanager
async def open_port(options: Options | None = None) -> AsyncIterator[Port]:
    """Open the port of RO/1 to FR/1."""
    chosen = options or Options()
    directory = FixedDirectory(entry(RO, identity("ro")), entry(FR, identity("fr")))
    reception, blobs, metrics = FakeReception(), MemoryBlobs(), WatchedMetrics()
    server = PeerServer(
        PeerServices(
            reception=reception,
            directory=directory,
            blobs=blobs,
            clock=SystemClock(),
            metrics=metrics,
            journal=get_journal("test"),
            max_blob_bytes=chosen.max_blob_bytes,
            mirror={"metadata/timestamp.json": b"{}"}.get,
            witness=chosen.witness,
            revocations=chosen.revocations,
        ),
        identity("ro"),
        trusted_certificates=directory.certificates,
        limits=chosen.limits,
        peer_limits=chosen.peer_limits,
        pace=chosen.pace,
        places=chosen.places,
        write_timeout_s=chosen.write_timeout_s,
    )
    number = await server.start(HOST, 0)
    try:
        yield Port(server, number, directory, reception, blobs, metrics)
    finally:
        await server.stop(0.2)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def raw_context(tls: TlsIdentity | None = None) -> ssl.SSLContext:
    """Return a client's context that trusts RO/1."""
    return client_context(tls or identity("fr"), [der(identity("ro"))], frozenset())


async def connect(number: int, tls: TlsIdentity | None = None) -> Stream:
    """Open a raw TLS connection as FR/1, or as somebody else."""
    return await asyncio.open_connection(
        HOST, number, ssl=raw_context(tls), server_hostname="localhost"
    )


async def rest(stream: Stream) -> bytes:
    """Return everything until the other side closes."""
    reader, writer = stream
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def raw(number: int, *pieces: bytes, tls: TlsIdentity | None = None) -> bytes:
    """Send bytes on a connection of their own, return everything until it is closed."""
    stream = await connect(number, tls)
    for piece in pieces:
        stream[1].write(piece)
        await stream[1].drain()
        await asyncio.sleep(0)
    return await rest(stream)


def request(
    method: str, path: str, body: bytes | None = None, *, close: bool = True, **headers: str
) -> bytes:
    """Return the bytes of a well-formed request; names of headers with _ for -."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if close:
        lines.append("Connection: close")
    if body is not None:
        headers.setdefault("Content_Type", "application/vnd.a35+msgpack")
        headers.setdefault("Content_Length", str(len(body)))
    lines.extend(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())
    return "\r\n".join((*lines, "", "")).encode() + (body or b"")


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers, body


def head_of(*sizes: int) -> FrameHead:
    """Return a head with envelopes of these body lengths."""
    items = tuple(
        EnvelopeItem(
            header=b"header", wraps=b"wraps", body_bytes=size, queue_number=n, index=n, path=()
        )
        for n, size in enumerate(sizes)
    )
    return FrameHead(at=5, checkpoint=None, old=0, consistency=(), seen=0, envelopes=items)


def frame_of(*bodies: bytes) -> bytes:
    """Return a frame of envelopes."""
    head = head_of(*(len(body) for body in bodies))
    return b"".join(encode_frame(FrameKind.ENVELOPES, head, bodies))


def source(data: bytes) -> BytesIO:
    """Return bytes as a file."""
    return BytesIO(data)
