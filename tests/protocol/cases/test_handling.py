"""On the way to a decision: taken on, asked back, determined, delayed."""

import pytest

from protocol.cases.facts import Choice, Delayed, Outcome
from protocol.cases.ladder import MessageState
from protocol.cases.request import Pause
from tests.protocol.cases.instants import MINUTE_MS, START, ms
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    determined,
    inquiry,
    named,
    referral,
    reported,
    supplied,
    taken,
)

TYPE = "preservation_request"


def test_a_person_takes_it_on() -> None:
    """Delivered -> acknowledged."""
    story = Story()
    assert story.phase() == "delivered"
    story.a("acknowledgement", taken("2026-11-30"))
    assert story.phase() == "acknowledged"
    expected = story.request().expectation
    assert expected is not None
    assert expected.by == "2026-11-30"


def test_a_later_acknowledgement_changes_the_date_and_no_state() -> None:
    """Section 6.1: again later to change date or desk."""
    story = Story()
    story.a("acknowledgement", taken("2026-11-30"))
    story.a("decision", decided(TYPE, whole=Outcome.ACCEPTED))
    story.a("acknowledgement", taken("2026-12-05", zone="Europe/Bucharest"))
    assert (story.objection(), story.phase()) == (None, "decided")
    expected = story.request().expectation
    assert expected is not None
    assert expected.by == "2026-12-05"
    assert story.thread().zone == "Europe/Bucharest"


def test_a_desk_that_tells_no_zone_keeps_the_one_it_told() -> None:
    """The zone is the last one that was said."""
    story = Story()
    story.a("acknowledgement", taken(zone="Asia/Tokyo"))
    story.a("acknowledgement", taken())
    assert story.thread().zone == "Asia/Tokyo"


def test_questions_stand_until_all_are_answered() -> None:
    """info_needed -> acknowledged when all questions are answered."""
    story = Story()
    asked = story.a("info_needed", inquiry("a", "b"))
    assert story.phase() == "info_needed"
    story.q("info_supplied", supplied("a"), re=asked)
    assert story.phase() == "info_needed"
    story.q("info_supplied", supplied("b"), re=asked)
    assert story.phase() == "acknowledged"


def test_two_inquiries_are_answered_each_by_itself() -> None:
    """The same name of a question in two messages is two questions."""
    story = Story()
    first = story.a("info_needed", inquiry("a"))
    second = story.a("info_needed", inquiry("a"))
    story.q("info_supplied", supplied("a"), re=second)
    assert story.phase() == "info_needed"
    story.q("info_supplied", supplied("a"), re=first)
    assert story.phase() == "acknowledged"


def test_an_answer_to_nothing_has_no_effect() -> None:
    """Another question, an answered one, a message that asked nothing."""
    story = Story()
    asked = story.a("info_needed", inquiry("a"))
    wrong = story.q("info_supplied", supplied("z"), re=asked)
    aside = story.q("info_supplied", supplied("a"))
    story.q("info_supplied", supplied("a"), re=asked)
    again = story.q("info_supplied", supplied("a"), re=asked)
    assert story.objection(wrong) == "nothing_asked"
    assert story.objection(aside) == "nothing_asked"
    assert story.objection(again) == "not_in_state"


def test_the_clock_stands_still_only_if_they_said_so() -> None:
    """From the first suspended question to the last answer."""
    story = Story()
    plain = story.a("info_needed", inquiry("a"))
    first = story.a("info_needed", inquiry("a", suspended=True))
    second = story.a("info_needed", inquiry("a", suspended=True))
    for asked in (first, plain, second):
        story.q("info_supplied", supplied("a"), re=asked)
    begin = ms(START)
    assert story.request().pauses == (
        Pause(start_ms=begin + 2 * MINUTE_MS, end_ms=begin + 6 * MINUTE_MS),
    )


def test_a_pause_never_ends_before_it_began() -> None:
    """A clock that is wrong at one side must not make time run backwards."""
    story = Story()
    asked = story.a("info_needed", inquiry("a", suspended=True))
    story.at("2026-11-21T09:00:00Z")
    story.q("info_supplied", supplied("a"), re=asked)
    begin = ms(START) + MINUTE_MS
    assert story.request().pauses == (Pause(start_ms=begin, end_ms=begin),)


def test_a_second_pause_follows_the_first() -> None:
    """They add up."""
    story = Story()
    for _ in range(2):
        asked = story.a("info_needed", inquiry("a", suspended=True))
        story.q("info_supplied", supplied("a"), re=asked)
    assert len(story.request().pauses) == 2


def test_nothing_goes_on_until_the_requester_has_determined() -> None:
    """Wherever the law lets the requester decide, the thread awaits it."""
    story = Story()
    story.a("acknowledgement", taken())
    asked = story.a("determination_request", referral())
    assert story.phase() == "awaiting_determination"
    story.q("determination", determined(Choice.PROCEED), re=asked)
    assert story.phase() == "acknowledged"


def test_a_determination_leads_back_to_where_it_stood() -> None:
    """Also after the decision."""
    story = Story()
    story.a("decision", decided(TYPE, whole=Outcome.ACCEPTED))
    asked = story.a("determination_request", referral())
    assert story.phase() == "awaiting_determination"
    refused = story.a("preservation_report", reported(START, None, "one"))
    assert story.objection(refused) == "not_in_state"
    story.q("determination", determined(Choice.PROCEED_AMENDED), re=asked)
    assert story.phase() == "decided"


@pytest.mark.parametrize(
    ("asked_for", "said", "states", "phase"),
    [
        ((), (), ["withdrawn", "withdrawn"], "closed"),
        (("one",), (), ["withdrawn", "requested"], "acknowledged"),
        ((), ("two",), ["requested", "withdrawn"], "acknowledged"),
    ],
)
def test_stop_withdraws_the_items_it_is_about(
    asked_for: tuple[str, ...], said: tuple[str, ...], states: list[str], phase: str
) -> None:
    """Without names those that were asked about."""
    story = Story()
    asked = story.a("determination_request", referral(*asked_for))
    story.q("determination", determined(Choice.STOP, *said), re=asked)
    assert (story.states(), story.phase()) == (states, phase)
    assert [str(item.desired) for item in story.request().items] == [
        "stop" if state == "withdrawn" else "proceed" for state in states
    ]


def test_stop_leaves_preserved_data_to_their_release() -> None:
    """They are there until the other side says that it let them go."""
    story = Story()
    story.a("decision", decided(TYPE, whole=Outcome.ACCEPTED))
    story.a("preservation_report", reported(START, None, "one"))
    asked = story.a("determination_request", referral())
    story.q("determination", determined(Choice.STOP), re=asked)
    assert story.states() == ["preserved", "withdrawn"]
    assert str(story.item("one").desired) == "stop"
    assert story.phase() == "executed"


def test_both_waits_may_be_open_at_once() -> None:
    """The later one shows; each is answered by a reply to its own message."""
    story = Story()
    asked = story.a("info_needed", inquiry("a"))
    referred = story.a("determination_request", referral())
    assert story.phase() == "awaiting_determination"
    story.q("info_supplied", supplied("a"), re=asked)
    assert (story.objection(), story.phase()) == (None, "awaiting_determination")
    again = story.a("info_needed", inquiry("a"))
    assert story.phase() == "info_needed"
    wrong = story.q("determination", determined(Choice.PROCEED), re=again)
    assert story.objection(wrong) == "nothing_asked"
    story.q("determination", determined(Choice.PROCEED), re=referred)
    assert story.phase() == "info_needed"


def test_a_decision_makes_open_questions_moot() -> None:
    """info_needed and awaiting_determination end with the last open item."""
    story = Story()
    story.a("info_needed", inquiry("a", suspended=True))
    story.a("determination_request", referral())
    story.a("decision", decided(TYPE, one=Outcome.ACCEPTED))
    assert story.phase() == "awaiting_determination"
    story.a("decision", decided(TYPE, two=Outcome.REFUSED))
    assert story.phase() == "decided"
    assert story.request().waits == ()
    (pause,) = story.request().pauses
    assert pause.end_ms is not None


def test_a_delay_moves_the_date_and_is_word_of_how_things_stand() -> None:
    """27(7): tell the delay; the state stays."""
    story = Story()
    story.a("acknowledgement", taken("2026-11-25"))
    told_ms = story.now_ms
    story.a("delay_notice", Delayed(expected="2026-12-10"))
    request = story.request()
    assert request.expectation is not None
    assert (request.expectation.by, request.status_ms) == ("2026-12-10", told_ms)
    assert story.phase() == "acknowledged"


def test_a_message_of_the_requested_side_implies_delivery() -> None:
    """An A>Q message implies the receipts up to `opened`, also one out of order."""
    story = Story()
    story.ladder[story.opener] = MessageState.ACCEPTED
    assert story.phase() == "sent"
    late = story.q("withdrawal", named())
    assert story.objection(late) == "not_in_state"
    early = story.a("preservation_report", reported(START, None, "one"))
    assert story.objection(early) == "not_in_state"
    assert story.phase() == "delivered"
