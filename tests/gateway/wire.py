"""The wire between nodes of a test: unruly in its order, obedient to its test in everything else.

It does what the transport port and the peer port do with bytes, statuses and errors, without a
socket. What a test wants lost, cut or changed it says; everything else arrives.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import GatewayError, TransportError
from gateway.peer.refusal import STATUS_OF, code_of, told
from gateway.pieces import Piece
from gateway.ports import Blobs, Route
from gateway.service.reception import Reception
from protocol.answer import encode_error
from protocol.errors import RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameKind, decode_head, decode_prefix
from protocol.identifiers import LogOrigin, MessageId, NodeId

BLOBS = "/v1/blobs"
Answering = Callable[[NodeId, str, int, bytes], tuple[int, bytes]]


class Server(Protocol):
    """A node as the wire sees it."""

    @property
    def blobs(self) -> Blobs:
        """Attachments held."""

    @property
    def reception(self) -> Reception:
        """What answers frames and questions."""

    @property
    def wire(self) -> "Wire":
        """The wire it hangs on."""

    def now_ms(self) -> int:
        """Return its time."""


def as_it_is(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    """Change nothing."""
    del node, path
    return status, body


def losing(wanted: Callable[[str], bool], times: int) -> Answering:
    """Return what loses the first answers to some paths, after they were processed."""
    left = iter(range(times))

    def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if wanted(path) and next(left, None) is not None:
            raise TransportError("the answer was lost", sent=True)
        return as_it_is(node, path, status, body)

    return answering


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Wire:
    """What lies between all nodes: order drawn from a seed, and a record of what passed.

    `lose` is asked once for each request and once for each answer; `cut` holds ways (from, to)
    on which nothing is reached; `answering` may change what a node answers: (node, path,
    status, body). A piece of an attachment arrives only while `taking` is set.
    """

    seed: int = 0
    turns: int = 0
    frames: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    captured: list[tuple[NodeId, NodeId, Route, bytes]] = field(default_factory=list)
    keep: bool = False
    lose: Callable[[], bool] = lambda: False
    cut: set[tuple[NodeId, NodeId]] = field(default_factory=set)
    answering: Answering = as_it_is
    pieces: list[int] = field(default_factory=list)
    taking: asyncio.Event = field(default_factory=_set_event)
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)  # noqa: S311 - order of a test, nothing secret

    async def delay(self) -> None:
        """Let the loop turn a number of times drawn from the seed."""
        for _ in range(self.draw.randint(0, self.turns)):
            await self.turn()

    async def turn(self) -> None:
        """Let everything run once that is ready."""
        await asyncio.sleep(0)


class WireTransport:
    """The transport port of one node on the wire."""

    def __init__(self, me: NodeId, wire: Wire, server: Callable[[NodeId], Server]) -> None:
        self._me = me
        self._wire = wire
        self._server = server

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """Carry a frame there and the answer back, each at its own time."""
        del urgent
        frame = b"".join(buffers)
        self._wire.frames += 1
        if self._wire.keep:
            self._wire.captured.append((self._me, node, route, frame))
        await self._wire.delay()
        server = self._reach(node)
        if self._wire.lose():
            raise TransportError("lost on the way", sent=True)
        status, body = await deliver(server, self._me, route, frame)
        await self._wire.delay()
        if self._wire.lose() or self._server(node) is not server:
            raise TransportError("the answer was lost", sent=True)
        return self._wire.answering(node, route, status, body)

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """Read one of the resources."""
        await self._wire.delay()
        server = self._reach(node)
        server.reception.contact(self._me)
        status, body = await look_up(server, path, me=self._me)
        await self._wire.delay()
        assert len(body) <= max_bytes
        if self._server(node) is not server:
            raise TransportError("the answer was lost", sent=True)
        return self._wire.answering(node, path, status, body)

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Return what the other node holds."""
        return await self._reach(node).blobs.offset(self._me, digest) or 0

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """Hand a piece over."""
        server = self._reach(node)
        self._wire.pieces.append(offset)
        await self._wire.taking.wait()
        try:
            data = b"".join(piece.chunks())
            await server.blobs.put(self._me, digest, offset=offset, total=total, piece=data)
            status, body = 200, b""
        except (RemoteProtocolError, GatewayError) as error:
            status, body = refusal(server, error)
        return self._wire.answering(node, BLOBS, status, body)

    def _reach(self, node: NodeId) -> Server:
        if (self._me, node) in self._wire.cut:
            raise TransportError("no connection", code="unreachable")
        return self._server(node)


async def deliver(to: Server, peer: NodeId, route: Route, frame: bytes) -> tuple[int, bytes]:
    """Do what the peer port does with the bytes of one frame.

    Returns:
        HTTP status and body; 200 only for an answer.
    """
    to.reception.contact(peer)
    try:
        return 200, await _answer(to.reception, peer, route, frame)
    except (RemoteProtocolError, GatewayError) as error:
        return refusal(to, error)


async def look_up(to: Server, path: str, *, me: NodeId) -> tuple[int, bytes]:
    """Do what the peer port does with a question.

    Returns:
        HTTP status and body.
    """
    try:
        if path == "/v1/keys":
            return 200, await to.reception.key_set()
        if path == "/v1/log/epoch" or path.startswith("/v1/sealings/"):
            mid = None if path.endswith("epoch") else MessageId.parse(path[-32:])
            past = await to.reception.past(me, mid)
            return (404, b"") if past is None else (200, past)
        if path.startswith("/v1/logs/"):
            name, _, size = path.removeprefix("/v1/logs/").partition("?size=")
            origin = LogOrigin.parse(name)
            note = await to.reception.log_note(me, origin, int(size) if size else None)
            return (404, b"") if note is None else (200, note)
        if path.startswith("/v1/receipts/"):
            mid = MessageId.parse(path.removeprefix("/v1/receipts/"))
            return 200, await to.reception.receipts_for(me, mid)
        assert path.startswith("/v1/log/proof?"), path
        old, new = (int(part.partition("=")[2]) for part in path.partition("?")[2].split("&"))
        return 200, await to.reception.log_proof(old, new)
    except (RemoteProtocolError, GatewayError) as error:
        return refusal(to, error)


def refusal(to: Server, error: RemoteProtocolError | GatewayError) -> tuple[int, bytes]:
    """Tell a refusal as the peer port tells it, and count it."""
    code = code_of(error)
    assert code is not None, error
    to.wire.refusals[code.value] = to.wire.refusals.get(code.value, 0) + 1
    return STATUS_OF[code], encode_error(told(code, t_ms=to.now_ms(), error=error))


async def _answer(receive: Reception, peer: NodeId, route: Route, frame: bytes) -> bytes:
    kind = FrameKind.ENVELOPES if route is Route.ENVELOPES else FrameKind.RECEIPTS
    start = PREFIX_BYTES + decode_prefix(frame[:PREFIX_BYTES])
    head = decode_head(kind, frame[PREFIX_BYTES:start])
    if len(frame) != head.frame_bytes(start - PREFIX_BYTES):
        raise RemoteProtocolError("a frame of another length than its head says")
    linked = await receive.begin(peer, kind, head)
    if kind is FrameKind.RECEIPTS:
        return await receive.receipts(linked)
    bodies = []
    for item in head.envelopes:
        bodies.append(frame[start : start + item.body_bytes])
        start += item.body_bytes
    return await receive.envelopes(linked, bodies)
