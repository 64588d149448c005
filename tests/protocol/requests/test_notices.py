"""Incidents, errors in data, reminders, corrections, notes."""

from typing import Any

import pytest

from protocol.requests.catalogue import RESERVED
from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example

INCIDENT = example("data_incident_notice")
WRONG_DATA = example("data_correction_notice")
REMINDER = example("reminder")
CORRECTION = example("correction")
NOTE = example("note")
ALL = (INCIDENT, WRONG_DATA, REMINDER, CORRECTION, NOTE)


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (INCIDENT, "body.detected_at", GONE, "missing"),
        (INCIDENT, "body.detected_at", "2026-11-23T00:00:00Z", "in_the_future"),
        (INCIDENT, "body.detected_at", "2026-11-21", "bad_time"),
        (INCIDENT, "body.occurred_at", "2026-11-20T23:40:00", "naive_time"),
        (INCIDENT, "body.data_description", GONE, "missing"),
        (INCIDENT, "body.risk", GONE, "missing"),
        (INCIDENT, "body.measures", GONE, "missing"),
        (INCIDENT, "body.item_ids", [], "empty_list"),
        (WRONG_DATA, "body.what_is_wrong", GONE, "missing"),
        (WRONG_DATA, "body.correction", GONE, "missing"),
        (REMINDER, "body.ordinal", GONE, "missing"),
        (REMINDER, "body.ordinal", 0, "out_of_range"),
        (REMINDER, "body.ordinal", 100, "out_of_range"),
        (REMINDER, "body.ordinal", "1", "wrong_type"),
        (REMINDER, "body.ordinal", 1.0, "wrong_type"),
        (REMINDER, "body.ordinal", True, "wrong_type"),
        (REMINDER, "body.text", "", "empty"),
        (CORRECTION, "body.reason", GONE, "missing"),
        (CORRECTION, "body.correction", GONE, "missing"),
        (CORRECTION, "body.field", "a\nb", "bad_character"),
        (NOTE, "body.text", GONE, "missing"),
        (NOTE, "body.text", "x" * 20_001, "too_long"),
        (NOTE, "body.item_ids", ["a"], "unknown_field"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.3."""
    assert errors(changed(document, (path, value))) == [(path, code)]


@pytest.mark.parametrize("document", ALL)
def test_all_stand_in_a_thread_and_replace_nothing(document: dict[str, Any]) -> None:
    """A correction least of all: nothing is ever edited."""
    assert errors(changed(document, ("in_reply_to", GONE))) == [("in_reply_to", "missing")]
    assert errors(document | {"supersedes": MESSAGE}) == [("supersedes", "not_allowed_here")]


@pytest.mark.parametrize("name", ["technical_advice_request", "stored_data_request"])
@pytest.mark.parametrize("document", [REMINDER, CORRECTION, NOTE])
def test_all_fit_every_request(document: dict[str, Any], name: str) -> None:
    """Section 6."""
    assert errors(document, request=read_document(example(name))) == []


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_what_nodes_make_is_not_sendable(name: str) -> None:
    """Section 6.4; and nothing is said of a body that was not looked at."""
    assert errors(NOTE | {"type": name, "body": {"code": 1}}) == [("type", "not_sendable")]
    assert errors(NOTE | {"type": f" {name}"}) == [("type", "unknown_type")]
