"""A few nodes in one event loop: real services, stores and cryptography, an unruly wire between.

The wire delivers what the transport port would: bytes in, bytes out, at a moment drawn from a
seed, so that frames and answers overtake each other in every order. Time is not real: the loop
turns instead of waiting. A node can be stopped and started again on its files, or die and start
on a copy of them as a crash leaves them.
"""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event

from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.operator.listing import with_log
from gateway.outfit import Ports
from gateway.ports import Space
from gateway.randomness import SystemRandomness
from gateway.runtime import Runtime
from gateway.service.reception import Reception
from gateway.storage.blobs import FileBlobs
from gateway.storage.generations import open_generation, survey
from gateway.storage.sequence import HeadSigner
from gateway.storage.sqlite import SqliteStore
from keys.nodekeys import NodeKeys, new_prekey
from keys.recipient import RecipientSecret
from protocol.directory import LogKey, NodeEntry, NodeState, PartyEntry
from protocol.directory_values import key_text, time_text
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.joining import node_part
from protocol.keyset import KeySet, PrekeyEntry
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.deed import Epoch
from protocol.log.recovery import Start
from protocol.log.signing import sign_head
from protocol.log.statement import epoch as epoch_stated
from protocol.log.statement import key_set_published
from tests.gateway.wire import Wire, WireTransport

__all__ = [
    "DAY_MS",
    "STAMP",
    "START_MS",
    "LoopClock",
    "Network",
    "Node",
    "Wire",
    "message_id",
    "network",
]  # fmt: skip

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
        """Zero only yields; else yield for ever: background rounds run once in a test."""
        if seconds == 0:
            await asyncio.sleep(0)
            return
        await asyncio.Event().wait()


class FixedDirectory:
    """The directory port over entries that a test puts in; one for each node."""

    def __init__(
        self,
        entries: dict[NodeId, NodeEntry],
        parties: dict[str, PartyEntry] | None = None,
    ) -> None:
        self.entries = entries
        self.parties = {} if parties is None else parties
        self.current: DirectoryStamp | None = STAMP
        self.refreshes = 0

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.entries.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return whose TLS key it is."""
        return next((node for node, entry in self.entries.items() if spki in entry.spki), None)

    def party(self, country: str) -> PartyEntry | None:
        """Return what a test put in; most address nodes and need none."""
        return self.parties.get(country)

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every entry."""
        return tuple(self.entries[node] for node in sorted(self.entries))

    def stamp(self) -> DirectoryStamp | None:
        """Return the version that the test set."""
        return self.current

    async def refresh(self) -> bool:
        """Change nothing."""
        self.refreshes += 1
        return False


@dataclass(slots=True, kw_only=True)
class Node:
    """One node of the network, and everything a test may want of it."""

    id: NodeId
    keys: NodeKeys
    clock: LoopClock
    wire: Wire
    home: Path
    store: SqliteStore
    blobs: FileBlobs
    directory: FixedDirectory
    metrics: Metrics
    secrets: dict[bytes, RecipientSecret]
    runtime: Runtime
    running: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def reception(self) -> Reception:
        """What answers its peers."""
        return self.runtime.reception

    def now_ms(self) -> int:
        """Return its time."""
        return self.clock.now_ms()

    async def halt(self) -> None:
        """End the workers; whatever is under way ends where it is."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait([self.running])
            self.running = None


class Network:
    """Nodes on one wire, in homes below a folder; `network` opens them.

    Args:
        folder: Where their homes are made.
        names: CC/n of each.
        wire: Between them.
        group: Owns the workers: an error that ends a node ends the test.
        start_ms: Where the clock begins.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        wire: Wire,
        group: asyncio.TaskGroup,
        *,
        start_ms: int = START_MS,
    ) -> None:
        self._folder = folder
        self.wire = wire
        self.clock = LoopClock()
        self.clock.ms = start_ms
        self.entries: dict[NodeId, NodeEntry] = {}
        self.parties: dict[str, PartyEntry] = {}
        self.nodes: dict[NodeId, Node] = {}
        self._lives = 0
        self.made_ms: dict[NodeId, int] = {}
        """When the directory that a node holds was made; by default it has no age."""
        self.disks: dict[NodeId, Space] = {}
        """What the disk of a node has; by default nobody can say."""
        self.heard: list[tuple[NodeId, NodeId, DirectoryStamp]] = []
        """Who heard of whom which directory it held."""
        self._group = group
        self._keys = {}
        for node in map(NodeId.parse, names):
            keys = NodeKeys.generate(
                str(node), generation=1, tls_name="localhost", now_ms=START_MS
            ).with_prekey(new_prekey(not_before_ms=START_MS, expires_ms=START_MS + 14 * DAY_MS))
            self._keys[node] = keys
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

    def __getitem__(self, name: str) -> Node:
        return self.nodes[NodeId.parse(name)]

    def start(self) -> None:
        """Make and open every node."""
        for node in self._keys:
            self.nodes[node] = self.make(node, self._folder / str(node).replace("/", "-"))

    async def run(self, name: str) -> Node:
        """Start the workers of a node."""
        node = self[name]
        node.running = self._group.create_task(node.runtime.run())
        return node

    async def restart(self, name: str, *, begins: bool = True) -> Node:
        """Stop a node in order and open it again on its files; the workers do not run yet.

        `begins`: an ordinary start signs at once, as if a peer had answered.
        """
        old = self[name]
        await old.halt()
        await old.store.close()
        return await self.reopen(old, old.home, begins=begins)

    async def crash(self, name: str, *, begins: bool = True) -> Node:
        """Let a node die where it is and open it on its files as they were at that moment.

        Whatever it commits from then on is lost, and nobody gets an answer from it any more.
        """
        old = self[name]
        await old.halt()
        self._lives += 1
        home = old.home.with_name(f"{old.home.name}.{self._lives}")
        async with _stillness(old.store):
            shutil.copytree(old.home, home)
            shutil.copy(f"{old.home}.anchor", f"{home}.anchor")
            again = await self.reopen(old, home, begins=begins)
        await old.store.close()
        return again

    async def advance(self, ms: int) -> None:
        """Let time pass, and let every node look at its work."""
        self.clock.ms += ms
        for node in self.nodes.values():
            await node.store.release(())

    async def turn_until(self, holds: Callable[[], bool]) -> None:
        """Let the loop turn until something holds; two minutes at the most."""
        async with asyncio.timeout(120):
            while not holds():
                await self.wire.turn()

    async def close(self) -> None:
        """Stop every node."""
        for node in self.nodes.values():
            await node.halt()
        for node in self.nodes.values():
            await node.store.close()

    def make(self, node: NodeId, home: Path) -> Node:
        """Make a new node with the keys of this name in a folder; not started."""
        keys = self._keys[node]
        key_set = _key_set(keys, version=1)
        home.mkdir()
        store = SqliteStore.create(
            home / "store.db",
            origin=LogOrigin.parse(keys.origin),
            first=key_set_published(key_set),
            key_set=key_set,
            store_key=keys.store_key,
            head_signer=self._signer(keys),
            clock=self.clock,
        )
        return self._node(node, home, store, secrets=dict(keys.secrets()))

    async def reopen(self, old: Node, home: Path, *, begins: bool = True) -> Node:
        """Open a node on files that nobody has open; the workers do not run yet."""
        keys = self._keys[old.id]
        store = SqliteStore.open(
            home / "store.db",
            origin=LogOrigin.parse(keys.origin),
            store_key=keys.store_key,
            head_signer=self._signer(keys),
            clock=self.clock,
        )
        node = self._node(old.id, home, store, secrets=old.secrets)
        self.nodes[old.id] = node
        await node.store.start()
        await node.runtime.load()
        if begins and store.beginning.start is Start.ORDINARY:
            await store.begin_signing(None)
        return node

    def _signer(self, keys: NodeKeys) -> HeadSigner:
        signer = keys.signer()

        def sign(head: TreeHead) -> Checkpoint:
            return sign_head(signer, head, timestamp_s=self.clock.now_ms() // 1000)

        return sign

    def _node(
        self, node: NodeId, home: Path, store: SqliteStore, *, secrets: dict[bytes, RecipientSecret]
    ) -> Node:
        blobs = FileBlobs(home / "blobs", node=node)
        directory = FixedDirectory(self.entries, self.parties)
        metrics = Metrics()
        runtime = Runtime(
            node=node,
            ports=Ports(
                clock=self.clock,
                randomness=SystemRandomness(),
                transport=WireTransport(node, self.wire, self.nodes.__getitem__),
                store=store,
                blobs=blobs,
                directory=directory,
                metrics=metrics,
                journal=get_journal("test"),
                measure=lambda: self.disks.get(node),
                gather_s=0.0,  # time stands still here unless a test moves it
                directory_made_ms=lambda: self.made_ms.get(node),
                directory_heard=lambda peer, stamp: self.heard.append((node, peer, stamp)),
            ),
            secrets=lambda: secrets,
            directory_changed=_nothing,
            why_no_directory=lambda: None,
            own=self._keys[node].signer().verifiers,
        )
        return Node(
            id=node,
            keys=self._keys[node],
            clock=self.clock,
            wire=self.wire,
            home=home,
            store=store,
            blobs=blobs,
            directory=directory,
            metrics=metrics,
            secrets=secrets,
            runtime=runtime,
        )


async def renew(
    net: Network,
    name: str,
    *,
    home: Path | None = None,
    listed: bool = True,
    begins: bool = True,
) -> Node:
    """Give up the log of a node for a new generation and open it; the workers do not run.

    `home`: on these files instead of its own. `listed`: the directory names the new log.
    """
    old = net[name]
    await old.halt()
    await old.store.close()
    folder = old.home if home is None else home
    found = survey(folder / "store.db")
    highest = max(key.log_origin.generation for key in net.entries[old.id].logs)
    keys = net._keys[old.id].with_generation(highest + 1)
    net._keys[old.id] = keys
    epoch = Epoch(
        old=found.origin,
        note=None if found.head is None else found.head.note,
        gap=None,
        who=f"{name} operator",
        why="the disk was lost",
        t_ms=net.clock.now_ms(),
    )
    open_generation(
        folder / "store.db",
        origin=LogOrigin.parse(keys.origin),
        epoch=epoch_stated(epoch.encode()),
        key_set=key_set_published(_key_set(keys, version=net.clock.now_ms() // 1000)),
        head_signer=net._signer(keys),
        now_ms=net.clock.now_ms(),
    )
    if listed:
        list_log(net, name)
    return await net.reopen(old, folder, begins=begins)


def list_log(net: Network, name: str) -> None:
    """Let the directory name the log that a node writes now, beside the earlier ones."""
    node = NodeId.parse(name)
    verifier = net._keys[node].signer().verifier
    entry = net.entries[node]
    key = LogKey(
        origin=verifier.name,
        ed25519=key_text(verifier.ed25519),
        mldsa44=key_text(verifier.mldsa44),
        not_before=time_text(START_MS - DAY_MS),
        not_after=time_text(START_MS + 365 * DAY_MS),
    )
    net.entries[node] = with_log(entry, key)


@asynccontextmanager
async def _stillness(store: SqliteStore) -> AsyncIterator[None]:
    """Keep the writer between two commits until the block ends."""
    loop = asyncio.get_running_loop()
    still, go_on = asyncio.Event(), Event()

    def wait(session: object) -> None:
        del session
        loop.call_soon_threadsafe(still.set)
        go_on.wait(30)

    waiting = asyncio.create_task(store._core.writer.run(wait))
    await still.wait()
    try:
        yield
    finally:
        go_on.set()
        await waiting


def _key_set(keys: NodeKeys, *, version: int) -> bytes:
    """Return the key set of a node with its one prekey."""
    public = RecipientSecret(keys.prekeys[0].seed).public
    times = {"not_before_ms": START_MS, "expires_ms": START_MS + 14 * DAY_MS}
    return KeySet(
        node=NodeId.parse(keys.node),
        version=version,
        keys=(PrekeyEntry(public=public, **times),),
        **times,
    ).encode()


async def _nothing() -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def network(
    folder: Path,
    names: Sequence[str],
    wire: Wire,
    *,
    run: Sequence[str] | None = None,
    start_ms: int = START_MS,
) -> AsyncIterator[Network]:
    """Open nodes that run until the block ends.

    Args:
        folder: Where their homes are made.
        names: CC/n of each.
        wire: Between them.
        run: Whose workers run; all if not given. The others only answer.
        start_ms: Where the clock begins.
    """
    async with asyncio.TaskGroup() as group:
        made = Network(folder, names, wire, group, start_ms=start_ms)
        made.start()
        for node in made.nodes.values():
            await node.store.start()
            await node.runtime.load()
        for name in names if run is None else run:
            await made.run(name)
        try:
            yield made
        finally:
            await made.close()


def message_id(number: int) -> MessageId:
    """Return an id that a test can name."""
    return MessageId(number.to_bytes(16, "big"))
