"""The code that two people read to each other: the same on both sides, hard to mishear."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.reference import bounds_of, code_of, spoken
from protocol.errors import MalformedError
from protocol.identifiers import MessageId

mids = st.binary(min_size=16, max_size=16).map(MessageId)


@given(mid=mids)
@settings(max_examples=200, deadline=None)
def test_message_is_found_by_its_code(mid: MessageId) -> None:
    """Whoever is called finds what the caller means."""
    low, high = bounds_of(code_of(mid))
    assert low.value <= mid.value <= high.value
    assert code_of(low) == code_of(high) == code_of(mid)


@given(mid=mids)
@settings(max_examples=100, deadline=None)
def test_code_is_read_as_people_write_it(mid: MessageId) -> None:
    """Small letters, no hyphen, the letter O for the digit: all of it was said right."""
    code = code_of(mid)
    written = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert bounds_of(written) == bounds_of(code)


def test_code_has_two_groups_and_words() -> None:
    """What stands on the screen and what is said."""
    mid = MessageId(bytes.fromhex("4bc13e705a") + bytes(11))
    assert code_of(mid) == "9F0K-WW2T"
    assert spoken(mid) == "Nine Foxtrot Zero Kilo, Whiskey Whiskey Two Tango"


@pytest.mark.parametrize("text", ["", "9F0K-WW2", "9F0K-WW2TT", "9F0K-WW2U", "9F0K-WW2*"])
def test_what_is_no_code_is_refused(text: str) -> None:
    """A slip must not find somebody else's message."""
    with pytest.raises(MalformedError):
        bounds_of(text)
