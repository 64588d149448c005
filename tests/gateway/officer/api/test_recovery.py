"""Where a node stands with its log, and the two words of its operator, over the local API.

A recovering node of a real network answers; the commands are typed against its socket.
"""

import json
from io import StringIO
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from gateway.journal import get_journal
from gateway.officer.api.recovery import RecoveryApi
from gateway.officer.api.reply import problems
from gateway.operator.recovering import _show
from gateway.service.recover import Phase
from gateway.terminal import Terminal
from tests.gateway.network import Node, Wire, network
from tests.gateway.officer.callers import named, somebody
from tests.gateway.service.test_recover import copied, exchange, phase, put_back
from tests.gateway.service.world import DE, RO, scenario

NAMES = ["FR/1", "RO/1", "DE/1"]
Body = dict[str, object]


async def call(node: Node, method: str, path: str, body: Body | None = None) -> tuple[int, Body]:
    """Make one call to the officers' side of a node."""
    app = Application(middlewares=[problems(get_journal("test")), named(somebody())])
    app.add_routes(RecoveryApi(node.runtime.continuing, operator="RO/1 operator").routes())
    async with (
        TestClient(TestServer(app)) as client,
        client.request(method, f"/api/v1{path}", json=body) as response,
    ):
        return response.status, json.loads(await response.read())


@scenario
async def test_recovering_node_says_what_it_waits_for(tmp_path: Path) -> None:
    """Who has answered, how many must, and what to do, sentence by sentence."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "DE/1"]) as net:
        copy = copied(net["RO/1"], "copy")
        net.wire.cut.add((RO, DE))
        node = await put_back(net, "RO/1", copy, restored=True)
        await node.runtime.recovery.once()
        status, view = await call(node, "GET", "/recovery")
        assert status == 200
        assert (view["phase"], view["answered"], view["needed"]) == ("recovering", 1, 2)
        assert "DE/1" in str(view["state"])
        assert {held["node"]: held["told"] for held in view["holdings"]} == {  # type: ignore[attr-defined]
            "FR/1": "nothing",
            "DE/1": "unreached",
        }
        said = StringIO()
        assert _show(view, Terminal(json=False, out=said, err=said)) == 75
        assert "a35 recover --keep-log REASON" in said.getvalue()
        check = next(one for one in node.runtime.health.report() if one.name == "recovery")
        assert not check.ok
        assert check.detail == view["state"]


@scenario
async def test_operators_word_needs_a_reason_and_is_recorded(tmp_path: Path) -> None:
    """The log goes on; who said so and why stands in it."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "DE/1"]) as net:
        node = await put_back(net, "RO/1", copied(net["RO/1"], "copy"), restored=True)
        status, problem = await call(node, "POST", "/recovery/keep-log", {"reason": ""})
        assert (status, problem["code"]) == (400, "invalid_body")
        assert phase(node) is Phase.RECOVERING
        status, view = await call(node, "POST", "/recovery/keep-log", {"reason": "newest copy"})
        assert (status, view["phase"]) == (200, "signing")
        leaves = await node.store.leaves(0, node.store.size)
        assert any(b"RO/1 operator" in (leaf.preimage or b"") for leaf in leaves)
        said = StringIO()
        assert _show(view, Terminal(json=True, out=said, err=StringIO())) == 0
        assert json.loads(said.getvalue())["phase"] == "signing"


@scenario
async def test_proven_loss_is_shown_and_no_word_helps(tmp_path: Path) -> None:
    """What is missing is counted; the way out is named."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        await exchange(net, 2)
        node = await put_back(net, "RO/1", copy)
        await node.runtime.recovery.once()
        status, problem = await call(node, "POST", "/recovery/keep-log", {"reason": "go on"})
        assert (status, problem["code"]) == (503, "recovering")
        _, view = await call(node, "GET", "/recovery")
        assert view["phase"] == "ended"
        assert isinstance(view["missing"], int)
        assert view["missing"] > 0
        said = StringIO()
        assert _show(view, Terminal(json=False, out=said, err=said)) == 75
        assert "--new-generation REASON" in said.getvalue()
        assert "SHOWS WHAT WE SIGNED" in said.getvalue()


@scenario
async def test_node_without_two_histories_needs_no_word(tmp_path: Path) -> None:
    """A typing mistake accepts nobody."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = net["RO/1"]
        status, problem = await call(node, "POST", "/peers/FR/1/accept", {"reason": "by phone"})
        assert (status, problem["code"]) == (409, "not_allowed")
        status, problem = await call(node, "POST", "/peers/XX/0/accept", {"reason": "by phone"})
        assert (status, problem["code"]) == (404, "not_found")
