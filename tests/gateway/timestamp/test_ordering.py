"""Certificates are put in order, and nothing else of an answer is touched."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.timestamp.ordering import in_order


def element(tag: int, *inside: bytes) -> bytes:
    """Write one element of DER."""
    content = b"".join(inside)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 + len(length))) + length + content


A, B, C = (element(0x30, element(0x02, bytes((n,)))) for n in (1, 2, 3))
LONG = element(0x30, element(0x04, bytes(300)))


def answer(*certificates: bytes, tag: int = 0xA0) -> bytes:
    """Write what surrounds the certificates of an answer."""
    signed = element(0x30, element(0x02, b"\x03"), element(0x31), element(tag, *certificates), C)
    token = element(0x30, element(0x06, b"\x2a"), element(0xA0, signed))
    return element(0x30, element(0x30, element(0x02, b"\x00")), token)


@pytest.mark.parametrize("order", list(permutations((A, B, C, LONG))))
def test_any_order_becomes_the_one_of_der(order: tuple[bytes, ...]) -> None:
    """Short and long certificates alike."""
    assert in_order(answer(*order)) == answer(*sorted(order))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x84\x00\x00\x00\x00",
        b"\x30\x05\x00",
        b"\x1f\x01\x00",
        element(0x30),
        element(0x30, A),
        element(0x30, A, element(0x31, A, B)),
        element(0x30, A, element(0x30, A, element(0xA0))),
        answer(B, A, tag=0xA1),
        answer(b"\x30\x7f", A),
    ],
)
def test_what_is_no_answer_with_certificates_stays_as_it_is(data: bytes) -> None:
    """The decoder judges it."""
    assert in_order(data) == data


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_bytes_keep_their_length_and_come_out_once(data: bytes) -> None:
    """No error, and putting in order twice is putting in order once."""
    for each in (data, answer(B, data, A)):
        once = in_order(each)
        assert len(once) == len(each)
        assert in_order(once) == once
