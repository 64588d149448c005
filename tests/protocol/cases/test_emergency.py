"""An emergency disclosure (2AP 9), from a call to the formal follow-up."""

from itertools import product

import pytest

from protocol.cases.emergency import (
    EMERGENCY_STEPS,
    EmergencyEvent,
    EmergencyState,
    FollowUp,
    after_event,
    emergency_of,
)
from protocol.cases.facts import Asked, AskedItem, Confirmed, Execution, FormalKind, Outcome
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import decided, delivered, executed, items, named, taken

S, E = EmergencyState, EmergencyEvent
TYPE = "emergency_disclosure_request"


def story(*, oral: bool = False) -> Story:
    """Return an emergency for one subscriber."""
    asked = Asked(items=(AskedItem(item_id="one", category="subscriber"),), oral=oral)
    return Story(TYPE, asked, urgency="emergency")


def state(told: Story, follow_up: FollowUp = "request") -> str:
    """Return how far it got."""
    return str(emergency_of(told.request(), follow_up))


def test_the_usual_way_is_that_of_section_7() -> None:
    """Called, confirmed, determined, delivered, followed up, done."""
    states: list[EmergencyState | None] = [None]
    for event in EmergencyEvent:
        states.append(after_event(states[-1], event))
    assert states == [None, *EmergencyState]


@pytest.mark.parametrize(("before", "event"), list(product([None, *S], E)))
def test_an_event_outside_the_row_changes_nothing(
    before: EmergencyState | None, event: EmergencyEvent
) -> None:
    """Also not backwards: a state never falls."""
    after = after_event(before, event)
    order = [None, *EmergencyState]
    assert order.index(after) >= order.index(before)
    assert (after is before) is (event not in EMERGENCY_STEPS[before])


@pytest.mark.parametrize("oral", [False, True])
def test_the_electronic_request_confirms_the_call(*, oral: bool) -> None:
    """A request that was given orally is confirmed by the document."""
    assert state(story(oral=oral)) == "confirmed_electronically"


def test_a_decided_emergency_is_delivered_and_followed_up() -> None:
    """The whole way, by messages."""
    told = story(oral=True)
    told.a("acknowledgement", taken())
    told.a("decision", decided(TYPE, one=Outcome.ACCEPTED))
    assert state(told) == "determined"
    told.a("data_delivery", delivered("one"))
    assert state(told) == "formal_followup_due"
    told.q("formal_confirmation", Confirmed(kind=FormalKind.ORAL_9))
    assert state(told) == "formal_followup_due"
    told.q("formal_confirmation", Confirmed(kind=FormalKind.FOLLOWUP_9_5))
    assert state(told) == "done"
    told.q("formal_confirmation", Confirmed(kind=FormalKind.FORMAL_25_3))
    assert state(told) == "done"


def test_a_party_that_asks_for_no_follow_up_gets_none() -> None:
    """Profile `followup_9_5`: none."""
    told = story()
    told.a("decision", decided(TYPE, one=Outcome.ACCEPTED))
    told.a("data_delivery", delivered("one"))
    assert state(told, "none") == "done"
    assert state(told, "mla") == "formal_followup_due"


def test_data_may_come_before_a_decision_once_somebody_has_it() -> None:
    """2AP 9: also in `acknowledged`, and nowhere else before the decision."""
    told = Story(TYPE, items("one", "two"), urgency="emergency")
    early = told.a("data_delivery", delivered("one"))
    assert told.objection(early) == "not_in_state"
    told.a("acknowledgement", taken())
    told.a("data_delivery", delivered("one"))
    assert (told.phase(), told.states()) == ("acknowledged", ["delivered", "requested"])
    assert state(told) == "delivered"
    told.a("data_delivery", delivered("two"))
    assert told.phase() == "executed"
    assert state(told) == "formal_followup_due"


def test_a_refused_emergency_is_done_without_follow_up() -> None:
    """There is nothing to follow up."""
    told = story()
    told.a("decision", decided(TYPE, one=Outcome.REFUSED))
    assert told.phase() == "closed"
    assert state(told) == "done"


def test_an_emergency_without_findings_is_done() -> None:
    """Granted and searched, but nothing was there."""
    told = story()
    told.a("decision", decided(TYPE, one=Outcome.ACCEPTED))
    told.a("outcome_report", executed(Execution.NOTHING_FOUND, "one"))
    assert state(told) == "done"


def test_a_withdrawn_emergency_is_done() -> None:
    """The danger is over before anybody decided."""
    told = story()
    told.q("withdrawal", named())
    assert (told.phase(), state(told)) == ("closed", "done")


def test_other_requests_have_no_such_state() -> None:
    """Emergency MLA runs like any request for data."""
    assert emergency_of(Story().request(), "none") is None
