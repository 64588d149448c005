"""Delay, referral, withdrawal, confirmation, closure."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example

DELAY = example("delay_notice")
REFERRAL = example("referral_notice")
WITHDRAWAL = example("withdrawal")
WITHDRAWN = example("withdrawal_ack")
CLOSURE = example("closure")
FORMAL = example("formal_confirmation")
REQUEST = read_document(example("preservation_request"))


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (DELAY, "body.reason", GONE, "missing"),
        (DELAY, "body.new_expected_date", "2026-11-20", "in_the_past"),
        (DELAY, "body.new_expected_date", GONE, "missing"),
        (REFERRAL, "body.referred_to", GONE, "missing"),
        (REFERRAL, "body.referred_on", "2026-11-23", "in_the_future"),
        (REFERRAL, "body.their_reference", "x" * 65, "too_long"),
        (REFERRAL, "body.reason", "", "empty"),
        (WITHDRAWAL, "body.reason", GONE, "missing"),
        (WITHDRAWAL, "body.item_ids", [], "empty_list"),
        (WITHDRAWN, "body.items", GONE, "missing"),
        (WITHDRAWN, "body.items[0].state", GONE, "missing"),
        (WITHDRAWN, "body.items[0].state", "gone", "not_allowed_value"),
        (WITHDRAWN, "body.note", "", "empty"),
        (CLOSURE, "body.reason", GONE, "missing"),
        (CLOSURE, "body.item_ids", ["customer"], "unknown_field"),
        (FORMAL, "body.kind", "formal", "not_allowed_value"),
        (FORMAL, "body.channel", GONE, "missing"),
        (FORMAL, "body.sent_on", "2026-11-23", "in_the_future"),
        (FORMAL, "body.reference", "", "empty"),
        (FORMAL, "body.note", "", "empty"),
    ],
)
def test_a_field_at_fault_is_the_only_line(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Section 6.1."""
    assert errors(changed(document, (path, value))) == [(path, code)]


@pytest.mark.parametrize("document", [DELAY, REFERRAL, WITHDRAWAL, WITHDRAWN, CLOSURE])
def test_all_fit_every_request_and_none_opens_a_case(document: dict[str, Any]) -> None:
    """Section 6."""
    assert errors(document, request=REQUEST) == []
    assert errors(changed(document, ("in_reply_to", GONE))) == [("in_reply_to", "missing")]
    assert errors(document | {"supersedes": MESSAGE}) == [("supersedes", "not_allowed_here")]


def test_a_withdrawal_may_be_of_the_whole() -> None:
    """By saying nothing of items; its acknowledgement by a star."""
    assert errors(changed(WITHDRAWAL, ("body.item_ids", GONE)), request=REQUEST) == []
    star = changed(WITHDRAWN, ("body.items[0].item_id", "*"))
    assert errors(star, request=REQUEST) == []
    foreign = changed(WITHDRAWN, ("body.items[0].item_id", "other"))
    assert errors(foreign, request=REQUEST) == [("body.items[0].item_id", "unknown_item")]
