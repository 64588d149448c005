"""Calling other nodes: right key or nothing leaves, our protocol or it is no answer."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from typing_extensions import override

from gateway.clock import SystemClock
from gateway.errors import TransportError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.peer.calling import CallLimits
from gateway.peer.tls import server_context
from gateway.peer.transport import HttpTransport
from gateway.pieces import HeldPiece
from gateway.ports import Route, Transport
from keys.certificate import TlsIdentity
from protocol.errors import LogPositionError, MalformedError
from protocol.identifiers import NodeId
from protocol.limits import MAX_ERROR_BYTES
from tests.gateway.peer.port import (
    FR,
    HOST,
    RO,
    FixedDirectory,
    Port,
    Stream,
    der,
    entry,
    frame_of,
    identity,
    open_port,
    scenario,
)

OURS = b"Content-Type: application/vnd.a35+msgpack\r\n"
DEAD = "https://127.0.0.1:1"


def _url(number: int) -> str:
    return f"https://{HOST}:{number}"


@asynccontextmanager
async def _caller(
    *endpoints: str,
    tls: TlsIdentity | None = None,
    called: TlsIdentity | None = None,
    limits: CallLimits | None = None,
    metrics: Metrics | None = None,
) -> AsyncIterator[tuple[HttpTransport, FixedDirectory]]:
    """Open the transport of FR/1, whose directory lists RO/1 at these endpoints."""
    directory = FixedDirectory(entry(RO, called or identity("ro"), *endpoints))
    transport = HttpTransport(
        tls or identity("fr"),
        directory,
        clock=SystemClock(),
        metrics=metrics or Metrics(),
        journal=get_journal("test"),
        limits=limits,
    )
    await transport.start()
    try:
        yield transport, directory
    finally:
        await transport.close()


@asynccontextmanager
async def _impostor(
    answer: bytes | Callable[[Stream], Awaitable[None]], tls: TlsIdentity | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen with RO/1's key, or another, and answer each head with these bytes."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    context = server_context(tls or identity("ro"), [der(identity("fr"))])
    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()
        await server.wait_closed()


def _answer(status: int, body: bytes = b"", headers: bytes = OURS) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 %d X\r\n%b%b\r\n%b" % (status, headers, length, body)


async def _fails(calling: Awaitable[object], code: str, *, sent: bool) -> None:
    with pytest.raises(TransportError) as caught:
        await calling
    assert (caught.value.code, caught.value.sent) == (code, sent)


async def _to_port(port: Port, transport: Transport) -> None:
    frame = frame_of(b"one", bytes(300_000), b"three")
    cuts = [frame[:20], frame[20:100_000], b"", frame[100_000:]]
    assert await transport.send(RO, Route.ENVELOPES, cuts) == (200, b"answer")
    assert port.reception.seen[1] == [b"one", bytes(300_000), b"three"]


@scenario
async def test_frame_arrives_as_it_was_cut_and_the_answer_comes_back() -> None:
    """Both sides together."""
    metrics = Metrics()
    async with (
        open_port() as port,
        _caller(_url(port.number), metrics=metrics) as (transport, _),
    ):
        await _to_port(port, transport)
        assert metrics.value("a35_frames_total", {"direction": "out"}) == 1


@scenario
async def test_coded_refusal_is_an_answer() -> None:
    """Delivery reads it; the transport does not judge."""
    async with open_port() as port, _caller(_url(port.number)) as (transport, _):
        port.reception.fault = LogPositionError("x", size=7)
        status, body = await transport.send(RO, Route.ENVELOPES, [frame_of(bytes(60_000))])
        assert (status, b"E_LOG_POSITION" in body) == (409, True)
        port.reception.fault = None
        assert (await transport.send(RO, Route.ENVELOPES, [frame_of()]))[0] == 200
        assert port.metrics.value("a35_peer_connections") == 1


@scenario
async def test_connection_is_kept_between_calls() -> None:
    """A handshake costs more than a frame."""
    async with open_port() as port, _caller(_url(port.number)) as (transport, _):
        for _ in range(10):
            await transport.send(RO, Route.ENVELOPES, [frame_of()])
        assert port.metrics.value("a35_peer_connections") == 1


@scenario
async def test_at_most_so_many_connections_are_open_to_one_node() -> None:
    """The receiver's cap must never be met in the ordinary course."""
    limits = CallLimits(connections=2)
    async with open_port() as port, _caller(_url(port.number), limits=limits) as (transport, _):
        port.reception.late_gate.clear()
        calls = [
            asyncio.ensure_future(transport.send(RO, Route.ENVELOPES, [frame_of()]))
            for _ in range(6)
        ]
        await port.reception.took.wait()
        port.reception.late_gate.set()
        assert {(await call)[0] for call in calls} == {200}
        assert port.metrics.value("a35_peer_connections") == 2


@scenario
async def test_another_key_at_the_endpoint_gets_nothing() -> None:
    """Refused within the handshake: not even the head of a request leaves."""
    metrics = Metrics()
    async with (
        _impostor(_answer(200, b"x"), identity("jp")) as (number, heads),
        _caller(_url(number), metrics=metrics) as (transport, _),
    ):
        await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "wrong_key", sent=False)
    assert heads == []
    assert metrics.value("a35_misdirected_total", {"peer": "RO/1"}) == 1


@scenario
async def test_kept_connection_is_not_used_after_the_directory_changed_its_key() -> None:
    """A revoked key must not go on receiving."""
    async with open_port() as port, _caller(_url(port.number)) as (transport, directory):
        await transport.send(RO, Route.ENVELOPES, [frame_of()])
        directory.entries[RO] = entry(RO, identity("jp"), _url(port.number))
        await _fails(transport.get(RO, "/v1/keys", max_bytes=10), "wrong_key", sent=False)
        assert len(port.reception.seen) == 2  # of the first call alone


@scenario
async def test_changed_endpoints_keep_the_connections_of_an_unchanged_key() -> None:
    """A directory refresh must not cost every peer its handshakes."""
    async with open_port() as port, _caller(_url(port.number)) as (transport, directory):
        await transport.send(RO, Route.ENVELOPES, [frame_of()])
        directory.entries[RO] = entry(RO, identity("ro"), _url(port.number), DEAD)
        await transport.send(RO, Route.ENVELOPES, [frame_of()])
        assert port.metrics.value("a35_peer_connections") == 1


@scenario
async def test_pin_is_asked_for_each_request_on_a_kept_connection() -> None:
    """A request that waited for a connection must not leave after its pin was withdrawn."""
    async with open_port() as port, _caller(_url(port.number)) as (transport, _):
        await transport.send(RO, Route.ENVELOPES, [frame_of()])
        transport._contexts[RO][1].pins = frozenset({identity("jp").spki})
        await _fails(transport.get(RO, "/v1/keys", max_bytes=10), "wrong_key", sent=False)
        assert len(port.reception.seen) == 2  # of the first call alone


@scenario
async def test_node_that_does_not_know_us_is_an_unknown_outcome() -> None:
    """Under TLS 1.3 a refused client sees the connection end, after it may have sent."""
    async with open_port() as port:
        async with _caller(_url(port.number), tls=identity("jp")) as (transport, _):
            await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "broken", sent=True)
        assert port.reception.contacts == []


@scenario
async def test_tls_1_2_is_not_spoken() -> None:
    """Nothing to downgrade to."""

    async def nothing(stream: Stream) -> None:
        await stream[0].read()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = await asyncio.start_server(lambda r, w: nothing((r, w)), HOST, 0, ssl=context)
    async with server, _caller(_url(server.sockets[0].getsockname()[1])) as (transport, _):
        await _fails(transport.get(RO, "/v1/keys", max_bytes=9), "unreachable", sent=False)


@scenario
async def test_endpoints_are_tried_in_order_and_the_good_one_is_remembered() -> None:
    """The first is dead, the second answers, and is first for a while."""
    async with open_port() as port, open_port() as other:
        endpoints = (DEAD, _url(port.number), _url(other.number))
        async with _caller(*endpoints) as (transport, directory):
            await transport.send(RO, Route.ENVELOPES, [frame_of()])
            directory.entries[RO] = entry(RO, identity("ro"), _url(other.number), *endpoints[:2])
            await transport.send(RO, Route.ENVELOPES, [frame_of()])
            assert len(port.reception.seen) == 4
            assert other.reception.seen == []
            await port.server.stop(0.05)
            await transport.get(RO, "/v1/keys", max_bytes=10)
            assert other.reception.seen == ["keys"]


@scenario
async def test_no_endpoint_reached_is_known_not_to_be_sent() -> None:
    """Every item stays due, and no repeat is suspected."""
    async with _caller(DEAD, "https://127.0.0.1:2") as (transport, _):
        await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "unreachable", sent=False)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_host_that_no_resolver_takes_is_one_that_is_not_reached(host: str) -> None:
    """The directory's form lets such entries through: one Party must not end others' nodes."""

    @scenario
    async def run() -> None:
        async with _caller(f"https://{host}:443") as (transport, _):
            await _fails(transport.get(RO, "/v1/keys", max_bytes=9), "unreachable", sent=False)
        async with (
            open_port() as port,
            _caller(f"https://{host}:443", _url(port.number)) as (transport, _),
        ):
            await transport.get(RO, "/v1/keys", max_bytes=10)
            assert port.reception.seen == ["keys"]

    run()


@scenario
async def test_what_may_have_got_through_is_not_sent_elsewhere_at_once() -> None:
    """The lane decides about repeats, not the transport."""

    async def hang_up(stream: Stream) -> None:  # noqa: RUF029 - a handler
        stream[1].transport.abort()

    async with _impostor(hang_up) as (number, _), open_port() as port:
        async with _caller(_url(number), _url(port.number)) as (transport, _):
            await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "broken", sent=True)
        assert port.reception.seen == []


@scenario
async def test_silence_ends_in_time_and_is_an_unknown_outcome() -> None:
    """A half-open connection must not hold a slot."""

    async def silence(stream: Stream) -> None:
        await stream[0].read()

    for limits in (CallLimits(read_s=0.05), CallLimits(attempt_s=0.05)):
        async with (
            _impostor(silence) as (number, _),
            _caller(_url(number), limits=limits) as (transport, _),
        ):
            await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "time_out", sent=True)


@scenario
async def test_next_attempt_begins_elsewhere_than_the_last_one_failed() -> None:
    """What may have got through ends its attempt, but not the hope in the other endpoint."""

    async def hang_up(stream: Stream) -> None:  # noqa: RUF029 - a handler
        stream[1].transport.abort()

    async with (
        _impostor(hang_up) as (number, _),
        open_port() as port,
        _caller(_url(number), _url(port.number)) as (transport, _),
    ):
        await _fails(transport.send(RO, Route.ENVELOPES, [frame_of()]), "broken", sent=True)
        assert (await transport.send(RO, Route.ENVELOPES, [frame_of()]))[0] == 200


@scenario
async def test_emergency_does_not_wait_for_a_silent_endpoint() -> None:
    """The next one is tried after a moment, and the first answer counts."""

    async def silence(stream: Stream) -> None:
        await stream[0].read()

    class Hasty(SystemClock):
        @override
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds / 100)

    async with (
        _impostor(silence) as (number, heads),
        open_port() as port,
        _caller(_url(number), _url(port.number), DEAD) as (transport, _),
    ):
        transport._clock = Hasty()
        frame = [frame_of()]
        assert (await transport.send(RO, Route.ENVELOPES, frame, urgent=True))[0] == 200
        assert len(heads) == 1
        assert transport._endpoints[RO].good == _url(port.number)


@scenario
async def test_emergency_that_reaches_nobody_says_whether_it_may_have_got_through() -> None:
    """One of several failures may hide a frame that was processed."""

    async def hang_up(stream: Stream) -> None:  # noqa: RUF029 - a handler
        stream[1].transport.abort()

    async with _impostor(hang_up) as (number, _), _caller(_url(number), DEAD) as (transport, _):
        frame = [frame_of()]
        sending = transport.send(RO, Route.ENVELOPES, frame, urgent=True)
        await _fails(sending, "broken", sent=True)


FOREIGN = {
    "html": _answer(200, b"<html>", b"Content-Type: text/html\r\n"),
    "no type": _answer(200, b"x", b""),
    "near type": _answer(200, b"x", b"Content-Type: application/vnd.a35+msgpack; q=1\r\n"),
    "redirect": _answer(302, b"", b"Location: https://127.0.0.1:1/\r\n"),
    "compressed": _answer(200, b"x", OURS + b"Content-Encoding: gzip\r\n"),
    "gateway error": _answer(502, b"bad gateway", b"Content-Type: text/plain\r\n"),
    "text for msgpack": _answer(200, b"x", b"Content-Type: text/plain; charset=utf-8\r\n"),
    "too long": _answer(200, bytes(11)),
    "too long refusal": _answer(503, bytes(MAX_ERROR_BYTES + 1)),
    "too long in chunks": b"HTTP/1.1 200 X\r\n" + OURS + b"Transfer-Encoding: chunked\r\n\r\n"
    b"6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_not_our_protocol_is_no_answer(case: str) -> None:
    """A middlebox must not be able to end a request."""

    @scenario
    async def refused() -> None:
        async with (
            _impostor(FOREIGN[case]) as (number, heads),
            _caller(_url(number)) as (transport, _),
        ):
            await _fails(transport.get(RO, "/v1/keys", max_bytes=10), "not_ours", sent=True)
            assert len(heads) == 1

    refused()


BROKEN = {
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "short body": _answer(200, b"abc").replace(b"Content-Length: 3", b"Content-Length: 9"),
    "nothing": b"",
    "long header": b"HTTP/1.1 200 X\r\nX: " + b"a" * 5000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 X\r\n" + b"X: y\r\n" * 40 + b"\r\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_http_is_an_unknown_outcome(case: str) -> None:
    """Every foreign error becomes the one of the port."""

    @scenario
    async def broken() -> None:
        async with (
            _impostor(BROKEN[case]) as (number, _),
            _caller(_url(number)) as (transport, _),
        ):
            await _fails(transport.get(RO, "/v1/keys", max_bytes=10), "broken", sent=True)

    broken()


@scenario
async def test_redirect_is_handed_back_never_followed() -> None:
    """Even in our media type it is only a status that delivery does not know."""
    answer = _answer(307, b"", OURS + b"Location: /v1/keys\r\n")
    async with _impostor(answer) as (number, heads), _caller(_url(number)) as (transport, _):
        assert await transport.get(RO, "/v1/keys", max_bytes=10) == (307, b"")
        assert len(heads) == 1


@scenario
async def test_request_says_nothing_of_the_machine() -> None:
    """No library versions, no cookies, no encodings."""
    answer = _answer(200, b"x", OURS + b"Set-Cookie: a=b\r\n")
    async with _impostor(answer) as (number, heads), _caller(_url(number)) as (transport, _):
        for _ in range(2):
            await transport.get(RO, "/v1/keys", max_bytes=10)
    names = {line.partition(b":")[0] for line in heads[1].split(b"\r\n")[1:] if line}
    assert names == {b"Host"}


def test_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see who talks to whom."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    @scenario
    async def direct() -> None:
        async with open_port() as port, _caller(_url(port.number)) as (transport, _):
            assert (await transport.get(RO, "/v1/keys", max_bytes=10))[0] == 200

    direct()


@scenario
async def test_note_of_a_log_is_text_or_said_not_to_be_there() -> None:
    """Rule 8: "none" is an answer."""
    path = "/v1/logs/a35/RO/1/log/1"
    async with open_port() as port, _caller(_url(port.number)) as (transport, _):
        assert await transport.get(RO, path, max_bytes=10) == (200, b"note")
        port.reception.note = None
        assert await transport.get(RO, path, max_bytes=10) == (404, b"")


@scenario
async def test_blob_goes_in_pieces_from_the_offset_held() -> None:
    """Rule 24."""
    digest, whole = bytes(32), bytes(range(256)) * 20
    async with open_port() as port, _caller(_url(port.number)) as (transport, _):
        assert await transport.blob_offset(RO, digest) == 0
        first = await transport.put_blob(
            RO, digest, offset=0, total=5120, piece=HeldPiece(whole[:5000])
        )
        assert first == (200, b"")
        assert await transport.blob_offset(RO, digest) == 5000
        last = await transport.put_blob(
            RO, digest, offset=5000, total=5120, piece=HeldPiece(whole[5000:])
        )
        assert last == (201, b"")
        assert port.blobs.held == {(FR, digest): whole}
        port.blobs.fault = MalformedError("x")
        status, body = await transport.put_blob(
            RO, digest, offset=0, total=9, piece=HeldPiece(b"x")
        )
        assert (status, b"E_SCHEMA" in body) == (400, True)


@pytest.mark.parametrize(
    "answer",
    [
        _answer(200, b"", OURS),
        _answer(200, b"", OURS + b"A35-Offset: -1\r\n"),
        _answer(503, b"", OURS),
    ],
)
def test_offset_that_was_not_said_is_no_offset(answer: bytes) -> None:
    """Zero would make the sender begin again."""

    @scenario
    async def refused() -> None:
        async with _impostor(answer) as (number, _), _caller(_url(number)) as (transport, _):
            await _fails(transport.blob_offset(RO, bytes(32)), "refused", sent=True)

    refused()


@scenario
async def test_unknown_node_and_closed_transport_fail_at_once() -> None:
    """Nothing is connected to."""
    async with _caller(DEAD) as (transport, _):
        await _fails(
            transport.get(NodeId("JP", 9), "/v1/keys", max_bytes=1), "unknown_node", sent=False
        )
        await transport.close()
        await _fails(transport.get(RO, "/v1/keys", max_bytes=1), "closed", sent=False)
