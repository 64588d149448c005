"""Each resource: the head decides before bodies are read, bodies come exactly, blobs in pieces."""

import asyncio
from dataclasses import replace

import pytest

from gateway.peer.connection import PortLimits
from gateway.peer.places import PlaceLimits
from gateway.peer.quota import PeerLimits
from gateway.peer.reader import Pace
from gateway.peer.resources import CHUNK_BYTES, MAX_PIECE_BYTES
from protocol.answer import decode_error
from protocol.delivery.admission import PieceLimits
from protocol.delivery.pace import LEAST_PIECE_BYTES
from protocol.delivery.urgency import Urgency
from protocol.errors import Code, LogPositionError, MalformedError
from protocol.frame import FrameHead, FrameKind, ReceiptItem, encode_frame
from protocol.identifiers import LogOrigin, MessageId
from protocol.limits import MAX_FRAME_BYTES, MAX_HEAD_BYTES
from tests.gateway.peer.port import (
    FR,
    RO,
    Options,
    connect,
    frame_of,
    head_of,
    open_port,
    parts,
    raw,
    request,
    scenario,
)
from tests.protocol.samples import header

BLOB = "/v1/blobs/" + "ab" * 32
DIGEST = bytes.fromhex("ab" * 32)
QUICK = Options(
    pace=Pace(read_timeout_s=0.05), limits=PortLimits(lingering_s=0.05), max_blob_bytes=1 << 30
)


def urgent_head() -> FrameHead:
    """Return a head with one envelope of P0."""
    encoded = replace(header(), cls=Urgency.P0).encode()
    (item,) = head_of(len(b"urgent")).envelopes
    return replace(head_of(), envelopes=(replace(item, header=encoded),))


def _code(answer: bytes) -> tuple[int, Code]:
    status, _, body = parts(answer)
    return status, decode_error(body).code


@scenario
async def test_bodies_reach_the_service_as_they_were_sent() -> None:
    """Cut exactly where the head says, also when empty or large."""
    bodies = [b"one", b"", bytes(300_000), b"four"]
    async with open_port() as port:
        answer = await raw(port.number, request("POST", "/v1/envelopes", frame_of(*bodies)))
        assert parts(answer)[::2] == (200, b"answer")
        assert port.reception.seen == [
            (FR, FrameKind.ENVELOPES, head_of(3, 0, 300_000, 4)),
            bodies,
        ]
        assert port.metrics.value("a35_frames_total", {"direction": "in"}) == 1


@scenario
async def test_frame_without_items_is_answered_too() -> None:
    """Link, ping and gossip."""
    async with open_port() as port:
        assert parts(await raw(port.number, request("POST", "/v1/envelopes", frame_of())))[0] == 200
        assert port.reception.seen[1] == []


@scenario
async def test_receipts_have_their_own_route() -> None:
    """Same frame, other items."""
    head = FrameHead(
        at=1,
        checkpoint=None,
        old=0,
        consistency=(),
        seen=0,
        receipts=(ReceiptItem(receipt=b"receipt", index=0, path=()),),
    )
    frame = b"".join(encode_frame(FrameKind.RECEIPTS, head))
    async with open_port() as port:
        assert parts(await raw(port.number, request("POST", "/v1/receipts", frame)))[0] == 200
        assert port.reception.seen[1] == [b"receipt"]
        wrong = await raw(port.number, request("POST", "/v1/envelopes", frame))
        assert _code(wrong) == (400, Code.SCHEMA)


@scenario
async def test_position_is_refused_before_a_body_is_read() -> None:
    """A 409 must cost the head only: the bodies here never come."""
    async with open_port() as port:
        port.reception.fault = LogPositionError("elsewhere", size=42)
        frame = frame_of(bytes(100_000))
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", frame, close=False)[:-100_000])
        head = await stream[0].readuntil(b"\r\n\r\n")
        length = int(parts(head)[1]["Content-Length"])
        answer = decode_error(await stream[0].readexactly(length))
        assert (answer.code, answer.size) == (Code.LOG_POSITION, 42)
        stream[1].write(bytes(100_000))  # read away, the connection goes on
        stream[1].write(request("GET", "/v1/keys"))
        assert b"200 OK" in await stream[0].read()
        stream[1].close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.FRAME),
        (b"A35F\x01\x00\x00", Code.FRAME),
        (b"B35F\x01\x00\x00\x00\x01\xc0", Code.FRAME),
        (b"A35F\x02\x00\x00\x00\x01\xc0", Code.FRAME),
        (b"A35F\x01\x00\x00\x00\x09\xc0", Code.FRAME),
        (b"A35F\x01\xff\xff\xff\xff\xc0", Code.SIZE),
        (b"A35F\x01\x00\x00\x00\x01\xc0", Code.SCHEMA),
        (b"A35F\x01\x00\x00\x00\x02\xcc\x01", Code.CANON),
        (frame_of(b"body") + b"x", Code.FRAME),
        (frame_of(b"body")[:-1], Code.FRAME),
    ],
)
def test_what_is_no_frame_is_refused_by_code(body: bytes, code: Code) -> None:
    """Before anything reaches the service."""

    @scenario
    async def refused() -> None:
        async with open_port() as port:
            answer = await raw(port.number, request("POST", "/v1/envelopes", body))
            assert _code(answer)[1] is code
            assert port.reception.seen == []

    refused()


@pytest.mark.parametrize(
    ("path", "length"),
    [
        ("/v1/envelopes", MAX_FRAME_BYTES + 1),
        ("/v1/envelopes", 10**18),
        ("/v1/receipts", MAX_HEAD_BYTES + 10),
    ],
)
def test_too_long_is_refused_before_the_first_byte(path: str, length: int) -> None:
    """The cap is the route's."""

    @scenario
    async def refused() -> None:
        async with open_port(QUICK) as port:
            announced = request("POST", path, b"", Content_Length=str(length))
            assert _code(await raw(port.number, announced)) == (413, Code.SIZE)

    refused()


@scenario
async def test_other_media_types_are_not_taken() -> None:
    """No guessing of kinds."""
    async with open_port() as port:
        for media_type in ("application/json", "application/vnd.a35+msgpack; charset=x", ""):
            post = request("POST", "/v1/envelopes", frame_of(), Content_Type=media_type)
            assert parts(await raw(port.number, post))[0] == 415
        assert port.reception.seen == []


@scenario
async def test_stalled_body_is_408_and_the_end() -> None:
    """Without a time-out of our own it would wait for ever."""
    async with open_port(QUICK) as port:
        frame = frame_of(bytes(1000))
        answer = await raw(port.number, request("POST", "/v1/envelopes", frame)[:-10])
        assert parts(answer)[0] == 408
        assert len(port.reception.seen) == 1  # the head, no bodies


@scenario
async def test_body_that_ends_early_reaches_no_service() -> None:
    """The peer went away within a frame."""
    async with open_port() as port:
        frame = frame_of(bytes(1000))
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", frame)[:-10])
        await stream[1].drain()
        await port.reception.began.wait()
        stream[1].transport.abort()
        assert parts(await raw(port.number, request("GET", "/v1/keys")))[0] == 200
        assert port.reception.seen[1:] == ["keys"]


@scenario
async def test_busy_node_puts_frames_and_blobs_off_but_answers_questions() -> None:
    """Others ask for our log even while we recover."""
    async with open_port() as port:
        port.reception.full = True
        assert _code(await raw(port.number, request("POST", "/v1/envelopes", frame_of()))) == (
            503,
            Code.BUSY,
        )
        put = request("PUT", BLOB, b"abc", Content_Range="bytes 0-2/10")
        assert _code(await raw(port.number, put)) == (503, Code.BUSY)
        assert parts(await raw(port.number, request("GET", "/v1/keys")))[0] == 200


@scenario
async def test_nearly_full_writer_takes_what_is_urgent_and_small_alone() -> None:
    """The end of its queue is kept: for receipts, for links, for P0 and P1."""
    async with open_port() as port:
        port.reception.busy = True
        bulk = request("POST", "/v1/envelopes", frame_of(b"bulk"))
        assert _code(await raw(port.number, bulk)) == (503, Code.BUSY)
        put = request("PUT", BLOB, b"abc", Content_Range="bytes 0-2/10")
        assert _code(await raw(port.number, put)) == (503, Code.BUSY)
        assert port.metrics.value("a35_put_off_total", {"reason": "writer"}) == 2
        for head, bodies in ((head_of(), ()), (urgent_head(), (b"urgent",))):
            body = b"".join(encode_frame(FrameKind.ENVELOPES, head, bodies))
            answer = await raw(port.number, request("POST", "/v1/envelopes", body))
            assert parts(answer)[0] == 200


@scenario
async def test_urgent_frame_is_served_while_bulk_takes_every_other_place() -> None:
    """Slow bulk of one peer keeps no emergency waiting."""
    options = Options(places=PlaceLimits(places=2, patience_s=0.05))
    async with open_port(options) as port:
        port.reception.late_gate.clear()
        slow = asyncio.create_task(
            raw(port.number, request("POST", "/v1/envelopes", frame_of(b"bulk")))
        )
        await port.reception.took.wait()
        refused = await raw(port.number, request("POST", "/v1/envelopes", frame_of(b"bulk")))
        assert _code(refused) == (503, Code.BUSY)
        body = b"".join(encode_frame(FrameKind.ENVELOPES, urgent_head(), (b"urgent",)))
        port.reception.took.clear()
        served = asyncio.create_task(raw(port.number, request("POST", "/v1/envelopes", body)))
        await port.reception.took.wait()
        assert port.reception.seen[-1] == [b"urgent"]
        port.reception.late_gate.set()
        assert parts(await served)[0] == parts(await slow)[0] == 200


@scenario
async def test_attachments_keep_to_a_share_once_somebody_else_calls() -> None:
    """It is there for the others: alone, a peer has all that the wire gives."""
    limits = PeerLimits(bytes_per_s=1000, patience_s=0.0)
    async with open_port(Options(peer_limits=limits)) as port:

        async def put(first: int) -> int:
            told = f"bytes {first}-{first + 2999}/9000"
            sent = request("PUT", BLOB, bytes(3000), Content_Range=told)
            return parts(await raw(port.number, sent))[0]

        assert [await put(0), await put(3000)] == [200, 200]
        port.server._accounts.of(RO)
        assert await put(6000) == 429


@scenario
async def test_only_short_pieces_count_as_requests() -> None:
    """What is long is paid for by its bytes; many short ones would cost a sync each."""
    limits = PeerLimits(frames_per_s=0.001, frame_burst=1, patience_s=0.0)
    async with open_port(Options(peer_limits=limits)) as port:

        async def put(first: int, size: int) -> int:
            told = f"bytes {first}-{first + size - 1}/9000000"
            sent = request("PUT", BLOB, bytes(size), Content_Range=told)
            return parts(await raw(port.number, sent))[0]

        long = LEAST_PIECE_BYTES
        assert [await put(at * long, long) for at in range(3)] == [200] * 3
        assert [await put(3 * long, 1), await put(3 * long + 1, 1)] == [200, 429]
        assert await put(3 * long + 1, long) == 200


@scenario
async def test_attachments_begun_and_not_finished_are_bounded() -> None:
    """One can always be finished; others wait until it is."""
    limits = PeerLimits(unfinished=PieceLimits(size_bytes=10, blobs=2))
    async with open_port(Options(peer_limits=limits)) as port:

        async def put(name: str, first: int, size: int) -> bytes:
            told = f"bytes {first}-{first + size - 1}/100"
            path = "/v1/blobs/" + name * 32
            return await raw(port.number, request("PUT", path, bytes(size), Content_Range=told))

        assert parts(await put("aa", 0, 6))[0] == 200
        assert parts(await put("bb", 0, 3))[0] == 200
        status, _, body = parts(await put("cc", 0, 1))
        assert (status, decode_error(body).code) == (429, Code.QUOTA)
        assert decode_error(body).retry_ms == 60_000
        assert _code(await put("bb", 3, 2)) == (429, Code.QUOTA)
        assert parts(await put("aa", 6, 20))[0] == 200
        assert port.metrics.value("a35_put_off_total", {"reason": "attachments"}) == 2


@scenario
async def test_request_beyond_its_share_is_told_when_to_come_back() -> None:
    """It is refused before anything of it is read."""
    limits = PeerLimits(bytes_per_s=1000, patience_s=0.0)
    async with open_port(Options(peer_limits=limits)) as port:
        big = request("POST", "/v1/envelopes", frame_of(bytes(3000)))
        status, _, body = parts(await raw(port.number, big))
        assert status == 429
        refusal = decode_error(body)
        assert refusal.code is Code.QUOTA
        assert refusal.retry_ms is not None
        assert 2000 <= refusal.retry_ms <= 2400
        assert port.reception.seen == []


@scenario
async def test_node_without_room_takes_no_attachments_and_still_takes_frames() -> None:
    """Frames are judged one by one; nobody knows yet what an attachment belongs to."""
    async with open_port() as port:
        port.reception.takes = False
        put = request("PUT", BLOB, b"abc", Content_Range="bytes 0-2/10")
        assert _code(await raw(port.number, put)) == (507, Code.STORE)
        assert parts(await raw(port.number, request("POST", "/v1/envelopes", frame_of())))[0] == 200


@scenario
async def test_questions_reach_the_service_parsed() -> None:
    """Names become values before anything is asked."""
    mid = MessageId(bytes(range(16)))
    async with open_port() as port:
        for path in ("/v1/log/proof?old=0&new=9007199254740991", f"/v1/receipts/{mid}"):
            status, headers, body = parts(await raw(port.number, request("GET", path)))
            assert (status, body) == (200, b"answer")
            assert headers["Content-Type"] == "application/vnd.a35+msgpack"
        assert port.reception.seen == [(0, 2**53 - 1), (FR, mid)]


@scenario
async def test_every_node_is_a_mirror_of_the_directory() -> None:
    """Of the state that it goes by; an older file is not there, and that is said as such."""
    async with open_port() as port:
        get = request("GET", "/v1/dir/metadata/timestamp.json")
        status, headers, body = parts(await raw(port.number, get))
        assert (status, body) == (200, b"{}")
        assert headers["Content-Type"] == "application/vnd.a35+msgpack"
        status, headers, body = parts(
            await raw(port.number, request("GET", "/v1/dir/metadata/1.root.json"))
        )
        assert (status, body) == (404, b"")
        assert headers["Content-Type"] == "application/vnd.a35+msgpack"


@scenario
async def test_note_is_text_and_its_absence_is_said_in_our_media_type() -> None:
    """That there is none is an answer that a middlebox must not be able to give."""
    async with open_port() as port:
        get = request("GET", "/v1/logs/a35/RO/1/log/3")
        status, headers, body = parts(await raw(port.number, get))
        assert (status, headers["Content-Type"], body) == (
            200,
            "text/plain; charset=utf-8",
            b"note",
        )
        port.reception.note = None
        status, headers, body = parts(await raw(port.number, get))
        assert (status, headers["Content-Type"], body) == (
            404,
            "application/vnd.a35+msgpack",
            b"",
        )
        await raw(port.number, request("GET", "/v1/logs/a35/RO/1/log/3?size=7"))
        assert port.reception.seen[0] == (FR, LogOrigin(RO, 3))
        assert port.reception.seen[-1] == (FR, LogOrigin(RO, 3), 7)


@scenario
async def test_blob_goes_up_in_pieces_and_tells_what_is_held() -> None:
    """Little of a piece is in memory; the offset told is what is durable."""
    whole = bytes(range(256)) * 8192 + b"end"
    first = len(whole) - 1000
    async with open_port() as port:
        head = request("HEAD", BLOB)
        assert parts(await raw(port.number, head))[0] == 404
        for start, stop, status in ((0, first, 200), (first, len(whole), 201)):
            put = request(
                "PUT",
                BLOB,
                whole[start:stop],
                Content_Range=f"bytes {start}-{stop - 1}/{len(whole)}",
            )
            told, headers, body = parts(await raw(port.number, put))
            assert (told, headers["A35-Offset"], body) == (status, str(stop), b"")
            asked = parts(await raw(port.number, head))[1]
            # Without a length our client would take the end of the connection for that of a body.
            assert (asked["A35-Offset"], asked["Content-Length"]) == (str(stop), "0")
        assert port.blobs.held == {(FR, DIGEST): whole}
        assert port.reception.missing == [(FR, n) for n in (len(whole), 1000, 1000, 0)]
        assert max(port.blobs.pieces) == CHUNK_BYTES


@pytest.mark.parametrize(
    ("content_range", "code"),
    [
        ("", Code.LENGTH),
        ("bytes 0-2/3, 0-2/3", Code.LENGTH),
        ("bytes 0-3/10", Code.LENGTH),
        ("bytes 2-0/10", Code.LENGTH),
        ("bytes 8-10/10", Code.LENGTH),
        ("bytes 0-2/*", Code.LENGTH),
        ("bytes 00-2/10", Code.LENGTH),
        ("items 0-2/10", Code.LENGTH),
        ("bytes 0-2/9999999999", Code.SIZE),
    ],
)
def test_range_that_is_not_that_of_its_piece_is_refused(content_range: str, code: Code) -> None:
    """Before a byte is stored."""

    @scenario
    async def refused() -> None:
        async with open_port(QUICK) as port:
            put = request("PUT", BLOB, b"abc", Content_Range=content_range)
            assert _code(await raw(port.number, put))[1] is code
            assert port.blobs.held == {}

    refused()


@scenario
async def test_empty_and_too_large_pieces_are_refused() -> None:
    """An empty piece has no range; a large one would hold a slot for too long."""
    async with open_port(QUICK) as port:
        empty = request("PUT", BLOB, b"", Content_Range="bytes 0-0/10")
        assert _code(await raw(port.number, empty)) == (422, Code.LENGTH)
        large = request(
            "PUT",
            BLOB,
            b"",
            Content_Length=str(MAX_PIECE_BYTES + 1),
            Content_Range=f"bytes 0-{MAX_PIECE_BYTES}/{MAX_PIECE_BYTES + 1}",
        )
        assert _code(await raw(port.number, large)) == (413, Code.SIZE)


@scenario
async def test_store_of_blobs_may_refuse_by_code() -> None:
    """A wrong digest on completion."""
    async with open_port() as port:
        port.blobs.fault = MalformedError("other digest", code=Code.HASH)
        put = request("PUT", BLOB, b"abc", Content_Range="bytes 0-2/3")
        assert _code(await raw(port.number, put)) == (422, Code.HASH)


@scenario
async def test_cut_piece_keeps_what_was_durable() -> None:
    """A kill at any byte sends again what was not yet synced, no more."""
    async with open_port() as port:
        size = CHUNK_BYTES + 1000
        stream = await connect(port.number)
        put = request("PUT", BLOB, bytes(size), Content_Range=f"bytes 0-{size - 1}/{size}")
        stream[1].write(put[:-10])
        await stream[1].drain()
        while not port.blobs.pieces:
            await raw(port.number, request("GET", "/v1/keys"))
        stream[1].transport.abort()
        answer = await raw(port.number, request("HEAD", BLOB))
        assert parts(answer)[1]["A35-Offset"] == str(CHUNK_BYTES)
