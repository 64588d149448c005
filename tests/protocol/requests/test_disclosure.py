"""Stored data of every category (Article 31); the subscriber template is shared by most tests."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, changed, errors, example

REQUEST = example("stored_data_request")
SUBSCRIBER = example("subscriber_information_request")


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (REQUEST, "body.facts", GONE, "missing"),
        (REQUEST, "body.data_relation_to_offence", GONE, "missing"),
        (REQUEST, "body.purpose_and_necessity", GONE, "missing"),
        (REQUEST, "body.items", GONE, "missing"),
        (REQUEST, "body.providers", [], "empty_list"),
        (REQUEST, "body.domestic_legal_basis", GONE, "missing"),
        (REQUEST, "body.domestic_legal_basis.documents[0]", "o.txt", "unknown_attachment"),
        (REQUEST, "body.case_status", GONE, "missing"),
        (REQUEST, "body.case_status[1]", "pretrial_phase", "duplicate"),
        (REQUEST, "body.case_status[0]", "closed", "not_allowed_value"),
        (REQUEST, "body.case_status_details", "", "empty"),
        (REQUEST, "body.special_procedure", 5, "wrong_type"),
        (REQUEST, "body.expedited_grounds[1]", "data_vulnerable", "duplicate"),
        (REQUEST, "body.expedited_grounds[0]", "night", "not_allowed_value"),
        (REQUEST, "body.items[0].period", GONE, "missing"),
        (REQUEST, "body.items[0].period.start", "2026-11-23T00:00:00Z", "in_the_future"),
        (REQUEST, "body.items[1].provider_ref", "isp", "unknown_reference"),
        (REQUEST, "body.previous_preservation", GONE, "missing"),
        (REQUEST, "body.protocol_statement", "issued_under_2ap_art_8", "unknown_field"),
        (SUBSCRIBER, "body.items[0].data_category", "other", "not_allowed_value"),
        (SUBSCRIBER, "body.items[1].details", GONE, "missing"),
        (SUBSCRIBER, "body.offences[1].penalties", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_named(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 5; a wrong category or a missing tick may make other rules speak too."""
    assert (path, code) in errors(changed(document, (path, value)))


def test_only_the_subscriber_form_does_without_a_legal_basis() -> None:
    """Its template says: if applicable."""
    without = ("body.domestic_legal_basis", GONE)
    assert errors(changed(SUBSCRIBER, without)) == []
    assert errors(changed(REQUEST, without)) == [("body.domestic_legal_basis", "missing")]


def test_subscriber_items_have_targets_of_one_kind() -> None:
    """S2 and S3."""
    item = "body.items[1].targets"
    assert errors(changed(SUBSCRIBER, (item, GONE), ("body.items[1].description", "Who?"))) == [
        (item, "missing")
    ]
    mixed = changed(SUBSCRIBER, (f"{item}[2]", {"kind": "ip", "value": "2001:db8::1"}))
    assert errors(mixed) == [(item, "not_allowed_here")]


def test_stored_data_mix_categories_and_kinds() -> None:
    """S1 to S3 are rules of the template alone."""
    targets = [{"kind": "ip", "value": "2001:db8::1"}, {"kind": "domain", "value": "a.example"}]
    assert errors(changed(REQUEST, ("body.items[0].targets", targets))) == []


def test_a_penalty_may_be_left_out() -> None:
    """Only three types and the template ask for it."""
    assert errors(changed(REQUEST, ("body.offences[0].penalties", GONE))) == []


def test_both_admit_a_delivery() -> None:
    """The data come with what was asked."""
    delivery = example("data_delivery")
    assert errors(delivery, request=read_document(REQUEST)) == []
    foreign = changed(delivery, ("body.items[0].item_id", "ip-1"))
    assert errors(foreign, request=read_document(SUBSCRIBER)) == []
