"""Padding: one plain form for each inner, and little told by its length."""

from math import floor, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.envelope.padding import pad, padded_bytes, unpad
from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.limits import MIN_PADDED_BYTES
from tests.vectors.case_file import Vector, load

MAX_INNER = 2**32 - 1


@pytest.mark.parametrize("case", load("envelope", "padded-bytes"))
def test_the_vectors_of_padded_lengths_hold(case: Vector) -> None:
    """Both sides must agree on every length."""
    for inner_bytes, expected in case.value("table"):
        assert padded_bytes(inner_bytes) == expected


@given(st.integers(0, MAX_INNER))
@settings(max_examples=300, deadline=None)
def test_the_length_is_that_of_the_paper(inner_bytes: int) -> None:
    """Written from the paper's formula, with its logarithms."""
    length = max(inner_bytes + 4, 256)
    exponent = floor(log2(length)) if length < 2**32 else 32
    digits = floor(log2(exponent)) + 1
    unit = 2 ** (exponent - digits)
    assert padded_bytes(inner_bytes) == -(-length // unit) * unit


@given(st.integers(0, MAX_INNER))
@settings(max_examples=300, deadline=None)
def test_padding_costs_at_most_an_eighth_above_the_floor(inner_bytes: int) -> None:
    """Bulk stays cheap; small messages all look alike."""
    padded = padded_bytes(inner_bytes)
    assert padded >= max(inner_bytes + 4, MIN_PADDED_BYTES)
    assert padded == MIN_PADDED_BYTES or padded < (inner_bytes + 4) * 1.12


@given(st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_an_inner_comes_out_as_it_went_in(inner: bytes) -> None:
    """Also an empty one, and one that ends in zeros."""
    assert unpad(pad(inner)) == inner
    assert unpad(pad(inner + bytes(9))) == inner + bytes(9)


@given(st.binary(max_size=400), st.data())
@settings(max_examples=200, deadline=None)
def test_one_inner_has_one_plain_form(inner: bytes, data: st.DataObject) -> None:
    """Whatever is changed, cut or added: refused, or the plain form of another inner."""
    plain = bytearray(pad(inner))
    position = data.draw(st.integers(0, len(plain) - 1))
    plain[position] ^= data.draw(st.integers(1, 255))
    spoiled = bytes(plain)
    try:
        found = unpad(spoiled)
    except MalformedError as refusal:
        code = refusal.code
    else:
        spoiled, code = pad(found), Code.PAD
    assert (spoiled, code) == (bytes(plain), Code.PAD)


@pytest.mark.parametrize("case", load("envelope", "padding"))
def test_the_vectors_of_padding_hold(case: Vector) -> None:
    """Sound ones byte for byte, spoiled ones with E_PAD."""
    plain = case.bytes("plain")
    if case.expect == "ok":
        assert pad(case.bytes("inner")) == plain
        assert unpad(plain) == case.bytes("inner")
    else:
        with pytest.raises(MalformedError) as refusal:
            unpad(plain)
        assert refusal.value.code == case.expect


@pytest.mark.parametrize("inner_bytes", [-1, MAX_INNER + 1])
def test_a_length_that_the_length_field_cannot_hold_is_refused(inner_bytes: int) -> None:
    """Four bytes, no more."""
    with pytest.raises(NotAllowedError):
        padded_bytes(inner_bytes)
