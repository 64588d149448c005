"""Decisions, item by item, with conditions and the replies to them."""

import pytest

from protocol.cases.facts import Outcome
from protocol.cases.message import Side
from tests.protocol.cases.instants import START
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    delivered,
    inquiry,
    items,
    offer,
    offered,
    replied,
    reported,
    taken,
)

TYPE = "stored_data_request"
O = Outcome  # noqa: E741


def story(*names: str) -> Story:
    """Return an acknowledged request for these items."""
    told = Story(TYPE, items(*(names or ("one", "two"))))
    told.a("acknowledgement", taken())
    return told


def conditions(told: Story, name: str = "one") -> list[str]:
    """Return the states of the conditions of an item."""
    return [str(each.state) for each in told.item(name).conditions]


@pytest.mark.parametrize(
    ("one", "two", "phase", "ending"),
    [
        (O.ACCEPTED, O.ACCEPTED, "decided", None),
        (O.ACCEPTED, O.REFUSED, "decided", None),
        (O.PARTIALLY_ACCEPTED, O.NOT_POSSIBLE, "decided", None),
        (O.ACCEPTED, O.POSTPONED, "decided", None),
        (O.ACCEPTED, O.REFERRED, "decided", None),
        (O.REFUSED, O.REFUSED, "closed", "refused"),
        (O.REFUSED, O.NOT_POSSIBLE, "closed", "refused"),
        (O.NOT_POSSIBLE, O.NOT_POSSIBLE, "closed", "not_possible"),
        (O.POSTPONED, O.POSTPONED, "acknowledged", None),
        (O.POSTPONED, O.REFUSED, "acknowledged", None),
        (O.REFERRED, O.REFUSED, "acknowledged", None),
        (O.REFUSED, None, "acknowledged", None),
        (O.POSTPONED, None, "acknowledged", None),
        (O.ACCEPTED, None, "acknowledged", None),
        (O.ACCEPTED_WITH_CONDITIONS, None, "acknowledged", None),
        (O.ACCEPTED_WITH_CONDITIONS, O.REFUSED, "acknowledged", None),
        (O.ACCEPTED_WITH_CONDITIONS, O.ACCEPTED, "decided", None),
    ],
)
def test_a_request_is_decided_with_its_last_open_item(
    one: Outcome, two: Outcome | None, phase: str, ending: str | None
) -> None:
    """Refused or postponed ones do not move it; all refused close it; postponed ones keep it."""
    told = story()
    outcomes = {"one": one} | ({} if two is None else {"two": two})
    told.a("decision", decided(TYPE, **outcomes))
    assert (told.objection(), told.phase()) == (None, phase)
    found = told.thread().ending
    assert (None if found is None else str(found)) == ending


def test_a_decision_on_some_items_takes_a_delivered_request_on() -> None:
    """Who decides has it."""
    told = Story(TYPE, items("one", "two"))
    told.a("decision", decided(TYPE, one=O.REFUSED))
    assert told.phase() == "acknowledged"


def test_a_decision_on_some_items_leaves_a_question_open() -> None:
    """It does not answer it."""
    told = story()
    told.a("info_needed", inquiry("a"))
    told.a("decision", decided(TYPE, one=O.ACCEPTED))
    assert told.phase() == "info_needed"


@pytest.mark.parametrize("first", [O.ACCEPTED, O.REFUSED, O.POSTPONED, O.REFERRED, O.NOT_POSSIBLE])
@pytest.mark.parametrize("second", [O.ACCEPTED, O.REFUSED, O.POSTPONED, O.PARTIALLY_ACCEPTED])
def test_a_later_decision_replaces_an_earlier_one(first: Outcome, second: Outcome) -> None:
    """D7, while another item is still open."""
    told = story()
    told.a("decision", decided(TYPE, one=first))
    told.a("decision", decided(TYPE, one=second))
    assert told.objection() is None
    assert told.states()[0] == str(second)


def test_what_was_delivered_is_not_decided_anew() -> None:
    """D7: until data are delivered."""
    told = story()
    told.a("decision", decided(TYPE, whole=O.ACCEPTED))
    told.a("data_delivery", delivered("one"))
    told.a("decision", decided(TYPE, one=O.REFUSED, two=O.REFUSED))
    assert told.states() == ["delivered", "refused"]
    assert told.entry().passed_over == ("one",)
    assert told.phase() == "executed"


def test_once_executed_only_what_was_put_off_is_decided() -> None:
    """postponed, referred -> any by a later decision; a refusal stands then."""
    told = story("one", "two", "three", "four")
    told.a(
        "decision",
        decided(TYPE, one=O.ACCEPTED, two=O.POSTPONED, three=O.REFERRED, four=O.REFUSED),
    )
    told.a("data_delivery", delivered("one"))
    assert told.phase() == "executed"
    told.a("decision", decided(TYPE, two=O.ACCEPTED, three=O.REFUSED, four=O.ACCEPTED))
    assert told.states() == ["delivered", "accepted", "refused", "refused"]
    assert (told.entry().passed_over, told.phase()) == (("four",), "decided")


def test_once_executed_with_nothing_put_off_there_is_nothing_to_decide() -> None:
    """The objection says what is wrong."""
    told = story()
    told.a("decision", decided(TYPE, one=O.ACCEPTED, two=O.REFUSED))
    told.a("data_delivery", delivered("one"))
    told.a("decision", decided(TYPE, two=O.ACCEPTED))
    assert told.objection() == "wrong_item_state"


def test_preserved_data_are_not_decided_anew() -> None:
    """They are there; they are released, not refused."""
    told = Story()
    told.a("decision", decided("preservation_request", whole=O.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one"))
    told.a("decision", decided("preservation_request", one=O.REFUSED))
    assert told.objection() == "wrong_item_state"
    told.a("decision", decided("preservation_request", two=O.REFUSED))
    assert told.states() == ["preserved", "refused"]
    assert told.item("two").preservation is None


def test_a_decision_on_another_type_has_no_effect() -> None:
    """D1."""
    told = story()
    told.a("decision", decided("interception_request", whole=O.REFUSED))
    assert (told.objection(), told.phase()) == ("wrong_request_type", "acknowledged")


def test_unknown_items_are_passed_over() -> None:
    """And a decision on nothing but such ones has no effect."""
    told = story()
    told.a("decision", decided(TYPE, nine=O.REFUSED))
    assert told.objection() == "no_such_item"
    told.a("decision", decided(TYPE, one=O.REFUSED, nine=O.REFUSED))
    assert (told.objection(), told.entry().passed_over) == (None, ("nine",))


def test_conditions_bind_for_ever_once_accepted() -> None:
    """conditions_offered -> accepted; delivered data carry them."""
    told = story("one")
    told.a("decision", offered(TYPE, "confidential", "no_onward", one=True))
    assert told.states() == ["conditions_offered"]
    told.q("condition_reply", replied(accepted=True))
    assert (told.phase(), told.states()) == ("decided", ["accepted"])
    told.a("data_delivery", delivered("one", kinds=("confidential", "account_of_use")))
    assert conditions(told) == ["accepted", "accepted", "stated"]
    assert told.phase() == "executed"


def test_who_cannot_comply_leaves_the_decision_to_the_other_side() -> None:
    """28(3): conditions_offered -> requested; then without the conditions, or not at all."""
    told = story()
    told.a("decision", offered(TYPE, "confidential", one=True, two=True))
    told.q("condition_reply", replied(accepted=False))
    assert (told.phase(), told.states()) == ("acknowledged", ["requested", "requested"])
    assert conditions(told) == ["cannot_comply"]
    told.a("decision", decided(TYPE, one=O.ACCEPTED, two=O.REFUSED))
    assert (conditions(told), conditions(told, "two")) == (["supplied_without"], ["withheld"])


def test_a_reply_may_be_about_some_items() -> None:
    """Each item by itself."""
    told = story()
    told.a("decision", offered(TYPE, "confidential", one=True, two=True))
    told.q("condition_reply", replied("two", accepted=True))
    assert told.states() == ["conditions_offered", "accepted"]
    again = told.q("condition_reply", replied("two", accepted=False))
    assert told.objection(again) == "wrong_item_state"
    assert conditions(told, "two") == ["accepted"]


def test_a_new_offer_replaces_the_old_one() -> None:
    """Nobody replied to it; it stands no more."""
    told = story("one")
    told.a("decision", offered(TYPE, "confidential", one=True))
    told.a("decision", offered(TYPE, "no_onward", one=True))
    assert [each.kind for each in told.item("one").conditions] == ["no_onward"]


def test_a_partial_grant_may_have_conditions() -> None:
    """It is an offer until they are accepted, and stays partial."""
    told = story("one")
    told.a("decision", offered(TYPE, "confidential", partly=True, one=True))
    assert told.states() == ["conditions_offered"]
    told.q("condition_reply", replied(accepted=True))
    assert told.states() == ["partially_accepted"]


def test_conditions_are_answered_by_the_side_that_they_bind() -> None:
    """A>Q only to an offer of information."""
    told = story("one")
    told.a("decision", offered(TYPE, "confidential", one=True))
    wrong = told.a("condition_reply", replied(accepted=True))
    assert told.objection(wrong) == "wrong_side"
    information = Story("spontaneous_information", offer("confidential"))
    wrong = information.q("condition_reply", replied(accepted=True))
    assert information.objection(wrong) == "wrong_side"


@pytest.mark.parametrize("side", list(Side))
def test_a_reply_to_no_conditions_has_no_effect(side: Side) -> None:
    """Item in conditions_offered."""
    told = story("one")
    told.by(side, "condition_reply", replied(accepted=True))
    assert told.objection() == "wrong_item_state"


def test_preservation_is_ordered_by_a_grant_and_falls_with_it() -> None:
    """Requested -> ordered (decision); D7 takes it back until data are there."""
    told = Story()
    told.a("decision", decided("preservation_request", one=O.ACCEPTED, two=O.POSTPONED))
    assert told.states() == ["ordered", "postponed"]
    told.a("decision", decided("preservation_request", one=O.ACCEPTED))
    assert told.states() == ["ordered", "postponed"]
    told.a("decision", decided("preservation_request", one=O.REFUSED))
    assert told.states() == ["refused", "postponed"]
    told.a("decision", offered("preservation_request", "confidential", two=True))
    told.q("condition_reply", replied(accepted=True))
    assert told.states() == ["refused", "ordered"]


def test_the_first_grant_starts_the_clock_of_the_item() -> None:
    """A second one for the same item does not start it anew; a refusal between them does."""
    told = story()
    first_ms = told.now_ms
    told.a("decision", decided(TYPE, one=O.ACCEPTED))
    told.a("decision", decided(TYPE, one=O.PARTIALLY_ACCEPTED))
    assert told.item("one").granted_ms == first_ms
    told.a("decision", decided(TYPE, one=O.REFUSED))
    assert told.item("one").granted_ms is None
