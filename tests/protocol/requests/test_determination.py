"""Questions that only the requesting side can decide, and its answers."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, answer, changed, errors, example

ASKED = example("determination_request")
DECIDED = example("determination")
REPLY = example("condition_reply")
REQUEST = read_document(example("preservation_request"))


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (ASKED, "body.issue", GONE, "missing"),
        (ASKED, "body.issue", "mood", "not_allowed_value"),
        (ASKED, "body.explanation", GONE, "missing"),
        (ASKED, "body.proposal", "", "empty"),
        (ASKED, "body.answer_by", "2026-11-20", "in_the_past"),
        (ASKED, "body.item_ids", [], "empty_list"),
        (ASKED, "body.item_ids[1]", "customer", "duplicate"),
        (ASKED, "in_reply_to", GONE, "missing"),
        (DECIDED, "body.answer", GONE, "missing"),
        (DECIDED, "body.answer", "go", "not_allowed_value"),
        (DECIDED, "body.instructions", GONE, "missing"),
        (DECIDED, "body.instructions", "", "empty"),
        (REPLY, "body.answer", "perhaps", "not_allowed_value"),
        (REPLY, "body.reasons", GONE, "missing"),
        (REPLY, "body.item_ids[0]", "*", "bad_format"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.1."""
    assert errors(changed(document, (path, value))) == [(path, code)]


@pytest.mark.parametrize("verdict", ["proceed", "stop"])
def test_instructions_go_with_an_amendment_alone(verdict: str) -> None:
    """Elsewhere they would be overlooked."""
    other = changed(DECIDED, ("body.answer", verdict))
    assert errors(other) == [("body.instructions", "not_allowed_here")]
    assert errors(changed(other, ("body.instructions", GONE))) == []


def test_reasons_go_with_inability_alone() -> None:
    """An acceptance binds as it is."""
    accepted = changed(REPLY, ("body.answer", "accepted"))
    assert errors(accepted) == [("body.reasons", "not_allowed_here")]
    assert errors(changed(accepted, ("body.reasons", GONE))) == []


@pytest.mark.parametrize("document", [ASKED, DECIDED, REPLY])
def test_items_are_those_of_the_request_and_may_be_left_out(document: dict[str, Any]) -> None:
    """Absent means all of them."""
    assert errors(document, request=REQUEST) == []
    assert errors(changed(document, ("body.item_ids", GONE)), request=REQUEST) == []
    foreign = changed(document, ("body.item_ids[0]", "other"))
    assert errors(foreign, request=REQUEST) == [("body.item_ids[0]", "unknown_item")]


def test_only_some_requests_are_given_back_for_a_decision() -> None:
    """Section 5, the Answers cells."""
    advice = read_document(example("technical_advice_request"))
    asked = answer("determination_request", {"issue": "procedure", "explanation": "Paper."})
    assert errors(asked, request=advice) == [("type", "answer_not_allowed")]
    assert errors(asked, request=REQUEST) == []
    assert errors(answer("determination", {"answer": "proceed"}), request=advice) == []
