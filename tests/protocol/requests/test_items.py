"""Items of a request: what goes with what, and when."""

import pytest

from tests.protocol.requests.samples import GONE, changed, errors, example

REQUEST = example("subscriber_information_request")
IP = "body.items[0]"
ACCOUNT = "body.items[1]"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [(f"{IP}.targets", GONE), (f"{IP}.description", "The line of the caller.")],
            [(f"{IP}.targets", "missing")],
        ),
        ([(f"{IP}.targets", GONE)], [(f"{IP}.targets", "missing")]),
        ([(f"{IP}.item_id", GONE)], [(f"{IP}.item_id", "missing")]),
        ([(f"{IP}.item_id", "*")], [(f"{IP}.item_id", "bad_format")]),
        ([(f"{IP}.data_category", "secret")], [(f"{IP}.data_category", "not_allowed_value")]),
        ([(f"{IP}.details[3]", "shoe_size")], [(f"{IP}.details[3]", "not_allowed_value")]),
        ([(f"{IP}.details[1]", "subscriber_names")], [(f"{IP}.details[1]", "duplicate")]),
        ([(f"{IP}.details[2]", "last_access_ip")], [(f"{IP}.details[2]", "not_allowed_here")]),
        (
            [(f"{IP}.details", ["registration_ip", "email_addresses"])],
            [(f"{IP}.details[0]", "not_allowed_here"), (f"{IP}.details[1]", "not_allowed_here")],
        ),
        ([(f"{IP}.period", GONE)], []),
        (
            [(f"{IP}.period", GONE), (f"{IP}.targets[1].at", GONE),
             (f"{IP}.targets[1].port", GONE)],
            [(f"{IP}.period", "missing")],
        ),
        (
            [(f"{IP}.period", GONE), (f"{IP}.targets[1].at", GONE)],
            [(f"{IP}.targets[1].at", "missing"), (f"{IP}.period", "missing")],
        ),
        ([(f"{ACCOUNT}.period", GONE)], []),
        ([(f"{ACCOUNT}.access_period", GONE)], [(f"{ACCOUNT}.access_period", "missing")]),
        (
            [(f"{ACCOUNT}.details", ["subscriber_names"])],
            [(f"{ACCOUNT}.access_period", "not_allowed_here")],
        ),
        (
            [(f"{ACCOUNT}.provider_ref", "nobody")],
            [(f"{ACCOUNT}.provider_ref", "unknown_reference")],
        ),
        ([(f"{ACCOUNT}.provider_ref", GONE)], []),
        (
            [(f"{IP}.period.start", "2026-11-23T00:00:00+01:00"),
             (f"{IP}.period.end", "2026-11-24T00:00:00+01:00")],
            [],
        ),
        (
            [(f"{IP}.period.start", "2026-11-23T00:00:00Z"),
             (f"{IP}.period.end", "2026-11-24T00:00:00Z")],
            [(f"{IP}.period.start", "in_the_future")],
        ),
        (
            [(f"{ACCOUNT}.access_period.start", "2026-12-23T00:00:00Z"),
             (f"{ACCOUNT}.access_period.end", "2026-12-24T00:00:00Z")],
            [(f"{ACCOUNT}.access_period.start", "in_the_future")],
        ),
    ],
)  # fmt: skip
def test_an_item_holds_together(
    changes: list[tuple[str, object]], expected: list[tuple[str, str]]
) -> None:
    """Section 4.3, and rule S2 of the type."""
    assert errors(changed(REQUEST, *changes)) == expected


def test_items_of_other_categories_are_refused_with_all_that_follows() -> None:
    """S1, and the rules that the new category brings."""
    found = errors(changed(REQUEST, (f"{IP}.data_category", "traffic")))
    assert found == [
        (f"{IP}.data_category", "not_allowed_value"),
        (f"{IP}.details", "not_allowed_here"),
    ]
    found = errors(changed(REQUEST, (f"{IP}.data_category", "content"), (f"{IP}.period", GONE)))
    assert (f"{IP}.period", "missing") in found


def test_subscribers_need_ticks_and_one_kind_of_target() -> None:
    """S2 and S3."""
    assert errors(changed(REQUEST, (f"{IP}.details", GONE))) == [(f"{IP}.details", "missing")]
    mixed = changed(REQUEST, (f"{ACCOUNT}.targets[1]", REQUEST["body"]["items"][0]["targets"][0]))
    assert errors(mixed) == [(f"{ACCOUNT}.targets", "not_allowed_here")]


def test_account_ticks_go_with_mixed_or_described_targets() -> None:
    """Rule 3 speaks of items whose targets are all addresses."""
    mixed = changed(
        example("preservation_request"), ("body.items[2].targets[1]", {"kind": "ip",
        "value": "2001:db8::1", "at": "2026-11-01T00:00:00Z"})
    )  # fmt: skip
    assert errors(mixed) == []


def test_rules_of_an_item_pass_over_entries_at_fault() -> None:
    """A broken target does not silence the others, nor add to what is said of it."""
    found = errors(
        changed(
            REQUEST,
            (f"{IP}.targets[0]", "192.0.2.17"),
            (f"{IP}.period", GONE),
            (f"{IP}.targets[2].at", GONE),
        )
    )
    assert found == [
        (f"{IP}.targets[0]", "wrong_type"),
        (f"{IP}.targets[2].at", "missing"),
    ]
    assert errors(changed(REQUEST, ("body.items[0]", None))) == [("body.items[0]", "wrong_type")]
    assert errors(
        changed(REQUEST, (f"{IP}.details[0]", 5), (f"{IP}.details[1]", "access_ips"))
    ) == [
        (f"{IP}.details[0]", "wrong_type"),
        (f"{IP}.details[1]", "not_allowed_here"),
    ]
