"""The example network is what was published, and says that it is an example."""

import json
from collections import Counter
from importlib.resources import files
from pathlib import Path

from gateway.demo.members import MARK, draft_members, members
from gateway.directory.draft import Drafts
from gateway.directory.publish import show
from protocol.directory import encode_entry, parse_entry
from protocol.requests.codes import COUNTRIES
from tests.gateway.directory.world import Authority

NOW_MS = 1_800_000_000_000


def test_it_has_the_published_members_and_points_of_contact() -> None:
    """65 Parties, 30 points of contact in 26 of them, two in four."""
    parties = [member.party for member in members()]
    assert len(parties) == 65
    assert parties == sorted(set(parties))
    points = Counter({each.party: len(each.contact_points) for each in members()})
    assert points.total() == 30
    assert len(+points) == 26
    assert {party for party, count in points.items() if count > 1} == {"ES", "HU", "LU", "RO"}


def test_every_entry_is_one_and_says_that_it_is_an_example() -> None:
    """Nothing of it may be taken for an address, a number or the status of a treaty."""
    for member in members():
        entry = member.entry()
        assert parse_entry(encode_entry(entry)) == entry
        assert entry.profile is None
        assert entry.nodes == ()
        for point in entry.contact_points:
            assert MARK in point.remit
            assert point.email is None
            assert all(each.number.startswith("+999") for each in point.telephones)
            assert all(each.remark == MARK for each in point.telephones)
            assert point.equivalent


def test_the_file_names_its_sources_and_nobody() -> None:
    """Names of authorities and addresses of offices alone."""
    data = json.loads(files("gateway.demo").joinpath("members.json").read_text("utf-8"))
    assert "Example data" in data["example"]
    assert len(data["sources"]) == 2
    fields = {
        name for party in data["parties"] for point in party["contact_points"] for name in point
    }
    assert fields == {"number", "authority", "organisation", "address"}
    assert {party["party"] for party in data["parties"]} <= COUNTRIES


def test_an_authority_lists_it_beside_the_nodes_that_are_there(tmp_path: Path) -> None:
    """What the demo does with --members, on a few of them."""
    authority = Authority.found(tmp_path, NOW_MS, parties=("RO",))
    authority.admit("RO/1")
    few = [member for member in members() if member.party in {"AL", "HU", "RO"}]
    assert draft_members(authority.folder, authority.keys, now_ms=NOW_MS, listed=few) == 3
    draft = Drafts(authority.folder).load("RO")
    assert draft is not None
    assert [node.id for node in draft.nodes] == ["RO/1"]
    assert draft.name == "Romania"
    authority.publish()
    shown = show(authority.folder, now_ms=NOW_MS)
    entries = {party.country: party.entry for party in shown.parties}
    assert list(entries) == ["AL", "HU", "RO"]
    hungary = entries["HU"]
    assert hungary is not None
    assert [point.number for point in hungary.contact_points] == [1, 2]
    assert authority.keys.has("party-HU")
