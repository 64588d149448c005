"""Looking up the directory, and checking a document with what stands beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from gateway.errors import DataError
from gateway.officer.client import Client
from gateway.officer.shapes.models import AcknowledgeRequest, CheckRequest
from protocol.directory import ContactPoint, PartyEntry, Telephone
from protocol.envelope.header import DirectoryStamp
from tests.gateway.officer.world import NOW_MS, RO, World, mid, received, served
from tests.protocol.entries import node_keys, part

Result = TypeVar("Result")

PROFILE: dict[str, Any] = {
    "party": "FR",
    "convention": "signed",
    "second_protocol": "not_party",
    "reservation_29_4": False,
    "no_subscriber_only_9_1_b": False,
    "followup_9_5": "none",
    "poc_channel_10_9": False,
    "notify_7_5": False,
    "languages": ["fr"],
    "capabilities": {
        "technical_advice": "direct",
        "preservation": "direct",
        "evidence": "direct",
        "legal_information": "direct",
        "location": "direct",
    },
    "points_of_contact": [1],
}


def test_directory_shows_its_version_and_nodes() -> None:
    """What the node goes by."""
    world = listed()
    shown = at(world, lambda desk: desk.node.directory())
    assert (shown.root_version, shown.version) == (1, 118)
    assert [(item.node, item.party_name, item.state) for item in shown.items] == [
        ("RO/1", "Romania", "candidate")
    ]
    assert shown.items[0].endpoints == ("https://localhost:8443",)


def test_node_of_a_party_without_entry_has_no_name() -> None:
    """A list with a gap is better than none."""
    world = listed()
    world.directory.parties = {}
    assert at(world, lambda desk: desk.node.directory()).items[0].party_name == ""


def test_desk_is_called_as_the_directory_says() -> None:
    """Where node.toml says nothing, the Party's own entry does."""
    world = listed()
    world.config = world.config.model_copy(update={"duty": type(world.config.duty)()})
    world.book.happen(received(world, 1), "opened")
    at(
        world,
        lambda desk: desk.received.acknowledge(str(mid(1)), AcknowledgeRequest(), key="k"),
    )
    body = world.submit.drafts["d100"].document["body"]
    assert isinstance(body, dict)
    assert body["duty_contact"] == {
        "name": "Example service",
        "telephone": "+40215550199",
        "email": "desk@ro.example",
    }


def test_document_is_checked_for_today_by_the_nodes_clock() -> None:
    """Unless another day is given."""
    world = World()

    async def codes(desk: Client) -> tuple[set[str], set[str]]:
        today = await desk.node.check(CheckRequest(document=acknowledgement("2026-11-22")))
        later = await desk.node.check(
            CheckRequest(document=acknowledgement("2026-11-22"), today="2027-01-01")
        )
        return {one.code for one in today.errors}, {one.code for one in later.errors}

    assert at(world, codes)[0] == set()


def test_profile_of_the_peer_is_held_against_the_document() -> None:
    """Before sending, not after the refusal."""
    document = acknowledgement("2026-12-01") | {"to": "FR/2"}
    asked = CheckRequest(document=document, profiles=(PROFILE,))
    found = at(World(), lambda desk: desk.node.check(asked))
    assert "unknown_poc" in {one.code for one in (*found.errors, *found.warnings)}


def test_profile_that_is_none_is_refused() -> None:
    """A check against nonsense would mean nothing."""
    asked = CheckRequest(document={}, profiles=({"party": "FR"},))
    with pytest.raises(DataError) as caught:
        at(World(), lambda desk: desk.node.check(asked))
    assert caught.value.code == "invalid_body"


def test_request_that_is_none_is_refused() -> None:
    """Likewise."""
    asked = CheckRequest(document={}, request={"type": "x"})
    with pytest.raises(DataError):
        at(World(), lambda desk: desk.node.check(asked))


def acknowledgement(by: str) -> dict[str, object]:
    """Return a valid document."""
    return {
        "type": "acknowledgement",
        "to": "FR/1",
        "in_reply_to": "3f0c9a41d27e4b5a8c6612f09be4a7d1",
        "urgency": "urgent",
        "handling_code": "H1",
        "language": "en",
        "body": {
            "desk": "RO/1",
            "recipient_reference": "RO-247",
            "expected_decision_by": by,
            "duty_contact": {"name": "Officer 3", "telephone": "+40 21 555 0142"},
        },
    }


def listed() -> World:
    """Return a world whose own Party is in the directory."""
    world = World()
    entry = part(node_keys("RO/1"), NOW_MS)
    point = ContactPoint(
        number=1,
        name="24/7 desk",
        remit="all",
        hours="at all hours",
        time_zone="Europe/Bucharest",
        languages=("ro",),
        telephones=(Telephone(number="+40215550199"),),
        email="desk@ro.example",
        equivalent=True,
    )
    world.directory.entries = {RO: entry}
    world.directory.parties["RO"] = PartyEntry.model_construct(
        party="RO", name="Romania", contact_points=(point,), nodes=(entry,)
    )
    world.directory.version = DirectoryStamp(
        root_version=1, timestamp_version=118, digest=bytes(32)
    )
    return world


def at(world: World, work: Callable[[Client], Awaitable[Result]]) -> Result:
    """Do some work at a served desk."""

    async def run() -> Result:
        async with served(world) as folder, Client(folder) as desk:
            return await work(desk)

    return asyncio.run(run())
