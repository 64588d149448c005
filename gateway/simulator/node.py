"""One simulated node: the real runtime and store over simulated ports, one life at a time.

A home outlives the lives in it, as a disk outlives processes. What also outlives them is here:
the machine's clock error, the directory held, chance, and which prekeys are still there.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Final

from gateway.errors import GatewayError, TransportError
from gateway.metrics import Metrics
from gateway.outfit import Ports
from gateway.pieces import Piece
from gateway.ports import Route
from gateway.runtime import Runtime
from gateway.simulator.clock import DAY_MS, SimulatedClock, VirtualTime
from gateway.simulator.disk import SimulatedDisk
from gateway.simulator.evidence import Evidence, evidence_of
from gateway.simulator.fakes import (
    InlineBlobs,
    KeptJournal,
    SeededRandomness,
    SimulatedDirectory,
    Told,
)
from gateway.simulator.loop import Life
from gateway.simulator.material import PREKEY_DAYS, NodeMaterial, key_set_of, seed_of
from gateway.simulator.port import PeerPort, Request
from gateway.simulator.wire import Wire
from gateway.storage.audit import audit_store
from gateway.storage.inline import inline
from gateway.storage.sqlite import SqliteStore
from keys.nodekeys import Prekey
from keys.recipient import RecipientSecret
from protocol.identifiers import LogOrigin, NodeId
from protocol.keyset import KeySet
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import key_set_published

BLOBS = "/v1/blobs/"
_FOUND = 200
_DONE = frozenset({200, 201})
_ABSENT = 404
_STOP_S = 60.0
_STOP_LOOKS = 240


class WireTransport:
    """Implements gateway.ports.Transport on the wire.

    Args:
        me: Who calls.
        wire: Between all.
    """

    def __init__(self, me: NodeId, wire: Wire) -> None:
        self._me = me
        self._wire = wire

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """POST one frame."""
        del urgent  # a simulated node has one endpoint
        request = Request(method="POST", path=route, body=b"".join(buffers))
        reply = await self._wire.call((self._me, node), request)
        return reply.status, reply.body

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """GET a resource.

        Raises:
            TransportError: Nothing of ours came back, or too much.
        """
        reply = await self._wire.call((self._me, node), Request(method="GET", path=path))
        if len(reply.body) > max_bytes:
            raise TransportError("longer than an answer may be", code="not_ours", sent=True)
        return reply.status, reply.body

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Ask how much of a blob a node holds.

        Raises:
            TransportError: It did not say.
        """
        request = Request(method="HEAD", path=BLOBS + digest.hex())
        reply = await self._wire.call((self._me, node), request)
        if reply.status == _ABSENT:
            return 0
        if reply.status not in _DONE or reply.offset is None:
            raise TransportError("the node did not say what it holds", code="refused", sent=True)
        return reply.offset

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """PUT one piece of a blob."""
        path = BLOBS + digest.hex()
        body = b"".join(piece.chunks())
        request = Request(method="PUT", path=path, body=body, offset=offset, total=total)
        reply = await self._wire.call((self._me, node), request)
        return reply.status, reply.body


_STOP_LOOK_S: Final = 0.05
_STOP_MOST_S: Final = 120.0
"""An operator who stops a node kills it after so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a world gives each of its nodes."""

    time: VirtualTime
    wire: Wire
    told: Callable[[NodeId, Told], None]
    stopped: Callable[["SimulatedNode", BaseException], None]


@dataclass(slots=True, kw_only=True)
class SimulatedNode:
    """One node of a world.

    Args:
        material: Keys and template.
        home: Its folder, already a copy.
        world: What it lives in.
        randomness: Goes on over all lives.
        secrets: Content keys held now.
        disk: Below its store.
    """

    material: NodeMaterial
    home: Path
    world: Surroundings
    directory: SimulatedDirectory
    randomness: SeededRandomness
    secrets: dict[bytes, RecipientSecret]
    disk: SimulatedDisk
    boot_s: float
    clock: SimulatedClock
    life: Life = field(init=False)
    lives: int = 0
    is_up: bool = False
    most_ahead_ms: int = 0
    store: SqliteStore = field(init=False)
    runtime: Runtime = field(init=False)
    port: PeerPort = field(init=False)
    metrics: Metrics = field(init=False)
    _has_files: bool = False
    _running: "asyncio.Task[None] | None" = None

    def __post_init__(self) -> None:
        self.life = Life(f"{self.id} unborn")
        self.life.end()

    @property
    def id(self) -> NodeId:
        """Its name."""
        return self.material.node

    def evidence(self) -> Evidence:
        """Read what its disk holds now."""
        verifiers = [key.verifier for key in self.material.entry.logs]
        return evidence_of(self.id, audit_store(self.home / "store.db"), verifiers)

    def now_ms(self) -> int:
        """Return its wall clock."""
        return self.clock.now_ms()

    def set_clock(self, offset_ms: int) -> None:
        """Set its wall clock wrong, or right with zero."""
        self.clock.offset_ms = offset_ms
        self.most_ahead_ms = max(self.most_ahead_ms, offset_ms)

    def forget_prekeys(self) -> bool:
        """Lose every content key but the one in the directory; tell whether there was another."""
        kept = RecipientSecret(self.material.keys.last_resort_seed).key_id
        lost = [key_id for key_id in self.secrets if key_id != kept]
        for key_id in lost:
            del self.secrets[key_id]
        return bool(lost)

    async def publish_prekey(self) -> None:
        """Make a prekey, keep it, and state it in a new key set, as an operator's tool does."""
        held = await self.store.key_set()
        if held is None or not self.store.may_sign:
            return
        version = KeySet.decode(held[0]).version + 1
        now_ms = self.now_ms()
        prekey = Prekey(
            seed=seed_of(self.id, f"prekey {self.lives} {version}"),
            not_before_ms=now_ms,
            expires_ms=now_ms + PREKEY_DAYS * DAY_MS,
        )
        secret = RecipientSecret(prekey.seed)
        self.secrets[secret.key_id] = secret
        key_set = key_set_of(self.id, (prekey,), version)
        with suppress(GatewayError):
            await self.store.state([key_set_published(key_set)], must_leave=True)

    def start(self) -> None:
        """Begin a new life on the home."""
        self.lives += 1
        self.life = Life(f"{self.id}.{self.lives}")
        offset_ms = self.clock.offset_ms
        self.clock = SimulatedClock(
            self.world.time, offset_ms=offset_ms, boot_s=self.boot_s * self.lives
        )
        self._running = self.life.spawn(self._live(self.life), name="runs")

    def die(self) -> None:
        """End its life where it is, as a killed process ends; its files stay as they are."""
        if self.life.is_dead:
            return
        self.is_up = False
        self.life.end()
        self.world.wire.ended(self.life)
        self._let_go()

    async def stop(self) -> None:
        """End its life in order, as an operator does; a process that does not end is killed."""
        if self.life.is_dead or not self.is_up or self._running is None:
            self.die()
            return
        self.is_up = False
        life = self.life
        ending = life.spawn(self._end(self._running), name="ends")
        # Killed or frozen meanwhile it will never be done: its steps are not taken any more.
        until_s = self.world.time.now_s() + _STOP_MOST_S
        while not ending.done() and not life.is_dead and self.world.time.now_s() < until_s:
            await self.world.time.wait(_STOP_LOOK_S)
        if life is not self.life:
            return
        life.end()
        self.world.wire.ended(self.life)
        self._let_go()

    def _let_go(self) -> None:
        if self._has_files:
            self._has_files = False
            self.store.abandon()

    async def _end(self, running: "asyncio.Task[None]") -> None:
        running.cancel()
        await asyncio.wait([running])
        await self.store.close()
        self._has_files = False
        self.life.end()  # whatever of it is still under way must not meet a closed store

    async def _live(self, life: Life) -> None:
        """Be the process: open, run, and say so if it ends by itself."""
        try:
            self._open()
            await self.store.start()
            await self.runtime.load()
            self.is_up = True
            self.runtime.health.serving(now=True)
            await self.runtime.run()
        except (Exception, ExceptionGroup) as error:  # noqa: BLE001 - outermost frame of a process
            if not life.is_dead:
                self.world.stopped(self, error)

    def _open(self) -> None:
        keys = self.material.keys
        signer = keys.signer()
        clock = self.clock

        def sign(head: TreeHead) -> Checkpoint:
            return sign_head(signer, head, timestamp_s=clock.now_ms() // 1000)

        self.metrics = Metrics()
        self.store = SqliteStore.open(
            self.home / "store.db",
            origin=LogOrigin.parse(keys.origin),
            store_key=keys.store_key,
            head_signer=sign,
            clock=clock,
            anchor=self.home / "anchor",
            metrics=self.metrics,
            make_writer=inline(self.disk),
        )
        self._has_files = True
        blobs = InlineBlobs(self.home / "blobs", node=self.id, clock=clock)
        journal = KeptJournal(lambda told: self.world.told(self.id, told))
        self.runtime = Runtime(
            node=self.id,
            ports=Ports(
                clock=clock,
                randomness=self.randomness,
                transport=WireTransport(self.id, self.world.wire),
                store=self.store,
                blobs=blobs,
                directory=self.directory,
                metrics=self.metrics,
                journal=journal,
            ),
            secrets=lambda: self.secrets,
            directory_changed=_nothing,
            why_no_directory=lambda: self.directory.why,
            own=signer.verifiers,
        )
        self.port = PeerPort(
            reception=self.runtime.reception,
            blobs=blobs,
            directory=self.directory,
            clock=clock,
        )


async def _nothing() -> None:
    await asyncio.sleep(0)


def place_of(error: BaseException) -> str:
    """Return by which calls of services a process ended, outermost first."""
    if isinstance(error, BaseExceptionGroup):
        return " and ".join(place_of(each) for each in error.exceptions)
    frames = extract_tb(error.__traceback__)
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in frames
        if "/service/" in frame.filename or "/delivery/" in frame.filename
    ]
    return f"{type(error).__name__} by {' > '.join(places) or 'what is below'}: {error}"


def reason_of(error: BaseException) -> GatewayError | None:
    """Return the error of ours by which a process ended, None if it ended by a bug."""
    if isinstance(error, BaseExceptionGroup):
        found = [reason_of(each) for each in error.exceptions]
        return None if None in found or not found else found[0]
    return error if isinstance(error, GatewayError) else None
