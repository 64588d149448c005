"""The clocks of a thread: by law and by policy, paused, met, overdue, lapsed."""

from dataclasses import replace

import pytest

from protocol.cases.deadlines import Deadline, Due, Standing, deadlines_of, paused_ms
from protocol.cases.facts import AccountAsked, Asked, Choice, DecidedItem, Delayed, Outcome
from protocol.cases.fold import History, fold
from protocol.cases.ladder import MessageState
from protocol.cases.message import Side
from protocol.cases.request import Pause
from protocol.cases.terms import DEFAULT_POLICY, Policies
from tests.protocol.cases.instants import DAY_MS, START, later, ms, shown
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    delivered,
    determined,
    inquiry,
    items,
    named,
    offer,
    referral,
    reported,
    supplied,
    taken,
)

KEPT = "preservation_request"
DATA = "stored_data_request"
ORDER = "order_effect_request"
NOON = "2026-11-21T12:00:00Z"


def clocks(told: Story, now: str = NOON) -> dict[Due, Deadline]:
    """Return the clocks of a story by what is due; one each."""
    found = deadlines_of(told.thread(), now_ms=ms(now))
    assert len({each.due for each in found}) == len(found)
    return {each.due: each for each in found}


def ends(told: Story, now: str = NOON) -> dict[str, str | None]:
    """Return what is due, and when."""
    return {str(due.name): shown(each.due_ms) for due, each in clocks(told, now).items()}


@pytest.mark.parametrize(
    ("urgency", "accepted", "acknowledged", "decision"),
    [
        ("emergency", "10:01:00", "10:15:00", "2026-11-21T18:00:00Z"),
        ("urgent", "10:15:00", "11:00:00", "2026-11-24T10:00:00Z"),
        ("routine", "11:00:00", None, "2026-11-28T10:00:00Z"),
    ],
)
def test_policy_clocks_run_from_the_request(
    urgency: str, accepted: str, acknowledged: str | None, decision: str
) -> None:
    """Section 9: receipt, person, decision."""
    told = Story(DATA, urgency=urgency)
    told.ladder[told.opener] = MessageState.QUEUED
    day = "2026-11-21T"
    assert ends(told, START) == {
        "ACCEPTED": f"{day}{accepted}Z",
        "ACKNOWLEDGED": f"{day}{acknowledged}Z" if acknowledged else "2026-11-22T10:00:00Z",
        "DECISION": decision,
    }


def test_a_routine_preservation_is_seen_within_an_hour() -> None:
    """Its class is never below P1; its decision has the time of its urgency."""
    assert ends(Story()) == {
        "ACKNOWLEDGED": "2026-11-21T11:00:00Z",
        "DECISION": "2026-11-28T10:00:00Z",
    }


def test_what_was_met_is_not_named_any_more() -> None:
    """acknowledged, then decided."""
    told = Story(DATA)
    told.ladder[told.opener] = MessageState.ACCEPTED
    assert set(ends(told)) == {"ACKNOWLEDGED", "DECISION"}
    told.a("acknowledgement", taken("2026-11-25"))
    assert set(ends(told)) == {"DECISION", "EXPECTED"}
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED))
    assert ends(told) == {}


def test_overdue_begins_at_the_very_end() -> None:
    """Not a millisecond before."""
    told = Story(DATA)
    (due,) = (each for each in clocks(told).values() if each.due is Due.DECISION)
    before = deadlines_of(told.thread(), now_ms=(due.due_ms or 0) - 1)
    after = deadlines_of(told.thread(), now_ms=due.due_ms or 0)
    assert [each.standing for each in before if each.due is Due.DECISION] == [Standing.RUNNING]
    assert [each.standing for each in after if each.due is Due.DECISION] == [Standing.OVERDUE]
    assert (due.acts, due.is_legal, due.law) == (Side.REQUESTED, False, None)


def test_an_announced_day_ends_on_the_clock_of_the_requested_desk() -> None:
    """`when` as a date: the end of that day at the requested Party."""
    told = Story(DATA)
    told.a("acknowledgement", taken("2026-11-25", zone="Asia/Tokyo"))
    assert ends(told)["EXPECTED"] == "2026-11-25T15:00:00Z"
    told.a("acknowledgement", taken("2026-11-25T08:00:00+02:00"))
    assert ends(told)["EXPECTED"] == "2026-11-25T06:00:00Z"


def test_a_delay_notice_is_status_and_starts_the_term_anew() -> None:
    """Decision *or status*."""
    told = Story(DATA)
    told.a("acknowledgement", taken("2026-11-25"))
    told.at("2026-11-27T10:00:00Z")
    told.a("delay_notice", Delayed(expected="2026-12-24"))
    assert ends(told, "2026-11-28T10:00:00Z") == {
        "DECISION": "2026-12-04T10:00:00Z",
        "EXPECTED": "2026-12-25T00:00:00Z",
    }


def test_a_suspended_clock_adds_the_paused_time() -> None:
    """Section 9: from the question to the last answer."""
    told = Story(DATA)
    told.a("acknowledgement", taken("2026-11-25T00:00:00Z"))
    told.at("2026-11-23T10:00:00Z")
    asked = told.a("info_needed", inquiry("a", suspended=True, answer_by="2026-12-01"))
    paused = clocks(told, "2026-11-26T10:00:00Z")
    assert paused[Due.DECISION].standing is Standing.PAUSED
    assert shown(paused[Due.DECISION].due_ms) == "2026-12-01T10:00:00Z"
    assert shown(paused[Due.INFORMATION].due_ms) == "2026-12-02T00:00:00Z"
    assert paused[Due.INFORMATION].acts is Side.REQUESTING
    told.at("2026-11-28T10:00:00Z")
    told.q("info_supplied", supplied("a"), re=asked)
    assert ends(told, "2026-12-20T00:00:00Z") == {
        "DECISION": "2026-12-03T10:00:00Z",
        "EXPECTED": "2026-11-30T00:00:00Z",
    }


def test_a_question_without_suspension_stops_no_clock() -> None:
    """They have to say so."""
    told = Story(DATA)
    told.a("info_needed", inquiry("a"))
    found = clocks(told, "2026-11-26T10:00:00Z")[Due.DECISION]
    assert (found.standing, shown(found.due_ms)) == (Standing.RUNNING, "2026-11-28T10:00:00Z")


def test_a_clock_that_was_late_stays_late_while_it_stands_still() -> None:
    """A question after the term does not mend it."""
    told = Story(DATA)
    told.at("2026-11-29T10:00:00Z")
    told.a("info_needed", inquiry("a", suspended=True))
    found = clocks(told, "2027-01-01T00:00:00Z")[Due.DECISION]
    assert found.standing is Standing.OVERDUE


@pytest.mark.parametrize(
    ("pauses", "start", "now", "total"),
    [
        ((), 0, 100, 0),
        ((Pause(start_ms=10, end_ms=30),), 0, 100, 20),
        ((Pause(start_ms=10, end_ms=30),), 20, 100, 10),
        ((Pause(start_ms=10, end_ms=30),), 50, 100, 0),
        ((Pause(start_ms=10, end_ms=30), Pause(start_ms=60)), 0, 100, 60),
        ((Pause(start_ms=10, end_ms=30),), 0, 15, 5),
        ((Pause(start_ms=60),), 0, 50, 0),
    ],
)
def test_pauses_add_up(pauses: tuple[Pause, ...], start: int, now: int, total: int) -> None:
    """Only the part of each that lies on the clock's way."""
    assert paused_ms(pauses, start_ms=start, now_ms=now) == total


def test_legal_clocks_never_pause() -> None:
    """45 days are 45 days, whatever is asked meanwhile."""
    told = Story(ORDER, items("one", category="subscriber"))
    told.a("info_needed", inquiry("a", suspended=True))
    found = clocks(told, "2026-12-21T10:00:00Z")[Due.ORDER_SERVED]
    assert (found.standing, shown(found.due_ms)) == (Standing.RUNNING, "2027-01-05T10:00:00Z")
    assert found.law is not None
    assert found.law.shown == "Article 8(6), Second Additional Protocol (to be checked)"


@pytest.mark.parametrize(
    ("category", "end"),
    [("subscriber", "2026-12-21T10:00:00Z"), ("traffic", "2027-01-15T10:00:00Z")],
)
def test_an_order_is_given_effect_within_its_terms(category: str, end: str) -> None:
    """2AP 8: 45 days to serve; then 20 for subscribers, 45 for traffic data."""
    told = Story(ORDER, items("one", category=category))
    assert ends(told)["ORDER_SERVED"] == "2027-01-05T10:00:00Z"
    told.at("2026-12-01T10:00:00Z")
    told.a("decision", decided(ORDER, one=Outcome.ACCEPTED))
    assert ends(told) == {"DATA_RETURNED": end}
    told.a("data_delivery", delivered("one"))
    assert ends(told) == {}


def test_an_order_that_is_put_off_runs_no_more() -> None:
    """Neither served nor returned is due; its review is."""
    told = Story(ORDER, items("one", category="traffic"))
    postponed = DecidedItem(item_id="one", outcome=Outcome.POSTPONED, review_on="2027-01-31")
    told.a("decision", replace(decided(ORDER, one=Outcome.POSTPONED), items=(postponed,)))
    assert ends(told) == {"REVIEW": "2027-02-01T00:00:00Z"}
    told.q("withdrawal", named())
    assert ends(told) == {}


def test_a_postponement_without_a_day_has_no_clock() -> None:
    """`postponed_until` is optional."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.POSTPONED))
    assert ends(told) == {}


def test_a_providers_answer_counts_from_the_order() -> None:
    """2AP 7: 30 days; the notice does not tell of a longer term."""
    told = Story("subscriber_order_notice", Asked(issued_on="2026-11-20"))
    found = clocks(told)
    assert set(found) == {Due.ACKNOWLEDGED, Due.PROVIDER_ANSWER}
    assert shown(found[Due.PROVIDER_ANSWER].due_ms) == "2026-12-21T00:00:00Z"


def test_what_asks_for_nothing_has_no_decision_to_wait_for() -> None:
    """Information that is offered is replied to when it suits."""
    assert set(ends(Story("spontaneous_information", offer("confidential")))) == {"ACKNOWLEDGED"}


def test_answers_of_the_requesting_side_have_their_day() -> None:
    """A determination, an account; without a day there is no clock."""
    told = Story(DATA)
    told.a("determination_request", referral(answer_by="2026-11-24T09:00:00Z"))
    assert ends(told)["DETERMINATION"] == "2026-11-24T09:00:00Z"
    told.q("determination", determined(Choice.PROCEED), re=told.last)
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED))
    told.a("determination_request", referral())
    assert ends(told) == {}
    told.q("determination", determined(Choice.PROCEED), re=told.last)
    told.a("data_delivery", delivered("*"))
    told.q("judicial_use_request")
    told.q("closure")
    told.a("use_account_request", AccountAsked(answer_by="2027-01-10"))
    assert ends(told) == {"ACCOUNT": "2027-01-11T00:00:00Z"}


def test_preservation_ends_on_the_day_that_was_stated() -> None:
    """preserved_until is stated by A alone; both sides have to act."""
    told = Story(KEPT, items("one"))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one"))
    found = clocks(told)[Due.PRESERVATION]
    assert (shown(found.due_ms), found.acts) == ("2027-01-20T10:00:00Z", None)
    assert (found.is_legal, found.standing) == (True, Standing.RUNNING)
    assert found.law is not None
    assert found.law.shown == "Article 29(7), Convention on Cybercrime (to be checked)"
    found = clocks(told, "2027-01-20T10:00:00Z")[Due.PRESERVATION]
    assert (found.standing, found.item_id) == (Standing.LAPSED, "one")


def test_held_data_have_no_end() -> None:
    """Until the request is decided; the domestic order is renewed meanwhile."""
    told = Story(KEPT, items("one"))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one"))
    told.a("mla_received_confirmation", named())
    found = clocks(told, "2028-11-20T10:00:00Z")
    assert (found[Due.PRESERVATION].due_ms, found[Due.PRESERVATION].standing) == (
        None,
        Standing.HELD,
    )
    assert shown(found[Due.DOMESTIC_ORDER].due_ms) == shown(ms(START) + 9 * 90 * DAY_MS)
    told.a("release_notice", named("one"))
    assert ends(told) == {}


@pytest.mark.parametrize(
    ("days", "now", "renewal"),
    [
        (90, NOON, None),
        (91, NOON, "2027-02-19T10:00:00Z"),
        (200, "2027-02-19T10:00:00Z", "2027-05-20T10:00:00Z"),
        (200, "2027-05-20T10:00:00Z", None),
    ],
)
def test_a_domestic_order_is_renewed_every_90_days(
    days: int, now: str, renewal: str | None
) -> None:
    """Article 16(2): the requested side's own order; its own matter."""
    told = Story(KEPT, items("one"))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, later(START, days=days), "one"))
    found = clocks(told, now).get(Due.DOMESTIC_ORDER)
    assert (None if found is None else shown(found.due_ms)) == renewal
    assert found is None or found.acts is Side.REQUESTED


def test_a_closed_case_keeps_the_clock_of_its_data_alone() -> None:
    """Data that nobody released lapse, and both sides are told."""
    told = Story(KEPT, items("one"))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one"))
    told.q("closure")
    assert set(clocks(told)) == {Due.PRESERVATION}


def test_a_party_may_be_slower_than_others() -> None:
    """Policy clocks are settings for each requested Party."""
    slow = replace(DEFAULT_POLICY, decided=dict(DEFAULT_POLICY.decided) | {"routine": 30 * DAY_MS})
    told = Story(DATA)
    for policies, end in (
        (Policies(parties={"RO": slow}), "2026-12-21T10:00:00Z"),
        (Policies(parties={"FR": slow}), "2026-11-28T10:00:00Z"),
    ):
        found = deadlines_of(told.thread(), now_ms=ms(NOON), policies=policies)
        assert [shown(each.due_ms) for each in found if each.due is Due.DECISION] == [end]


def test_a_thread_without_its_beginning_has_no_clock() -> None:
    """Nobody knows yet what was asked."""
    thread = fold(History(thread=Story().opener, messages=()))
    assert deadlines_of(thread, now_ms=ms(NOON)) == ()
