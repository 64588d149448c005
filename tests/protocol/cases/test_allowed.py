"""What may be sent now, and what a document would do."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.allowed import entry_of, may_send, sendable
from protocol.cases.facts import Facts, Outcome
from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Reason
from protocol.cases.rules import REQUESTS, RULES
from tests.protocol.cases.histories import histories
from tests.protocol.cases.instants import START, later
from tests.protocol.cases.story import FR, RO, Story, mid_of
from tests.protocol.cases.test_fold import folded
from tests.protocol.cases.words import (
    decided,
    delivered,
    items,
    named,
    offered,
    referral,
    reported,
    taken,
)

Q, A = Side.REQUESTING, Side.REQUESTED
ANY_FACTS: Final[dict[str, Facts]] = {
    "acknowledgement": taken(),
    "determination_request": referral(),
    "withdrawal": named(),
    "mla_followup_notice": named(),
    "mla_received_confirmation": named(),
    "release_notice": named(),
    "closure": named(),
    "data_delivery": delivered("*"),
    "preservation_report": reported(START, "2100-01-01T00:00:00Z", "*"),
    "note": named(),
    "reminder": named(),
}
KEPT = "preservation_request"
NOTES = {"note", "correction", "data_incident_notice", "data_correction_notice"}
JOINING = {name for name, rule in REQUESTS.items() if rule.joins}


def reason(told: Story, side: Side, name: str) -> str | None:
    """Return why a type may not be sent now."""
    found = may_send(told.thread(), side, name)
    return None if found is None else str(found.reason)


def test_the_requested_side_may_answer_a_delivered_request() -> None:
    """What its form and its state admit, and nothing else."""
    told = Story()
    assert set(sendable(told.thread(), A)) == NOTES | {
        "acknowledgement",
        "info_needed",
        "determination_request",
        "decision",
        "delay_notice",
        "referral_notice",
        "reminder",
    }


def test_the_requesting_side_may_ask_further_or_withdraw() -> None:
    """An extension waits for the data."""
    told = Story()
    further = JOINING - {"preservation_extension"}
    assert set(sendable(told.thread(), Q)) == NOTES | further | {
        "withdrawal",
        "reminder",
        "formal_confirmation",
    }


def test_preserved_data_may_be_extended_held_or_released() -> None:
    """Executed."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "*"))
    thread = told.thread()
    assert {"preservation_extension", "mla_followup_notice", "release_notice", "closure"} < set(
        sendable(thread, Q)
    )
    assert {"mla_received_confirmation", "preservation_report", "release_notice"} < set(
        sendable(thread, A)
    )
    assert "decision" not in sendable(thread, A)


def test_lapsed_data_may_be_reported_anew_or_released_only() -> None:
    """What the clock did counts for what may be sent."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "*"))
    thread = told.thread(later(START, days=60))
    assert may_send(thread, A, "preservation_report") is None
    assert may_send(thread, A, "release_notice") is None
    found = may_send(thread, A, "mla_received_confirmation")
    assert found is not None
    assert found.reason is Reason.NOT_PRESERVED


def test_data_may_be_reported_while_they_are_only_offered() -> None:
    """Conditions concern their disclosure."""
    told = Story()
    told.a("decision", offered(KEPT, "confidential", two=True))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one"))
    told.a("mla_received_confirmation", named("one"))
    assert may_send(told.thread(), A, "preservation_report") is None


@pytest.mark.parametrize(
    ("side", "name", "expected"),
    [
        (Q, "decision", "wrong_side"),
        (A, "withdrawal", "wrong_side"),
        (A, "stored_data_request", "wrong_side"),
        (A, "data_delivery", "not_admitted"),
        (A, "preservation_report", "not_in_state"),
        (A, "withdrawal_ack", "nothing_asked"),
        (Q, "preservation_request", "starts_a_case"),
        (Q, "condition_reply", "wrong_item_state"),
        (A, "release_notice", "not_preserved"),
        (Q, "telepathy", "unknown_type"),
    ],
)
def test_the_officer_is_told_why_not(side: Side, name: str, expected: str) -> None:
    """One reason, with its sentence."""
    assert reason(Story(), side, name) == expected


def test_before_the_first_message_nothing_is_known() -> None:
    """It waits for the request."""
    told = Story()
    told.a("acknowledgement", taken())
    thread = folded(told.messages[1:])
    found = may_send(thread, A, "acknowledgement")
    assert found is not None
    assert found.reason is Reason.AWAITED


def test_a_reply_is_held_against_the_request_that_it_is_about() -> None:
    """Not against the newest one."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "*"))
    follow_up = told.q("stored_data_request", items("one"), re=told.last)
    thread = told.thread()
    assert may_send(thread, A, "decision", re=follow_up) is None
    assert may_send(thread, A, "decision", re=told.opener) is not None
    assert may_send(thread, A, "info_needed", re=told.opener) is not None
    assert may_send(thread, A, "mla_received_confirmation", re=follow_up) is None


def test_an_answer_must_reply_to_the_message_that_asked() -> None:
    """Where a reply is named; otherwise any open question will do."""
    told = Story()
    asked = told.a("determination_request", referral())
    thread = told.thread()
    assert may_send(thread, Q, "determination") is None
    assert may_send(thread, Q, "determination", re=asked) is None
    assert may_send(thread, Q, "determination", re=told.opener) is not None


def test_a_document_is_tried_out_before_it_is_sent() -> None:
    """With all that it says of single items."""
    told = Story()
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    draft = CaseMessage(
        mid=mid_of(50),
        sender=RO,
        recipient=FR,
        type="preservation_report",
        re=told.opener,
        t_ms=told.now_ms,
        urgency="routine",
        facts=reported(START, None, "one", "two"),
    )
    entry = entry_of(told.history(), draft)
    assert (entry.is_in_order, entry.passed_over) == (True, ("two",))
    entry = entry_of(told.history(), replace(draft, type="data_delivery", facts=delivered("one")))
    assert entry.objection is not None
    assert entry.objection.reason is Reason.NOT_ADMITTED
    assert not entry.is_in_order


@given(histories())
@settings(max_examples=100, deadline=None)
def test_what_is_in_order_was_allowed(messages: list[CaseMessage]) -> None:
    """may_send never forbids what the fold would take: it looks at the type alone."""
    *before, last = messages
    if not before:
        return
    thread = folded(before).at(last.t_ms)
    entry = next(each for each in folded(messages).entries if each.message == last)
    is_latest = all(each.t_ms <= last.t_ms for each in before)
    side = thread.side_of(last.sender)
    if entry.is_in_order and is_latest and side is not None and last.supersedes is None:
        assert may_send(thread, side, last.type, re=last.re) is None


@given(histories(), st.sampled_from(sorted(RULES)), st.sampled_from(list(Side)))
@settings(max_examples=100, deadline=None)
def test_an_objection_to_a_type_is_an_objection_to_every_document_of_it(
    messages: list[CaseMessage], name: str, side: Side
) -> None:
    """What may_send refuses has no effect at the other side either."""
    thread = folded(messages)
    if thread.current is None:
        return
    re = thread.current.mid
    t_ms = max(each.t_ms for each in messages) + 1
    refused = may_send(thread.at(t_ms), side, name, re=re)
    message = CaseMessage(
        mid=mid_of(99),
        sender=FR if side is Q else RO,
        recipient=RO if side is Q else FR,
        type=name,
        re=re,
        t_ms=t_ms,
        urgency="routine",
        facts=ANY_FACTS.get(name, named()),
    )
    if refused is not None and name in ANY_FACTS:
        assert folded([*messages, message]).entries[-1].objection == refused
