"""Preserved data held for the request that follows, and released."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, changed, errors, example

NOTICE = example("mla_followup_notice")
CONFIRMED = example("mla_received_confirmation")
RELEASE = example("release_notice")
REQUEST = read_document(example("preservation_request"))


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (NOTICE, "body.preservation_reference", GONE, "missing"),
        (NOTICE, "body.mla_reference", GONE, "missing"),
        (NOTICE, "body.mla_reference", " x", "bad_character"),
        (NOTICE, "body.sent_on", "2026-11-23", "in_the_future"),
        (NOTICE, "body.channel", GONE, "missing"),
        (NOTICE, "body.channel", "courier", "not_allowed_value"),
        (NOTICE, "body.sending_authority", GONE, "missing"),
        (NOTICE, "body.receiving_authority.kind", GONE, "missing"),
        (NOTICE, "body.item_ids[1]", "srv-traffic", "duplicate"),
        (CONFIRMED, "body.mla_reference", GONE, "missing"),
        (CONFIRMED, "body.received_on", "2026-11-23", "in_the_future"),
        (CONFIRMED, "body.authority", GONE, "missing"),
        (CONFIRMED, "body.hold_until_decision", False, "not_allowed_value"),
        (CONFIRMED, "body.hold_until_decision", GONE, "missing"),
        (CONFIRMED, "body.hold_until_decision", 1, "wrong_type"),
        (RELEASE, "body.items", GONE, "missing"),
        (RELEASE, "body.items[0].item_id", GONE, "missing"),
        (RELEASE, "body.items[0].released_on", "2026-11-23", "in_the_future"),
        (RELEASE, "body.items[0].released_on", "2026-11-21T00:00:00Z", "bad_date"),
        (RELEASE, "body.reason", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.1."""
    assert errors(changed(document, (path, value))) == [(path, code)]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (NOTICE, "body.item_ids[1]"),
        (CONFIRMED, "body.item_ids[1]"),
        (RELEASE, "body.items[0].item_id"),
    ],
)
def test_items_are_those_of_the_request(document: dict[str, Any], path: str) -> None:
    """With --request."""
    assert errors(document, request=REQUEST) == []
    foreign = changed(document, (path, "other"))
    assert errors(foreign, request=REQUEST) == [(path, "unknown_item")]
