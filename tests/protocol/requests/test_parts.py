"""Objects that forms share, each of their rules in a document that is otherwise right."""

import pytest

from tests.protocol.requests.samples import GONE, changed, errors, example, valid

REQUEST = example("subscriber_information_request")
AUTHORITY = "body.requesting_authority"
CONTACT = "body.confirmation_contact"
PERIOD = "body.items[0].period"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (f"{AUTHORITY}.organisation", GONE, "missing"),
        (f"{AUTHORITY}.kind", "army", "not_allowed_value"),
        (f"{AUTHORITY}.country", GONE, "missing"),
        (f"{AUTHORITY}.country", "EU", "unknown_country"),
        (f"{AUTHORITY}.address", "x" * 1_001, "too_long"),
        (f"{AUTHORITY}.telephone", "21 555", "bad_format"),
        (f"{AUTHORITY}.email", "nobody", "bad_format"),
        (f"{AUTHORITY}.time_zone", "Paris", "unknown_zone"),
        (f"{AUTHORITY}.languages", [], "empty_list"),
        (f"{AUTHORITY}.languages[1]", "xx", "unknown_language"),
        (f"{AUTHORITY}.rank", "high", "unknown_field"),
        (f"{CONTACT}.name", "", "empty"),
        (f"{CONTACT}.languages[0]", 3, "wrong_type"),
        ("body.offences[0].title", None, "missing"),
        ("body.offences[0].provisions", "\t", "empty"),
        ("body.offences[0].penalties", GONE, "missing"),
        ("body.offences[0].conv_article", 1, "out_of_range"),
        ("body.offences[0].conv_article", 12, "out_of_range"),
        ("body.offences[0].conv_article", "8", "wrong_type"),
        ("body.offences[0].conv_article", 8.0, "wrong_type"),
        ("body.offences[0].conv_article", True, "wrong_type"),
        ("body.offences[0].conv_article", 10**30, "out_of_range"),
        ("body.offences[0].committed_from", "2026-09-31", "bad_date"),
        ("body.offences[0].committed_to", "2026-08-02", "end_before_start"),
        ("body.providers[0].provider_id", "a b", "bad_format"),
        ("body.providers[0].emails[0]", "x", "bad_format"),
        ("body.providers[0].unknown", "yes", "wrong_type"),
        ("body.providers[0].unknown", 1, "wrong_type"),
        (f"{PERIOD}.start", "2026-09-14", "bad_time"),
        (f"{PERIOD}.end", "2026-09-14T20:59:59+02:00", "end_before_start"),
        (f"{PERIOD}.time_zone", "Europe/Lissabon", "unknown_zone"),
        (f"{PERIOD}.time_zone", "Europe/London", "offset_zone_mismatch"),
        (f"{PERIOD}.precision", "week", "not_allowed_value"),
        ("body.previous_mla[0].reference", " x", "bad_character"),
        ("body.previous_mla[0].channel", "pigeon", "not_allowed_value"),
        ("body.previous_mla[0].date", "2026", "bad_date"),
        ("body.previous_mla[0].requesting_contact.kind", GONE, "missing"),
        ("body.confidentiality.keep_confidential", "true", "wrong_type"),
        ("body.confidentiality.no_customer_notification", GONE, "missing"),
        ("body.proceedings.decisions[0].title", GONE, "missing"),
        ("body.signature_block.date", GONE, "missing"),
        ("body.response_preference.expedited", None, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(path: str, value: object, code: str) -> None:
    """Nothing else is said, so that one correction mends it."""
    assert errors(changed(REQUEST, (path, value))) == [(path, code)]


@pytest.mark.parametrize(
    ("path", "first"),
    [("body.proceedings", "prosecution_office"), ("body.domestic_legal_basis", "text")],
)
def test_an_object_that_says_nothing_is_asked_for_its_first_field(path: str, first: str) -> None:
    """It would print as an empty section."""
    assert errors(changed(REQUEST, (path, {}))) == [(f"{path}.{first}", "missing")]


def test_somebody_must_be_reachable() -> None:
    """A telephone, a mobile phone or an e-mail address."""
    ways = ("telephone", "cell_phone", "email")
    mute = changed(REQUEST, *((f"{AUTHORITY}.{way}", GONE) for way in ways))
    assert errors(mute) == [(f"{AUTHORITY}.telephone", "missing")]
    for way in ways:
        assert not errors(changed(mute, (f"{AUTHORITY}.{way}", REQUEST["body"][
            "requesting_authority"][way])))  # fmt: skip
    mute = changed(REQUEST, *((f"{CONTACT}.{way}", GONE) for way in ways))
    assert errors(mute) == [(f"{CONTACT}.telephone", "missing")]


def test_a_provider_can_be_found_or_is_said_to_be_unknown() -> None:
    """Name, address, place, or the statement with a note."""
    bare = {"provider_id": "isp"}
    path = "body.providers[0]"
    assert errors(changed(REQUEST, (path, bare))) == [(f"{path}.name", "missing")]
    for more in (
        {"name": "Example Net"},
        {"address": "Specimen"},
        {"system_location": "Specimen"},
        {"unknown": True, "note": "Behind a reseller."},
    ):
        assert not errors(changed(REQUEST, (path, bare | more)))
    for less in ({"unknown": True}, {"unknown": False, "note": "?"}, {"note": "?"}):
        assert errors(changed(REQUEST, (path, bare | less))) == [(f"{path}.name", "missing")]


def test_names_are_unique_in_their_list() -> None:
    """G7: the second one is named."""
    assert errors(changed(REQUEST, ("body.items[1].item_id", "ip-1"))) == [
        ("body.items[1].item_id", "duplicate")
    ]
    assert ("body.providers[1].provider_id", "duplicate") in errors(
        changed(REQUEST, ("body.providers[1].provider_id", "isp"))
    )


def test_names_are_compared_even_beside_an_entry_at_fault() -> None:
    """A broken entry between two equal names hides neither fault."""
    first = REQUEST["body"]["offences"]
    assert len(first) == 3
    items = REQUEST["body"]["items"]
    three = [items[0], 7, items[0]]
    found = errors(changed(REQUEST, ("body.items", three)))
    assert ("body.items[1]", "wrong_type") in found
    assert ("body.items[2].item_id", "duplicate") in found


def test_a_period_with_one_bad_moment_is_still_held_against_its_zone() -> None:
    """Rules run on what is sound."""
    faulty = changed(REQUEST, (f"{PERIOD}.end", "tonight"), (f"{PERIOD}.time_zone", "Asia/Tokyo"))
    assert errors(faulty) == [
        (f"{PERIOD}.end", "bad_time"),
        (f"{PERIOD}.time_zone", "offset_zone_mismatch"),
    ]


def test_telephone_numbers_are_kept_as_digits() -> None:
    """One number, one spelling."""
    contact = valid(REQUEST).body.model_dump()["confirmation_contact"]
    assert contact["telephone"] == "+33199001240"
