"""What pages call things: in their own language, or in English and marked so."""

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.errors import NoInputError
from gateway.officer.pages.naming import code_names, mid_in, peer_zone, subject_of, type_name
from gateway.ports import Directory
from protocol.directory import ContactPoint, PartyEntry
from protocol.requests.parts import Condition
from tests.gateway.officer.world import FR, OneDirectory, mid


def test_types_are_named_in_the_language_of_the_page() -> None:
    """Arabic pages show the English name, marked as English; hostile names are inert."""
    assert type_name("decision", "en") == "Decision"
    assert type_name("decision", "fr") == "Décision"
    assert type_name("decision", "ar") == '<bdi dir="auto" lang="en">Decision</bdi>'
    assert type_name(None, "en") == ""
    assert "<script>" not in type_name("<script>", "en")


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ({}, ""),
        ({"body": {"items": [{}, 4, {"targets": 3}, {"targets": [{}, 5]}]}}, ""),
        (
            {"body": {"items": [{"targets": [{"kind": "ip"}, {"kind": "ip"}, {"kind": "email"}]}]}},
            "IP address (2), E-mail address",
        ),
        ({"body": {"items": [{"targets": [{"kind": "<b>"}]}]}}, '<bdi dir="auto">&lt;b&gt;</bdi>'),
    ],
)
def test_subject_counts_what_is_asked_for(document: dict[str, Any], shown: str) -> None:
    """A row says how much work it is, whatever stands in the document."""
    assert subject_of(document, "en") == shown


def test_codes_are_offered_by_name() -> None:
    """Officers choose words, documents hold codes."""
    names = dict(code_names(Condition, "kind", None, "en"))
    assert {"confidential", "no_onward", "other"} <= set(names)
    assert code_names(Condition, "kind", ("other",), "fr")[0][0] == "other"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Paris", "Europe/Paris"), ("UTC", ""), ("+02:00", ""), ("Nowhere/Land", "")],
)
def test_zone_of_the_other_desk_is_one_that_can_be_shown(zone: str, expected: str) -> None:
    """A time is shown on their clock only if it is known which that is."""
    point = ContactPoint.model_construct(
        number=1,
        name="desk",
        remit="all",
        hours="always",
        time_zone=zone,
        languages=("fr",),
        telephones=(),
        email=None,
        equivalent=False,
    )
    directory = OneDirectory()
    directory.parties["FR"] = PartyEntry.model_construct(
        party="FR", name="France", contact_points=(point,)
    )
    assert peer_zone(directory, FR) == expected


def test_desk_that_is_not_listed_has_no_zone() -> None:
    """Then times stand in UTC and on our own clock."""
    directory: Directory = OneDirectory()
    assert peer_zone(directory, FR) == ""


def test_id_of_an_address_is_read_or_refused() -> None:
    """Anything else is a page that does not exist."""
    good = make_mocked_request("GET", "/", match_info={"mid": str(mid(3))})
    assert mid_in(good) == mid(3)
    with pytest.raises(NoInputError):
        mid_in(make_mocked_request("GET", "/", match_info={"mid": "../../etc"}))
