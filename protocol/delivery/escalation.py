"""When nobody answers in time: which stage of the escalation of a message is due.

Two steps of the ladder have a budget: `accepted` (the other node holds the message) and
`acknowledged` (a person there has it). At a quarter of a budget the other endpoint is tried and
the operator hears of it, at a half the officer is told whom to call, at the whole of it silence is
stated and a second point of contact gets a copy. None of this ends anything: delivery goes on.

What is told is told once. The caller keeps what was told, and measures the time that has passed by
a clock that does not jump.

Source: docs/delivery.md, "Delivery in rules", rule 14; docs/domain.md, section 9.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.delivery.urgency import Urgency

_SECOND_MS: Final = 1_000
_MINUTE_MS: Final = 60 * _SECOND_MS
_HOUR_MS: Final = 60 * _MINUTE_MS
_WHOLE: Final = 100


class Step(StrEnum):
    """A step of the ladder that has a budget."""

    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"


class Stage(StrEnum):
    """A stage of the escalation of one step, in the order in which they come."""

    HASTEN = "hasten"
    TELEPHONE = "telephone"
    SILENCE = "silence"


PER_CENT: Final[dict[Stage, int]] = {
    Stage.HASTEN: 25,
    Stage.TELEPHONE: 50,
    Stage.SILENCE: _WHOLE,
}
"""How much of the budget has passed when a stage comes, in per cent."""

_STAGES: Final = tuple(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long the two steps of one class may take, in milliseconds.

    Raises:
        ValueError: One is not positive, or a person would have less time than the machine.
    """

    accepted_ms: int
    acknowledged_ms: int

    def __post_init__(self) -> None:
        if not 0 < self.accepted_ms <= self.acknowledged_ms:
            raise ValueError("0 < accepted <= acknowledged")

    def of(self, step: Step) -> int:
        """Return the budget of one step, in milliseconds."""
        return self.accepted_ms if step is Step.ACCEPTED else self.acknowledged_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The budgets of this node. Bulk (P3) has none: nobody waits for it."""

    p0: Budget = Budget(accepted_ms=_MINUTE_MS, acknowledged_ms=15 * _MINUTE_MS)
    p1: Budget = Budget(accepted_ms=15 * _MINUTE_MS, acknowledged_ms=_HOUR_MS)
    p2: Budget = Budget(accepted_ms=_HOUR_MS, acknowledged_ms=24 * _HOUR_MS)

    def of(self, cls: Urgency) -> Budget | None:
        """Return the budget of a class, None for P3."""
        return {Urgency.P0: self.p0, Urgency.P1: self.p1, Urgency.P2: self.p2}.get(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One stage of one step: what is due, or was told already."""

    step: Step
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One message that somebody waits for.

    Args:
        cls: Its class.
        awaits_person: Whether a person is to acknowledge it; only requests are acknowledged.
        met: The steps that it has taken, or need not take any more.
        told: Every stage that was told of it.
    """

    cls: Urgency
    awaits_person: bool
    met: frozenset[Step] = frozenset()
    told: frozenset[Told] = frozenset()


def due(watched: Watched, budgets: Budgets, *, elapsed_ms: int) -> tuple[Told, ...]:
    """Return the stages that have come and were not told, in the order of their time.

    Args:
        watched: The message.
        budgets: Of this node.
        elapsed_ms: How long it has waited, in milliseconds; the caller's clock must not jump.

    Returns:
        Nothing for a step that was met; never a stage that was told, nor one below it.
    """
    return tuple(told for at_ms, told in _moments(watched, budgets) if at_ms <= elapsed_ms)


def next_ms(watched: Watched, budgets: Budgets, *, elapsed_ms: int) -> int | None:
    """Return after how long a wait the next stage comes, None if none will.

    Args:
        watched: The message.
        budgets: Of this node.
        elapsed_ms: How long it has waited, in milliseconds.

    Returns:
        Milliseconds of waiting in all, above `elapsed_ms`.
    """
    return next((at_ms for at_ms, _ in _moments(watched, budgets) if at_ms > elapsed_ms), None)


def reached_stage(step: Step, budget: Budget, *, elapsed_ms: int) -> Stage | None:
    """Return the highest stage whose time has come for one step; None before the first."""
    come = [stage for stage in _STAGES if _share(budget.of(step), stage) <= elapsed_ms]
    return come[-1] if come else None


def _moments(watched: Watched, budgets: Budgets) -> list[tuple[int, Told]]:
    """Return the stages still to come with their times, the earliest first."""
    budget = budgets.of(watched.cls)
    if budget is None:
        return []
    moments = [
        (_share(budget.of(step), stage), Told(step=step, stage=stage))
        for step in _steps(watched)
        for stage in _untold(watched, step)
    ]
    return sorted(moments, key=lambda moment: moment[0])


def _steps(watched: Watched) -> tuple[Step, ...]:
    steps = tuple(Step) if watched.awaits_person else (Step.ACCEPTED,)
    return tuple(step for step in steps if step not in watched.met)


def _untold(watched: Watched, step: Step) -> tuple[Stage, ...]:
    """Return the stages above the highest one told: budgets may have been changed meanwhile."""
    told = [_STAGES.index(each.stage) for each in watched.told if each.step is step]
    return _STAGES[max(told) + 1 :] if told else _STAGES


def _share(budget_ms: int, stage: Stage) -> int:
    return budget_ms * PER_CENT[stage] // _WHOLE
