"""Facts taken from valid documents: every type, and each field on which a state rests."""

import json
from typing import Any

import pytest

from protocol.cases.extract import READERS, case_message, facts_of, milliseconds
from protocol.cases.facts import (
    AccountAsked,
    Asked,
    AskedItem,
    Choice,
    Confirmed,
    Decided,
    DecidedItem,
    Delayed,
    Delivered,
    Determined,
    Executed,
    ExecutedItem,
    Execution,
    Facts,
    FormalKind,
    Inquiry,
    Named,
    Nothing,
    Outcome,
    PathsTold,
    Referral,
    Replied,
    Reported,
    ReportedItem,
    Step,
    Stopped,
    StoppedItem,
    Supplied,
    Taken,
    Terms,
    ToldItem,
    Withdrawn,
)
from protocol.cases.rules import RULES
from protocol.errors import NotAllowedError
from protocol.identifiers import MessageId
from protocol.requests.catalogue import TYPES
from protocol.requests.check import read_document
from protocol.requests.document import Document
from tests.protocol.cases.instants import ms
from tests.protocol.cases.story import FR, RO, mid_of
from tests.protocol.requests.samples import AUTHORITY, CONTACT, EXAMPLES, MESSAGE, answer

GROUNDS = [{"code": "essential_interests", "reason": "x"}]
SECURED = {"conditions": [{"kind": "other", "text": "Ask us."}, {"kind": "no_onward"}]}

ANSWERS: list[tuple[str, dict[str, Any], Facts]] = [
    (
        "acknowledgement",
        {
            "desk": "night desk",
            "recipient_reference": "R-1",
            "expected_decision_by": "2026-11-30",
            "duty_contact": CONTACT | {"time_zone": "Europe/Bucharest"},
        },
        Taken(expected="2026-11-30", zone="Europe/Bucharest"),
    ),
    (
        "info_needed",
        {
            "questions": [
                {"question_id": "a", "text": "Which port?"},
                {"question_id": "b", "text": "Which day?"},
            ],
            "clock_suspended": True,
            "answer_by": "2026-11-30",
        },
        Inquiry(questions=frozenset("ab"), suspended=True, answer_by="2026-11-30"),
    ),
    (
        "info_supplied",
        {"answers": [{"question_id": "a", "text": "443"}]},
        Supplied(questions=frozenset("a")),
    ),
    (
        "determination_request",
        {"issue": "tipping_off", "explanation": "x", "item_ids": ["one"]},
        Referral(items=("one",)),
    ),
    ("determination", {"answer": "stop"}, Determined(choice=Choice.STOP, items=None)),
    (
        "decision",
        {
            "answers_type": "stored_data_request",
            "deciding_authority": AUTHORITY,
            "decided_on": "2026-11-20",
            "items": [
                {"item_id": "one", "outcome": "accepted_with_conditions"} | SECURED,
                {
                    "item_id": "two",
                    "outcome": "postponed",
                    "grounds": [{"code": "prejudice_to_own_investigation", "reason": "x"}],
                    "reasons": "x",
                    "partial_considered": True,
                    "postponed_until": "2027-01-31",
                },
            ],
        },
        Decided(
            answers_type="stored_data_request",
            items=(
                DecidedItem(
                    item_id="one",
                    outcome=Outcome.ACCEPTED_WITH_CONDITIONS,
                    terms=(Terms(kind="other", text="Ask us."), Terms(kind="no_onward")),
                ),
                DecidedItem(item_id="two", outcome=Outcome.POSTPONED, review_on="2027-01-31"),
            ),
        ),
    ),
    ("condition_reply", {"answer": "accepted"}, Replied(accepted=True, items=None)),
    (
        "condition_reply",
        {"answer": "cannot_comply", "reasons": "x", "item_ids": ["one"]},
        Replied(accepted=False, items=("one",)),
    ),
    (
        "preservation_report",
        {
            "items": [
                {
                    "item_id": "one",
                    "result": "preserved",
                    "preserved_at": "2026-11-20T12:00:00+02:00",
                    "preserved_until": "2027-02-20T12:00:00.5+02:00",
                },
                {"item_id": "two", "result": "not_found"},
            ]
        },
        Reported(
            items=(
                ReportedItem(
                    item_id="one",
                    at_ms=ms("2026-11-20T10:00:00Z"),
                    until_ms=ms("2027-02-20T10:00:00Z") + 500,
                ),
                ReportedItem(item_id="two"),
            )
        ),
    ),
    (
        "path_disclosure",
        {"items": [{"item_id": "one", "result": "withheld", "grounds": GROUNDS}]},
        PathsTold(items=(ToldItem(item_id="one", result="withheld"),)),
    ),
    (
        "mla_followup_notice",
        {
            "preservation_reference": "P-1",
            "mla_reference": "M-1",
            "sent_on": "2026-11-20",
            "channel": "post",
            "sending_authority": AUTHORITY,
            "item_ids": ["one"],
        },
        Named(items=("one",)),
    ),
    (
        "mla_received_confirmation",
        {
            "mla_reference": "M-1",
            "received_on": "2026-11-20",
            "authority": AUTHORITY,
            "hold_until_decision": True,
        },
        Named(items=None),
    ),
    ("advice_answer", {"answers": [{"text": "x"}]}, Nothing()),
    (
        "outcome_report",
        {"items": [{"item_id": "one", "outcome": "impossible", "reason": "x"}]},
        Executed(items=(ExecutedItem(item_id="one", outcome=Execution.IMPOSSIBLE),)),
    ),
    (
        "delay_notice",
        {"reason": "x", "new_expected_date": "2026-12-01"},
        Delayed(expected="2026-12-01"),
    ),
    (
        "referral_notice",
        {"referred_to": AUTHORITY, "referred_on": "2026-11-20"},
        Nothing(),
    ),
    ("withdrawal", {"reason": "x", "item_ids": ["one"]}, Named(items=("one",))),
    (
        "withdrawal_ack",
        {"items": [{"item_id": "one", "state": "cannot_stop"}]},
        Withdrawn(items=(StoppedItem(item_id="one", found=Stopped.CANNOT_STOP),)),
    ),
    (
        "release_notice",
        {"items": [{"item_id": "one", "released_on": "2026-11-20"}], "reason": "x"},
        Named(items=("one",)),
    ),
    ("closure", {"reason": "x"}, Nothing()),
    (
        "formal_confirmation",
        {"kind": "followup_9_5", "channel": "post", "sent_on": "2026-11-20"},
        Confirmed(kind=FormalKind.FOLLOWUP_9_5),
    ),
    (
        "use_account_request",
        {"condition": "x", "answer_by": "2026-12-01"},
        AccountAsked(answer_by="2026-12-01"),
    ),
    ("use_account", {"account": "x"}, Nothing()),
    ("reminder", {"ordinal": 1}, Nothing()),
    ("note", {"text": "x"}, Nothing()),
]


def read(document: dict[str, Any]) -> Document:
    """Read a document as it was when it was sent."""
    return read_document(json.dumps(document).encode())


@pytest.mark.parametrize(("name", "body", "facts"), ANSWERS)
def test_facts_are_those_that_the_document_states(
    name: str, body: dict[str, Any], facts: Facts
) -> None:
    """Nothing more is read than the state needs."""
    assert facts_of(read(answer(name, body))) == facts


def test_a_delivery_names_items_and_conditions() -> None:
    """Its files are no matter of the thread."""
    body = {
        "items": [
            {
                "item_id": "one",
                "files": ["data.zip"],
                "collected_at": "2026-11-20T10:00:00Z",
                "method": "x",
            }
        ],
        "custody_statement": "x",
        "evidential_status": "evidence",
        "conditions": [{"kind": "confidential"}],
    }
    attached = answer("data_delivery", body, attachments=[{"path": "data.zip", "role": "data"}])
    assert facts_of(read(attached)) == Delivered(
        items=("one",), terms=(Terms(kind="confidential"),)
    )


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "preservation_request",
            Asked(
                items=(
                    AskedItem(item_id="srv-traffic", category="traffic"),
                    AskedItem(item_id="srv-content", category="content"),
                    AskedItem(item_id="customer", category="subscriber"),
                )
            ),
        ),
        (
            "preservation_extension",
            Asked(items=(AskedItem(item_id="srv-traffic"), AskedItem(item_id="srv-content"))),
        ),
        ("technical_advice_request", Asked()),
    ],
)
def test_requests_name_their_items(name: str, facts: Facts) -> None:
    """With the category, by which some clocks differ."""
    assert facts_of(read(json.loads((EXAMPLES / f"{name}.json").read_text()))) == facts


def test_an_emergency_says_whether_it_was_given_orally() -> None:
    """2AP 9: the document may confirm a call."""
    example = json.loads((EXAMPLES / "emergency_disclosure_request.json").read_text())
    called = facts_of(read(example))
    example["body"].pop("oral_given_at", None)
    example["body"].pop("oral_given_to", None)
    silent = facts_of(read(example))
    example["body"] |= {"oral_given_at": "2026-11-20T10:00:00Z", "oral_given_to": "Officer 9"}
    told = facts_of(read(example))
    assert isinstance(called, Asked)
    assert isinstance(silent, Asked)
    assert isinstance(told, Asked)
    assert (silent.oral, told.oral) == (False, True)
    assert called.items == silent.items


def test_spontaneous_information_tells_its_step() -> None:
    """An offer has conditions, the content may have items."""
    body = {
        "case_reference": "C-1",
        "providing_authority": AUTHORITY,
        "step": "offer",
        "subject": "x",
        "why_useful": "x",
        "conditions": [{"kind": "confidential"}],
    }
    document = answer("spontaneous_information", body, in_reply_to=None)
    assert facts_of(read(document)) == Asked(step=Step.OFFER, terms=(Terms(kind="confidential"),))


def test_a_notice_of_an_order_tells_its_day() -> None:
    """The 30 days of 2AP 7 count from the order."""
    body = {
        "case_reference": "C-1",
        "issuing_authority": AUTHORITY,
        "issued_on": "2026-11-20",
        "providers": [{"provider_id": "p", "name": "x", "address": "x"}],
        "offences": [{"title": "x", "provisions": "x", "penalties": "x"}],
        "facts": "x",
    }
    document = answer(
        "subscriber_order_notice",
        body,
        in_reply_to=None,
        attachments=[{"path": "o.pdf", "role": "order"}],
    )
    assert facts_of(read(document)) == Asked(issued_on="2026-11-20")


def test_a_message_is_known_by_its_content() -> None:
    """Ids and times come from the content, the rest from the document."""
    document = read(answer("note", {"text": "x"}))
    message = case_message(document, mid=mid_of(7), sender=RO, recipient=FR, t_ms=5)
    assert (message.mid, message.sender, message.recipient) == (mid_of(7), RO, FR)
    assert (message.t_ms, message.type, message.urgency) == (5, "note", "routine")
    assert (message.re, message.supersedes) == (MessageId.parse(MESSAGE), None)
    assert message.parents == {MessageId.parse(MESSAGE)}


def test_a_request_may_name_what_it_supersedes() -> None:
    """It comes after that, like a reply."""
    example = json.loads((EXAMPLES / "preservation_request.json").read_text())
    document = read(example | {"supersedes": MESSAGE})
    message = case_message(document, mid=mid_of(7), sender=RO, recipient=FR, t_ms=5)
    assert message.parents == {MessageId.parse(MESSAGE)}


def test_every_type_is_read() -> None:
    """A new type is one line there too."""
    assert set(READERS) == set(TYPES) == set(RULES)


def test_a_type_without_a_reader_is_our_mistake() -> None:
    """It cannot come from a peer: such a document is not valid."""
    document = read(answer("note", {"text": "x"})).model_copy(update={"type": "node_receipt"})
    with pytest.raises(NotAllowedError):
        facts_of(document)


def test_instants_are_cut_to_milliseconds() -> None:
    """Both nodes must cut alike, without floating point."""
    assert milliseconds("2026-11-20T12:00:00.999999+02:00") == ms("2026-11-20T10:00:00.999Z")
