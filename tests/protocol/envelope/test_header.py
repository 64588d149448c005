"""Headers: one encoding each, every neighbour of it refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.urgency import Urgency
from protocol.encoding import Value, decode, encode
from protocol.envelope.header import DirectoryStamp, Header, Part
from protocol.errors import Code, MalformedError
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_INDEX
from tests.protocol.samples import (
    FR,
    MID,
    NOW_MS,
    RO,
    STAMP,
    digests,
    header,
    mids,
    nodes,
    parts,
    sizes,
    stamps,
)
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown

headers = st.builds(
    Header,
    mid=mids,
    sender=nodes,
    recipient=nodes,
    t_ms=sizes,
    exp_ms=sizes,
    cls=st.sampled_from(Urgency),
    directory=stamps,
    body=st.builds(Part, size_bytes=st.integers(0, MAX_BODY_BYTES), digest=digests),
    blobs=st.lists(parts, max_size=5).map(tuple),
)


def _read(data: bytes) -> bytes:
    return Header.decode(data).encode()


def _changed(**fields: Value) -> bytes:
    value = decode(header().encode(), max_bytes=MAX_HEADER_BYTES)
    assert isinstance(value, dict)
    return encode({**value, **fields})


@given(headers)
@settings(max_examples=100, deadline=None)
def test_a_header_reads_back_as_written(original: Header) -> None:
    """The receiver decides on the same values that the sender sealed."""
    assert Header.decode(original.encode()) == original


@pytest.mark.parametrize("case", load("envelope", "header"))
def test_the_vectors_of_headers_hold(case: Vector) -> None:
    """A second implementation has nothing but the vectors to compare with."""
    if case.expect == "ok":
        read = Header.decode(case.bytes("input"))
        assert (read.encode(), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            Header.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_a_header_is_refused() -> None:
    """Unknown keys, missing keys, other types and lengths, other bytes."""
    refuse_everything_near(header().encode(), _read)


def test_the_largest_header_stays_within_its_limit() -> None:
    """What `seal` may build must be what a receiver may read."""
    part = Part(size_bytes=MAX_INDEX, digest=bytes(32))
    largest = Header(
        mid=MID,
        sender=RO,
        recipient=FR,
        t_ms=MAX_INDEX,
        exp_ms=MAX_INDEX,
        cls=Urgency.P3,
        directory=DirectoryStamp(
            root_version=MAX_INDEX, timestamp_version=MAX_INDEX, digest=bytes(32)
        ),
        body=Part(size_bytes=MAX_BODY_BYTES, digest=bytes(32)),
        blobs=(part,) * MAX_BLOBS,
    )
    assert Header.decode(largest.encode()) == largest


def test_a_header_above_its_limit_is_refused_by_size() -> None:
    """The limit is checked before anything is read."""
    with pytest.raises(MalformedError) as refusal:
        Header.decode(bytes(MAX_HEADER_BYTES + 1))
    assert refusal.value.code is Code.SIZE


def test_a_body_above_its_limit_is_refused_by_size() -> None:
    """The sender's officer is told to send it as an attachment."""
    with pytest.raises(MalformedError) as refusal:
        Header.decode(_changed(body={"n": MAX_BODY_BYTES + 1, "h": bytes(32)}))
    assert refusal.value.code is Code.SIZE


def test_one_attachment_too_many_is_refused() -> None:
    """Also when our own code builds it, so that it never leaves."""
    part = Part(size_bytes=1, digest=bytes(32))
    with pytest.raises(MalformedError):
        Header.decode(_changed(blobs=[{"n": 1, "h": bytes(32)}] * (MAX_BLOBS + 1)))
    with pytest.raises(MalformedError):
        Header(
            mid=MID,
            sender=RO,
            recipient=FR,
            t_ms=NOW_MS,
            exp_ms=NOW_MS,
            cls=Urgency.P0,
            directory=STAMP,
            body=part,
            blobs=(part,) * (MAX_BLOBS + 1),
        )


def test_an_expiry_before_the_sealing_is_left_to_the_receiver() -> None:
    """It answers E_EXPIRED with its time, which a decoder could not."""
    assert Header.decode(_changed(exp=0)).exp_ms == 0


@pytest.mark.parametrize("size", [-1, MAX_INDEX + 1])
def test_a_part_of_impossible_size_cannot_be_built(size: int) -> None:
    """Sizes are at most 2^53 - 1 (rule 4)."""
    with pytest.raises(MalformedError):
        Part(size_bytes=size, digest=bytes(32))
