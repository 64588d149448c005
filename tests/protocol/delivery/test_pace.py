"""How large a frame is: two seconds of the way's rate, one item after a time-out, then more."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.pace import (
    AIM_S,
    FIRST_PIECE_BYTES,
    LEAST_PIECE_BYTES,
    MOST_PIECE_BYTES,
    Pace,
    answered,
    next_piece,
    piece_bytes,
    timed_out,
)
from protocol.limits import MAX_ENVELOPES

MOST = 4 * 1024 * 1024


def test_unknown_way_gets_full_frames() -> None:
    """Most ways are fast, and the first frame tells."""
    assert Pace().max_bytes(MOST) == MOST
    assert Pace().items == MAX_ENVELOPES


def test_frame_settles_at_about_two_seconds_of_the_rate() -> None:
    """A slow way is not blocked for minutes by one frame."""
    pace, rate = Pace(), 50_000
    for _ in range(20):
        size_bytes = pace.max_bytes(MOST)
        pace = answered(pace, size_bytes=size_bytes, seconds=size_bytes / rate)
    assert abs(pace.max_bytes(MOST) - AIM_S * rate) < 0.05 * AIM_S * rate


def test_small_quick_frames_say_nothing_about_the_rate() -> None:
    """They measure how long an answer takes."""
    assert answered(Pace(), size_bytes=500, seconds=0.3).max_bytes(MOST) == MOST


def test_time_out_leaves_one_item_and_each_answer_doubles_it() -> None:
    """A frame that is too large for its way would time out for ever."""
    pace = timed_out(Pace(rate=100_000))
    counts = []
    for _ in range(8):
        counts.append(pace.items)
        pace = answered(pace, size_bytes=500, seconds=0.1)
    assert counts == [1, 2, 4, 8, 16, 32, 64, 64]
    assert pace.rate == 50_000
    assert timed_out(Pace()).rate is None


@given(st.lists(st.tuples(st.integers(0, MOST), st.floats(0, 100), st.booleans()), max_size=30))
@settings(max_examples=100, deadline=None)
def test_there_is_always_room_for_something(events: list[tuple[int, float, bool]]) -> None:
    """Nothing that is measured may stop a lane."""
    pace = Pace()
    for size_bytes, seconds, good in events:
        pace = answered(pace, size_bytes=size_bytes, seconds=seconds) if good else timed_out(pace)
        assert 1 <= pace.items <= MAX_ENVELOPES
        assert 1 <= pace.max_bytes(MOST) <= MOST


@given(rate=st.floats(1_000, 1e9))
@settings(max_examples=100, deadline=None)
def test_pieces_settle_at_about_two_seconds_of_the_rate(rate: float) -> None:
    """What is urgent goes between two pieces, and a fast way is not held up by answers."""
    size = FIRST_PIECE_BYTES
    for _ in range(8):
        size = next_piece(size, size / rate)
    assert size == max(LEAST_PIECE_BYTES, min(int(AIM_S * rate), MOST_PIECE_BYTES)) or (
        abs(size - AIM_S * rate) < 2
    )


@given(left=st.integers(1, 10 * MOST), most=st.integers(LEAST_PIECE_BYTES, MOST_PIECE_BYTES))
@settings(max_examples=100, deadline=None)
def test_no_rest_is_so_short_that_its_request_costs_more_than_it_carries(
    left: int, most: int
) -> None:
    """A file of a whole MiB is sealed into a little more, and goes in one piece all the same."""
    piece = piece_bytes(left, most)
    assert 1 <= piece <= min(left, MOST_PIECE_BYTES)
    assert piece < most + LEAST_PIECE_BYTES
    assert left - piece == 0 or left - piece >= LEAST_PIECE_BYTES or piece == MOST_PIECE_BYTES
