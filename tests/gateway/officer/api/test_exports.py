"""Exports and statistics over the API: an act first, cells that compute nothing, nothing lost."""

import csv
from io import StringIO
from pathlib import Path

from gateway.people import Role
from protocol.cases.ladder import MessageState
from protocol.log.deed import Act
from protocol.log.statement import StatementKind
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.test_operations import ended
from tests.gateway.service.world import request, scenario, send, until_state

OFFICER = somebody(Role.OFFICER)
FORMULA = '=HYPERLINK("http://x","1")'
SPAN = {"begins": "2026-11-01", "ends": "2026-12-31"}


async def received(net: Network) -> str:
    """Let FR/1 send a request with a formula in it to RO/1, where it is opened."""
    document = request()
    document["body"]["case_reference"] = FORMULA
    sent = await send(net["FR/1"], document)
    await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
    await net["RO/1"].runtime.act.open(sent.mid, who="RO/1 officer 3")
    return str(sent.mid)


async def acts(node: Node) -> list[Act]:
    """Return the officers' acts of a node's log."""
    leaves = await node.store.leaves(0, node.store.size)
    return [
        Act.decode(leaf.preimage)
        for leaf in leaves
        if leaf.kind == StatementKind.ACT and leaf.preimage is not None
    ]


@scenario
async def test_table_is_for_people_and_starts_no_program(tmp_path: Path) -> None:
    """BOM, quoted cells, an apostrophe before a formula; the filter and the log's head on top."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        mid = await received(net)
        async with office(services_of(net["RO/1"]), OFFICER) as ask:
            status, text = await ask("POST", "/exports", {"format": "csv", **SPAN})
        assert status == 200
        assert text.startswith("\ufeff")
        about, heads, row = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
        assert about[0].startswith("csv: ")
        assert about[1] == OFFICER.who
        assert about[3].startswith("a35/RO/1/log/1 ")
        named = dict(zip(heads, row, strict=True))
        assert named["reference"] == f"'{FORMULA}"
        assert (named["mid"], named["box"], named["handling"]) == (mid, "in", "H1")
        act = (await acts(net["RO/1"]))[-1]
        assert (act.act, act.who, act.why) == ("exported", OFFICER.who, about[0])


@scenario
async def test_json_has_the_documents_of_what_may_be_read(tmp_path: Path) -> None:
    """A message that nobody opened comes without its document."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        mid = await received(net)
        second = await send(net["FR/1"], request(2))
        await until_state(net["RO/1"], second.mid, MessageState.CONSIGNED)
        async with office(services_of(net["RO/1"]), OFFICER) as ask:
            _, whole = await ask("POST", "/exports", {"format": "json", **SPAN})
            _, case = await ask("POST", "/exports", {"format": "json", "thread": mid})
            status, none = await ask(
                "POST", "/exports", {"format": "json", "begins": "2020-01-01", "ends": "2020-02-01"}
            )
            assert (status, none["items"]) == (200, [])
        documents = {item["mid"]: item["document"] for item in whole["items"]}
        assert documents[str(second.mid)] is None
        assert documents[mid]["body"]["case_reference"] == FORMULA
        assert [item["mid"] for item in case["items"]] == [mid]
        assert case["log"]["origin"] == "a35/RO/1/log/1"
        assert [act.ref for act in await acts(net["RO/1"])][-2] is not None


@scenario
async def test_what_is_not_one_case_or_one_span_is_refused_before_the_act(tmp_path: Path) -> None:
    """Nothing is stated of what did not happen."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        before = await acts(net["RO/1"])
        async with office(services_of(net["RO/1"]), OFFICER) as ask:
            for body in (
                {},
                {"thread": "00" * 16, **SPAN},
                {"begins": "2026-11-01"},
                {"begins": "2026-11-02", "ends": "2026-11-01"},
                {"begins": "soon", "ends": "later"},
                {"begins": "0001-01-01", "ends": "2026-11-01"},
            ):
                status, problem = await ask("POST", "/exports", {"format": "csv", **body})
                assert (status, problem["code"]) == (400, "invalid_body"), body
            status, problem = await ask("POST", "/exports", {"format": "csv", "thread": "00" * 16})
            assert (status, problem["code"]) == (404, "not_found")
        assert await acts(net["RO/1"]) == before


@scenario
async def test_statistics_are_given_by_span_and_row(tmp_path: Path) -> None:
    """Every role may see them; what is asked wrongly is refused."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await received(net)
        async with office(services_of(net["RO/1"]), somebody(Role.OPERATOR)) as ask:
            _, view = await ask("GET", "/statistics")
            assert (view["by"], view["total"]["received"]) == ("article", 1)
            _, view = await ask("GET", "/statistics?from=2026-11-01&to=2026-12-01&by=party")
            assert (view["items"][0]["key"], view["begins"]) == ("FR", "2026-11-01T00:00:00.000Z")
            for query in ("by=nothing", "from=x", "to=9999-01-01", "from=2026-12-01&to=2026-11-01"):
                status, problem = await ask("GET", f"/statistics?{query}")
                assert (status, problem["code"]) == (400, "invalid_body"), query


@scenario
async def test_export_is_fetched_once_by_whoever_began_it(tmp_path: Path) -> None:
    """202, then an operation, then the same file that a waiting program gets."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await received(net)
        node, services = net["RO/1"], services_of(net["RO/1"])
        assert services.operations is not None
        path = ""
        async with office(services, OFFICER) as ask:
            for form in ("json", "csv"):
                body = {"format": form, **SPAN}
                status, begun = await ask("POST", "/exports", body, Prefer="respond-async")
                assert (status, begun["kind"], begun["unit"]) == (202, "export", "rows")
                row = await services.operations.get(begun["id"], by=OFFICER)
                done = await ended(node, row)
                assert (done.state.value, done.done) == ("done", 1)
                path = f"/exports/{begun['id']}"
                async with ask.client.get(f"/api/v1{path}") as response:
                    whole = await response.read()
                    assert response.headers["Content-Disposition"].endswith(f'export.{form}"')
                assert FORMULA.encode() in whole.replace(b'""', b'"').replace(b'\\"', b'"')
                status, problem = await ask("GET", path)
                assert (status, problem["code"]) == (404, "not_found")
        async with office(services, somebody(Role.OFFICER, person=9)) as ask:
            assert (await ask("GET", path))[0] == 404
