"""Wraps: their order and form, and that all which open hold one key."""

from dataclasses import replace

import pytest

from keys.digest import sha256
from protocol.encoding import encode
from protocol.envelope.wraps import (
    check_recipients,
    decode_wraps,
    unwrap,
    wrap,
    wrap_info,
)
from protocol.errors import (
    Code,
    MalformedError,
    NotAllowedError,
    NotForUsError,
    NotProvenError,
)
from protocol.limits import MAX_WRAPS_BYTES
from tests.protocol.samples import header, held, recipients
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load

HEADER = header().encode()
KEY = b"\x07" * 32


def _read(data: bytes) -> bytes:
    wraps = decode_wraps(data)
    return encode([{"k": key_id, "c": wraps[key_id]} for key_id in wraps])


@pytest.mark.parametrize("case", load("envelope", "wraps"))
def test_the_vectors_of_wraps_hold(case: Vector) -> None:
    """Order, number and lengths."""
    if case.expect == "ok":
        read = decode_wraps(case.bytes("input"))
        assert [key_id.hex() for key_id in read] == case.value("shows")
        assert _read(case.bytes("input")) == case.bytes("input")
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_wraps(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_wraps_is_refused() -> None:
    """Unknown keys, other lengths, other bytes."""
    refuse_everything_near(wrap(HEADER, KEY, recipients(1, 2)), _read)


def test_the_largest_wraps_stay_within_their_limit() -> None:
    """Four keys must fit."""
    assert len(wrap(HEADER, KEY, recipients(1, 2, 3, 4))) <= MAX_WRAPS_BYTES


@pytest.mark.parametrize("case", load("envelope", "wrap-info"))
def test_a_wrap_is_bound_to_its_header(case: Vector) -> None:
    """HPKE has no other place for it here."""
    assert wrap_info(case.bytes("input")) == case.bytes("output")
    assert case.bytes("output") == b"a35/1/cek\0" + sha256(case.bytes("input"))


@pytest.mark.parametrize("numbers", [(1,), (1, 2, 3, 4)])
def test_each_key_opens_its_wrap_alone(numbers: tuple[int, ...]) -> None:
    """Old and new key, of one node or of two."""
    wrapped = decode_wraps(wrap(HEADER, KEY, recipients(*numbers)))
    assert list(wrapped) == [key.key_id for key in recipients(*numbers)]
    for number in numbers:
        assert unwrap(wrapped, HEADER, held(number)) == KEY
    assert unwrap(wrapped, HEADER, held(*numbers)) == KEY


def test_a_key_that_is_gone_is_said_as_such() -> None:
    """The sender wraps again under the fresh key set; nothing is lost."""
    with pytest.raises(NotForUsError) as refusal:
        unwrap(decode_wraps(wrap(HEADER, KEY, recipients(1))), HEADER, held(2))
    assert refusal.value.code is Code.KEM_EXPIRED


def test_wraps_for_another_header_do_not_open() -> None:
    """Nobody can claim a foreign ciphertext."""
    other = replace(header(), t_ms=1).encode()
    with pytest.raises(NotProvenError) as refusal:
        unwrap(decode_wraps(wrap(HEADER, KEY, recipients(1))), other, held(1))
    assert refusal.value.code is Code.OPEN


def test_wraps_that_hold_two_keys_are_refused() -> None:
    """One ciphertext must not show two texts to two readers."""
    first = decode_wraps(wrap(HEADER, KEY, recipients(1)))
    second = decode_wraps(wrap(HEADER, b"\x08" * 32, recipients(2)))
    with pytest.raises(NotProvenError) as refusal:
        unwrap({**first, **second}, HEADER, held(1, 2))
    assert refusal.value.code is Code.OPEN


@pytest.mark.parametrize("numbers", [(), (1, 2, 3, 4, 5)])
def test_an_envelope_is_for_one_to_four_keys(numbers: tuple[int, ...]) -> None:
    """As the reader demands."""
    with pytest.raises(NotAllowedError):
        check_recipients(recipients(*numbers))


def test_keys_out_of_order_or_repeated_are_refused() -> None:
    """One set of keys has one encoding."""
    first, second = recipients(1, 2)
    check_recipients([first, second])
    for keys in ([second, first], [first, first]):
        with pytest.raises(NotAllowedError):
            check_recipients(keys)


def test_a_content_key_of_another_length_is_not_wrapped() -> None:
    """It would come out as something that no body opens with."""
    with pytest.raises(NotAllowedError):
        wrap(HEADER, bytes(31), recipients(1))
