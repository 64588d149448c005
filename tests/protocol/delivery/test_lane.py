"""The wait of a lane: bounded by the class, spread by the draw, ended by any sign of life."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.lane import FIRST_BACK_OFF_MS, GROWTH, LaneEvent, LaneState, step
from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency

urgencies = st.sampled_from(Urgency)
draws = st.floats(0, 1, exclude_max=True)
states = st.builds(
    LaneState, failures=st.integers(0, 10_000), back_off_ms=st.integers(0, 1_800_000)
)


@given(state=states, urgency=urgencies, draw=draws)
@settings(max_examples=200, deadline=None)
def test_failure_waits_from_two_seconds_up_to_the_cap_of_its_class(
    state: LaneState, urgency: Urgency, draw: float
) -> None:
    """A dead node must not be hammered, and an emergency must not wait longer than 15 s."""
    after = step(state, LaneEvent.FAILED, urgency=urgency, draw=draw)
    assert FIRST_BACK_OFF_MS <= after.back_off_ms <= BACK_OFF_CAP_S[urgency] * 1000
    assert after.back_off_ms <= max(FIRST_BACK_OFF_MS, state.back_off_ms) * GROWTH
    assert after.failures == state.failures + 1


@given(state=states, urgency=urgencies, draw=draws)
@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("event", [LaneEvent.ANSWERED, LaneEvent.CONTACT])
def test_sign_of_life_ends_the_wait_whatever_came_before(
    event: LaneEvent, state: LaneState, urgency: Urgency, draw: float
) -> None:
    """A node that is back gets its backlog at once, not at the end of a timer."""
    assert step(state, event, urgency=urgency, draw=draw) == LaneState()


def test_wait_grows_to_the_cap_and_stays_there() -> None:
    """Without growth bulk would knock at a dead node as often as an emergency does."""
    for urgency, cap_s in BACK_OFF_CAP_S.items():
        state = LaneState()
        waits = []
        for _ in range(12):
            state = step(state, LaneEvent.FAILED, urgency=urgency, draw=0.9)
            waits.append(state.back_off_ms)
        assert waits == sorted(waits)
        assert waits[-1] == cap_s * 1000


def test_lanes_that_failed_together_do_not_return_together() -> None:
    """A network that heals must not be met by every node in the same second."""
    drawn = {
        step(LaneState(), LaneEvent.FAILED, urgency=Urgency.P3, draw=number / 50).back_off_ms
        for number in range(50)
    }
    assert len(drawn) == 50


def test_more_urgent_item_shortens_the_next_wait() -> None:
    """The cap is that of the class that waits now, not of the one that waited before."""
    long = LaneState(failures=9, back_off_ms=1_800_000)
    assert step(long, LaneEvent.FAILED, urgency=Urgency.P0, draw=0.5).back_off_ms == 15_000
