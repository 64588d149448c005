"""Parties' profiles, and what a document is held against before it leaves."""

import json

import pytest

from protocol.errors import NotAllowedError
from protocol.requests.profile import read_profile
from tests.protocol.requests.samples import (
    GONE,
    PROFILE,
    Given,
    changed,
    errors,
    example,
    profile,
    warnings,
)

SUBSCRIBER = example("subscriber_information_request")
PRESERVATION = example("preservation_request")
EMERGENCY = example("emergency_disclosure_request")
DECISION = example("decision")


def peer(party: str = "RO", **fields: object) -> Given:
    """Return the circumstances with one profile."""
    return {"profiles": [profile(party=party, **fields)]}


def test_a_peer_that_declared_nothing_takes_everything() -> None:
    """Nothing is warned of either."""
    for document in (SUBSCRIBER, PRESERVATION):
        assert errors(document, **peer()) == []
        assert warnings(document, **peer()) == []
    assert errors(EMERGENCY, **peer("FR")) == []


@pytest.mark.parametrize("state", ["signed", "not_party"])
def test_requests_need_the_convention_in_force(state: str) -> None:
    """P1: answers go out all the same."""
    assert errors(SUBSCRIBER, **peer(convention=state)) == [("to", "treaty_not_in_force")]
    assert errors(DECISION, **peer("FR", convention=state)) == []


def test_the_point_of_contact_must_exist() -> None:
    """P2."""
    assert errors(PRESERVATION, **peer(points_of_contact=[2])) == [("to", "unknown_poc")]
    assert errors(SUBSCRIBER, **peer(points_of_contact=[2])) == []
    assert errors(DECISION, **peer("FR", points_of_contact=[2])) == [("to", "unknown_poc")]


@pytest.mark.parametrize("party", ["FR", "JP"])
def test_the_second_protocol_must_be_in_force_on_both_sides(party: str) -> None:
    """P3: FR is the peer, JP the sender."""
    given = peer(party, second_protocol="signed")
    assert errors(EMERGENCY, **given) == [("type", "treaty_not_in_force")]
    assert errors(PRESERVATION, **given) == []
    both = [profile(party="FR", second_protocol="signed"),
            profile(party="JP", second_protocol="signed")]  # fmt: skip
    assert errors(EMERGENCY, profiles=both) == [("type", "treaty_not_in_force")]


def test_subscriber_information_alone_may_be_declared_out() -> None:
    """P4."""
    given = peer("FR", no_subscriber_only_9_1_b=True)
    alone = changed(EMERGENCY, ("body.items", EMERGENCY["body"]["items"][:1]))
    assert errors(alone, **given) == [("body.items", "declared_out")]
    assert errors(EMERGENCY, **given) == []
    assert errors(alone, **peer("FR")) == []
    assert errors(changed(alone, ("body.items[0].data_category", "?")), **given) == [
        ("body.items[0].data_category", "not_allowed_value")
    ]


def test_the_language_must_be_one_of_the_peer_or_translated() -> None:
    """P6: an error under the Second Protocol, else a warning."""
    given = peer(languages=["ro", "fr"])
    assert errors(SUBSCRIBER, **given) == []
    assert warnings(SUBSCRIBER, **given) == [("language", "language_not_accepted")]
    translated = changed(SUBSCRIBER, ("attachments[2].translation_of", "body"))
    assert warnings(translated, **given) == []
    assert errors(EMERGENCY, **peer("FR", languages=["fr"])) == [
        ("language", "language_not_accepted")
    ]


def test_preservation_ends_within_the_peers_maximum() -> None:
    """P7: from 2026-11-21 to 2027-12-15 there are 389 days."""
    assert errors(PRESERVATION, **peer(max_preservation_days=388)) == [
        ("body.requested_until", "over_party_maximum")
    ]
    assert errors(PRESERVATION, **peer(max_preservation_days=389)) == []
    open_end = changed(PRESERVATION, ("body.requested_until", GONE))
    assert errors(open_end, **peer(max_preservation_days=60)) == []


def test_a_reservation_on_dual_criminality_is_warned_of() -> None:
    """P8."""
    given = peer(reservation_29_4=True)
    unlisted = changed(PRESERVATION, ("body.offences[0].conv_article", GONE))
    assert warnings(unlisted, **given) == [("body.offences", "may_be_refused")]
    assert warnings(PRESERVATION, **given) == []
    assert warnings(example("preservation_extension"), **given) == []


@pytest.mark.parametrize("ability", ["none", "facilitate"])
def test_what_the_peer_does_not_do_itself_is_warned_of(ability: str) -> None:
    """P9."""
    able = PROFILE["capabilities"] | {"preservation": ability}
    assert warnings(PRESERVATION, **peer(capabilities=able)) == [("type", f"capability_{ability}")]
    assert warnings(SUBSCRIBER, **peer(capabilities=able)) == []
    assert warnings(DECISION, **peer("FR", capabilities=able)) == []


def test_nothing_is_held_against_a_peer_that_cannot_be_told() -> None:
    """Neither for a faulty addressee, nor for an unknown type."""
    given = peer(convention="not_party", languages=["ro"])
    assert errors(SUBSCRIBER | {"to": "Romania"}, **given) == [("to", "bad_format")]
    assert errors(SUBSCRIBER | {"type": "wish"}, **given) == [("type", "unknown_type")]


def test_profiles_are_read_strictly() -> None:
    """An unknown field may be a declaration that we do not know how to honour."""
    data = json.dumps(PROFILE).encode()
    assert read_profile(data) == profile()
    for path, value in (
        ("reservation_30", True),
        ("party", "UK"),
        ("languages", []),
        ("max_preservation_days", 59),
        ("points_of_contact", [0]),
        ("points_of_contact", ["1"]),
        ("capabilities.location", "maybe"),
        ("poc_channel_10_9", 1),
        ("followup_9_5", GONE),
    ):
        with pytest.raises(NotAllowedError):
            read_profile(json.dumps(changed(PROFILE, (path, value))).encode())
    for data in (b"[]", b"{", b'{"party": "RO", "party": "RO"}'):
        with pytest.raises(NotAllowedError):
            read_profile(data)
