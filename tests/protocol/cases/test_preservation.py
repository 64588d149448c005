"""Preserved data: the transitions of section 7, and the clock."""

from itertools import product

import pytest

from protocol.cases.preservation import (
    PRESERVATION_STEPS,
    Preservation,
    PreservationEvent,
    PreservationState,
    after,
    at,
    reported,
)

S, E = PreservationState, PreservationEvent

SECTION_7 = {
    S.ORDERED: {S.PRESERVED, S.RELEASED},
    S.PRESERVED: {S.EXTENDED, S.HELD, S.DISCLOSED, S.RELEASED, S.LAPSED},
    S.EXTENDED: {S.EXTENDED, S.HELD, S.DISCLOSED, S.RELEASED, S.LAPSED},
    S.HELD: {S.DISCLOSED, S.RELEASED},
    S.DISCLOSED: {S.RELEASED},
    S.LAPSED: {S.PRESERVED, S.RELEASED},
    S.RELEASED: set(),
}
RUNNING = [S.PRESERVED, S.EXTENDED]


def data(state: PreservationState, until_ms: int | None = 1000) -> Preservation:
    """Return data in a state."""
    return Preservation(state=state, at_ms=0, until_ms=until_ms, hold_asked=True)


@pytest.mark.parametrize("state", list(PreservationState))
def test_no_state_is_reached_beside_those_of_section_7(state: PreservationState) -> None:
    """Written from the text, not from the table."""
    assert set(PRESERVATION_STEPS[state].values()) == SECTION_7[state]


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_an_event_outside_the_row_changes_nothing(
    state: PreservationState, event: PreservationEvent
) -> None:
    """Whatever messages say, data do not jump."""
    assert (after(data(state), event) is None) is (event not in PRESERVATION_STEPS[state])


def test_only_a_new_report_revives_lapsed_data() -> None:
    """Nothing else leads back from the lapse."""
    back = {event for event, to in PRESERVATION_STEPS[S.LAPSED].items() if to is not S.RELEASED}
    assert back == {E.REPORT}


@pytest.mark.parametrize("state", RUNNING)
@pytest.mark.parametrize("until_ms", [999, 1000])
def test_an_extension_is_only_ever_later(state: PreservationState, until_ms: int) -> None:
    """An earlier end, or the same again, is no extension."""
    assert reported(data(state), at_ms=5, until_ms=until_ms) is None


@pytest.mark.parametrize("state", RUNNING)
def test_an_extension_keeps_its_beginning_and_the_hold_that_was_asked(
    state: PreservationState,
) -> None:
    """Article 29(7) counts from the first day."""
    longer = reported(data(state), at_ms=5, until_ms=1001)
    assert longer == Preservation(state=S.EXTENDED, at_ms=0, until_ms=1001, hold_asked=True)


def test_a_revival_begins_anew() -> None:
    """It is answered as a new request: what was asked before the lapse is gone."""
    anew = reported(data(S.LAPSED), at_ms=2000, until_ms=3000)
    assert anew == Preservation(state=S.PRESERVED, at_ms=2000, until_ms=3000)


@pytest.mark.parametrize("state", [S.HELD, S.DISCLOSED, S.RELEASED])
def test_a_report_changes_nothing_once_data_are_held(state: PreservationState) -> None:
    """They are preserved without an end, or not at all."""
    assert reported(data(state), at_ms=0, until_ms=5000) is None


def test_the_first_report_begins() -> None:
    """From the order to the data."""
    begun = reported(Preservation(), at_ms=1, until_ms=2)
    assert begun == Preservation(state=S.PRESERVED, at_ms=1, until_ms=2)


@pytest.mark.parametrize("state", RUNNING)
def test_data_lapse_at_their_very_end(state: PreservationState) -> None:
    """Until means until: not a millisecond before, and not one after."""
    assert at(data(state), 999).state is state
    assert at(data(state), 1000).state is S.LAPSED


@pytest.mark.parametrize("state", [each for each in S if each not in RUNNING])
def test_the_clock_has_no_hold_on_other_states(state: PreservationState) -> None:
    """Above all not on data that are held for the MLA request."""
    assert at(data(state), 10**15).state is state


def test_data_without_an_end_do_not_lapse() -> None:
    """There is none to wait for."""
    assert at(data(S.PRESERVED, None), 10**15).state is S.PRESERVED
