"""The Parties of the directory, what became of them, and comparing logs, over the API."""

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.people import Role
from gateway.service.comparing import Comparing
from gateway.service.history import PartyHistory
from protocol.directory import PartyEntry
from tests.gateway.network import Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.test_recover import exchange
from tests.gateway.service.world import scenario

NAMES = ["FR/1", "RO/1"]
AUDITOR = somebody(Role.AUDITOR)


class Kept:
    """Keeps two entries of Romania."""

    async def __call__(self, country: str) -> Sequence[tuple[int, bytes | None]]:
        """Return them; of another Party none."""
        if country != "RO":
            return ()
        await sleep(0)
        return [(0, b'{"party":"RO","name":"A"}'), (1000, b'{"party":"RO","name":"B"}')]


@scenario
async def test_parties_are_listed_shown_and_followed_back(tmp_path: Path) -> None:
    """A program that looks up a telephone number also sees since when it stands there."""
    async with network(tmp_path, NAMES, Wire()) as net:
        net.parties["RO"] = PartyEntry(party="RO", name="Romania")
        services = replace(services_of(net["RO/1"]), history=PartyHistory(Kept()))
        async with office(services, AUDITOR) as ask:
            status, listed = await ask("GET", "/directory/parties")
            assert (status, listed["items"]) == (
                200,
                [{"party": "RO", "name": "Romania", "contact_points": 0, "nodes": 0}],
            )
            status, party = await ask("GET", "/directory/parties/RO")
            assert (status, party["entry"]["name"]) == (200, "Romania")
            status, versions = await ask("GET", "/directory/parties/RO/history")
            assert [(one["made"], one["listed"]) for one in versions["items"]] == [
                ("1970-01-01T00:00:01.000Z", True),
                ("1970-01-01T00:00:00.000Z", True),
            ]
            assert versions["items"][0]["changes"] == [
                {"path": "name", "before": "A", "after": "B"}
            ]
            for path in ("FR", "zz", "FR/history", "zz/history"):
                status, problem = await ask("GET", f"/directory/parties/{path}")
                assert (status, problem["code"]) == (404, "not_found"), path


@scenario
async def test_logs_are_compared_with_a_peer_that_is_called(tmp_path: Path) -> None:
    """The answer says how far each holds the other's."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        runtime = net["RO/1"].runtime
        comparing = Comparing(runtime.engine, runtime.peers, lambda: ())
        services = replace(services_of(net["RO/1"]), comparing=comparing)
        async with office(services, AUDITOR) as ask:
            status, found = await ask("POST", "/log/comparisons", {"peer": "FR/1"})
            assert (status, found["verdict"]) == (200, "consistent")
            assert found["their_log"] > 0
            assert (await ask("POST", "/log/comparisons", {"peer": "JP/1"}))[0] == 404
            assert (await ask("POST", "/log/comparisons", {"peer": "x"}))[0] == 400
