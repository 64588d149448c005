"""HTTP by its form: what smuggles, pipelines, bombs or dawdles never becomes a request."""

import pytest

from gateway.peer.connection import PortLimits, plain
from tests.gateway.peer.port import (
    Options,
    connect,
    frame_of,
    open_port,
    parts,
    raw,
    request,
    rest,
    scenario,
)

FRAME = frame_of(b"body")
SIZE = str(len(FRAME)).encode()
POST = b"POST /v1/envelopes HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.a35+msgpack\r\n"
GET = b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n"

SMUGGLED = {
    "two lengths": POST + b"Content-Length: %b\r\nContent-Length: 5\r\n\r\n" % SIZE + FRAME,
    "two equal lengths": POST + b"Content-Length: %b\r\nContent-Length: %b\r\n\r\n" % (SIZE, SIZE),
    "length list": POST + b"Content-Length: %b, %b\r\n\r\n" % (SIZE, SIZE) + FRAME,
    "signed length": POST + b"Content-Length: +%b\r\n\r\n" % SIZE + FRAME,
    "underscore length": POST + b"Content-Length: 1_0\r\n\r\n" + FRAME,
    "foreign digits": POST + "Content-Length: \u0665\r\n\r\n".encode() + FRAME,
    "hex length": POST + b"Content-Length: 0x5\r\n\r\n" + FRAME,
    "negative length": POST + b"Content-Length: -1\r\n\r\n" + FRAME,
    "length and chunks": POST
    + b"Content-Length: %b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" % SIZE,
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunk extension": POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
    "chunk trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    "odd encoding": POST + b"Transfer-Encoding: xchunked\r\nContent-Length: %b\r\n\r\n" % SIZE,
    "identity encoding": POST + b"Transfer-Encoding: identity\r\nContent-Length: %b\r\n\r\n" % SIZE,
    "compression": POST + b"Content-Encoding: gzip\r\nContent-Length: %b\r\n\r\n" % SIZE + FRAME,
    "expectation": POST + b"Expect: 100-continue\r\nContent-Length: %b\r\n\r\n" % SIZE + FRAME,
    "announced trailer": POST + b"Trailer: X\r\nContent-Length: %b\r\n\r\n" % SIZE + FRAME,
    "upgrade": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "upgrade to h2c": GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "old websocket": GET + b"Sec-WebSocket-Key1: x\r\n\r\n",
    "body without length": POST + b"\r\n" + FRAME,
    "body of a GET": GET + b"Content-Length: 3\r\n\r\nabc",
    "space before colon": GET + b"X : y\r\n\r\n",
    "folded header": GET + b"X: y\r\n z\r\n\r\n",
    "bare LF": b"GET /v1/keys HTTP/1.1\nHost: x\n\n",
    "NUL in header": GET + b"X: a\x00b\r\n\r\n",
    "CR in header": GET + b"X: a\rb\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "no host": b"GET /v1/keys HTTP/1.1\r\n\r\n",
    "HTTP/1.0": b"GET /v1/keys HTTP/1.0\r\nHost: x\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.10": b"GET /v1/keys HTTP/1.10\r\nHost: x\r\n\r\n",
    "no version": b"GET /v1/keys\r\n\r\n",
    "CONNECT": b"CONNECT localhost:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "long line": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": GET + b"X: " + b"a" * 5000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"X%d: y\r\n" % n for n in range(40)) + b"\r\n",
    "empty name": GET + b": y\r\n\r\n",
    "binary": bytes(range(1, 255)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("case", SMUGGLED)
def test_malformed_or_unwanted_http_is_400_and_the_connection_ends(case: str) -> None:
    """A second request hidden in the first must never be seen."""

    @scenario
    async def ends() -> None:
        async with open_port() as port:
            answer = await raw(port.number, SMUGGLED[case] + request("GET", "/v1/keys"))
            status, headers, body = parts(answer)
            assert (status, body) == (400, b"")
            assert headers["Server"] == "a35"
            assert answer.count(b"HTTP/1.") == 1
            assert port.reception.seen == []

    ends()


@pytest.mark.parametrize("path", ["http://x/v1/keys", "//x/v1/keys", "/v1/keys#a", "/v1/%6beys"])
def test_path_counts_only_as_spelled(path: str) -> None:
    """Nothing is decoded, joined or cut before it is compared."""

    @scenario
    async def refused() -> None:
        async with open_port() as port:
            assert parts(await raw(port.number, request("GET", path)))[0] in {400, 404}
            assert port.reception.seen == []

    refused()


@scenario
async def test_two_requests_at_once_are_both_refused() -> None:
    """Pipelining in one piece."""
    async with open_port() as port:
        pair = request("GET", "/v1/keys", close=False) + request("GET", "/v1/keys", close=False)
        answer = await raw(port.number, pair)
        assert parts(answer)[0] == 400
        assert answer.count(b"HTTP/1.") == 1
        assert port.reception.seen == []
        assert port.metrics.value("a35_turned_away_total", {"reason": "pipelined"}) == 1


@pytest.mark.parametrize("second", [request("GET", "/v1/keys"), b"G", b"\x00garbage\r\n\r\n"])
def test_request_before_the_answer_to_the_first_is_never_seen(second: bytes) -> None:
    """The first is answered, then the connection ends."""

    @scenario
    async def ends() -> None:
        async with open_port() as port:
            port.reception.gate.clear()
            stream = await connect(port.number)
            stream[1].write(request("POST", "/v1/envelopes", FRAME, close=False))
            await port.reception.began.wait()
            stream[1].write(second)
            await stream[1].drain()
            await port.metrics.turned.wait()
            port.reception.gate.set()
            answer = await rest(stream)
            assert parts(answer)[0] == 200
            assert answer.count(b"HTTP/1.") == 1
            assert len(port.reception.seen) == 2  # head and bodies of the first

    ends()


@scenario
async def test_requests_one_after_the_other_share_a_connection() -> None:
    """Keeping connections is what makes small frames cheap."""
    async with open_port() as port:
        stream = await connect(port.number)
        for _ in range(20):
            stream[1].write(request("POST", "/v1/envelopes", FRAME, close=False))
            assert b"200 OK" in await stream[0].readuntil(b"answer")
        stream[1].close()
        assert len(port.reception.seen) == 40
        assert port.metrics.value("a35_turned_away_total", {"reason": "pipelined"}) == 0


@scenario
async def test_head_split_at_every_byte_is_read_the_same() -> None:
    """TCP keeps no borders."""
    async with open_port() as port:
        whole = request("POST", "/v1/envelopes", FRAME)
        answer = await raw(port.number, *(whole[n : n + 1] for n in range(len(whole))))
        assert parts(answer)[::2] == (200, b"answer")


@scenario
async def test_refused_body_is_not_waited_for() -> None:
    """An early refusal holds the place no longer than the lingering time."""
    async with open_port(Options(limits=PortLimits(lingering_s=0.05))) as port:
        long = request("POST", "/v1/nothing", Content_Length="8000000", close=False)
        assert parts(await raw(port.number, long))[0] == 404


@scenario
async def test_refused_body_that_came_leaves_the_connection_usable() -> None:
    """A repeat after a 409 should not pay for a new handshake."""
    async with open_port() as port:
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/nothing", FRAME, close=False))
        assert b"404" in await stream[0].readuntil(b"\r\n\r\n")
        stream[1].write(request("GET", "/v1/keys"))
        assert b"200 OK" in await rest(stream)


def test_plain_answers_hold_constants_and_numbers_only() -> None:
    """Nothing of a request can get into a header."""
    answer = plain(200, body=b"x", media_type="text/plain", offset=7, close=True)
    assert dict(answer.headers) == {
        "Server": "a35",
        "Content-Type": "text/plain",
        "A35-Offset": "7",
    }
    assert answer.keep_alive is False
