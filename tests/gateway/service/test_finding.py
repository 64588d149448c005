"""Finding a point of contact: every filter, and what nobody has stated is neither yes nor no."""

import asyncio
from collections.abc import Mapping

import pytest
from typing_extensions import override

from gateway.demo.members import members
from gateway.service.finding import ANSWERED_MS, MET_MS, Finder, Found, Query, articles_of
from gateway.service.ways import Way
from protocol.directory import PartyEntry
from protocol.identifiers import NodeId
from protocol.requests.profile import Capabilities, Profile
from tests.gateway.network import FixedDirectory, LoopClock
from tests.gateway.service.test_availability import Kept

RO1, RO2, FR1 = NodeId("RO", 1), NodeId("RO", 2), NodeId("FR", 1)


def profile(party: str, **changed: object) -> Profile:
    """Return a profile that takes everything."""
    able = dict.fromkeys(Capabilities.model_fields, "direct")
    fields: dict[str, object] = {
        "party": party,
        "convention": "in_force",
        "second_protocol": "in_force",
        "reservation_29_4": False,
        "no_subscriber_only_9_1_b": False,
        "followup_9_5": "none",
        "poc_channel_10_9": True,
        "notify_7_5": False,
        "languages": ["en", "ro"],
        "capabilities": able,
        "points_of_contact": [1, 2],
    }
    return Profile.model_validate(fields | changed)


class Met:
    """The ways of a node that met some others."""

    def __init__(self, times: Mapping[NodeId, int]) -> None:
        self._times = times

    async def all(self) -> Mapping[NodeId, Way]:
        """Return the ways."""
        return {node: Way(node=node, last_contact_ms=at) for node, at in self._times.items()}


class Answers(Kept):
    """What is kept of answers."""

    def __init__(self, times: Mapping[NodeId, int]) -> None:
        super().__init__()
        self._times = times

    @override
    async def last_answers(self) -> Mapping[NodeId, int]:
        """Return when desks answered."""
        return self._times


def find(query: Query, *profiles: Profile) -> list[str]:
    """Search the example network; return the nodes."""
    return [f"{one.party.party}/{one.point.number}" for one in found(query, *profiles)]


def found(query: Query, *profiles: Profile) -> tuple[Found, ...]:
    """Search the example network, in which two nodes were met and one desk answered."""
    clock = LoopClock()
    entries: dict[str, PartyEntry] = {each.party: each.entry() for each in members()}
    for each in profiles:
        entries[each.party] = entries[each.party].model_copy(update={"profile": each})
    finder = Finder(
        directory=FixedDirectory({}, entries),
        ways=Met({RO1: clock.ms - MET_MS, FR1: clock.ms - MET_MS - 1}),
        store=Answers({RO2: clock.ms - ANSWERED_MS, FR1: clock.ms - ANSWERED_MS - 1}),
        clock=clock,
    )
    return asyncio.run(finder.find(query))


def test_without_a_filter_all_published_points_are_found_in_order() -> None:
    """30 of them; two of a Party stand together."""
    nodes = find(Query())
    assert len(nodes) == 30
    assert nodes == sorted(nodes)
    assert {"HU/1", "HU/2", "LU/2", "RO/2", "ES/2"} <= set(nodes)


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        (Query(country="RO"), ["RO/1", "RO/2"]),
        (Query(country="ro", function="police"), ["RO/2"]),
        (Query(country="XX"), []),
        (Query(words="prosecutor luxembourg"), ["LU/2"]),
        (Query(words="GUARDIA"), ["ES/2"]),
        (Query(words="nobody"), []),
        (Query(available=True), ["RO/1", "RO/2"]),
        (Query(available=True, country="FR"), []),
        (Query(language="en", country="FR"), ["FR/1"]),
        (Query(language="fr", country="FR"), []),
        (Query(function="preservation", country="FR"), ["FR/1"]),
        (Query(article="29", country="FR"), ["FR/1"]),
    ],
)
def test_each_filter_leaves_what_fits(query: Query, nodes: list[str]) -> None:
    """What a Party has not stated does not rule it out."""
    assert find(query) == nodes


def test_a_profile_rules_out_what_a_party_does_not_take() -> None:
    """As the checks before sending would."""
    most = dict.fromkeys(Capabilities.model_fields, "facilitate")
    closed = profile("RO", capabilities=most | {"preservation": "none"}, poc_channel_10_9=False)
    assert find(Query(country="RO", article="29"), closed) == []
    assert find(Query(country="RO", function="preservation"), closed) == []
    assert find(Query(country="RO", function="evidence"), closed) == ["RO/1", "RO/2"]
    assert find(Query(country="RO", article="Article 31"), closed) == ["RO/1", "RO/2"]
    assert find(Query(country="RO", article="35"), closed) == ["RO/1", "RO/2"]
    assert find(Query(country="RO", article="2ap_9"), closed) == ["RO/1", "RO/2"]
    assert find(Query(country="RO", article="2AP 10"), closed) == []
    assert find(Query(country="RO", language="RO"), closed) == ["RO/1", "RO/2"]


def test_articles_follow_from_what_is_in_force() -> None:
    """Outside the Convention nothing goes through points of contact."""
    assert {"29", "30", "31", "35(1)(c)", "2AP 9", "2AP 10"} <= set(articles_of(profile("RO")))
    signed = articles_of(profile("RO", second_protocol="signed"))
    assert "29" in signed
    assert not any(each.startswith("2AP") for each in signed)
    assert articles_of(profile("RO", convention="signed")) == ()


def test_who_was_met_is_told_with_the_time() -> None:
    """And a point of contact without a node is shown as such."""
    first, second = found(Query(country="RO"))
    assert (first.met_ms is None, first.answered_ms is None) == (False, True)
    assert (second.met_ms is None, second.answered_ms is None) == (True, False)
    assert first.available
    assert not first.is_active
    assert first.articles is None
