"""Emergency disclosure and mutual assistance under Articles 9 and 10 of the Second Protocol."""

import pytest

from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example, profile

REQUEST = example("emergency_disclosure_request")
MLA = example("emergency_mla_request")


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


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("urgency", "urgent", "not_allowed_value"),
        ("in_reply_to", MESSAGE, "not_allowed_here"),
        ("copies_to", GONE, "missing"),
        ("body.facts", GONE, "missing"),
        ("body.purpose_and_necessity", GONE, "missing"),
        ("body.protocol_statement", "issued_under_2ap_art_9", "not_allowed_value"),
        ("body.offences[0].penalties", GONE, "missing"),
        ("body.emergency_facts", GONE, "missing"),
        ("body.data_relation_to_emergency", GONE, "missing"),
        ("body.measure_sought", GONE, "missing"),
        ("body.case_status", GONE, "missing"),
        ("body.items[0].provider_ref", "mail", "unknown_reference"),
        ("body.providers[0].name", None, None),
        ("body.special_procedure", "", "empty"),
        ("body.advance_copy_channel", "a\nb", "bad_character"),
        ("body.confirmation_contact", GONE, "missing"),
        ("body.request_date", GONE, "missing"),
        ("body.confidentiality", GONE, "missing"),
    ],
)
def test_a_field_of_assistance_at_fault_is_the_only_line(
    path: str, value: object, code: str | None
) -> None:
    """Section 5; providers need not be named."""
    assert errors(changed(MLA, (path, value))) == ([(path, code)] if code else [])


def test_assistance_may_be_asked_without_items() -> None:
    """A search, a hearing; then neither items nor providers are named."""
    bare = changed(MLA, ("body.items", GONE), ("body.providers", GONE))
    assert errors(bare) == []
    lost = changed(MLA, ("body.providers", GONE))
    assert errors(lost) == [("body.items[0].provider_ref", "unknown_reference")]


def test_assistance_goes_through_points_of_contact_by_declaration() -> None:
    """P5 and P3."""
    closed = profile(party="FR", poc_channel_10_9=False, languages=["fr", "en"])
    assert errors(MLA, profiles=[closed]) == [("type", "channel_not_declared")]
    outside = profile(party="FR", second_protocol="not_party", languages=["fr", "en"])
    assert errors(MLA, profiles=[outside]) == [("type", "treaty_not_in_force")]
    assert errors(MLA, profiles=[profile(party="FR", languages=["en"])]) == []
