"""Where two nodes stand: the six common fields, and proofs about one's own log."""

from dataclasses import replace

import pytest

from protocol.encoding import Value, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.fields import Fields
from protocol.frame import FrameHead
from protocol.limits import (
    MAX_CONSISTENCY_HASHES,
    MAX_HEADS,
    MAX_INDEX,
    MAX_LOG_PROOF_BYTES,
    MAX_NOTE_BYTES,
    MAX_PROOF_HASHES,
)
from protocol.standing import (
    STANDING_KEYS,
    LogProof,
    ThirdHead,
    decode_log_proof,
    encode_log_proof,
    note_text,
    path_of,
    read_standing,
    standing_fields,
)
from tests.protocol.samples import ORIGIN
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown
from tests.vectors.exchange_cases import ping

HEAD = ThirdHead(origin=ORIGIN, size=9, root=bytes(32))


def _read(data: bytes) -> bytes:
    fields = Fields.of(decode(data, max_bytes=len(data)), STANDING_KEYS)
    return encode(standing_fields(FrameHead(**read_standing(fields))))


def test_every_neighbour_of_a_standing_is_refused() -> None:
    """Whatever carries it, a frame or an answer."""
    refuse_everything_near(encode(standing_fields(ping())), _read)


def test_a_consistency_proof_needs_a_checkpoint_to_lead_to() -> None:
    """Rule 17: `cp` nil, then `con` is empty."""
    with pytest.raises(MalformedError) as refusal:
        replace(ping(), checkpoint=None)
    assert refusal.value.code is Code.SCHEMA
    assert replace(ping(), checkpoint=None, consistency=()).checkpoint is None


def test_each_part_of_a_standing_has_its_limit() -> None:
    """Also when our own code builds it."""
    full = replace(
        ping(),
        checkpoint=b"n" * MAX_NOTE_BYTES,
        consistency=(bytes(32),) * MAX_CONSISTENCY_HASHES,
        heads=(HEAD,) * MAX_HEADS,
        at=MAX_INDEX,
        old=MAX_INDEX,
        seen=MAX_INDEX,
    )
    assert _read(encode(standing_fields(full))) == encode(standing_fields(full))
    with pytest.raises(MalformedError):
        replace(full, checkpoint=b"n" * (MAX_NOTE_BYTES + 1))
    with pytest.raises(MalformedError):
        replace(full, consistency=(bytes(32),) * (MAX_CONSISTENCY_HASHES + 1))
    with pytest.raises(MalformedError):
        replace(full, heads=(HEAD,) * (MAX_HEADS + 1))


@pytest.mark.parametrize("value", [None, [], ["a35/DE/1/log/1", 1], {"size": 1}])
def test_a_head_of_a_third_log_has_three_items(value: Value) -> None:
    """Origin, size, root."""
    with pytest.raises(MalformedError):
        ThirdHead.from_value(value)


def test_a_path_has_at_most_64_digests() -> None:
    """That their number follows from index and size is checked with the proof."""
    assert path_of([bytes(32)] * MAX_PROOF_HASHES) == (bytes(32),) * MAX_PROOF_HASHES
    with pytest.raises(MalformedError):
        path_of([bytes(32)] * (MAX_PROOF_HASHES + 1))


def test_a_note_is_text_on_the_wire() -> None:
    """C2SP notes are UTF-8."""
    assert note_text("\u2014 a".encode()) == "\u2014 a"
    with pytest.raises(NotAllowedError):
        note_text(b"\xff")


@pytest.mark.parametrize("case", load("frame", "log-proof"))
def test_the_vectors_of_log_proofs_hold(case: Vector) -> None:
    """GET /v1/log/proof."""
    if case.expect == "ok":
        read = decode_log_proof(case.bytes("input"))
        assert encode_log_proof(read) == case.bytes("input")
        assert shown(read) == case.value("shows")
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_log_proof(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_a_log_proof_is_refused() -> None:
    """From the smaller to the larger size, no other way."""
    refuse_everything_near(
        encode_log_proof(LogProof(old=3, new=3, path=(bytes(32),))),
        lambda data: encode_log_proof(decode_log_proof(data)),
    )


def test_the_largest_log_proof_stays_within_its_limit() -> None:
    """What we may send must be what a peer may read."""
    largest = LogProof(old=MAX_INDEX, new=MAX_INDEX, path=(bytes(32),) * MAX_CONSISTENCY_HASHES)
    assert len(encode_log_proof(largest)) <= MAX_LOG_PROOF_BYTES
    assert decode_log_proof(encode_log_proof(largest)) == largest


def test_a_log_proof_backwards_cannot_be_built() -> None:
    """A log only grows."""
    with pytest.raises(MalformedError):
        LogProof(old=4, new=3, path=())
