"""The room of a disk: the urgent is taken longest, and an edge is crossed once, not each second."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.room import LEAST_BYTES, Floor, Room, admits, step
from protocol.delivery.urgency import Urgency

rooms = st.sampled_from(Room)
sizes = st.integers(0, 1 << 50)


def test_floor_is_a_tenth_of_the_disk_and_at_least_a_gibibyte() -> None:
    """A large disk keeps a share, a small one a fixed amount."""
    assert Floor().bytes_of(100 * LEAST_BYTES) == 10 * LEAST_BYTES
    assert Floor().bytes_of(LEAST_BYTES) == LEAST_BYTES
    assert Floor(least_bytes=0, percent=0).bytes_of(LEAST_BYTES) == 0


@pytest.mark.parametrize(
    ("free", "room"),
    [(100, Room.AMPLE), (99, Room.SHORT), (50, Room.SHORT), (49, Room.SPENT), (0, Room.SPENT)],
)
def test_levels_are_the_floor_and_half_of_it(free: int, room: Room) -> None:
    """What the operator reads is what is done."""
    assert step(Room.AMPLE, free_bytes=free, floor_bytes=100) is room


@pytest.mark.parametrize(
    ("before", "free", "room"),
    [
        (Room.SHORT, 109, Room.SHORT),
        (Room.SHORT, 110, Room.AMPLE),
        (Room.SPENT, 54, Room.SPENT),
        (Room.SPENT, 55, Room.SHORT),
        (Room.SPENT, 105, Room.SHORT),
        (Room.SPENT, 110, Room.AMPLE),
    ],
)
def test_level_is_left_with_a_tenth_more_than_it_was_entered_at(
    before: Room, free: int, room: Room
) -> None:
    """Else a disk at its edge would answer every second message otherwise."""
    assert step(before, free_bytes=free, floor_bytes=100) is room


@given(room=rooms, free=sizes, floor=sizes)
@settings(max_examples=300, deadline=None)
def test_step_is_settled_by_one_measure(room: Room, free: int, floor: int) -> None:
    """Measuring again changes nothing; below half of the floor nothing new is ever taken."""
    after = step(room, free_bytes=free, floor_bytes=floor)
    assert step(after, free_bytes=free, floor_bytes=floor) is after
    if free < floor // 2:
        assert after is Room.SPENT
    if free >= floor + floor // 10:
        assert after is Room.AMPLE


@given(room=rooms, free=sizes, more=sizes, floor=sizes)
@settings(max_examples=300, deadline=None)
def test_more_room_never_takes_less(room: Room, free: int, more: int, floor: int) -> None:
    """Deleting files must help."""
    before = step(room, free_bytes=free, floor_bytes=floor)
    assert step(room, free_bytes=free + more, floor_bytes=floor) <= before


@given(free=st.lists(st.integers(100, 109), min_size=2, max_size=20))
@settings(max_examples=50, deadline=None)
def test_disk_that_wavers_within_the_tenth_changes_nothing(free: list[int]) -> None:
    """One alarm for one shortage."""
    for before in (Room.AMPLE, Room.SHORT):
        room = before
        for each in free:
            room = step(room, free_bytes=each, floor_bytes=100)
        assert room is before


def test_urgent_envelopes_are_taken_longest_and_attachments_never_on_a_short_disk() -> None:
    """What is kept free is kept for them."""
    taken = {room: [each for each in Urgency if admits(room, each)] for room in Room}
    assert taken == {
        Room.AMPLE: list(Urgency),
        Room.SHORT: [Urgency.P0, Urgency.P1],
        Room.SPENT: [],
    }
