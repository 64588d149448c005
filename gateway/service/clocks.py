"""When the next step of a message is due: the policy clocks of its ladder.

Three steps have one: `accepted` (the other node holds it), `acknowledged` (a person has it) and
`answered` (it is decided). Only requests wait for the last two. Legal deadlines, which run from
what an answer states, are not these.

Source: docs/domain.md, section 9 (policy).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.cases.ladder import MessageState, is_over, reached
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency

_HOUR_MS: Final = 60 * 60_000
_DAY_MS: Final = 24 * _HOUR_MS

STEPS: Final = (MessageState.ACCEPTED, MessageState.ACKNOWLEDGED, MessageState.ANSWERED)

POLICY: Final = Budgets()
"""The terms to `accepted` and `acknowledged` unless the operator sets others."""

_DECISION_MS: Final[Mapping[str, int]] = {
    "emergency": 8 * _HOUR_MS,
    "urgent": 3 * _DAY_MS,
    "routine": 7 * _DAY_MS,
}
"""To the decision, by the document's own urgency: how it is handled."""


class ClockState(StrEnum):
    """How one clock stands."""

    RUNNING = "running"
    OVERDUE = "overdue"
    MET = "met"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClock:
    """One step of the ladder and the time by which it should have been reached.

    Attributes:
        step: The step waited for.
        due_ms: When it is due.
        state: Running, overdue, met, or void because nothing more will come.
    """

    step: MessageState
    due_ms: int
    state: ClockState


def decision_term_ms(urgency: str) -> int:
    """Return how long a request may wait for its decision, in milliseconds.

    Args:
        urgency: `routine`, `urgent` or `emergency`; what is not known yet counts as routine.
    """
    return _DECISION_MS.get(urgency, _DECISION_MS["routine"])


def step_clocks(
    *,
    state: MessageState,
    cls: Urgency,
    urgency: str,
    t_ms: int,
    is_request: bool,
    now_ms: int,
    budgets: Budgets = POLICY,
) -> tuple[StepClock, ...]:
    """Return the clocks of one message.

    Args:
        state: How far it got.
        cls: Its class: how it is carried.
        urgency: The document's own: how it is handled.
        t_ms: When it was written.
        is_request: Whether a person is to acknowledge and answer it.
        now_ms: The present time.
        budgets: The node's own, for the first two steps; bulk has none.

    Returns:
        A clock for each step that is waited for.
    """
    budget = budgets.of(cls)
    if budget is None:
        return ()
    steps = STEPS if is_request else STEPS[:1]
    terms = (budget.accepted_ms, budget.acknowledged_ms, decision_term_ms(urgency))
    return tuple(
        StepClock(step=step, due_ms=t_ms + term, state=_state(state, step, t_ms + term, now_ms))
        for step, term in zip(steps, terms, strict=False)
    )


def next_due_ms(clocks: tuple[StepClock, ...]) -> int | None:
    """Return when the next step that is still waited for is due; None if there is none."""
    waiting = {ClockState.RUNNING, ClockState.OVERDUE}
    return next((clock.due_ms for clock in clocks if clock.state in waiting), None)


def _state(state: MessageState, step: MessageState, due_ms: int, now_ms: int) -> ClockState:
    if reached(state, step):
        return ClockState.MET
    if is_over(state) or state is MessageState.DECLINED:
        return ClockState.VOID
    return ClockState.RUNNING if now_ms <= due_ms else ClockState.OVERDUE
