"""The body of add-checkpoint: one form, bounded, as C2SP gives it."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import Code, MalformedError
from protocol.limits import MAX_INDEX
from protocol.witness.request import MAX_ADD_BYTES, MAX_WITNESS_HASHES, AddCheckpoint
from tests.protocol.log.history import ORIGIN
from tests.protocol.witness.samples import HONEST, SIZES, asked, signed

REQUEST = asked(3, 8)
BODY = REQUEST.encode()
NOTE = REQUEST.note
LINE = b64encode(b"h" * 32)


def test_body_is_old_size_proof_blank_line_and_checkpoint() -> None:
    """Written out once by hand."""
    proof = b"".join(b64encode(one) + b"\n" for one in HONEST.joined(3, 8))
    assert proof
    expected = b"old 3\n" + proof + b"\n" + signed(8).note
    assert expected == BODY


@given(st.integers(0, SIZES), st.integers(1, SIZES))
@settings(max_examples=60, deadline=None)
def test_request_comes_back_from_its_body(old: int, size: int) -> None:
    """With and without a proof."""
    request = asked(old, size)
    again = AddCheckpoint.decode(request.encode())
    assert again == request
    assert (again.tree.size, again.origin) == (size, ORIGIN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 0\n\nnot a checkpoint",
        NOTE,
        b"old 3\n" + NOTE,
        b"Old 3\n\n" + NOTE,
        b"old  3\n\n" + NOTE,
        b"old 3 \n\n" + NOTE,
        b"old 3\r\n\n" + NOTE,
        b"old 03\n\n" + NOTE,
        b"old +3\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"old \xd9\xa3\n\n" + NOTE,
        b"old %d\n\n" % (MAX_INDEX + 1) + NOTE,
        b"\nold 3\n\n" + NOTE,
        b"old 3\n" + LINE + b" \n\n" + NOTE,
        b"old 3\n" + LINE[:-1] + b"\n\n" + NOTE,
        b"old 3\n" + b64encode(b"h" * 31) + b"\n\n" + NOTE,
        b"old 3\n!\n\n" + NOTE,
        b"old 3\n\xff\n\n" + NOTE,
        b"old 3\n" + (LINE + b"\n") * (MAX_WITNESS_HASHES + 1) + b"\n" + NOTE,
        b"old 3\n\n"
        + NOTE.replace(b"\n8\n", b"\n8\n", 1).replace(b"=\n\n", b"=\nextension\n\n", 1),
    ],
)
def test_other_bodies_are_refused(body: bytes) -> None:
    """What the log is told is 400."""
    with pytest.raises(MalformedError):
        AddCheckpoint.decode(body)


def test_loose_base64_in_a_proof_is_refused() -> None:
    """Two spellings of one request would be two requests."""
    loose = LINE[:-2] + bytes((LINE[-2] + 1,)) + b"="
    with pytest.raises(MalformedError):
        AddCheckpoint.decode(b"old 3\n" + loose + b"\n\n" + NOTE)


def test_as_many_hashes_as_c2sp_allows_are_read() -> None:
    """The limit itself is inside."""
    body = b"old 3\n" + (LINE + b"\n") * MAX_WITNESS_HASHES + b"\n" + NOTE
    assert len(AddCheckpoint.decode(body).proof) == MAX_WITNESS_HASHES


def test_body_above_the_limit_is_refused_by_its_length() -> None:
    """Before anything of it is looked at."""
    with pytest.raises(MalformedError) as caught:
        AddCheckpoint.decode(b"x" * (MAX_ADD_BYTES + 1))
    assert caught.value.code is Code.SIZE


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_changed_byte_is_refused_or_says_something_else(place: int, change: int) -> None:
    """No other error, and no second spelling of a request."""
    body = bytearray(BODY)
    body[place] ^= change
    try:
        request = AddCheckpoint.decode(bytes(body))
    except MalformedError:
        return
    assert request != REQUEST
    assert request.encode() == body


@pytest.mark.parametrize(
    ("old", "proof"), [(-1, ()), (MAX_INDEX + 1, ()), (1, (b"short",)), (1, (bytes(32),) * 64)]
)
def test_request_out_of_bounds_is_not_made(old: int, proof: tuple[bytes, ...]) -> None:
    """A log must not send what no witness reads."""
    with pytest.raises(MalformedError):
        AddCheckpoint(old=old, proof=proof, note=NOTE)


def test_log_of_another_network_has_no_origin_here() -> None:
    """Well formed, and known to nobody."""
    note = NOTE.replace(b"a35/RO/1/log/1", b"example.com/log")
    assert AddCheckpoint(old=0, proof=(), note=note).origin is None
