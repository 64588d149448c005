"""The moment between handshake and HTTP, in orders that sockets show only now and then."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO

from aiohttp.web import BaseRequest, Response, Server
from typing_extensions import override

from gateway.clock import SystemClock
from gateway.journal import Seldom, configure_journal, get_journal, reset_journal
from gateway.metrics import Metrics
from gateway.peer.connection import Connection, PortLimits
from gateway.peer.doorway import Doorway
from gateway.peer.gate import Gate
from gateway.peer.quota import Accounts, PeerLimits
from tests.gateway.peer.port import FixedDirectory, scenario


class Line(asyncio.Transport):
    """A transport that keeps what happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: asyncio.BaseProtocol | None = None
        self.written = b""
        self.is_closed = False
        self.is_paused = False
        self.wrote = asyncio.Event()
        self.ended = asyncio.Event()

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    @override
    def pause_reading(self) -> None:
        self.is_paused = True

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        self.wrote.set()

    @override
    def close(self) -> None:
        self.is_closed = True

    @override
    def abort(self) -> None:
        self.is_closed = True
        self.ended.set()

    @override
    def is_closing(self) -> bool:
        return self.is_closed


async def _hello(request: BaseRequest) -> Response:  # noqa: RUF029 - a handler
    connection = request.protocol
    assert isinstance(connection, Connection)
    connection.answered()
    return Response(body=b"hello")


class Scene:
    """A gate whose handshakes a test plays itself."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.metrics = Metrics()
        self.gate = Gate(
            _hello,
            context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
            directory=FixedDirectory(),
            accounts=Accounts(PeerLimits(), clock),
            limits=PortLimits(),
            metrics=self.metrics,
            journal=get_journal("test"),
            seldom=Seldom(clock.monotonic_s),
        )
        self.ended = 0
        self.line = Line()
        self.doorway = Doorway(self.gate)
        self.connection = Connection(
            Server(_hello),
            limits=PortLimits(),
            watch=self.gate,
            spki=bytes(32),
            ended=self.end,
        )

    def end(self) -> None:
        """Count the ends of the connection."""
        self.ended += 1


@asynccontextmanager
async def _scene() -> AsyncIterator[Scene]:
    scene = Scene()
    try:
        yield scene
    finally:
        scene.connection.connection_lost(None)
        await asyncio.sleep(0)


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _answered(scene: Scene) -> None:
    await scene.line.wrote.wait()
    assert scene.line.written.endswith(b"hello")


@scenario
async def test_request_that_came_with_the_end_of_the_handshake_is_not_lost() -> None:
    """Under TLS 1.3 the client's request may follow its last handshake message at once."""
    async with _scene() as scene:
        scene.doorway.data_received(REQUEST[:10])
        scene.doorway.data_received(REQUEST[10:])
        scene.doorway.open(scene.line, scene.connection)
        assert scene.line.protocol is scene.connection
        await _answered(scene)


@scenario
async def test_bytes_that_still_reach_the_doorway_go_on_to_http() -> None:
    """A loop may have queued the call before the protocol was changed."""
    async with _scene() as scene:
        scene.doorway.open(scene.line, scene.connection)
        scene.doorway.data_received(REQUEST)
        await _answered(scene)


@scenario
async def test_connection_lost_before_it_was_opened_gives_its_place_free() -> None:
    """Else a peer's places would leak one by one."""
    async with _scene() as scene:
        scene.doorway.connection_lost(None)
        scene.doorway.open(scene.line, scene.connection)
        assert scene.ended == 1
        assert scene.line.protocol is None


@scenario
async def test_connection_lost_by_both_ways_gives_its_place_free_once() -> None:
    """Doorway and HTTP may both be told."""
    async with _scene() as scene:
        scene.doorway.open(scene.line, scene.connection)
        scene.doorway.connection_lost(None)
        scene.connection.connection_lost(None)
        assert scene.ended == 1


@scenario
async def test_what_the_library_would_log_is_written_by_type_and_place_only() -> None:
    """Its own log would carry texts of requests."""
    stream = StringIO()
    configure_journal(stream, json=True)
    try:
        async with _scene() as scene:
            scene.connection.log_exception("canary %s", "canary", exc_info=ValueError("canary"))
            scene.connection.log_exception("canary")
    finally:
        reset_journal()
    assert scene.metrics.value("a35_bugs_total", {"place": "peer.server"}) == 1
    assert "ValueError" in stream.getvalue()
    assert "canary" not in stream.getvalue()


@scenario
async def test_nothing_is_read_before_the_handshake_begins() -> None:
    """It begins in a task: a loop that reads sooner took its first bytes for HTTP in clear."""
    async with _scene() as scene:
        scene.doorway.connection_made(scene.line)
        assert scene.line.is_paused
        await scene.line.ended.wait()


@scenario
async def test_handshake_that_fails_unexpectedly_is_our_bug_not_the_loops() -> None:
    """A transport that cannot do TLS raises TypeError, not OSError."""
    async with _scene() as scene:
        scene.doorway.connection_made(scene.line)
        await scene.line.ended.wait()
        assert scene.metrics.value("a35_bugs_total", {"place": "peer.server"}) == 1
        assert scene.metrics.value("a35_turned_away_total", {"reason": "handshake"}) == 1
