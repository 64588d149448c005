"""Notices that fit any thread: accounts, leave of use, reminders, records."""

import pytest

from protocol.cases.facts import AccountAsked, Outcome
from protocol.cases.ladder import MessageState
from protocol.cases.message import Side
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import decided, delivered, items

DATA = "stored_data_request"
RECORDS = ("data_incident_notice", "data_correction_notice", "correction", "note")


def done() -> Story:
    """Return a request whose data were delivered."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED))
    told.a("data_delivery", delivered("one"))
    return told


def waits(told: Story) -> list[str]:
    """Return what is waited for."""
    return [str(wait.what) for wait in told.request().waits]


@pytest.mark.parametrize("closed", [False, True])
def test_an_account_of_use_is_asked_for_and_given(*, closed: bool) -> None:
    """after, closed; the state does not change."""
    told = done()
    if closed:
        told.q("closure")
    phase = told.phase()
    asked = told.a("use_account_request", AccountAsked(answer_by="2026-12-01"))
    assert (waits(told), told.phase()) == (["account of use"], phase)
    told.q("use_account", re=asked)
    assert (told.objection(), waits(told)) == (None, [])


def test_an_account_may_be_given_unasked() -> None:
    """A condition may ask for it."""
    told = done()
    told.q("use_account")
    assert told.objection() is None


@pytest.mark.parametrize("what", ["onward_transfer", "judicial_use"])
def test_leave_is_asked_for_and_decided(what: str) -> None:
    """Each decision replies to its own request."""
    told = done()
    other = "judicial_use" if what == "onward_transfer" else "onward_transfer"
    asked = told.q(f"{what}_request")
    told.a(f"{other}_decision", re=asked)
    assert told.objection() == "nothing_asked"
    told.a(f"{what}_decision", re=asked)
    assert (told.objection(), waits(told)) == (None, [])
    told.a(f"{what}_decision", re=asked)
    assert told.objection() == "nothing_asked"


def test_leave_is_not_asked_for_before_there_are_data() -> None:
    """after, closed."""
    told = Story(DATA, items("one"))
    told.q("judicial_use_request")
    assert told.objection() == "not_in_state"


@pytest.mark.parametrize("side", list(Side))
def test_reminders_are_counted_for_each_side(side: Side) -> None:
    """The next one has the next number."""
    told = Story()
    told.by(side, "reminder")
    told.by(side, "reminder")
    assert told.request().reminders == ((2, 0) if side is Side.REQUESTING else (0, 2))


def test_a_finished_case_needs_no_reminder() -> None:
    """Live."""
    told = done()
    told.q("closure")
    told.q("reminder")
    assert told.objection() == "case_closed"


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("side", list(Side))
def test_some_notices_fit_any_state_and_change_none(name: str, side: Side) -> None:
    """Any but draft, from either side."""
    told = done()
    before = told.request()
    told.by(side, name)
    told.q("closure")
    told.by(side, name)
    assert told.objection() is None
    assert before.items == told.request().items


@pytest.mark.parametrize("name", RECORDS)
def test_a_note_may_follow_a_request_that_is_on_its_way(name: str) -> None:
    """Any but draft: also sent."""
    told = Story()
    told.ladder[told.opener] = MessageState.QUEUED
    told.q(name)
    assert (told.objection(), told.phase()) == (None, "queued")


def test_a_referral_does_not_end_the_thread() -> None:
    """27(9): the thread goes on."""
    told = Story()
    told.a("referral_notice")
    assert (told.objection(), told.phase()) == (None, "delivered")
