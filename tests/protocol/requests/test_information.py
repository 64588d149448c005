"""Information unasked for (Article 26): offer, acceptance, content."""

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, MESSAGE, answer, changed, errors, example

CONTENT = example("spontaneous_information")
OFFER = changed(
    CONTENT,
    ("in_reply_to", GONE),
    ("body.step", "offer"),
    ("body.facts", GONE),
    ("body.items", GONE),
    ("body.evaluation", GONE),
)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.case_reference", GONE, "missing"),
        ("body.providing_authority", GONE, "missing"),
        ("body.step", GONE, "missing"),
        ("body.step", "gift", "not_allowed_value"),
        ("body.subject", "a\nb", "bad_character"),
        ("body.why_useful", GONE, "missing"),
        ("body.facts", GONE, "missing"),
        ("body.conditions[0].kind", "other", None),
        ("body.items[0].provider_ref", "isp", "unknown_reference"),
        ("body.evaluation.source", "D", "not_allowed_value"),
        ("body.evaluation.source", GONE, "missing"),
        ("body.evaluation.information", 5, "out_of_range"),
        ("body.evaluation.information", GONE, "missing"),
        ("body.evaluation.information", "2", "wrong_type"),
        ("in_reply_to", GONE, "missing"),
        ("body.requesting_authority", {}, "unknown_field"),
    ],
)
def test_a_field_at_fault_is_the_only_line(path: str, value: object, code: str | None) -> None:
    """Section 5."""
    found = errors(changed(CONTENT, (path, value)))
    assert found == [(path, code)] if code else found == [("body.conditions[0].text", "missing")]


def test_an_offer_tells_conditions_and_keeps_the_content_back() -> None:
    """Who cannot accept the conditions must not have read it."""
    assert errors(OFFER) == []
    assert errors(changed(OFFER, ("body.conditions", GONE))) == [("body.conditions", "missing")]
    for name in ("facts", "items", "evaluation"):
        more = changed(OFFER, (f"body.{name}", CONTENT["body"][name]))
        assert errors(more) == [(f"body.{name}", "not_allowed_here")]


def test_an_offer_opens_a_thread_and_content_may() -> None:
    """Content under conditions comes after their acceptance."""
    assert errors(OFFER | {"in_reply_to": MESSAGE}) == [("in_reply_to", "not_allowed_here")]
    free = changed(CONTENT, ("body.conditions", GONE))
    assert errors(free) == []
    assert errors(changed(free, ("in_reply_to", GONE))) == []


def test_the_place_in_a_thread_is_not_judged_by_a_faulty_body() -> None:
    """One fault, one line."""
    faulty = changed(CONTENT, ("in_reply_to", GONE), ("body.conditions[0].kind", "secret"))
    assert errors(faulty) == [
        ("body.conditions[0].kind", "not_allowed_value"),
        ("in_reply_to", "missing"),
    ]
    assert errors(changed(faulty, ("body.conditions", []))) == [("body.conditions", "empty_list")]
    assert errors(changed(faulty, ("body", 5))) == [("body", "wrong_type")]


def test_urgent_information_has_reasons_and_somebody_to_call() -> None:
    """U1 to U3 apply though there is no core."""
    assert errors(CONTENT | {"urgency": "urgent"}) == [("body.urgency_reasons", "missing")]
    emergency = changed(CONTENT, ("urgency", "emergency"), ("body.confirmation_contact", GONE))
    assert errors(emergency) == [
        ("body.urgency_reasons", "missing"),
        ("body.urgency_details", "missing"),
        ("body.confirmation_contact", "missing"),
    ]


def test_an_offer_is_answered_by_accepting_its_conditions() -> None:
    """And by questions; it asks for nothing that could be decided."""
    offer = read_document(OFFER)
    assert errors(answer("condition_reply", {"answer": "accepted"}), request=offer) == []
    asked = {"questions": [{"question_id": "q", "text": "Until when?"}], "clock_suspended": False}
    assert errors(answer("info_needed", asked), request=offer) == []
    assert ("type", "answer_not_allowed") in errors(example("outcome_report"), request=offer)
