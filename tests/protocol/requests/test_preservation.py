"""Preservation: request, extension, report."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example, warnings

REQUEST = example("preservation_request")
EXTENSION = example("preservation_extension")
REPORT = example("preservation_report")
ITEM = "body.items[0]"


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (REQUEST, "in_reply_to", MESSAGE, "not_allowed_here"),
        (REQUEST, "body.facts", GONE, "missing"),
        (REQUEST, "body.necessity", GONE, "missing"),
        (REQUEST, "body.data_relation_to_offence", None, "missing"),
        (REQUEST, "body.providers", GONE, "missing"),
        (REQUEST, "body.mla_intent", False, "not_allowed_value"),
        (REQUEST, "body.mla_intent", GONE, "missing"),
        (REQUEST, "body.mla_intent", 1, "wrong_type"),
        (REQUEST, "body.mla_intent", "true", "wrong_type"),
        (REQUEST, "body.mla_planned_date", "2026-11-20", "in_the_past"),
        (REQUEST, "body.requested_until", "2026-11-21", "in_the_past"),
        (REQUEST, "body.requested_until", "2026-11-31", "bad_date"),
        (REQUEST, "body.items[1].period", GONE, "missing"),
        (REQUEST, "body.items[2].provider_ref", "isp", "unknown_reference"),
        (REQUEST, "body.case_status", ["on_trial"], "unknown_field"),
        (EXTENSION, "body.request_date", "2026-11-23", "in_the_future"),
        (EXTENSION, "body.previous_preservation", GONE, "missing"),
        (EXTENSION, "body.requested_until", GONE, "missing"),
        (EXTENSION, "body.reason", GONE, "missing"),
        (EXTENSION, "body.mla_planned_date", GONE, "missing"),
        (EXTENSION, "body.item_ids", [], "empty_list"),
        (EXTENSION, "body.item_ids[1]", "srv-traffic", "duplicate"),
        (EXTENSION, "body.item_ids[1]", "*", "bad_format"),
        (REPORT, f"{ITEM}.result", "kept", "not_allowed_value"),
        (REPORT, f"{ITEM}.preserved_at", GONE, "missing"),
        (REPORT, f"{ITEM}.preserved_until", GONE, "missing"),
        (REPORT, f"{ITEM}.preserved_at", "2026-11-23T17:40:00Z", "in_the_future"),
        (REPORT, f"{ITEM}.preserved_until", "2027-01-19T17:39:59+02:00", "below_legal_floor"),
        (REPORT, f"{ITEM}.preserved_until", "2027-02-18", "bad_time"),
        (REPORT, f"{ITEM}.other_provider_involved", 1, "wrong_type"),
        (REPORT, "body.items[1].item_id", "srv-traffic", "duplicate"),
        (REPORT, "in_reply_to", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Sections 5 and 6.1."""
    faults = errors(changed(document, (path, value)))
    if code == "in_the_future" and path.endswith("preserved_at"):
        faults = [fault for fault in faults if fault[1] != "below_legal_floor"]
    assert faults == [(path, code)]


def test_sixty_days_of_24_hours_are_the_floor() -> None:
    """Article 29(7): to the second."""
    just = changed(REPORT, (f"{ITEM}.preserved_until", "2027-01-19T17:40:00+02:00"))
    assert errors(just) == []


@pytest.mark.parametrize("result", ["not_found", "not_available", "beyond_jurisdiction"])
def test_what_is_not_preserved_has_no_dates(result: str) -> None:
    """Each date is refused by its own path."""
    item = f"{ITEM}.result"
    assert errors(changed(REPORT, (item, result))) == [
        (f"{ITEM}.preserved_at", "not_allowed_here"),
        (f"{ITEM}.preserved_until", "not_allowed_here"),
    ]
    bare = changed(REPORT, (ITEM, {"item_id": "srv-traffic", "result": result}))
    assert errors(bare) == []


def test_a_path_is_asked_of_traffic_data() -> None:
    """Article 30."""
    without = changed(REQUEST, ("body.items", REQUEST["body"]["items"][1:]))
    assert errors(without) == [("body.path_disclosure_requested", "not_allowed_here")]
    assert errors(changed(without, ("body.path_disclosure_requested", False))) == []


def test_an_extension_names_one_preservation() -> None:
    """Another one has an extension of its own."""
    prior = EXTENSION["body"]["previous_preservation"][0]
    two = changed(EXTENSION, ("body.previous_preservation", [prior, prior]))
    assert errors(two) == [("body.previous_preservation", "too_many")]
    assert errors(changed(EXTENSION, ("in_reply_to", GONE))) == []


def test_an_extension_names_items_of_the_request() -> None:
    """With --request."""
    request = read_document(REQUEST)
    assert errors(EXTENSION, request=request) == []
    foreign = changed(EXTENSION, ("body.item_ids[1]", "other"))
    assert errors(foreign, request=request) == [("body.item_ids[1]", "unknown_item")]
    everything = changed(EXTENSION, ("body.item_ids", GONE))
    assert errors(everything, request=request) == []


def test_a_report_on_an_extension_names_items_that_it_named() -> None:
    """An extension without names is about all items of a request that is not at hand."""
    assert errors(REPORT, request=read_document(EXTENSION)) == [
        ("body.items[1].item_id", "unknown_item")
    ]
    everything = read_document(changed(EXTENSION, ("body.item_ids", GONE)))
    assert errors(REPORT, request=everything) == []


@pytest.mark.parametrize("document", [REQUEST, EXTENSION])
def test_an_end_nearer_than_the_law_gives_is_warned_of(document: dict[str, Any]) -> None:
    """P10."""
    near = changed(document, ("body.requested_until", "2027-01-19"))
    assert warnings(near) == [("body.requested_until", "short_preservation")]
    assert warnings(changed(document, ("body.requested_until", "2027-01-20"))) == []
    assert warnings(changed(document, ("body.requested_until", "never"))) == []
