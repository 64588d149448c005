"""Fingerprints are read over the telephone: digits, always as many, no two alike by chance."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.service.fingerprint import digit_groups, words


def test_groups_are_those_of_the_first_128_bits() -> None:
    """Two implementations must say the same."""
    assert digit_groups("00" * 32) == " ".join(["00000"] * 8)
    assert digit_groups("ff" * 32) == "03402 82366 92093 84634 63374 60743 17682 11455"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
@settings(max_examples=200, deadline=None)
def test_other_bits_are_other_digits(first: bytes, second: bytes) -> None:
    """Nothing of the 128 bits is lost."""
    same = first[:16] == second[:16]
    assert (digit_groups(first.hex()) == digit_groups(second.hex())) is same
    assert len(digit_groups(first.hex())) == 47


def test_words_are_proquints_of_the_first_128_bits() -> None:
    """The published examples: 127.0.0.1 is lusab-babad, 63.84.220.193 is gutih-tugad."""
    start = "7f000001" + "3f54dcc1" + "00" * 8
    assert words(start + "ff" * 16) == "lusab babad gutih tugad babab babab babab babab"
