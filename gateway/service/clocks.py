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
from protocol.delivery.urgency import Urgency

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS

STEPS: Final = (MessageState.ACCEPTED, MessageState.ACKNOWLEDGED, MessageState.ANSWERED)

_TERMS_MS: Final[Mapping[Urgency, tuple[int, int]]] = {
    Urgency.P0: (_MINUTE_MS, 15 * _MINUTE_MS),
    Urgency.P1: (15 * _MINUTE_MS, _HOUR_MS),
    Urgency.P2: (_HOUR_MS, 24 * _HOUR_MS),
    Urgency.P3: (_HOUR_MS, 24 * _HOUR_MS),
}
"""To `accepted` and to `acknowledged`, by class: how it is carried."""

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
) -> tuple[StepClock, ...]:
    """Return the clocks of one message.

    Args:
        state: How far it got.
        cls: Its class: how it is carried.
        urgency: The document's own: how it is handled.
        t_ms: When it was written.
        is_request: Whether a person is to acknowledge and answer it.
        now_ms: The present time.
    """
    steps = STEPS if is_request else STEPS[:1]
    terms = (*_TERMS_MS[cls], decision_term_ms(urgency))
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
