"""A few nodes in one event loop: real services, stores and cryptography, an unruly wire between.

The wire delivers what the transport port would: bytes in, bytes out, at a moment drawn from a
seed, so that frames and answers overtake each other in every order. Time is not real: the loop
turns instead of waiting.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.ports import Route
from gateway.randomness import SystemRandomness
from gateway.runtime import Ports, Runtime
from gateway.storage.blobs import FileBlobs
from gateway.storage.sqlite import SqliteStore
from keys.nodekeys import NodeKeys, new_prekey
from keys.recipient import RecipientSecret
from protocol.answer import ErrorAnswer, encode_error
from protocol.directory import NodeEntry, NodeState, PartyEntry
from protocol.envelope.header import DirectoryStamp
from protocol.errors import LogPositionError, RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameKind, decode_head, decode_prefix
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.joining import node_part
from protocol.keyset import KeySet, PrekeyEntry
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published

START_MS = int(datetime(2026, 11, 22, 3, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 24 * 60 * 60 * 1000
STAMP = DirectoryStamp(root_version=1, timestamp_version=1, digest=sha256(b"stamp").digest())


class LoopClock:
    """A clock that stands still unless a test moves it; waiting only yields."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        """Return the test's time."""
        return self.ms

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Yield for ever: background rounds run once in a test."""
        del seconds
        await asyncio.Event().wait()


class FixedDirectory:
    """The directory port over entries that a test puts in."""

    def __init__(self, entries: dict[NodeId, NodeEntry]) -> None:
        self.entries = entries

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.entries.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return whose TLS key it is."""
        return next((node for node, entry in self.entries.items() if spki in entry.spki), None)

    def party(self, country: str) -> PartyEntry | None:
        """Return nothing: tests address nodes."""
        del country
        return None

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every entry."""
        return tuple(self.entries[node] for node in sorted(self.entries))

    def stamp(self) -> DirectoryStamp | None:
        """Return one fixed version."""
        return STAMP

    async def refresh(self) -> bool:
        """Change nothing."""
        return False


@dataclass(slots=True)
class Wire:
    """What lies between all nodes: order drawn from a seed, and a record of what passed."""

    seed: int = 0
    turns: int = 0
    frames: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    captured: list[tuple[NodeId, NodeId, Route, bytes]] = field(default_factory=list)
    keep: bool = False
    lose: Callable[[], bool] = lambda: False
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)  # noqa: S311 - order of a test, nothing secret

    async def delay(self) -> None:
        """Let the loop turn a number of times drawn from the seed."""
        for _ in range(self.draw.randint(0, self.turns)):
            await asyncio.sleep(0)


class WireTransport:
    """The transport port of one node on the wire."""

    def __init__(self, me: NodeId, wire: Wire, nodes: "dict[NodeId, Node]") -> None:
        self._me = me
        self._wire = wire
        self._nodes = nodes

    async def send(self, node: NodeId, route: Route, buffers: Sequence[bytes]) -> tuple[int, bytes]:
        """Carry a frame there and the answer back, each at its own time."""
        frame = b"".join(buffers)
        self._wire.frames += 1
        if self._wire.keep:
            self._wire.captured.append((self._me, node, route, frame))
        await self._wire.delay()
        if self._wire.lose():
            raise TransportError("lost on the way", sent=True)
        status, body = await deliver(self._nodes[node], self._me, route, frame)
        await self._wire.delay()
        if self._wire.lose():
            raise TransportError("the answer was lost", sent=True)
        return status, body

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """Read one of the resources."""
        await self._wire.delay()
        resources = self._nodes[node].runtime.reception
        if path == "/v1/keys":
            body = await resources.key_set()
        elif path.startswith("/v1/log/proof?"):
            old, new = (int(part.partition("=")[2]) for part in path.partition("?")[2].split("&"))
            body = await resources.log_proof(old, new)
        else:
            raise AssertionError(path)
        await self._wire.delay()
        assert len(body) <= max_bytes
        return 200, body

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Return what the other node holds."""
        return await self._nodes[node].blobs.offset(self._me, digest) or 0

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: bytes
    ) -> tuple[int, bytes]:
        """Hand a piece over."""
        await self._nodes[node].blobs.put(self._me, digest, offset=offset, total=total, piece=piece)
        return 200, b""


async def deliver(to: "Node", peer: NodeId, route: Route, frame: bytes) -> tuple[int, bytes]:
    """Do what the peer server does with the bytes of one frame.

    Returns:
        HTTP status and body; 200 only for an answer.
    """
    try:
        return 200, await _answer(to, peer, route, frame)
    except RemoteProtocolError as error:
        to.wire.refusals[error.code.value] = to.wire.refusals.get(error.code.value, 0) + 1
        size = error.size if isinstance(error, LogPositionError) else None
        answer = ErrorAnswer(
            code=error.code, mid=None, t_ms=to.clock.now_ms(), retry_ms=None, size=size
        )
        return 409, encode_error(answer)


async def _answer(to: "Node", peer: NodeId, route: Route, frame: bytes) -> bytes:
    kind = FrameKind.ENVELOPES if route is Route.ENVELOPES else FrameKind.RECEIPTS
    start = PREFIX_BYTES + decode_prefix(frame[:PREFIX_BYTES])
    head = decode_head(kind, frame[PREFIX_BYTES:start])
    if len(frame) != head.frame_bytes(start - PREFIX_BYTES):
        raise RemoteProtocolError("a frame of another length than its head says")
    receive = to.runtime.reception
    linked = await receive.begin(peer, kind, head)
    if kind is FrameKind.RECEIPTS:
        return await receive.receipts(linked)
    bodies = []
    for item in head.envelopes:
        bodies.append(frame[start : start + item.body_bytes])
        start += item.body_bytes
    return await receive.envelopes(linked, bodies)


@dataclass(slots=True, kw_only=True)
class Node:
    """One node of the network, and everything a test may want of it."""

    id: NodeId
    keys: NodeKeys
    clock: LoopClock
    wire: Wire
    store: SqliteStore
    blobs: FileBlobs
    runtime: Runtime


class Network:
    """Nodes on one wire; `open` makes them below a folder."""

    def __init__(self, folder: Path, names: Sequence[str], wire: Wire) -> None:
        self._folder = folder
        self.wire = wire
        self.clock = LoopClock()
        self.entries: dict[NodeId, NodeEntry] = {}
        self.nodes: dict[NodeId, Node] = {}
        self._keys = {
            NodeId.parse(name): NodeKeys.generate(
                name, generation=1, tls_name="localhost", now_ms=START_MS
            )
            for name in names
        }
        for node, keys in self._keys.items():
            part = node_part(
                node,
                endpoints=["https://localhost:1"],
                log=keys.signer().verifier,
                last_resort=RecipientSecret(keys.last_resort_seed).public,
                certificate=ssl.PEM_cert_to_DER_cert(keys.tls.certificate_pem.decode()),
                not_before_ms=START_MS - DAY_MS,
                not_after_ms=START_MS + 365 * DAY_MS,
            )
            self.entries[node] = part.model_copy(update={"state": NodeState.ACTIVE})

    def start(self) -> None:
        """Make and open every node."""
        for node in self._keys:
            self.nodes[node] = self._make(node)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[NodeId.parse(name)]

    def _make(self, node: NodeId) -> Node:
        keys = self._keys[node]
        prekey = new_prekey(not_before_ms=START_MS, expires_ms=START_MS + 14 * DAY_MS)
        keys = keys.with_prekey(prekey)
        secrets = keys.secrets()
        public = RecipientSecret(prekey.seed).public
        key_set = KeySet(
            node=node,
            version=1,
            not_before_ms=START_MS,
            expires_ms=START_MS + 14 * DAY_MS,
            keys=(
                PrekeyEntry(
                    public=public, not_before_ms=START_MS, expires_ms=START_MS + 14 * DAY_MS
                ),
            ),
        ).encode()
        signer = keys.signer()

        def sign(head: TreeHead) -> Checkpoint:
            return sign_head(signer, head, timestamp_s=self.clock.now_ms() // 1000)

        home = self._folder / str(node).replace("/", "-")
        home.mkdir()
        store = SqliteStore.create(
            home / "store.db",
            origin=LogOrigin.parse(keys.origin),
            first=key_set_published(key_set),
            key_set=key_set,
            store_key=keys.store_key,
            head_signer=sign,
            clock=self.clock,
        )
        blobs = FileBlobs(home / "blobs", node=node)
        runtime = Runtime(
            node=node,
            ports=Ports(
                clock=self.clock,
                randomness=SystemRandomness(),
                transport=WireTransport(node, self.wire, self.nodes),
                store=store,
                blobs=blobs,
                directory=FixedDirectory(self.entries),
                metrics=Metrics(),
                journal=get_journal("test"),
            ),
            secrets=lambda: secrets,
            directory_changed=_nothing,
            why_no_directory=lambda: None,
        )
        return Node(
            id=node,
            keys=keys,
            clock=self.clock,
            wire=self.wire,
            store=store,
            blobs=blobs,
            runtime=runtime,
        )


async def _nothing() -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def network(folder: Path, names: Sequence[str], wire: Wire) -> AsyncIterator[Network]:
    """Open nodes that run until the block ends."""
    made = Network(folder, names, wire)
    made.start()
    async with asyncio.TaskGroup() as group:
        tasks = []
        for node in made.nodes.values():
            await node.store.start()
            await node.runtime.load()
            tasks.append(group.create_task(node.runtime.run()))
        yield made
        for task in tasks:
            task.cancel()
    for node in made.nodes.values():
        await node.store.close()


def message_id(number: int) -> MessageId:
    """Return an id that a test can name."""
    return MessageId(number.to_bytes(16, "big"))
