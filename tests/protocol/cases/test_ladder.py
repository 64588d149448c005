"""The ladder: receipts in any order, more than once, end in one and the same state."""

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.ladder import MessageState, advance, is_over, reached

S = MessageState
states = st.sampled_from(list(MessageState))
stories = st.lists(states, max_size=8).flatmap(
    lambda events: st.tuples(st.just(events), st.permutations(events * 2))
)
STEPS = (S.QUEUED, S.ACCEPTED, S.CONSIGNED, S.OPENED, S.ACKNOWLEDGED, S.DECLINED, S.ANSWERED)
ENDS = (S.REJECTED, S.EXPIRED, S.CANCELLED)


@given(stories)
@settings(max_examples=200, deadline=None)
def test_the_end_does_not_depend_on_order_or_repeats(
    story: tuple[list[MessageState], list[MessageState]],
) -> None:
    """Both nodes agree, whatever the network did to the receipts."""
    events, shuffled = story
    assert reduce(advance, shuffled, S.QUEUED) is reduce(advance, events, S.QUEUED)


@given(states, states)
def test_a_state_never_falls(state: MessageState, event: MessageState) -> None:
    """A repeat of an old receipt changes nothing."""
    after = advance(state, event)
    assert after in {state, event}
    assert advance(after, state) is after


@pytest.mark.parametrize("event", STEPS)
def test_each_step_of_the_ladder_is_above_the_one_before(event: MessageState) -> None:
    """Written from rule 22, not from the table of heights."""
    position = STEPS.index(event)
    for lower in STEPS[:position]:
        assert advance(lower, event) is event
        assert advance(event, lower) is event


@pytest.mark.parametrize("end", ENDS)
def test_an_end_comes_above_accepted(end: MessageState) -> None:
    """An accepted message may still be refused, run out or be called back."""
    assert advance(S.ACCEPTED, end) is end
    assert advance(end, S.ACCEPTED) is end


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("late", STEPS[2:])
def test_what_really_happened_there_wins_over_an_end(end: MessageState, late: MessageState) -> None:
    """A late receipt that a person opened it is worth more than our own clock."""
    assert advance(end, late) is late
    assert advance(late, end) is late


def test_ends_have_an_order_too() -> None:
    """Two ends at once must give one state on both sides."""
    assert advance(S.CANCELLED, S.EXPIRED) is S.EXPIRED
    assert advance(S.EXPIRED, S.REJECTED) is S.REJECTED


@pytest.mark.parametrize("state", STEPS)
def test_a_living_message_reached_all_below_it(state: MessageState) -> None:
    """Deadlines ask this, never for equality: a step may be skipped."""
    position = STEPS.index(state)
    assert [reached(state, goal) for goal in STEPS] == [n <= position for n in range(len(STEPS))]


@pytest.mark.parametrize("end", ENDS)
def test_an_ended_message_reached_nothing_that_needs_a_reader(end: MessageState) -> None:
    """A rejected message is higher than `consigned` in no sense an officer would accept."""
    assert reached(end, S.QUEUED)
    assert not any(reached(end, goal) for goal in STEPS[2:])


def test_only_a_rejected_one_among_the_ended_was_surely_accepted() -> None:
    """`rejected` comes after `accepted`; expiry and cancellation may come before."""
    assert reached(S.REJECTED, S.ACCEPTED)
    assert not reached(S.EXPIRED, S.ACCEPTED)
    assert not reached(S.CANCELLED, S.ACCEPTED)


def test_three_states_are_over() -> None:
    """For them nothing is repeated and nothing waited for."""
    assert [state for state in MessageState if is_over(state)] == list(ENDS)
