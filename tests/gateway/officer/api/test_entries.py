"""Our log leaf by leaf over the API: pages without a gap, reasons for who may read them."""

from pathlib import Path

from gateway.people import Role
from gateway.service.hold import Holding
from protocol.cases.ladder import MessageState
from tests.gateway.network import Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import Office, office, services_of
from tests.gateway.service.world import request, scenario, send, until_state

CANARY = "zylophage"


async def walked(ask: Office) -> list[int]:
    """Return the places of the leaves on all pages, in order."""
    seen: list[int] = []
    path = "/log/entries?limit=2"
    while True:
        status, page = await ask("GET", path)
        assert status == 200
        seen += [item["index"] for item in page["items"]]
        if page["next"] is None:
            return seen
        path = f"/log/entries?limit=2&before={page['next']}"


@scenario
async def test_log_is_leafed_through_page_by_page(tmp_path: Path) -> None:
    """Every leaf once, the newest first; acts alone for auditors and supervisors."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        node = net["RO/1"]
        sent = await send(net["FR/1"], request())
        await until_state(node, sent.mid, MessageState.CONSIGNED)
        await node.runtime.act.open(sent.mid, who="RO/1 officer 3")
        row = (await node.store.message(sent.mid))[0]
        assert row.thread is not None
        holding = Holding(store=node.store, clock=node.clock)
        await holding.hold(row.thread, on=True, reason=CANARY, who="RO/1 supervisor 2")
        services = services_of(node)
        async with office(services, somebody(Role.AUDITOR)) as ask:
            assert await walked(ask) == list(range(node.store.size - 1, -1, -1))
            _, acts = await ask("GET", "/log/acts")
            assert [(one["what"], one["why"]) for one in acts["items"]] == [
                ("held", CANARY),
                ("opened", ""),
            ]
            index = acts["items"][0]["index"]
            assert (await ask("GET", f"/log/entries/{index}"))[1] == acts["items"][0]
            for wrong in (node.store.size, 999_999_999):
                status, problem = await ask("GET", f"/log/entries/{wrong}")
                assert (status, problem["code"]) == (404, "not_found")
        async with office(services, somebody(Role.OPERATOR)) as ask:
            _, page = await ask("GET", "/log/entries")
            assert CANARY not in str(page)
            assert (await ask("GET", "/log/acts"))[0] == 403
