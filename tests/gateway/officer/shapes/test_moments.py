"""Times on the local API are RFC 3339 in UTC, and come back as they went."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.officer.shapes.moments import instant, instant_or_none, milliseconds


def test_time_is_written_in_utc_with_milliseconds() -> None:
    """Officers compare it with the log, to the second; programs measure by it."""
    assert instant(1_795_269_600_123) == "2026-11-21T14:00:00.123Z"
    assert instant_or_none(None) is None
    assert instant_or_none(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(0, 253_402_300_799_999))
@settings(max_examples=200, deadline=None)
def test_every_time_comes_back(at_ms: int) -> None:
    """Nothing is lost between node and officer."""
    assert milliseconds(instant(at_ms)) == at_ms


def test_time_with_another_offset_is_the_same_moment() -> None:
    """A program may write local time."""
    assert milliseconds("2026-11-21T16:00:00.123+02:00") == 1_795_269_600_123


def test_time_without_offset_is_refused() -> None:
    """It would mean another moment on each machine."""
    with pytest.raises(ValueError, match="offset"):
        milliseconds("2026-11-21T14:00:00")
