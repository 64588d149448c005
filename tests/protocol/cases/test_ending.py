"""Held, released, withdrawn, closed."""

import pytest

from protocol.cases.facts import Outcome, Stopped
from protocol.cases.message import Side
from tests.protocol.cases.instants import START, later
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    delivered,
    inquiry,
    items,
    named,
    offered,
    referral,
    reported,
    stopped,
    taken,
)

DATA = "stored_data_request"
KEPT = "preservation_request"
LONGER = "preservation_extension"


def preserved() -> Story:
    """Return two items that are preserved for 60 days."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one", "two"))
    return told


def desired(told: Story) -> list[str]:
    """Return what the requesting side wants of each item."""
    return [str(item.desired) for item in told.request().items]


def test_a_hold_is_asked_for_and_begins_with_its_confirmation() -> None:
    """mla_followup_notice shows `hold asked`; mla_received_confirmation holds."""
    told = preserved()
    notice = told.q("mla_followup_notice", named("one"))
    data = told.item("one").preservation
    assert data is not None
    assert (data.hold_asked, told.states()) == (True, ["preserved", "preserved"])
    told.a("mla_received_confirmation", named("one"), re=notice)
    assert told.states() == ["held_pending_decision", "preserved"]


def test_held_data_do_not_lapse() -> None:
    """Held without an end; the item beside it lapses on its day."""
    told = preserved()
    told.a("mla_received_confirmation", named("one"))
    there = told.thread(later(START, days=4000))
    assert [item.status for item in there.requests[told.opener].items] == [
        "held_pending_decision",
        "lapsed",
    ]


def test_lapsed_data_are_not_held() -> None:
    """A confirmation that comes too late changes nothing: only a report revives."""
    told = preserved()
    told.at(later(START, days=60))
    late = told.q("mla_followup_notice", named())
    assert told.objection(late) == "not_preserved"
    late = told.a("mla_received_confirmation", named())
    assert told.objection(late) == "not_preserved"


def test_a_hold_before_the_report_has_no_effect() -> None:
    """Executed -> held."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("mla_received_confirmation", named())
    assert told.objection() == "not_in_state"


def test_a_hold_may_be_confirmed_from_the_follow_up() -> None:
    """It is about the data, whichever message of the thread it replies to."""
    told = preserved()
    follow_up = told.q(DATA, items("one"), re=told.last)
    told.a("mla_received_confirmation", named("one"), re=follow_up)
    assert (told.objection(), told.states()) == (None, ["held_pending_decision", "preserved"])


def test_nothing_is_held_where_nothing_was_preserved() -> None:
    """A request for data alone has no preservation."""
    told = Story(DATA)
    told.a("mla_received_confirmation", named())
    assert told.objection() == "not_preserved"


@pytest.mark.parametrize("side", list(Side))
def test_either_side_releases(side: Side) -> None:
    """Held, preserved or lapsed; the last one closes the request."""
    told = preserved()
    told.a("mla_received_confirmation", named("one"))
    told.by(side, "release_notice", named("one"))
    assert (told.states(), told.phase()) == (["released", "preserved"], "executed")
    told.at(later(START, days=61))
    told.by(side, "release_notice", named("two"))
    assert (told.states(), told.phase()) == (["released", "released"], "closed")
    assert str(told.thread().ending) == "executed"


def test_an_unknown_item_is_not_released() -> None:
    """The names are those of the request."""
    told = preserved()
    told.a("release_notice", named("nine"))
    assert (told.objection(), told.states()) == ("no_such_item", ["preserved", "preserved"])


def test_an_order_is_not_released_by_a_notice() -> None:
    """There are no data yet; Q withdraws instead."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("release_notice", named("one"))
    assert told.objection() == "not_preserved"


def test_an_extension_falls_with_the_data() -> None:
    """Nobody decides on what is no longer there."""
    told = preserved()
    asked = told.q(LONGER, items("one", "two"))
    told.a("release_notice", named("one"))
    assert told.states(asked) == ["withdrawn", "requested"]
    told.a("release_notice", named("two"), re=asked)
    assert (told.states(asked), told.phase()) == (["withdrawn", "withdrawn"], "closed")


def test_a_finished_extension_stays_as_it_is_when_data_are_released() -> None:
    """It had its result."""
    told = preserved()
    asked = told.q(LONGER, items("one"))
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED), re=asked)
    told.a("preservation_report", reported(START, later(START, days=99), "one"), re=asked)
    told.q("release_notice", named("one"))
    assert (told.states(asked), told.states()) == (["done"], ["released", "preserved"])


def test_what_is_not_granted_is_withdrawn_at_once() -> None:
    """The word of the requesting side is enough; the request is closed with its last item."""
    told = Story(DATA)
    told.a("info_needed", inquiry("a", suspended=True))
    told.q("withdrawal", named("one"))
    assert (told.phase(), told.states()) == ("info_needed", ["withdrawn", "requested"])
    told.q("withdrawal", named())
    assert (told.phase(), told.states()) == ("closed", ["withdrawn", "withdrawn"])
    assert str(told.thread().ending) == "withdrawn"
    assert told.request().waits == ()


def test_what_is_granted_waits_for_the_word_of_the_other_side() -> None:
    """A owns the status, Q what it wants: it may have been executed meanwhile."""
    told = Story(DATA)
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED))
    told.a("determination_request", referral())
    told.q("withdrawal", named())
    assert (told.states(), desired(told)) == (["accepted", "accepted"], ["stop", "stop"])
    assert told.phase() == "decided"
    told.a("data_delivery", delivered("one"))
    told.a("withdrawal_ack", stopped(Stopped.ALREADY_DELIVERED, "one"))
    assert told.objection() is None
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "two"))
    assert (told.states(), told.phase()) == (["delivered", "withdrawn"], "executed")


def test_what_cannot_be_stopped_goes_on() -> None:
    """The wish stands beside the status."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED))
    told.q("withdrawal", named())
    told.a("withdrawal_ack", stopped(Stopped.CANNOT_STOP, "one"))
    assert (told.objection(), told.states(), desired(told)) == (None, ["accepted"], ["stop"])


def test_a_withdrawal_is_acknowledged_also_when_it_closed_the_request() -> None:
    """After withdrawal: whatever the state."""
    told = Story(DATA)
    told.q("withdrawal", named())
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "*"))
    assert (told.objection(), told.phase()) == (None, "closed")


def test_there_is_nothing_to_acknowledge_without_a_withdrawal() -> None:
    """Neither of the request, nor of the other item."""
    told = Story(DATA)
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "*"))
    assert told.objection() == "nothing_asked"
    told.q("withdrawal", named("one"))
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "two"))
    assert told.objection() == "wrong_item_state"


def test_preserved_data_are_released_by_the_acknowledged_withdrawal() -> None:
    """Any -> released by withdrawal_ack; `cancelled` would not say that they are gone."""
    told = preserved()
    told.q("withdrawal", named())
    assert told.states() == ["preserved", "preserved"]
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "one"))
    assert told.objection() == "wrong_item_state"
    told.a("withdrawal_ack", stopped(Stopped.PRESERVATION_RELEASED, "one", "two"))
    assert (told.states(), told.phase()) == (["released", "released"], "closed")


def test_an_order_falls_with_the_acknowledged_withdrawal() -> None:
    """Before anything was preserved."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.q("withdrawal", named())
    told.a("withdrawal_ack", stopped(Stopped.CANCELLED, "one"))
    told.a("withdrawal_ack", stopped(Stopped.PRESERVATION_RELEASED, "two"))
    assert told.states() == ["withdrawn", "released"]


def test_an_item_without_preservation_is_not_released() -> None:
    """The other side means another word."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED))
    told.q("withdrawal", named())
    told.a("withdrawal_ack", stopped(Stopped.PRESERVATION_RELEASED, "one"))
    assert told.objection() == "wrong_item_state"


def test_what_has_its_result_is_not_withdrawn() -> None:
    """Any but delivered; nor what was turned down."""
    told = Story(DATA)
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("data_delivery", delivered("one"))
    told.q("withdrawal", named())
    assert (told.objection(), told.states()) == ("wrong_item_state", ["delivered", "refused"])


def test_preserved_data_under_an_open_offer_are_withdrawn_and_then_released() -> None:
    """The item is withdrawn at once; its data are there until they are let go."""
    told = Story()
    told.a("decision", offered(KEPT, "confidential", two=True))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one", "two"))
    told.q("withdrawal", named("two"))
    assert (str(told.item("two").state), told.states()) == (
        "withdrawn",
        ["preserved", "preserved"],
    )
    told.q("withdrawal", named("two"))
    assert told.objection() is None
    told.a("withdrawal_ack", stopped(Stopped.PRESERVATION_RELEASED, "two"))
    assert told.states() == ["preserved", "released"]


def test_a_withdrawal_leaves_the_question_about_another_item() -> None:
    """Only a withdrawal of all that is left makes it moot."""
    told = Story(DATA)
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED))
    told.a("determination_request", referral("two"))
    told.q("withdrawal", named("one"))
    assert told.phase() == "awaiting_determination"


def test_the_requester_closes_what_was_executed() -> None:
    """Executed -> closed; the end counts for all requests of the thread."""
    told = preserved()
    follow_up = told.q(DATA, items("one"), re=told.last)
    told.q("closure")
    assert told.objection() == "not_in_state"
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED), re=follow_up)
    told.a("data_delivery", delivered("one"), re=follow_up)
    told.q("closure")
    assert (told.objection(), told.phase()) == (None, "closed")
    assert str(told.thread().ending) == "executed"
    told.q("closure")
    assert told.objection() == "case_closed"


@pytest.mark.parametrize(
    ("one", "two", "objection"),
    [
        (Outcome.POSTPONED, Outcome.REFUSED, None),
        (Outcome.POSTPONED, Outcome.REFERRED, None),
        (Outcome.POSTPONED, None, "items_open"),
        (Outcome.POSTPONED, Outcome.ACCEPTED_WITH_CONDITIONS, "items_open"),
    ],
)
def test_the_requester_closes_what_is_only_postponed(
    one: Outcome, two: Outcome | None, objection: str | None
) -> None:
    """Acknowledged with only postponed items -> closed."""
    told = Story(DATA)
    told.a("decision", decided(DATA, **({"one": one} | ({} if two is None else {"two": two}))))
    assert told.phase() == "acknowledged"
    told.q("closure")
    assert told.objection() == objection


def test_nothing_that_was_asked_is_closed_while_another_request_is_open() -> None:
    """The thread stands at the newest; an older open one still forbids it."""
    told = Story(DATA)
    told.a("acknowledgement", taken())
    advice = told.q("technical_advice_request", items())
    told.a("advice_answer", re=advice)
    assert told.phase() == "acknowledged"
    told.q("closure")
    assert told.objection() == "items_open"


def test_a_case_may_be_closed_from_a_request_that_is_closed_itself() -> None:
    """The thread is executed, though the extension was refused."""
    told = preserved()
    asked = told.q(LONGER, items("one"))
    told.a("decision", decided(LONGER, one=Outcome.REFUSED), re=asked)
    told.q("closure", re=asked)
    assert (told.objection(), told.phase()) == (None, "closed")


def test_data_may_be_released_in_a_closed_case() -> None:
    """The other side says when it let them go."""
    told = preserved()
    told.q("closure")
    told.a("release_notice", named("one", "two"))
    assert (told.objection(), told.states()) == (None, ["released", "released"])


def test_a_closed_case_admits_no_word_that_would_open_it() -> None:
    """closed: left by never."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.REFUSED))
    for type_name, facts in (
        ("acknowledgement", taken()),
        ("decision", decided(DATA, one=Outcome.ACCEPTED)),
        ("data_delivery", delivered("one")),
    ):
        told.a(type_name, facts)
        assert (told.objection(), told.phase()) == ("case_closed", "closed")
    told.q("technical_advice_request", items())
    assert told.objection() == "case_closed"
