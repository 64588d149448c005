"""Emergency disclosure under Article 9 of the Second Protocol."""

import pytest

from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example

REQUEST = example("emergency_disclosure_request")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("urgency", "urgent", "not_allowed_value"),
        ("in_reply_to", MESSAGE, "not_allowed_here"),
        ("body.competent_authority", GONE, "missing"),
        ("body.issued_on", "2026-11-23", "in_the_future"),
        ("body.protocol_statement", "issued_under_2ap_art_10", "not_allowed_value"),
        ("body.protocol_statement", GONE, "missing"),
        ("body.providers[0].name", GONE, "missing"),
        ("body.providers[0].address", GONE, "missing"),
        ("body.offences[0].penalties", GONE, "missing"),
        ("body.emergency_facts", "", "empty"),
        ("body.data_relation_to_emergency", GONE, "missing"),
        ("body.items[1].period", GONE, "missing"),
        ("body.items[0].provider_ref", "mail", "unknown_reference"),
        ("body.special_procedure", GONE, "missing"),
        ("body.special_procedure", " ", "empty"),
        ("body.special_procedure", False, "wrong_type"),
        ("body.oral_given_at", GONE, "missing"),
        ("body.oral_given_to", GONE, "missing"),
        ("body.oral_given_at", "2026-11-23T00:00:00Z", "in_the_future"),
        ("body.urgency_details", GONE, "missing"),
        ("body.urgency_reasons", GONE, "missing"),
        ("body.confirmation_contact", GONE, "missing"),
        ("body.request_date", "2026-11-21", "unknown_field"),
    ],
)
def test_a_field_at_fault_is_the_only_line(path: str, value: object, code: str) -> None:
    """Article 9(3)."""
    assert errors(changed(REQUEST, (path, value))) == [(path, code)]


def test_null_is_the_statement_that_no_procedure_is_asked() -> None:
    """The name must be there, with or without a value."""
    assert not errors(REQUEST)
    assert not errors(changed(REQUEST, ("body.special_procedure", "Seal the copy.")))


def test_an_oral_request_may_be_left_out_whole() -> None:
    """Both or neither."""
    silent = changed(REQUEST, ("body.oral_given_at", GONE), ("body.oral_given_to", GONE))
    assert errors(silent) == []
