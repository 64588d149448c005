"""Assistance under Article 35: advice, law, suspects, other evidence."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example, warnings

ADVICE = example("technical_advice_request")
LAW = example("legal_information_request")
SUSPECT = example("suspect_location_request")
EVIDENCE = example("evidence_assistance_request")
ITEM = {"item_id": "other", "data_category": "other", "description": "Keys.", "provider_ref": "p"}


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (ADVICE, "body.subject", GONE, "missing"),
        (ADVICE, "body.question", "", "empty"),
        (ADVICE, "body.indicators", [], "empty_list"),
        (ADVICE, "body.indicators[0].value", "localhost", "bad_format"),
        (ADVICE, "body.indicators[0].port", 53, "not_allowed_here"),
        (ADVICE, "body.incident_reference", "x" * 65, "too_long"),
        (ADVICE, "body.requesting_authority.country", GONE, "missing"),
        (LAW, "body.questions", GONE, "missing"),
        (LAW, "body.questions[0].topic", GONE, "missing"),
        (LAW, "body.questions[0].topic", "weather", "not_allowed_value"),
        (LAW, "body.questions[1].question_id", "form", "duplicate"),
        (LAW, "body.questions[1].text", GONE, "missing"),
        (LAW, "body.offences", [], "empty_list"),
        (LAW, "body.offences[0].conv_article", 12, "out_of_range"),
        (LAW, "body.request_date", "2026-11-20", "unknown_field"),
        (SUSPECT, "body.facts", GONE, "missing"),
        (SUSPECT, "body.persons", GONE, "missing"),
        (SUSPECT, "body.purpose", GONE, "missing"),
        (SUSPECT, "body.danger_warning", "", "empty"),
        (SUSPECT, "body.persons[0].person_id", GONE, "missing"),
        (SUSPECT, "body.persons[0].names", GONE, "missing"),
        (SUSPECT, "body.persons[0].names[1]", "a\nb", "bad_character"),
        (SUSPECT, "body.persons[0].date_of_birth", "1991-02-29", "bad_date"),
        (SUSPECT, "body.persons[0].nationality", "UK", "unknown_country"),
        (SUSPECT, "body.persons[0].identity_documents[0]", "", "empty"),
        (SUSPECT, "body.persons[0].description", GONE, None),
        (SUSPECT, "body.persons[0].last_known_location", "x" * 1_001, "too_long"),
        (SUSPECT, "body.items[0].provider_ref", "p", "unknown_reference"),
        (SUSPECT, "body.items", GONE, None),
        (SUSPECT, "body.providers", [], "unknown_field"),
        (EVIDENCE, "body.facts", GONE, "missing"),
        (EVIDENCE, "body.measure_sought", GONE, "missing"),
        (EVIDENCE, "body.purpose_and_necessity", GONE, "missing"),
        (EVIDENCE, "body.items[1]", ITEM, None),
        (EVIDENCE, "body.persons[1]", {"person_id": "landlord", "names": ["A"]}, None),
        (EVIDENCE, "body.domestic_legal_basis.text", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str | None
) -> None:
    """Section 5; two changes fall on a field below, and are looked at by themselves."""
    found = errors(changed(document, (path, value)))
    if code is not None:
        assert found == [(path, code)]
    elif value is GONE:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0][0].startswith(path)


def test_persons_have_names_of_their_own() -> None:
    """G7."""
    twice = changed(EVIDENCE, ("body.persons[1]", {"person_id": "landlord", "names": ["A"]}))
    assert errors(twice) == [("body.persons[1].person_id", "duplicate")]


def test_evidence_may_name_providers() -> None:
    """Section 4.3, rule 5."""
    with_item = changed(EVIDENCE, ("body.items[1]", ITEM))
    assert errors(with_item) == [("body.items[1].provider_ref", "unknown_reference")]
    provider = {"provider_id": "p", "name": "Example Lager AG"}
    assert errors(changed(with_item, ("body.providers", [provider]))) == []


def test_a_port_among_indicators_has_its_moment() -> None:
    """There is no item whose period could stand for it."""
    path = "body.indicators[1]"
    ported = changed(ADVICE, (f"{path}.port", 53))
    assert errors(ported) == [(f"{path}.at", "missing")]
    assert errors(changed(ported, (f"{path}.at", "2026-11-04T10:00:00Z"))) == []


def test_an_address_among_indicators_is_warned_of_like_any_other() -> None:
    """Section 4.2."""
    assert warnings(ADVICE) == [("body.indicators[1].port", "port_advised")]


@pytest.mark.parametrize("document", [ADVICE, LAW, SUSPECT, EVIDENCE])
def test_each_may_stand_in_a_thread(document: dict[str, Any]) -> None:
    """Section 5, +thread."""
    assert errors(document | {"in_reply_to": MESSAGE}) == []


def test_without_items_the_whole_is_answered() -> None:
    """Section 6."""
    request = read_document(changed(EVIDENCE, ("body.items", GONE)))
    report = example("outcome_report")
    assert errors(report, request=request) == [("body.items[0].item_id", "unknown_item")]
    assert errors(changed(report, ("body.items[0].item_id", "*")), request=request) == []
