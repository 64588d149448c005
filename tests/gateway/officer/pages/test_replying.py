"""Answers that are begun for an officer: valid as far as they go, and nothing typed twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.officer.pages.replying import (
    Deciding,
    Ruling,
    begun,
    decided,
    grounds_of,
    items_of,
)
from protocol.cases.facts import Outcome
from protocol.requests.filling import fill
from tests.gateway.officer.world import FR, mid

EXAMPLES = Path(__file__).parents[3] / "examples"
WHO = Deciding(
    organisation="Example Prosecution", kind="prosecution", country="RO", decided_on="2026-11-21"
)


def request(name: str = "preservation_request") -> dict[str, Any]:
    """Return a request of the examples."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return found


def rule(outcome: Outcome, **typed: Any) -> Ruling:  # noqa: ANN401  as the field has it
    """Return a ruling on the first item."""
    return Ruling(item_id=items_of(request())[0], outcome=outcome, **typed)


FULL = {
    "ground": "essential_interests",
    "ground_reason": "It would.",
    "reasons": "See the ground.",
    "considered": True,
    "granted": "The first half.",
    "conditions": ("other", "confidential"),
    "condition_text": "Only so.",
    "postponed_until": "2026-12-24",
    "referred_to": "Another office",
    "referred_kind": "court",
    "impossible": "not_found",
}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_decision_holds_what_belongs_to_its_outcome_and_has_no_fault(outcome: Outcome) -> None:
    """Whatever else was typed into the form is left out, and the rest is a valid document."""
    typed = FULL | {"ground": "prejudice_to_own_investigation"}
    ruling = rule(outcome, **(typed if outcome is Outcome.POSTPONED else FULL))
    document = decided(request(), mid(7), FR, deciding=WHO, rulings=[ruling])
    assert fill(document).faults == ()
    item = document["body"]["items"][0]
    assert item["outcome"] == outcome.value
    assert ("not_possible_reason" in item) is (outcome is Outcome.NOT_POSSIBLE)
    assert ("referred_to" in item) is (outcome is Outcome.REFERRED)
    assert ("postponed_until" in item) is (outcome is Outcome.POSTPONED)


def test_words_of_conditions_go_with_the_one_that_needs_them() -> None:
    """`other` says nothing by itself."""
    ruling = rule(Outcome.ACCEPTED_WITH_CONDITIONS, **FULL)
    document = decided(request(), mid(7), FR, deciding=WHO, rulings=[ruling])
    assert document["body"]["items"][0]["conditions"] == [
        {"kind": "confidential"},
        {"kind": "other", "text": "Only so."},
    ]


def test_what_was_not_typed_is_not_there() -> None:
    """The check before sending asks for it; an empty text would be a fault of another kind."""
    document = decided(
        request(), mid(7), FR, deciding=WHO, rulings=[rule(Outcome.PARTIALLY_ACCEPTED)]
    )
    assert document["body"]["items"] == [
        {"item_id": items_of(request())[0], "outcome": "partially_accepted"}
    ]
    assert "recipient_reference" not in document["body"]


def test_reply_takes_over_how_the_case_is_handled() -> None:
    """Urgency, handling and language are those of the message that is answered."""
    document = begun(request(), mid(7), FR, "note")
    assert (document["to"], document["in_reply_to"]) == ("FR/1", str(mid(7)))
    assert (document["urgency"], document["handling_code"]) == ("urgent", "H1")
    assert document["body"] == {}


def test_answer_by_item_begins_with_every_item() -> None:
    """What is left out of an answer is left out on purpose."""
    asked = request()
    document = begun(asked, mid(7), FR, "preservation_report")
    assert [one["item_id"] for one in document["body"]["items"]] == list(items_of(asked))


def test_further_request_carries_over_what_both_forms_ask() -> None:
    """The Article 31 request from a preservation: nobody types the facts of a case twice."""
    asked = request()
    document = begun(asked, mid(7), FR, "stored_data_request")
    body = document["body"]
    assert body["case_reference"] == asked["body"]["case_reference"]
    assert body["items"] == asked["body"]["items"]
    assert "request_date" not in body
    assert "necessity" not in body  # a field of preservation alone


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({}, ("*",)),
        ({"body": []}, ("*",)),
        ({"body": {"items": "x"}}, ("*",)),
        ({"body": {"items": [{"item_id": 1}, {}, 3, {"item_id": "a"}]}}, ("a",)),
    ],
)
def test_items_are_read_from_whatever_came(
    document: dict[str, Any], names: tuple[str, ...]
) -> None:
    """A request without items is decided as a whole."""
    assert items_of(document) == names


def test_grounds_are_those_of_the_article() -> None:
    """Domain 8; and the one by which a decision is put off."""
    assert set(grounds_of("preservation_request")) == {
        "dual_criminality",
        "essential_interests",
        "political_offence",
        "prejudice_to_own_investigation",
    }
    assert grounds_of("note") == ()
