"""Paths, advice and outcomes."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, changed, errors, example

PATH = example("path_disclosure")
ADVICE = example("advice_answer")
OUTCOME = example("outcome_report")
ITEM = "body.items[0]"
PROVIDERS = PATH["body"]["items"][0]["providers"]
GROUND = {"code": "essential_interests", "reason": "A network of the state."}


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (PATH, f"{ITEM}.item_id", GONE, "missing"),
        (PATH, f"{ITEM}.result", "found", "not_allowed_value"),
        (PATH, f"{ITEM}.providers", GONE, "missing"),
        (PATH, f"{ITEM}.providers[0].name", GONE, "missing"),
        (PATH, f"{ITEM}.providers[0].country", GONE, "missing"),
        (PATH, f"{ITEM}.providers[0].country", "UK", "unknown_country"),
        (PATH, f"{ITEM}.path", GONE, "missing"),
        (PATH, f"{ITEM}.path", "", "empty"),
        (PATH, f"{ITEM}.grounds", [GROUND], "not_allowed_here"),
        (PATH, "body.items[1].path", "By air.", "not_allowed_here"),
        (PATH, "body.items[1].item_id", "srv-traffic", "duplicate"),
        (PATH, "body.note", "", "empty"),
        (ADVICE, "body.answers", GONE, "missing"),
        (ADVICE, "body.answers[0].text", GONE, "missing"),
        (ADVICE, "body.answers[0].question_id", "a b", "bad_format"),
        (ADVICE, "body.references[0]", "a\nb", "bad_character"),
        (OUTCOME, f"{ITEM}.outcome", GONE, "missing"),
        (OUTCOME, f"{ITEM}.outcome", "done", "not_allowed_value"),
        (OUTCOME, f"{ITEM}.reason", "", "empty"),
        (OUTCOME, "body.note", 1, "wrong_type"),
        (OUTCOME, "body.items", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.1."""
    assert errors(changed(document, (path, value))) == [(path, code)]


def withheld(*codes: str) -> dict[str, Any]:
    """Return a disclosure that withholds the path on these grounds."""
    grounds = [GROUND | {"code": code} for code in codes]
    return changed(PATH, (ITEM, {"item_id": "a", "result": "withheld", "grounds": grounds}))


def test_a_path_is_withheld_on_two_grounds_only() -> None:
    """Section 8."""
    assert errors(withheld("political_offence", "essential_interests")) == []
    assert errors(withheld("essential_interests", "domestic_law", "dual_criminality")) == [
        (f"{ITEM}.grounds[1].code", "ground_not_allowed"),
        (f"{ITEM}.grounds[2].code", "ground_not_allowed"),
    ]
    assert errors(withheld("mood")) == [(f"{ITEM}.grounds[0].code", "not_allowed_value")]
    bare = changed(withheld("mood"), (f"{ITEM}.grounds", GONE))
    assert errors(bare) == [(f"{ITEM}.grounds", "missing")]
    odd = changed(withheld("essential_interests"), (f"{ITEM}.grounds[0]", 5))
    assert errors(odd) == [(f"{ITEM}.grounds[0]", "wrong_type")]


def test_what_is_withheld_is_not_told() -> None:
    """Each field of another result by its own path."""
    item = withheld("essential_interests")["body"]["items"][0]
    told = changed(PATH, (ITEM, item | {"providers": PROVIDERS, "path": "By sea."}))
    assert errors(told) == [
        (f"{ITEM}.providers", "not_allowed_here"),
        (f"{ITEM}.path", "not_allowed_here"),
    ]


@pytest.mark.parametrize("outcome", ["nothing_found", "impossible"])
def test_failure_has_a_reason_and_success_may(outcome: str) -> None:
    """The one conditional field that is optional in the other case."""
    bare = changed(OUTCOME, (f"{ITEM}.reason", GONE))
    assert errors(bare) == []
    assert errors(changed(bare, (f"{ITEM}.outcome", outcome))) == [(f"{ITEM}.reason", "missing")]
    assert errors(changed(OUTCOME, (f"{ITEM}.outcome", outcome))) == []


def test_answers_name_each_question_once_and_some_name_none() -> None:
    """G7."""
    asked = [{"text": "Yes.", "question_id": "form"}, {"text": "Also:"}, {"text": "And:"}]
    law = read_document(example("legal_information_request"))
    assert errors(changed(ADVICE, ("body.answers", asked)), request=law) == []
    twice = changed(ADVICE, ("body.answers", [asked[0], asked[1], asked[0]]))
    assert errors(twice) == [("body.answers[2].question_id", "duplicate")]


def test_each_is_an_answer_to_its_own_requests() -> None:
    """Section 5, the Answers cells."""
    preservation = read_document(example("preservation_request"))
    advice = read_document(example("technical_advice_request"))
    evidence = read_document(example("evidence_assistance_request"))
    assert errors(PATH, request=preservation) == []
    assert errors(ADVICE, request=advice) == []
    assert errors(OUTCOME, request=evidence) == []
    assert ("type", "answer_not_allowed") in errors(PATH, request=evidence)
    assert ("type", "answer_not_allowed") in errors(ADVICE, request=preservation)
    assert ("type", "answer_not_allowed") in errors(OUTCOME, request=advice)
