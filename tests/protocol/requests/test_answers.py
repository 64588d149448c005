"""Acknowledgement, questions and their answers, delivery."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import CONTACT, GONE, answer, changed, errors, example

ACKNOWLEDGEMENT = example("acknowledgement")
QUESTION = {"question_id": "q1", "text": "Which port?", "field": "body.items[0].targets[0].port"}
INFO_NEEDED = answer("info_needed", {"questions": [QUESTION], "clock_suspended": True})
INFO_SUPPLIED = answer("info_supplied", {"answers": [{"question_id": "q1", "text": "443"}]})
DELIVERY = answer(
    "data_delivery",
    {
        "items": [
            {
                "item_id": "ip-1",
                "files": ["data/subscribers.csv"],
                "collected_at": "2026-11-20T10:00:00+02:00",
                "method": "Export from the provider's billing system.",
            }
        ],
        "custody_statement": "Sealed by Officer 9.",
        "evidential_status": "evidence",
        "conditions": [{"kind": "confidential"}],
    },
    attachments=[
        {"path": "data/subscribers.csv", "role": "data"},
        {"path": "letter.txt", "role": "letterhead"},
    ],
)


@pytest.mark.parametrize("document", [ACKNOWLEDGEMENT, INFO_NEEDED, INFO_SUPPLIED, DELIVERY])
def test_complete_answers_are_valid(document: dict[str, Any]) -> None:
    """Without warnings about anything."""
    assert errors(document) == []


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (ACKNOWLEDGEMENT, "body.desk", GONE, "missing"),
        (ACKNOWLEDGEMENT, "body.recipient_reference", "x" * 65, "too_long"),
        (ACKNOWLEDGEMENT, "body.expected_decision_by", "2026-11-20", "in_the_past"),
        (ACKNOWLEDGEMENT, "body.expected_decision_by", "2026-11-20T08:00:00", "naive_time"),
        (ACKNOWLEDGEMENT, "body.duty_contact.name", GONE, "missing"),
        (ACKNOWLEDGEMENT, "body.officer", 3, "wrong_type"),
        (ACKNOWLEDGEMENT, "body.note", " ", "empty"),
        (ACKNOWLEDGEMENT, "body.items", [], "unknown_field"),
        (INFO_NEEDED, "body.questions", [], "empty_list"),
        (INFO_NEEDED, "body.questions[0].text", GONE, "missing"),
        (INFO_NEEDED, "body.questions[0].topic", "powers", "not_allowed_here"),
        (INFO_NEEDED, "body.clock_suspended", "no", "wrong_type"),
        (INFO_NEEDED, "body.clock_suspended", GONE, "missing"),
        (INFO_NEEDED, "body.answer_by", "2026-11-20", "in_the_past"),
        (INFO_SUPPLIED, "body.answers", GONE, "missing"),
        (INFO_SUPPLIED, "body.answers[0].question_id", GONE, "missing"),
        (INFO_SUPPLIED, "body.answers[0].text", "", "empty"),
        (DELIVERY, "body.items[0].item_id", "a b", "bad_format"),
        (DELIVERY, "body.items[0].files", [], "empty_list"),
        (DELIVERY, "body.items[0].files[0]", "other.csv", "unknown_attachment"),
        (DELIVERY, "body.items[0].files[0]", "letter.txt", "unknown_attachment"),
        (DELIVERY, "body.items[0].files[0]", 5, "wrong_type"),
        (DELIVERY, "body.items[0]", 5, "wrong_type"),
        (DELIVERY, "body.items[0].collected_at", "2026-11-23T10:00:00Z", "in_the_future"),
        (DELIVERY, "body.items[0].method", GONE, "missing"),
        (DELIVERY, "body.custody_statement", GONE, "missing"),
        (DELIVERY, "body.evidential_status", "proof", "not_allowed_value"),
        (DELIVERY, "body.conditions[0].kind", "secret", "not_allowed_value"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Sections 6.1 and 4.1."""
    assert errors(changed(document, (path, value))) == [(path, code)]


def test_questions_and_answers_have_names_of_their_own() -> None:
    """G7."""
    twice = changed(INFO_NEEDED, ("body.questions[1]", QUESTION))
    assert errors(twice) == [("body.questions[1].question_id", "duplicate")]
    twice = changed(INFO_SUPPLIED, ("body.answers[1]", {"question_id": "q1", "text": "80"}))
    assert errors(twice) == [("body.answers[1].question_id", "duplicate")]


def test_another_condition_is_explained() -> None:
    """Only words make it one."""
    other = changed(DELIVERY, ("body.conditions[0].kind", "other"))
    assert errors(other) == [("body.conditions[0].text", "missing")]
    assert not errors(changed(other, ("body.conditions[0].text", "Return the originals.")))


def test_delivered_files_are_not_judged_without_sound_attachments() -> None:
    """One fault, one line."""
    faulty = changed(DELIVERY, ("attachments[1].role", "photo"))
    assert errors(faulty) == [("attachments[1].role", "not_allowed_value")]
    bare = changed(DELIVERY, ("attachments", GONE))
    assert errors(bare) == [("body.items[0].files[0]", "unknown_attachment")]


def test_items_are_those_of_the_request() -> None:
    """With --request."""
    request = read_document(example("subscriber_information_request"))
    assert errors(DELIVERY, request=request) == []
    foreign = changed(DELIVERY, ("body.items[0].item_id", "ip-9"))
    assert errors(foreign) == []
    assert errors(foreign, request=request) == [("body.items[0].item_id", "unknown_item")]


def test_a_star_stands_for_the_whole_request_and_alone() -> None:
    """Section 6."""
    request = read_document(example("subscriber_information_request"))
    star = changed(DELIVERY, ("body.items[0].item_id", "*"))
    assert errors(star, request=request) == []
    two = changed(star, ("body.items[1]", DELIVERY["body"]["items"][0]))
    assert errors(two, request=request) == [("body.items[0].item_id", "not_allowed_here")]


def test_a_contact_in_an_answer_may_be_reached_by_telephone_alone() -> None:
    """One way suffices."""
    assert not errors(changed(ACKNOWLEDGEMENT, ("body.duty_contact", CONTACT)))
