"""Comparing logs with a peer calls it, and says in one word what came of it."""

from pathlib import Path

import pytest

from gateway.errors import NoInputError
from gateway.service.comparing import Comparing, Verdict
from protocol.identifiers import NodeId
from tests.gateway.network import Network, Wire, network
from tests.gateway.service.test_recover import exchange
from tests.gateway.service.test_unjoined import failed, spoiled
from tests.gateway.service.world import FR, RO, scenario


def comparing_of(net: Network) -> Comparing:
    """Return the use case of RO/1."""
    runtime = net["RO/1"].runtime
    return Comparing(
        runtime.engine,
        runtime.peers,
        lambda: (each.origin.node for each in runtime.open_heads.all()),
    )


@scenario
async def test_logs_that_fit_together_are_said_to(tmp_path: Path) -> None:
    """With how far each holds the other's; a node that is away is told from before."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await exchange(net, 1)
        found = await comparing_of(net).compare(FR)
        assert found.verdict is Verdict.CONSISTENT
        assert found.their_log > 0
        assert found.our_log > 0
        net.wire.cut.add((RO, FR))
        away = await comparing_of(net).compare(FR)
        assert away.verdict is Verdict.UNREACHED
        with pytest.raises(NoInputError):
            await comparing_of(net).compare(NodeId("JP", 1))


@scenario
async def test_head_without_its_proof_is_told(tmp_path: Path) -> None:
    """It is no fork yet, and nothing to rely on."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(answering=spoiled)) as net:
        await exchange(net, 1)
        await failed(net)
        assert (await comparing_of(net).compare(FR)).verdict is Verdict.UNJOINED
