"""Frames: all limits show in the head, and bodies go out uncopied."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.envelope.header import Header
from protocol.errors import (
    Code,
    MalformedError,
    NotAllowedError,
    RemoteProtocolError,
    TooLargeError,
)
from protocol.frame import (
    MAGIC,
    MEDIA_TYPE,
    PREFIX_BYTES,
    EnvelopeItem,
    FrameHead,
    FrameKind,
    ReceiptItem,
    decode_head,
    decode_prefix,
    encode_frame,
    encode_head,
)
from protocol.limits import (
    MAX_BODY_BYTES,
    MAX_ENVELOPES,
    MAX_FRAME_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADER_BYTES,
    MAX_INDEX,
    MAX_PROOF_HASHES,
    MAX_RECEIPT_BYTES,
    MAX_VOID,
    MAX_WRAPS_BYTES,
)
from tests.protocol.samples import digests, sizes
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown
from tests.vectors.envelope_cases import changed
from tests.vectors.exchange_cases import item, ping, receipts, riding

ENVELOPES, RECEIPTS = FrameKind.ENVELOPES, FrameKind.RECEIPTS
paths = st.lists(digests, max_size=4).map(tuple)
envelope_items = st.builds(
    EnvelopeItem,
    header=st.binary(max_size=300),
    wraps=st.binary(max_size=300),
    body_bytes=st.integers(0, 100_000),
    queue_number=sizes,
    index=sizes,
    path=paths,
)
receipt_items = st.builds(ReceiptItem, receipt=st.binary(max_size=300), index=sizes, path=paths)
bodies_lists = st.lists(st.binary(max_size=200), max_size=6)


def _split(frame: bytes) -> tuple[bytes, bytes]:
    """Return head and rest of a frame, as a receiver reads it."""
    head_bytes = decode_prefix(frame[:PREFIX_BYTES])
    return frame[PREFIX_BYTES : PREFIX_BYTES + head_bytes], frame[PREFIX_BYTES + head_bytes :]


@given(bodies_lists)
@settings(max_examples=60, deadline=None)
def test_a_frame_is_read_back_from_its_bytes_alone(bodies: list[bytes]) -> None:
    """Prefix, head, and as many bytes of each body as the head says."""
    sent = riding(*map(item, bodies))
    frame = b"".join(encode_frame(ENVELOPES, sent, bodies))
    data, rest = _split(frame)
    head = decode_head(ENVELOPES, data)
    assert head == sent
    assert head.frame_bytes(len(data)) == len(frame)
    for body, each in zip(bodies, head.envelopes, strict=True):
        assert rest[: each.body_bytes] == body
        rest = rest[each.body_bytes :]
    assert rest == b""


@given(st.lists(envelope_items, max_size=4), st.lists(receipt_items, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_head_reads_back_as_written(
    envelopes: list[EnvelopeItem], pushed: list[ReceiptItem]
) -> None:
    """On each route, with whatever items and gossip."""
    for_envelopes = replace(ping(), envelopes=tuple(envelopes))
    for_receipts = replace(ping(), receipts=tuple(pushed))
    assert decode_head(ENVELOPES, encode_head(ENVELOPES, for_envelopes)) == for_envelopes
    assert decode_head(RECEIPTS, encode_head(RECEIPTS, for_receipts)) == for_receipts


@pytest.mark.parametrize("case", load("frame", "prefix"))
def test_the_vectors_of_prefixes_hold(case: Vector) -> None:
    """Nine bytes, before anything else is read."""
    if case.expect == "ok":
        assert decode_prefix(case.bytes("input")) == case.value("shows")
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_prefix(case.bytes("input"))
        assert refusal.value.code == case.expect


@pytest.mark.parametrize("case", load("frame", "frame"))
def test_the_vectors_of_frames_hold(case: Vector) -> None:
    """The bytes of one POST."""
    data, rest = _split(case.bytes("input"))
    head = decode_head(ENVELOPES, data)
    bodies = [bytes.fromhex(body) for body in case.value("bodies")]
    assert rest == b"".join(bodies)
    assert b"".join(encode_frame(ENVELOPES, head, bodies)) == case.bytes("input")


@pytest.mark.parametrize("kind", list(FrameKind))
def test_the_vectors_of_heads_hold(kind: FrameKind) -> None:
    """All cases of one route; each refusal with its code."""
    for case in [param.values[0] for param in load("frame", f"head-{kind}")]:
        if case.expect == "ok":
            read = decode_head(kind, case.bytes("input"))
            assert encode_head(kind, read) == case.bytes("input")
            assert shown(read) == case.value("shows")
        else:
            with pytest.raises(MalformedError) as refusal:
                decode_head(kind, case.bytes("input"))
            assert (case.name, refusal.value.code) == (case.name, case.expect)


@pytest.mark.parametrize(
    ("kind", "head"), [(ENVELOPES, replace(ping(), envelopes=(item(),))), (RECEIPTS, receipts())]
)
def test_every_neighbour_of_a_head_is_refused(kind: FrameKind, head: FrameHead) -> None:
    """On both routes, items included."""
    refuse_everything_near(
        encode_head(kind, head), lambda data: encode_head(kind, decode_head(kind, data))
    )


def test_a_head_carries_bad_headers_and_receipts_unread() -> None:
    """One bad envelope costs its own entry in the answer, not the frame."""
    bad = replace(item(), header=b"\xc1 not msgpack", wraps=b"")
    read = decode_head(ENVELOPES, encode_head(ENVELOPES, riding(bad, item())))
    assert read.envelopes == (bad, item())
    with pytest.raises(RemoteProtocolError):
        Header.decode(read.envelopes[0].header)


def test_a_head_of_one_route_is_refused_on_the_other() -> None:
    """A receipt must not be taken for an envelope."""
    with pytest.raises(MalformedError):
        decode_head(RECEIPTS, encode_head(ENVELOPES, ping()))
    with pytest.raises(MalformedError):
        decode_head(ENVELOPES, encode_head(RECEIPTS, receipts()))
    for kind, head in ((RECEIPTS, riding(item())), (ENVELOPES, receipts())):
        with pytest.raises(NotAllowedError):
            encode_head(kind, head)


def test_a_frame_cannot_be_built_with_both_kinds() -> None:
    """There is no route for it."""
    with pytest.raises(MalformedError):
        replace(receipts(), envelopes=(item(),))


def test_bodies_are_not_copied() -> None:
    """A frame of 8 MiB costs its head."""
    bodies = [b"one", b"two"]
    buffers = encode_frame(ENVELOPES, riding(*map(item, bodies)), bodies)
    assert [buffers[1] is bodies[0], buffers[2] is bodies[1], len(buffers)] == [True, True, 3]


@pytest.mark.parametrize("bodies", [[], [b"body", b"body"], [b"bod"]])
def test_bodies_must_be_those_of_the_head(bodies: list[bytes]) -> None:
    """The receiver would cut them in the wrong places."""
    with pytest.raises(NotAllowedError):
        encode_frame(ENVELOPES, riding(item()), bodies)


def test_a_frame_above_eight_mebibytes_is_neither_sent_nor_read() -> None:
    """Known from the head, before any body."""
    large = replace(item(), body_bytes=MAX_BODY_BYTES)
    size = len(encode_head(ENVELOPES, riding(large, replace(large, body_bytes=65536))))
    fitting = MAX_FRAME_BYTES - PREFIX_BYTES - size - MAX_BODY_BYTES
    last = replace(large, body_bytes=fitting)
    data = encode_head(ENVELOPES, riding(large, last))
    assert decode_head(ENVELOPES, data).frame_bytes(len(data)) == MAX_FRAME_BYTES
    above = riding(large, replace(last, body_bytes=fitting + 1))
    with pytest.raises(TooLargeError):
        encode_head(ENVELOPES, above)
    spoiled = changed(data, env=[each.to_value() for each in above.envelopes])
    with pytest.raises(MalformedError) as refusal:
        decode_head(ENVELOPES, spoiled)
    assert refusal.value.code is Code.SIZE


def test_a_head_above_512_kib_is_neither_sent_nor_read() -> None:
    """64 headers at their own limit do not fit: fewer go."""
    full = replace(item(), header=bytes(MAX_HEADER_BYTES), body_bytes=0)
    with pytest.raises(TooLargeError):
        encode_head(ENVELOPES, riding(*[full] * MAX_ENVELOPES))
    with pytest.raises(MalformedError) as refusal:
        decode_head(ENVELOPES, bytes(MAX_HEAD_BYTES + 1))
    assert refusal.value.code is Code.SIZE


def test_64_usual_envelopes_with_the_longest_proofs_fit_into_a_head() -> None:
    """Four wraps each, and a log of 2^53 leaves."""
    usual = EnvelopeItem(
        header=bytes(300),
        wraps=bytes(4777),
        body_bytes=1000,
        queue_number=MAX_INDEX,
        index=MAX_INDEX,
        path=(bytes(32),) * 53,
    )
    full = replace(ping(), envelopes=(usual,) * MAX_ENVELOPES, void=(MAX_INDEX,) * MAX_VOID)
    assert decode_head(ENVELOPES, encode_head(ENVELOPES, full)) == full


@pytest.mark.parametrize("number", [-1, MAX_INDEX + 1])
def test_a_number_out_of_range_cannot_be_built(number: int) -> None:
    """Sizes, leaves and queue numbers end at 2^53 - 1."""
    with pytest.raises(MalformedError):
        replace(ping(), void=(number,))
    with pytest.raises(MalformedError):
        replace(item(), queue_number=number)
    with pytest.raises(MalformedError):
        replace(item(), index=number)


def test_each_part_of_an_item_has_its_limit() -> None:
    """Also when our own code builds it; a body above its own is told by size."""
    with pytest.raises(MalformedError):
        replace(item(), header=bytes(MAX_HEADER_BYTES + 1))
    with pytest.raises(MalformedError):
        replace(item(), wraps=bytes(MAX_WRAPS_BYTES + 1))
    with pytest.raises(MalformedError):
        replace(item(), path=(bytes(32),) * (MAX_PROOF_HASHES + 1))
    with pytest.raises(MalformedError):
        ReceiptItem(receipt=bytes(MAX_RECEIPT_BYTES + 1), index=0, path=())
    with pytest.raises(MalformedError) as refusal:
        replace(item(), body_bytes=MAX_BODY_BYTES + 1)
    assert refusal.value.code is Code.SIZE


def test_a_frame_has_at_most_64_items_and_1024_void_numbers() -> None:
    """Of either kind."""
    with pytest.raises(MalformedError):
        riding(*[item()] * (MAX_ENVELOPES + 1))
    with pytest.raises(MalformedError):
        replace(receipts(), receipts=receipts().receipts * (MAX_ENVELOPES + 1))
    with pytest.raises(MalformedError):
        replace(ping(), void=(1,) * (MAX_VOID + 1))


def test_the_constants_of_the_wire_are_fixed() -> None:
    """Rule 17."""
    assert (MAGIC, PREFIX_BYTES, MEDIA_TYPE) == (b"A35F\x01", 9, "application/vnd.a35+msgpack")
    assert FrameHead(at=0, checkpoint=None, old=0, consistency=(), seen=0).frame_bytes(50) == 59
