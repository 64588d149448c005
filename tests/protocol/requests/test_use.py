"""Use of what was given: accounts, other receivers, courts."""

from typing import Any

import pytest

from protocol.requests.use import UseAccount
from protocol.requests.wire import as_written
from tests.protocol.requests.samples import GONE, answer, changed, errors, example, valid

ASKED = example("use_account_request")
ACCOUNT = example("use_account")
ONWARD = example("onward_transfer_request")
COURT = example("judicial_use_request")
DECISIONS = ("onward_transfer_decision", "judicial_use_decision")


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (ASKED, "body.condition", GONE, "missing"),
        (ASKED, "body.answer_by", "2026-11-20", "in_the_past"),
        (ACCOUNT, "body.account", GONE, "missing"),
        (ACCOUNT, "body.from", "2026-02-29", "bad_date"),
        (ACCOUNT, "body.from", 5, "wrong_type"),
        (ACCOUNT, "body.to", "2026-11-21", "end_before_start"),
        (ACCOUNT, "body.from_", "2026-11-21", "unknown_field"),
        (ACCOUNT, "body.item_ids[1]", "srv-traffic", "duplicate"),
        (ONWARD, "body.recipient_body", GONE, "missing"),
        (ONWARD, "body.recipient_country", "XK", "unknown_country"),
        (ONWARD, "body.data_description", GONE, "missing"),
        (ONWARD, "body.purpose", GONE, "missing"),
        (COURT, "body.proceedings", GONE, "missing"),
        (COURT, "body.proceedings", {}, "wrong_type"),
        (COURT, "body.data_description", GONE, "missing"),
        (COURT, "body.purpose", "", "empty"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.3."""
    assert errors(changed(document, (path, value))) == [(path, code)]


def test_an_account_may_be_of_an_open_time() -> None:
    """Both days are optional, and the same day is a time."""
    assert errors(changed(ACCOUNT, ("body.from", GONE))) == []
    assert errors(changed(ACCOUNT, ("body.to", GONE))) == []
    assert errors(changed(ACCOUNT, ("body.to", ACCOUNT["body"]["from"]))) == []


def test_a_field_that_python_keeps_for_itself_is_written_as_the_domain_says() -> None:
    """`from`, in documents and on the wire."""
    document = valid(ACCOUNT)
    assert isinstance(document.body, UseAccount)
    assert document.body.from_ == "2026-11-22"
    assert as_written(document) == ACCOUNT


def test_days_are_compared_beside_another_fault() -> None:
    """The document is then built by hand."""
    faulty = changed(ACCOUNT, ("body.account", ""), ("body.to", "2026-11-21"))
    assert errors(faulty) == [("body.account", "empty"), ("body.to", "end_before_start")]


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"outcome": "granted"}, []),
        ({"outcome": "granted_with_conditions", "conditions": [{"kind": "no_onward"}]}, []),
        ({"outcome": "refused", "reasons": "Our own case."}, []),
        ({}, [("body.outcome", "missing")]),
        ({"outcome": "maybe"}, [("body.outcome", "not_allowed_value")]),
        ({"outcome": "granted_with_conditions"}, [("body.conditions", "missing")]),
        ({"outcome": "refused"}, [("body.reasons", "missing")]),
        ({"outcome": "granted", "reasons": "Yes."}, [("body.reasons", "not_allowed_here")]),
        (
            {"outcome": "granted", "conditions": [{"kind": "other", "text": "Soon."}]},
            [("body.conditions", "not_allowed_here")],
        ),
        (
            {"outcome": "granted_with_conditions", "conditions": [{"kind": "other"}]},
            [("body.conditions[0].text", "missing")],
        ),
        ({"outcome": "granted", "item_ids": ["a"]}, [("body.item_ids", "unknown_field")]),
    ],
)
def test_a_decision_has_the_fields_of_its_outcome(
    name: str, body: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """Section 6.3."""
    assert errors(answer(name, body)) == found
