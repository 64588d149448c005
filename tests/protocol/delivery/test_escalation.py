"""The stages of an escalation: at their share of the budget, in order, each once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.escalation import (
    PER_CENT,
    Budget,
    Budgets,
    Stage,
    Step,
    Told,
    Watched,
    due,
    next_ms,
    reached_stage,
)
from protocol.delivery.urgency import Urgency

MINUTE_MS = 60_000
budgets_of_a_class = st.tuples(st.integers(4, 10**8), st.integers(0, 10**8)).map(
    lambda pair: Budget(accepted_ms=pair[0], acknowledged_ms=pair[0] + pair[1])
)
budgets = st.builds(Budgets, p0=budgets_of_a_class, p1=budgets_of_a_class, p2=budgets_of_a_class)
tolds = st.frozensets(
    st.builds(Told, step=st.sampled_from(Step), stage=st.sampled_from(Stage)), max_size=6
)
watches = st.builds(
    Watched,
    cls=st.sampled_from(Urgency),
    awaits_person=st.booleans(),
    met=st.frozensets(st.sampled_from(Step), max_size=2),
    told=tolds,
)
spans = st.integers(0, 3 * 10**8)


@given(watched=watches, of=budgets, elapsed_ms=spans)
@settings(max_examples=300, deadline=None)
def test_stage_is_due_at_its_share_and_never_twice(
    watched: Watched, of: Budgets, elapsed_ms: int
) -> None:
    """An alarm that comes early is not believed, one that is repeated is not heard."""
    found = due(watched, of, elapsed_ms=elapsed_ms)
    assert len(set(found)) == len(found)
    for each in found:
        budget = of.of(watched.cls)
        assert budget is not None
        assert budget.of(each.step) * PER_CENT[each.stage] // 100 <= elapsed_ms
        assert each not in watched.told
        assert each.step not in watched.met
        assert watched.awaits_person or each.step is Step.ACCEPTED


@given(watched=watches, of=budgets, elapsed_ms=spans)
@settings(max_examples=300, deadline=None)
def test_next_moment_brings_something_and_nothing_comes_before_it(
    watched: Watched, of: Budgets, elapsed_ms: int
) -> None:
    """Whoever sleeps until then misses nothing and does not wake in vain."""
    now = due(watched, of, elapsed_ms=elapsed_ms)
    following = next_ms(watched, of, elapsed_ms=elapsed_ms)
    if following is None:
        assert due(watched, of, elapsed_ms=10**12) == now
        return
    assert following > elapsed_ms
    assert due(watched, of, elapsed_ms=following - 1) == now
    assert len(due(watched, of, elapsed_ms=following)) > len(now)


@given(watched=watches, of=budgets, looks=st.lists(spans, min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_each_stage_is_told_once_whenever_one_looks_also_back_in_time(
    watched: Watched, of: Budgets, looks: list[int]
) -> None:
    """What is kept as told decides, not the clock: a jump back repeats nothing."""
    told = watched.told
    heard: list[Told] = []
    for elapsed_ms in looks:
        state = Watched(
            cls=watched.cls, awaits_person=watched.awaits_person, met=watched.met, told=told
        )
        fresh = due(state, of, elapsed_ms=elapsed_ms)
        heard.extend(fresh)
        told |= set(fresh)
    assert len(heard) == len(set(heard))
    for step in Step:
        stages = [list(Stage).index(each.stage) for each in heard if each.step is step]
        assert stages == sorted(stages)


@pytest.mark.parametrize(
    ("cls", "accepted_min", "acknowledged_min"),
    [(Urgency.P0, 1, 15), (Urgency.P1, 15, 60), (Urgency.P2, 60, 24 * 60)],
)
def test_budgets_are_those_of_the_policy(
    cls: Urgency, accepted_min: int, acknowledged_min: int
) -> None:
    """Officers of both sides plan by them."""
    budget = Budgets().of(cls)
    assert budget is not None
    assert budget.of(Step.ACCEPTED) == accepted_min * MINUTE_MS
    assert budget.of(Step.ACKNOWLEDGED) == acknowledged_min * MINUTE_MS


def test_emergency_goes_through_its_stages_in_order() -> None:
    """15 s, 30 s and 60 s to the other node; a quarter of an hour to a person."""
    watched = Watched(cls=Urgency.P0, awaits_person=True)
    assert due(watched, Budgets(), elapsed_ms=14_999) == ()
    assert [each.stage for each in due(watched, Budgets(), elapsed_ms=60_000)] == list(Stage)
    in_all = due(watched, Budgets(), elapsed_ms=15 * MINUTE_MS)
    assert [each.step for each in in_all] == [Step.ACCEPTED] * 3 + [Step.ACKNOWLEDGED] * 3


def test_nobody_waits_for_bulk() -> None:
    """Load tests and attachments would drown what matters."""
    watched = Watched(cls=Urgency.P3, awaits_person=True)
    assert due(watched, Budgets(), elapsed_ms=10**12) == ()
    assert next_ms(watched, Budgets(), elapsed_ms=0) is None


def test_stage_below_one_that_was_told_does_not_come_any_more() -> None:
    """A budget that was made longer must not begin the story anew."""
    told = frozenset({Told(step=Step.ACCEPTED, stage=Stage.TELEPHONE)})
    watched = Watched(cls=Urgency.P0, awaits_person=False, told=told)
    assert due(watched, Budgets(), elapsed_ms=10**12) == (
        Told(step=Step.ACCEPTED, stage=Stage.SILENCE),
    )


def test_stage_reached_is_the_highest_one() -> None:
    """What a list shows beside the due time."""
    budget = Budget(accepted_ms=100, acknowledged_ms=200)
    stages = [
        reached_stage(Step.ACCEPTED, budget, elapsed_ms=elapsed_ms)
        for elapsed_ms in (24, 25, 50, 100)
    ]
    assert stages == [None, *Stage]
    assert reached_stage(Step.ACKNOWLEDGED, budget, elapsed_ms=100) is Stage.TELEPHONE


@pytest.mark.parametrize(("accepted_ms", "acknowledged_ms"), [(0, 1), (2, 1), (-1, 1)])
def test_budget_that_makes_no_sense_is_refused(accepted_ms: int, acknowledged_ms: int) -> None:
    """A person cannot have a message before the machine does."""
    with pytest.raises(ValueError, match="accepted"):
        Budget(accepted_ms=accepted_ms, acknowledged_ms=acknowledged_ms)
