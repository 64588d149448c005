"""Errors become one code and one status; nothing of them is text; bugs are ours and say nothing."""

import asyncio
from io import StringIO

import pytest

from gateway.errors import GatewayError, LogDamagedError, RecoveringError, StorageError
from gateway.journal import Seldom, configure_journal, get_journal, reset_journal
from gateway.metrics import Metrics
from gateway.peer.connection import PortLimits
from gateway.peer.exchange import Exchange
from gateway.peer.quota import Accounts, OverShareError, PeerLimits
from gateway.peer.reader import Pace
from gateway.peer.refusal import STATUS_OF
from gateway.peer.services import PeerServices
from protocol.answer import decode_error
from protocol.errors import Code, LogPositionError, MalformedError, RemoteProtocolError
from tests.gateway.peer.port import (
    FR,
    FakeReception,
    FixedDirectory,
    MemoryBlobs,
    Options,
    Port,
    connect,
    frame_of,
    open_port,
    parts,
    raw,
    request,
    scenario,
)
from tests.gateway.peer.test_quota import StepClock

FRAME = frame_of(b"body")
POST = request("POST", "/v1/envelopes", FRAME)


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_status_and_tells_the_code_alone(code: Code) -> None:
    """The table of rule 25; an error never carries text to a peer."""

    @scenario
    async def refused() -> None:
        async with open_port() as port:
            fault: RemoteProtocolError = RemoteProtocolError("canary", code=code)
            if code is Code.LOG_POSITION:
                fault = LogPositionError("canary", size=77)
            port.reception.fault = fault
            status, headers, body = parts(await raw(port.number, POST))
            assert (status, headers["Content-Type"]) == (
                STATUS_OF[code],
                "application/vnd.a35+msgpack",
            )
            answer = decode_error(body)
            assert (answer.code, answer.mid) == (code, None)
            assert answer.size == (77 if code is Code.LOG_POSITION else None)
            assert (answer.retry_ms is not None) == (code in {Code.BUSY, Code.QUOTA, Code.STORE})
            assert b"canary" not in body
            counted = port.metrics.value("a35_refused_total", {"peer": "FR/1", "code": code})
            assert counted == 1

    refused()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RecoveringError("canary"), 503, Code.BUSY),
        (LogDamagedError("canary"), 503, Code.BUSY),
        (StorageError("canary"), 507, Code.STORE),
    ],
)
def test_states_of_ours_that_pass_are_told_as_codes(
    error: GatewayError, status: int, code: Code
) -> None:
    """The peer comes again; it did nothing wrong."""

    @scenario
    async def told() -> None:
        async with open_port() as port:
            port.reception.late_fault = error
            answer = parts(await raw(port.number, POST))
            assert (answer[0], decode_error(answer[2]).code) == (status, code)

    told()


@pytest.mark.parametrize("error", [ValueError("canary"), GatewayError("canary"), TimeoutError()])
def test_unexpected_error_is_a_bug_of_ours_and_an_empty_500(error: Exception) -> None:
    """Counted and in the journal with its place; the peer learns nothing."""
    stream = StringIO()
    configure_journal(stream, json=True)

    @scenario
    async def silent() -> None:
        async with open_port() as port:
            port.reception.fault = error
            status, headers, body = parts(await raw(port.number, POST))
            assert (status, body) == (500, b"")
            assert "Content-Type" not in headers
            assert port.metrics.value("a35_bugs_total", {"place": "peer.server"}) == 1

    try:
        silent()
    finally:
        reset_journal()
    assert "peer_port_bug" in stream.getvalue()
    assert "port.py:" in stream.getvalue()
    assert "canary" not in stream.getvalue()


@scenario
async def test_refusal_is_written_once_a_minute_and_ordinary_ones_never() -> None:
    """A flood must not fill the disk."""
    stream = StringIO()
    configure_journal(stream, json=True)
    try:
        async with open_port() as port:
            for code in (Code.PROOF, Code.PROOF, Code.BUSY):
                port.reception.fault = RemoteProtocolError("x", code=code)
                await raw(port.number, POST)
    finally:
        reset_journal()
    assert stream.getvalue().count('"refused"') == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/v1/keys/", 404),
        ("GET", "/v1/keys?x=1", 404),
        ("GET", "/v1/../v1/keys", 404),
        ("GET", "/v1/logs/a35/RO/1/log/0", 404),
        ("GET", "/v1/log/proof?new=2&old=1", 404),
        ("GET", "/v1/envelopes", 405),
        ("DELETE", "/v1/keys", 405),
        ("OPTIONS", "/v1/keys", 405),
        ("HEAD", "/v1/keys", 405),
        ("GET", "/v1/blobs/" + "00" * 32, 405),
        ("OPTIONS", "*", 404),
    ],
)
def test_everything_outside_the_table_is_404_or_405_and_empty(
    method: str, path: str, status: int
) -> None:
    """No path is guessed."""

    @scenario
    async def absent() -> None:
        async with open_port() as port:
            answer = parts(await raw(port.number, request(method, path)))
            assert (answer[0], answer[2]) == (status, b"")
            assert "Content-Type" not in answer[1]
            assert port.metrics.value("a35_http_refused_total", {"status": str(status)}) == 1
            assert port.reception.contacts == [FR]  # any authenticated contact counts

    absent()


@scenario
async def test_too_many_requests_that_prove_nothing_earn_a_minute_of_quota() -> None:
    """Even to good frames: proofs cost us more than they cost the sender."""
    async with open_port(Options(peer_limits=PeerLimits(unproven_per_minute=2))) as port:
        port.reception.fault = MalformedError("x", code=Code.PROOF)
        for _ in range(3):
            assert parts(await raw(port.number, POST))[0] == 422
        port.reception.fault = None
        status, _, body = parts(await raw(port.number, POST))
        answer = decode_error(body)
        assert (status, answer.code) == (429, Code.QUOTA)
        assert answer.retry_ms is not None
        assert answer.retry_ms >= 60_000
        assert parts(await raw(port.number, request("GET", "/v1/keys")))[0] == 200


@scenario
async def test_peer_that_asks_on_without_reading_loses_its_connection() -> None:
    """Answers must not gather in memory: the second waits for the first to be taken."""
    options = Options(write_timeout_s=0.05, limits=PortLimits(close_timeout_s=0.05))
    async with open_port(options) as port:
        port.reception.answer = bytes(16 * 1024 * 1024)
        stream = await connect(port.number)
        for _ in range(2):
            port.reception.took.clear()
            stream[1].write(request("POST", "/v1/envelopes", FRAME, close=False))
            await port.reception.took.wait()
        await _gone(port)
        assert port.metrics.value("a35_http_refused_total", {"status": "408"}) == 1
        stream[1].transport.abort()


@scenario
async def test_peer_that_never_reads_its_answer_loses_its_connection() -> None:
    """The idle time-out covers it, and closing does not wait for it."""
    options = Options(limits=PortLimits(idle_timeout_s=0.05, close_timeout_s=0.05))
    async with open_port(options) as port:
        port.reception.answer = bytes(16 * 1024 * 1024)
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", FRAME, close=False))
        await port.reception.took.wait()
        await _gone(port)
        stream[1].transport.abort()


@scenario
async def test_large_answer_is_read_whole_by_who_reads() -> None:
    """The time-out on writing must not cut an honest reader."""
    async with open_port() as port:
        port.reception.answer = bytes(2 * 1024 * 1024)
        assert parts(await raw(port.number, POST))[2] == port.reception.answer


@scenario
async def test_peer_that_goes_away_early_is_no_bug() -> None:
    """Connections end at any moment; the commit goes on, the journal stays quiet."""
    async with open_port() as port:
        port.reception.late_gate.clear()
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", FRAME, close=False))
        await port.reception.took.wait()
        stream[1].transport.abort()
        await _gone(port)
        port.reception.late_gate.set()
        assert parts(await raw(port.number, request("GET", "/v1/keys")))[0] == 200
        assert len(port.reception.seen) == 3  # head, bodies, keys
        assert port.metrics.value("a35_bugs_total", {"place": "peer.server"}) == 0


async def _gone(port: Port) -> None:
    """Return when the port has no connection left."""
    while port.metrics.value("a35_peer_connections"):  # noqa: ASYNC110 - the port's own end
        await asyncio.sleep(0.005)


def test_those_put_off_are_asked_back_one_after_the_other() -> None:
    """Else they would all return at once; a peer beyond its own share comes back alone."""
    clock = StepClock()
    metrics = Metrics()
    services = PeerServices(
        reception=FakeReception(),
        directory=FixedDirectory(),
        blobs=MemoryBlobs(),
        clock=clock,
        metrics=metrics,
        journal=get_journal("test"),
    )
    exchange = Exchange(
        services,
        accounts=Accounts(PeerLimits(), clock),
        pace=Pace(),
        seldom=Seldom(clock.monotonic_s),
    )
    waits = [exchange._spread(Code.BUSY, None) for _ in range(4)]
    assert waits == [0, 20, 40, 60]
    assert exchange._spread(Code.STORE, None) == 0
    assert exchange._spread(Code.QUOTA, OverShareError("share", retry_ms=700)) == 0
    assert exchange._spread(Code.PROOF, None) == 0
    clock.now_s += 10
    assert exchange._spread(Code.BUSY, None) == 0
