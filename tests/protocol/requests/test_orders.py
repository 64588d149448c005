"""Orders to providers under Articles 7 and 8 of the Second Protocol."""

from typing import Any

import pytest

from protocol.requests.check import read_document
from tests.protocol.requests.samples import (
    GONE,
    MESSAGE,
    answer,
    changed,
    errors,
    example,
    profile,
)

REQUEST = example("order_effect_request")
NOTICE = example("subscriber_order_notice")


@pytest.mark.parametrize(
    ("document", "path", "value", "code"),
    [
        (REQUEST, "in_reply_to", MESSAGE, "not_allowed_here"),
        (REQUEST, "body.order", GONE, "missing"),
        (REQUEST, "body.order.issuing_authority", GONE, "missing"),
        (REQUEST, "body.order.seeking_authority", GONE, "missing"),
        (REQUEST, "body.order.issued_on", "2026-11-23", "in_the_future"),
        (
            REQUEST,
            "body.order.protocol_statement",
            "issued_under_2ap_art_9",
            "not_allowed_value",
        ),
        (REQUEST, "body.offences[0].penalties", GONE, "missing"),
        (REQUEST, "body.items[0].data_category", "other", "not_allowed_value"),
        (REQUEST, "body.items[1].period", GONE, "missing"),
        (REQUEST, "body.providers[0].address", GONE, "missing"),
        (REQUEST, "body.providers[0].name", GONE, "missing"),
        (REQUEST, "body.support", GONE, "missing"),
        (REQUEST, "body.support.legal_grounds", GONE, "missing"),
        (REQUEST, "body.support.provisions_and_penalties", GONE, "missing"),
        (REQUEST, "body.support.why_provider", GONE, "missing"),
        (REQUEST, "body.support.facts", GONE, "missing"),
        (REQUEST, "body.support.relevance", GONE, "missing"),
        (REQUEST, "body.support.further_contact.name", GONE, "missing"),
        (REQUEST, "body.support.prior_preservation.channel", "pigeon", "not_allowed_value"),
        (REQUEST, "body.support.other_means", "", "empty"),
        (REQUEST, "body.special_procedure", GONE, "missing"),
        (REQUEST, "body.facts", "They are in `support`.", "unknown_field"),
        (NOTICE, "in_reply_to", MESSAGE, "not_allowed_here"),
        (NOTICE, "supersedes", MESSAGE, "not_allowed_here"),
        (NOTICE, "attachments", GONE, "missing"),
        (NOTICE, "body.case_reference", GONE, "missing"),
        (NOTICE, "body.issuing_authority", GONE, "missing"),
        (NOTICE, "body.issued_on", "2026-11-23", "in_the_future"),
        (NOTICE, "body.providers[0].address", GONE, "missing"),
        (NOTICE, "body.offences[0].penalties", GONE, "missing"),
        (NOTICE, "body.facts", GONE, "missing"),
        (NOTICE, "body.supplement", "", "empty"),
    ],
)
def test_a_field_at_fault_is_named(
    document: dict[str, Any], path: str, value: object, code: str
) -> None:
    """Sections 5 and 6.3; a wrong category also makes the ticks wrong."""
    assert (path, code) in errors(changed(document, (path, value)))


def test_an_order_goes_to_one_provider() -> None:
    """A second one needs an order of its own."""
    second = REQUEST["body"]["providers"][0] | {"provider_id": "second"}
    assert errors(changed(REQUEST, ("body.providers[1]", second))) == [
        ("body.providers", "too_many")
    ]


def test_content_is_beyond_the_article() -> None:
    """S4."""
    content = changed(REQUEST, ("body.items[1].data_category", "content"))
    assert errors(content) == [("body.items[1].data_category", "not_allowed_value")]


def test_both_need_the_order_and_the_protocol_on_both_sides() -> None:
    """Required role, and P3."""
    paper = [{"path": "o.txt", "role": "court_order"}]
    for document in (REQUEST, NOTICE):
        assert errors(changed(document, ("attachments", paper))) == [("attachments", "missing")]
        peer = document["to"].partition("/")[0]
        for party in (peer, "FR"):
            signed = profile(party=party, second_protocol="signed", languages=["en", "fr"])
            assert errors(document, profiles=[signed]) == [("type", "treaty_not_in_force")]


def test_an_urgent_notice_needs_no_reasons() -> None:
    """U1 to U3 are rules of requests."""
    assert errors(NOTICE | {"urgency": "urgent"}) == []


def test_a_notice_is_answered_by_a_person_or_a_note() -> None:
    """The eight types are answers to requests."""
    notice = read_document(NOTICE)
    assert errors(example("acknowledgement"), request=notice) == []
    assert errors(answer("note", {"text": "Seen."}), request=notice) == []
    assert ("type", "answer_not_allowed") in errors(example("decision"), request=notice)
