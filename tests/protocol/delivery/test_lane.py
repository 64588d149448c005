"""The wait of a lane: bounded by the class, spread by the draw, ended by any sign of life."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.circuit import OPENS_AFTER, SLOTS_MOST, Circuit, Phase
from protocol.delivery.lane import (
    FIRST_BACK_OFF_S,
    GROWTH,
    HURRY_GAP_S,
    LONG_OUTAGE_S,
    Answered,
    Contact,
    EmergencyQueued,
    Failed,
    LaneAction,
    LaneEvent,
    LaneState,
    at_start,
    step,
)
from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency

NOW_S = 1_000_000.0
urgencies = st.sampled_from(Urgency)
draws = st.floats(0, 1, exclude_max=True)
events = st.one_of(
    st.just(Answered()),
    st.just(Contact()),
    st.just(EmergencyQueued()),
    st.builds(Failed, urgencies),
)
histories = st.lists(st.tuples(events, st.floats(0, 4000), draws), max_size=30)


def play(history: list[tuple[LaneEvent, float, float]]) -> tuple[LaneState, float]:
    """Return the state after a history, and when that is."""
    state, now_s = LaneState(), NOW_S
    for event, pause_s, draw in history:
        now_s += pause_s
        state, _ = step(state, event, now_s=now_s, draw=draw)
    return state, now_s


@given(history=histories, urgency=urgencies, draw=draws)
@settings(max_examples=200, deadline=None)
def test_failure_waits_from_two_seconds_up_to_the_cap_of_its_class(
    history: list[tuple[LaneEvent, float, float]], urgency: Urgency, draw: float
) -> None:
    """A dead node must not be hammered, and an emergency must not wait longer than 15 s."""
    before, now_s = play(history)
    after, actions = step(before, Failed(urgency), now_s=now_s, draw=draw)
    if not before.is_due(now_s, urgency):
        assert (after, actions) == (before, frozenset()), "side by side counts once"
        return
    assert FIRST_BACK_OFF_S <= after.back_off_s <= BACK_OFF_CAP_S[urgency]
    assert after.back_off_s <= max(FIRST_BACK_OFF_S, before.back_off_s) * GROWTH
    assert after.due_s == now_s + after.back_off_s
    assert after.circuit.failures == before.circuit.failures + 1
    assert {LaneAction.SAVE, LaneAction.WAIT} <= actions
    assert (LaneAction.OPEN in actions) == (after.circuit.failures == OPENS_AFTER)


@given(history=histories, event=events, draw=draws)
@settings(max_examples=200, deadline=None)
def test_no_event_makes_a_lane_wait_for_ever(
    history: list[tuple[LaneEvent, float, float]], event: LaneEvent, draw: float
) -> None:
    """Whatever happened, after the longest cap everything may go."""
    before, now_s = play(history)
    state, _ = step(before, event, now_s=now_s, draw=draw)
    latest_s = now_s + max(BACK_OFF_CAP_S.values())
    assert state.is_due(latest_s, Urgency.P3)
    assert state.down_to(latest_s) is Urgency.P3
    assert state.changes_s(latest_s) is None
    assert state.down_to(now_s) >= Urgency.P1, "P0 and P1 are never held"


@given(history=histories)
@settings(max_examples=200, deadline=None)
def test_sign_of_life_ends_the_wait_at_once_or_within_a_second(
    history: list[tuple[LaneEvent, float, float]],
) -> None:
    """A node that is back gets its backlog at once, not at the end of a timer."""
    before, now_s = play(history)
    after, _ = step(before, Contact(), now_s=now_s, draw=0.5)
    assert after.due_s <= max(now_s, before.hurried_s + HURRY_GAP_S)
    assert after.down_to(now_s) is Urgency.P3
    assert after.circuit == before.circuit, "that it reaches us does not show that we reach it"
    answered, actions = step(after, Answered(), now_s=now_s, draw=0.5)
    assert answered.is_due(now_s, Urgency.P3)
    assert answered.circuit.failures == 0
    assert (LaneAction.HEAL in actions) == (before.circuit.failures > 0)


def test_wait_grows_to_the_cap_and_stays_there() -> None:
    """Without growth bulk would knock at a dead node as often as an emergency does."""
    for urgency, cap_s in BACK_OFF_CAP_S.items():
        state, now_s = LaneState(), NOW_S
        waits = []
        for _ in range(12):
            state, _ = step(state, Failed(urgency), now_s=now_s, draw=0.9)
            waits.append(state.back_off_s)
            now_s = state.due_s
        assert waits == sorted(waits)
        assert waits[-1] == cap_s


def test_lanes_that_failed_together_do_not_return_together() -> None:
    """A network that heals must not be met by every node in the same second."""
    drawn = {
        step(LaneState(), Failed(Urgency.P3), now_s=NOW_S, draw=number / 50)[0].due_s
        for number in range(50)
    }
    assert len(drawn) == 50


def test_more_urgent_item_shortens_the_next_wait_and_is_due_at_once() -> None:
    """The cap is that of the class that waits now, not of the one that waited before."""
    long = at_start(failures=9, back_off_ms=1_800_000)
    waiting, _ = step(long, Failed(Urgency.P3), now_s=NOW_S, draw=0.99)
    assert not waiting.is_due(NOW_S + 60, Urgency.P3)
    assert waiting.is_due(NOW_S, Urgency.P0)
    after, _ = step(waiting, Failed(Urgency.P0), now_s=NOW_S, draw=0.5)
    assert after.back_off_s == 15.0


def test_new_emergency_does_not_wait_behind_an_older_one() -> None:
    """Each is an attempt of its own, once a second at most."""
    state, _ = step(LaneState(), Failed(Urgency.P0), now_s=NOW_S, draw=0.9)
    first, actions = step(state, EmergencyQueued(), now_s=NOW_S + 1, draw=0.0)
    assert first.is_due(NOW_S + 1, Urgency.P0)
    assert actions == {LaneAction.WAKE}
    again, _ = step(first, Failed(Urgency.P0), now_s=NOW_S + 1.1, draw=0.9)
    second, _ = step(again, EmergencyQueued(), now_s=NOW_S + 1.2, draw=0.0)
    assert second.due_s == NOW_S + 1 + HURRY_GAP_S
    assert step(second, EmergencyQueued(), now_s=NOW_S + 1.3, draw=0.0) == (second, frozenset())


def test_node_that_calls_and_cannot_be_called_is_tried_once_a_second() -> None:
    """Its calls must not become ours."""
    state, _ = step(LaneState(), Failed(Urgency.P2), now_s=NOW_S, draw=0.9)
    attempts, now_s = 0, NOW_S
    for _ in range(1000):
        now_s += 0.01
        state, _ = step(state, Contact(), now_s=now_s, draw=0.9)
        if state.is_due(now_s, Urgency.P2):
            attempts += 1
            state, _ = step(state, Failed(Urgency.P2), now_s=now_s, draw=0.9)
    assert 9 <= attempts <= 11


def test_restart_tries_at_once_and_goes_on_growing() -> None:
    """What was broken may be mended, but what is not must not be met as if nothing had been."""
    state = at_start(failures=5, back_off_ms=40_000)
    assert state.circuit.phase is Phase.OPEN
    assert state.is_due(0.0, Urgency.P3)
    after, _ = step(state, Failed(Urgency.P3), now_s=NOW_S, draw=0.99)
    assert after.back_off_s > 100
    assert at_start(failures=0, back_off_ms=40_000) == LaneState()


def _down(since_s: float, until_s: float) -> LaneState:
    state, _ = step(LaneState(), Failed(Urgency.P2), now_s=since_s, draw=0.5)
    return replace(state, due_s=until_s)


def test_backlog_after_a_long_outage_does_not_begin_for_all_at_once() -> None:
    """P2 and P3 wait for a part of their caps that is drawn; what is urgent goes."""
    back_s = NOW_S + LONG_OUTAGE_S + 1
    state, _ = step(_down(NOW_S, back_s), Answered(), now_s=back_s, draw=0.5)
    assert state.down_to(back_s) is Urgency.P1
    assert state.changes_s(back_s) == back_s + 75
    assert state.down_to(back_s + 75) is Urgency.P2
    assert state.down_to(back_s + 450) is Urgency.P3


def test_node_that_called_is_not_made_to_wait_for_its_backlog() -> None:
    """It says itself that it is ready; also when it says so later."""
    back_s = NOW_S + LONG_OUTAGE_S + 1
    called, _ = step(_down(NOW_S, back_s), Contact(), now_s=back_s, draw=0.5)
    state, _ = step(called, Answered(), now_s=back_s, draw=0.5)
    assert state.down_to(back_s) is Urgency.P3
    held, _ = step(_down(NOW_S, back_s), Answered(), now_s=back_s, draw=0.5)
    freed, actions = step(held, Contact(), now_s=back_s + 1, draw=0.5)
    assert freed.down_to(back_s + 1) is Urgency.P3
    assert actions == {LaneAction.WAKE}


def test_short_outage_holds_nothing_up() -> None:
    """A lost connection is no storm."""
    state, _ = step(_down(NOW_S, NOW_S + 10), Answered(), now_s=NOW_S + 10, draw=0.5)
    assert state.down_to(NOW_S + 10) is Urgency.P3


def test_circuit_closes_answer_by_answer_and_says_so() -> None:
    """Each one lets one more attempt begin."""
    state = LaneState(circuit=Circuit(slots=1))
    told = []
    for _ in range(SLOTS_MOST):
        state, actions = step(state, Answered(), now_s=NOW_S, draw=0.5)
        told.append(actions)
    assert told == [{LaneAction.WAKE}, {LaneAction.CLOSE, LaneAction.WAKE}, frozenset()]
    assert step(state, Contact(), now_s=NOW_S, draw=0.5) == (state, frozenset())
