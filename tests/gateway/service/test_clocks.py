"""The policy clocks of a message: what is due when, and when nothing is."""

import pytest

from gateway.service.clocks import (
    ClockState,
    StepClock,
    decision_term_ms,
    next_due_ms,
    step_clocks,
)
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@pytest.mark.parametrize(
    ("cls", "urgency", "terms"),
    [
        (Urgency.P0, "emergency", [MINUTE_MS, 15 * MINUTE_MS, 8 * HOUR_MS]),
        (Urgency.P1, "urgent", [15 * MINUTE_MS, HOUR_MS, 72 * HOUR_MS]),
        (Urgency.P1, "routine", [15 * MINUTE_MS, HOUR_MS, 168 * HOUR_MS]),
        (Urgency.P2, "routine", [HOUR_MS, 24 * HOUR_MS, 168 * HOUR_MS]),
    ],
)
def test_terms_are_those_of_the_policy(cls: Urgency, urgency: str, terms: list[int]) -> None:
    """Officers plan their shifts by them; a routine preservation is only carried faster."""
    assert [clock.due_ms for clock in clocks(cls=cls, urgency=urgency)] == terms
    assert decision_term_ms(urgency) == terms[2]


def test_next_due_is_the_first_step_not_reached() -> None:
    """The list shows one time: the next one."""
    assert next_due_ms(clocks(state=MessageState.QUEUED)) == 15 * MINUTE_MS
    assert next_due_ms(clocks(state=MessageState.OPENED)) == HOUR_MS
    assert next_due_ms(clocks(state=MessageState.ACKNOWLEDGED)) == 72 * HOUR_MS
    assert next_due_ms(clocks(state=MessageState.ANSWERED)) is None


def test_step_that_is_late_stays_due() -> None:
    """Late is what an officer must see first."""
    late = clocks(now_ms=15 * MINUTE_MS + 1)
    assert late[0].state is ClockState.OVERDUE
    assert next_due_ms(late) == 15 * MINUTE_MS
    assert clocks(now_ms=15 * MINUTE_MS)[0].state is ClockState.RUNNING


@pytest.mark.parametrize("state", [MessageState.EXPIRED, MessageState.CANCELLED])
def test_nothing_is_due_of_a_message_that_is_over(state: MessageState) -> None:
    """A clock that nobody can stop would hide the others."""
    assert {clock.state for clock in clocks(state=state)} == {ClockState.VOID}
    assert next_due_ms(clocks(state=state)) is None


def test_declined_request_waits_for_no_answer() -> None:
    """It was decided: against it."""
    stands = {clock.step: clock.state for clock in clocks(state=MessageState.DECLINED)}
    assert stands[MessageState.ACKNOWLEDGED] is ClockState.MET
    assert stands[MessageState.ANSWERED] is ClockState.VOID


def clocks(
    *,
    state: MessageState = MessageState.QUEUED,
    cls: Urgency = Urgency.P1,
    urgency: str = "urgent",
    now_ms: int = 0,
) -> tuple[StepClock, ...]:
    """Return the clocks of a request written at 0."""
    return step_clocks(
        state=state, cls=cls, urgency=urgency, t_ms=0, is_request=True, now_ms=now_ms
    )
