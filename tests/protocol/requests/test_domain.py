"""The catalogue held against the tables of docs/domain.md, written down here a second time."""

import pytest

from protocol.requests.catalogue import RESERVED, TYPES, USUAL_ANSWERS
from protocol.requests.check import asked_of, read_document
from protocol.requests.decision import GROUNDS
from protocol.requests.kinds import Direction, Thread
from tests.protocol.requests.samples import EXAMPLES, MESSAGE, answer, errors, example

Q, A, EITHER = Direction.TO_REQUESTED, Direction.TO_REQUESTING, Direction.EITHER
START, EITHER_WAY = Thread.STARTS, Thread.STARTS_OR_JOINS

OF_31 = {"info_needed", "determination_request", "decision", "data_delivery", "outcome_report"}
OF_35C = {"info_needed", "decision", "outcome_report", "data_delivery"}
ADVICE = {"info_needed", "decision", "advice_answer"}
REQUESTS: dict[str, tuple[Thread, set[str]]] = {
    "preservation_request": (
        START,
        {
            "info_needed",
            "determination_request",
            "decision",
            "preservation_report",
            "path_disclosure",
        },
    ),
    "preservation_extension": (EITHER_WAY, {"info_needed", "decision", "preservation_report"}),
    "stored_data_request": (EITHER_WAY, OF_31),
    "subscriber_information_request": (EITHER_WAY, OF_31),
    "realtime_traffic_request": (EITHER_WAY, OF_31),
    "interception_request": (EITHER_WAY, OF_31),
    "emergency_disclosure_request": (START, OF_31),
    "emergency_mla_request": (START, OF_31),
    "order_effect_request": (START, OF_31),
    "technical_advice_request": (EITHER_WAY, ADVICE),
    "legal_information_request": (EITHER_WAY, ADVICE),
    "suspect_location_request": (EITHER_WAY, OF_35C),
    "evidence_assistance_request": (EITHER_WAY, OF_35C),
    "pre_consultation": (EITHER_WAY, {"advice_answer", "info_needed"}),
    "spontaneous_information": (EITHER_WAY, {"condition_reply", "info_needed"}),
}
"""Section 5: state of the thread, and the Answers cell."""

HANDLING = {
    "acknowledgement": A,
    "info_needed": A,
    "info_supplied": Q,
    "determination_request": A,
    "determination": Q,
    "decision": A,
    "condition_reply": EITHER,
    "preservation_report": A,
    "path_disclosure": A,
    "mla_followup_notice": Q,
    "mla_received_confirmation": A,
    "data_delivery": A,
    "advice_answer": A,
    "outcome_report": A,
    "delay_notice": A,
    "referral_notice": A,
    "withdrawal": Q,
    "withdrawal_ack": A,
    "release_notice": EITHER,
    "closure": Q,
    "formal_confirmation": Q,
}
"""Section 6.1."""

NOTICES = {
    "use_account_request": A,
    "use_account": Q,
    "onward_transfer_request": Q,
    "judicial_use_request": Q,
    "onward_transfer_decision": A,
    "judicial_use_decision": A,
    "data_incident_notice": EITHER,
    "data_correction_notice": EITHER,
    "subscriber_order_notice": Q,
    "reminder": EITHER,
    "correction": EITHER,
    "note": EITHER,
}
"""Section 6.3."""

THE_EIGHT = {
    "info_needed",
    "determination_request",
    "decision",
    "preservation_report",
    "path_disclosure",
    "data_delivery",
    "advice_answer",
    "outcome_report",
}
"""Section 6: answers that the form of the request must admit."""

SECOND_PROTOCOL = {
    "emergency_disclosure_request",
    "emergency_mla_request",
    "order_effect_request",
    "subscriber_order_notice",
}

WITH_ITEM_IDS = {
    "determination_request",
    "determination",
    "condition_reply",
    "mla_followup_notice",
    "mla_received_confirmation",
    "delay_notice",
    "referral_notice",
    "withdrawal",
    "use_account_request",
    "use_account",
    "onward_transfer_request",
    "judicial_use_request",
    "data_incident_notice",
    "data_correction_notice",
}
"""Section 6: those marked (items)."""


def test_every_type_of_the_domain_has_a_form_and_an_example() -> None:
    """Sections 5, 6.1 and 6.3, and nothing else; 6.4 is reserved."""
    assert list(TYPES) == [*REQUESTS, *HANDLING, *NOTICES]
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(TYPES)
    assert not RESERVED & TYPES.keys()
    assert len(RESERVED) == 14


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_stand_and_are_answered_as_section_5_says(name: str) -> None:
    """Row by row; every answer named is a type of its own."""
    thread, answers = REQUESTS[name]
    assert TYPES[name].direction is Q
    assert TYPES[name].thread is thread
    assert set(TYPES[name].answers) == answers
    assert answers <= set(HANDLING)
    assert set(USUAL_ANSWERS) <= HANDLING.keys() | NOTICES.keys()


@pytest.mark.parametrize("name", HANDLING | NOTICES)
def test_answers_and_notices_go_their_way(name: str) -> None:
    """Sections 6.1 and 6.3: direction, place in the thread, items by name."""
    kind = TYPES[name]
    assert kind.direction is (HANDLING | NOTICES)[name]
    assert kind.thread is (START if name == "subscriber_order_notice" else Thread.JOINS)
    assert kind.only_if_asked == (name in THE_EIGHT)
    assert ("item_ids" in kind.model.model_fields) == (name in WITH_ITEM_IDS)


@pytest.mark.parametrize("asking", [*REQUESTS, "subscriber_order_notice"])
@pytest.mark.parametrize("answering", [*HANDLING, *NOTICES])
def test_the_answers_cell_is_kept_for_every_pair(asking: str, answering: str) -> None:
    """Each request with each answer; other rules may speak, this one speaks of the type."""
    request = read_document(example(asking))
    admitted = REQUESTS[asking][1] if asking in REQUESTS else set()
    refused = answering in THE_EIGHT and answering not in admitted
    found = errors(example(answering), request=request)
    assert (("type", "answer_not_allowed") in found) == refused


def test_what_rests_on_the_second_protocol() -> None:
    """P3; the two emergencies have the urgency by law."""
    found = {name for name, kind in TYPES.items() if kind.second_protocol}
    assert found == SECOND_PROTOCOL
    emergencies = {name for name, kind in TYPES.items() if kind.emergency}
    assert emergencies == {"emergency_disclosure_request", "emergency_mla_request"}


def test_what_must_be_attached_and_copied() -> None:
    """Section 5, the last rows of the table and the list below it."""
    roles = {name: set(kind.required_roles) for name, kind in TYPES.items() if kind.required_roles}
    assert roles == {
        "realtime_traffic_request": {"order", "court_order"},
        "interception_request": {"order", "court_order"},
        "order_effect_request": {"order"},
        "subscriber_order_notice": {"order"},
    }
    assert [name for name, kind in TYPES.items() if kind.copies_required] == [
        "emergency_mla_request"
    ]


def test_grounds_are_those_of_section_8() -> None:
    """Every type that can be decided on has its row."""
    three = {"political_offence", "essential_interests", "dual_criminality"}
    rows = {
        ("preservation_request", "preservation_extension"): three,
        (
            "stored_data_request",
            "subscriber_information_request",
            "realtime_traffic_request",
            "interception_request",
            "order_effect_request",
            "emergency_mla_request",
        ): three | {"domestic_law"},
        ("emergency_disclosure_request",): {"domestic_law", "not_an_emergency", "subscriber_only"},
        (
            "technical_advice_request",
            "legal_information_request",
            "suspect_location_request",
            "evidence_assistance_request",
        ): {"domestic_law"},
    }
    assert {name: set(codes) for name, codes in GROUNDS.items()} == {
        name: codes for names, codes in rows.items() for name in names
    }
    assert set(GROUNDS) == {name for name in REQUESTS if "decision" in REQUESTS[name][1]}


@pytest.mark.parametrize("name", REQUESTS)
def test_only_some_requests_may_continue_a_thread(name: str) -> None:
    """Section 5: `in_reply_to` is optional where "+thread" stands, else refused."""
    found = errors(example(name) | {"in_reply_to": MESSAGE})
    assert found == ([("in_reply_to", "not_allowed_here")] if REQUESTS[name][0] is START else [])


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_is_answered_by_its_own_items_or_as_a_whole(name: str) -> None:
    """Whatever its form, its items can be named, or `*` stands for them."""
    asked = asked_of(read_document(example(name)))
    names = sorted(asked.item_ids or ()) if asked.item_ids != frozenset() else ["*"]
    body = {"items": [{"item_id": each, "state": "cancelled"} for each in names or ["a"]]}
    assert errors(answer("withdrawal_ack", body), request=read_document(example(name))) == []


PAIRS = {
    "acknowledgement": "preservation_request",
    "info_needed": "preservation_request",
    "info_supplied": "preservation_request",
    "determination_request": "preservation_request",
    "determination": "preservation_request",
    "decision": "preservation_request",
    "condition_reply": "preservation_request",
    "preservation_report": "preservation_request",
    "path_disclosure": "preservation_request",
    "mla_followup_notice": "preservation_request",
    "mla_received_confirmation": "preservation_request",
    "data_delivery": "stored_data_request",
    "advice_answer": "technical_advice_request",
    "outcome_report": "evidence_assistance_request",
    "delay_notice": "preservation_request",
    "referral_notice": "preservation_request",
    "withdrawal": "preservation_request",
    "withdrawal_ack": "preservation_request",
    "release_notice": "preservation_request",
    "closure": "preservation_request",
    "formal_confirmation": "emergency_disclosure_request",
    "use_account_request": "stored_data_request",
    "use_account": "stored_data_request",
    "onward_transfer_request": "stored_data_request",
    "judicial_use_request": "stored_data_request",
    "onward_transfer_decision": "stored_data_request",
    "judicial_use_decision": "stored_data_request",
    "data_incident_notice": "stored_data_request",
    "data_correction_notice": "stored_data_request",
    "reminder": "preservation_request",
    "correction": "preservation_request",
    "note": "preservation_request",
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_example_of_an_answer_answers_the_example_of_a_request(name: str) -> None:
    """Together they tell one story."""
    assert errors(example(name), request=read_document(example(PAIRS[name]))) == []


def test_every_answer_has_its_example_request() -> None:
    """But the notice that opens a case."""
    assert set(PAIRS) == (HANDLING | NOTICES).keys() - {"subscriber_order_notice"}
