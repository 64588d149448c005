"""How requests come into a thread: first, inside, instead of another; offers and their content."""

from dataclasses import replace

import pytest

from protocol.cases.facts import Asked, Outcome, Step
from protocol.limits import MAX_THREAD_REQUESTS
from tests.protocol.cases.instants import START, later
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    delivered,
    inquiry,
    items,
    named,
    offer,
    replied,
    reported,
    supplied,
    taken,
)

DATA = "stored_data_request"
KEPT = "preservation_request"
LONGER = "preservation_extension"
INFORMATION = "spontaneous_information"
CONTENT = Asked(step=Step.CONTENT)


def preserved() -> Story:
    """Return two items of which one is preserved and one was refused."""
    told = Story()
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("preservation_report", reported(START, None, "one"))
    return told


def test_a_request_without_items_is_asked_as_a_whole() -> None:
    """`*` stands for it."""
    told = Story("technical_advice_request", items())
    assert [item.item_id for item in told.request().items] == ["*"]


def test_a_follow_up_brings_the_thread_back_to_delivered() -> None:
    """executed: left by further requests in the thread."""
    told = preserved()
    assert told.phase() == "executed"
    asked = told.q(DATA, items("one"), re=told.last)
    assert (told.phase(), told.request(asked).parent) == ("delivered", told.opener)


def test_a_follow_up_does_not_touch_what_was_preserved() -> None:
    """Each request has a state of its own: the hold is confirmed while data are asked for."""
    told = preserved()
    told.q(DATA, items("one"), re=told.last)
    told.a("mla_received_confirmation", named("one"))
    assert (told.phase(), told.states()) == ("delivered", ["held_pending_decision", "refused"])


@pytest.mark.parametrize("name", [KEPT, "emergency_disclosure_request", "order_effect_request"])
def test_some_types_open_a_case_of_their_own(name: str) -> None:
    """start, without +thread."""
    told = preserved()
    told.q(name, items("one"), re=told.opener)
    assert (told.objection(), told.phase()) == ("starts_a_case", "executed")


def test_a_second_beginning_is_none() -> None:
    """A thread is named by its first message: another one belongs to another thread."""
    told = preserved()
    stray = told.q(DATA, items("one"))
    told.messages[-1] = replace(told.messages[-1], re=None)
    assert told.objection(stray) == "starts_a_case"


def test_only_the_requesting_side_asks() -> None:
    """The other one opens a case of its own."""
    told = preserved()
    told.a(DATA, items("one"))
    assert told.objection() == "wrong_side"


def test_an_extension_waits_until_data_are_preserved() -> None:
    """Executed +thread."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.q(LONGER, items())
    assert told.objection() == "not_in_state"


def test_an_extension_is_about_the_items_that_it_names() -> None:
    """Without names: all whose preservation can be extended; here the refused one is not."""
    told = preserved()
    every = told.q(LONGER, items())
    assert [item.item_id for item in told.request(every).items] == ["one"]
    both = told.q(LONGER, items("two", "one"))
    assert [item.item_id for item in told.request(both).items] == ["one", "two"]
    none = told.q(LONGER, items("nine"))
    assert told.objection(none) == "no_such_item"


def test_an_extension_in_a_case_without_preservation_stands_alone() -> None:
    """What it extends went by other ways."""
    told = Story("technical_advice_request", items())
    asked = told.q(LONGER, items("a"))
    told.a("decision", decided(LONGER, a=Outcome.ACCEPTED), re=asked)
    told.a("preservation_report", reported(START, None, "a"), re=asked)
    assert told.states(asked) == ["preserved"]


def test_a_superseding_request_starts_anew_with_its_own_items() -> None:
    """Section 7: a `supersedes` comes back to `sent`; what it replaces is closed."""
    told = Story()
    told.a("acknowledgement", taken())
    told.a("info_needed", inquiry("a", suspended=True))
    newer = told.q(KEPT, items("two", "three"), supersedes=told.opener)
    assert told.phase() == "delivered"
    assert (told.states(), told.states(newer)) == (
        ["withdrawn", "withdrawn"],
        ["requested", "requested"],
    )
    old = told.request()
    assert (old.superseded_by, str(old.phase), old.waits) == (newer, "closed", ())
    told.a("decision", decided(KEPT, one=Outcome.REFUSED))
    assert told.objection() == "superseded"
    told.a("decision", decided(KEPT, whole=Outcome.REFUSED), re=newer)
    assert (told.phase(), str(told.thread().ending)) == ("closed", "refused")


def test_a_superseding_request_leaves_preserved_data_preserved() -> None:
    """They are there, and lapse, until they are released."""
    told = preserved()
    newer = told.q(KEPT, items("one"), supersedes=told.opener)
    assert told.states() == ["preserved", "refused"]
    there = told.thread(later(START, days=60))
    assert [item.status for item in there.requests[told.opener].items] == ["lapsed", "refused"]
    told.a("release_notice", named("one"))
    assert (told.objection(), told.states()) == (None, ["released", "refused"])
    assert told.states(newer) == ["requested"]


def test_only_an_open_request_of_the_same_type_is_superseded() -> None:
    """Nothing that is closed, replaced already, of another type, or not here."""
    told = Story()
    told.q(DATA, items("one"), supersedes=told.opener)
    assert told.objection() == "no_earlier_request"
    newer = told.q(KEPT, items("one"), supersedes=told.opener)
    told.q(KEPT, items("one"), supersedes=told.opener)
    assert told.objection() == "no_earlier_request"
    told.q("withdrawal", named(), re=newer)
    told.q(KEPT, items("one"), supersedes=newer)
    assert told.objection() == "no_earlier_request"
    note = told.q("note", re=newer)
    told.q(KEPT, items("one"), supersedes=note)
    assert told.objection() == "no_earlier_request"


def test_an_extension_may_be_superseded() -> None:
    """It goes on extending the same data."""
    told = preserved()
    first = told.q(LONGER, items())
    second = told.q(LONGER, items("one"), supersedes=first)
    assert (told.states(first), told.request(second).base) == (["withdrawn"], told.opener)


def test_a_case_does_not_grow_without_end() -> None:
    """A peer must not make every fold slow."""
    told = Story("technical_advice_request", items())
    for _ in range(MAX_THREAD_REQUESTS - 1):
        told.q("technical_advice_request", items())
    assert told.objection() is None
    told.q("technical_advice_request", items())
    assert told.objection() == "too_many_requests"


def test_information_is_offered_accepted_and_given() -> None:
    """Article 26: conditions may be asked first; acceptance binds."""
    told = Story(INFORMATION, offer("confidential"))
    assert (told.phase(), told.states()) == ("delivered", ["conditions_offered"])
    early = told.q(INFORMATION, CONTENT)
    assert told.objection(early) == "conditions_unanswered"
    accepted = told.a("condition_reply", replied(accepted=True))
    assert (told.phase(), told.states()) == ("decided", ["accepted"])
    content = told.q(INFORMATION, CONTENT, re=accepted)
    assert (told.states(), str(told.request().phase)) == (["done"], "executed")
    assert told.phase() == "delivered"
    told.a("acknowledgement", taken(), re=content)
    assert told.phase() == "acknowledged"
    more = told.q(INFORMATION, CONTENT, re=content)
    assert told.objection(more) is None
    again = told.q(INFORMATION, CONTENT, re=accepted)
    assert told.objection(again) is None


def test_information_may_be_given_without_the_conditions() -> None:
    """26(2): who cannot comply leaves the choice to the providing side."""
    told = Story(INFORMATION, offer("confidential"))
    told.a("condition_reply", replied(accepted=False))
    assert (told.phase(), told.states()) == ("acknowledged", ["requested"])
    told.q(INFORMATION, CONTENT)
    assert (told.objection(), told.states()) == (None, ["done"])
    assert [str(each.state) for each in told.item("*").conditions] == ["supplied_without"]


def test_information_may_be_withheld() -> None:
    """The offer is withdrawn."""
    told = Story(INFORMATION, offer("confidential"))
    told.a("condition_reply", replied(accepted=False))
    told.q("withdrawal", named())
    assert told.phase() == "closed"
    assert [str(each.state) for each in told.item("*").conditions] == ["withheld"]


def test_an_offer_does_not_come_inside_a_thread() -> None:
    """start; only the content joins."""
    told = preserved()
    told.q(INFORMATION, offer("confidential"))
    assert told.objection() == "starts_a_case"


def test_information_without_conditions_is_taken_note_of() -> None:
    """Nothing is asked, so nothing is decided; the requesting side closes it."""
    told = Story(INFORMATION, CONTENT)
    told.q("closure")
    assert told.objection() == "not_in_state"
    told.a("acknowledgement", taken())
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED))
    assert (told.objection(), told.phase()) == ("not_admitted", "acknowledged")
    told.a("info_needed", inquiry("a"))
    assert told.phase() == "info_needed"
    told.q("closure")
    assert told.objection() == "not_in_state"
    told.q("info_supplied", supplied("a"), re=told.messages[-2].mid)
    told.q("closure")
    assert (told.objection(), told.phase()) == (None, "closed")


def test_content_may_come_inside_any_thread() -> None:
    """Start +thread."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED))
    told.a("data_delivery", delivered("one"))
    content = told.q(INFORMATION, CONTENT)
    assert (told.objection(content), told.phase()) == (None, "delivered")


def test_a_notice_of_an_order_is_taken_note_of_or_withdrawn() -> None:
    """2AP 7(5): answers are acknowledgement and note."""
    told = Story("subscriber_order_notice", Asked(issued_on="2026-11-20"))
    told.a("info_needed", inquiry("a"))
    assert told.objection() == "not_admitted"
    told.a("acknowledgement", taken())
    assert told.phase() == "acknowledged"
    told.q("withdrawal", named())
    assert (told.phase(), str(told.thread().ending)) == ("closed", "withdrawn")
