"""Conditions: offered, accepted for ever, not to be complied with."""

from itertools import product

import pytest

from protocol.cases.conditions import (
    CONDITION_STEPS,
    Condition,
    ConditionEvent,
    ConditionState,
    all_after,
    without_offers,
)
from tests.protocol.cases.story import mid_of

S, E = ConditionState, ConditionEvent

SECTION_7 = {
    S.OFFERED: {S.ACCEPTED, S.CANNOT_COMPLY, S.SUPPLIED_WITHOUT, S.WITHHELD},
    S.CANNOT_COMPLY: {S.SUPPLIED_WITHOUT, S.WITHHELD},
    S.SUPPLIED_WITHOUT: {S.WITHHELD},
    S.WITHHELD: {S.SUPPLIED_WITHOUT},
    S.ACCEPTED: set(),
    S.STATED: set(),
}


def condition(state: ConditionState) -> Condition:
    """Return a condition in a state."""
    return Condition(kind="no_onward", text=None, by=mid_of(1), state=state)


@pytest.mark.parametrize("state", list(ConditionState))
def test_no_state_is_reached_beside_those_of_section_7(state: ConditionState) -> None:
    """Written from the text; what follows a decision follows a later one too (D7)."""
    assert set(CONDITION_STEPS[state].values()) == SECTION_7[state]


@pytest.mark.parametrize(("state", "event"), list(product([S.ACCEPTED, S.STATED], E)))
def test_what_binds_binds_for_ever(state: ConditionState, event: ConditionEvent) -> None:
    """Article 26(2) and 28: an accepted condition is never taken back."""
    (after,) = all_after((condition(state),), event)
    assert after.state is state
    assert after.binds


@pytest.mark.parametrize("state", [S.OFFERED, S.CANNOT_COMPLY, S.SUPPLIED_WITHOUT, S.WITHHELD])
def test_other_conditions_do_not_bind(state: ConditionState) -> None:
    """An offer binds nobody."""
    assert not condition(state).binds


def test_a_new_offer_replaces_one_without_reply_and_nothing_else() -> None:
    """What was answered stays on record."""
    every = tuple(condition(state) for state in ConditionState)
    assert {each.state for each in without_offers(every)} == set(ConditionState) - {S.OFFERED}
