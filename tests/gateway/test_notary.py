"""A running node asks the authorities of its settings, over HTTP, and shows it in its health."""

from contextlib import AsyncExitStack
from pathlib import Path

from gateway.config import NodeConfig
from gateway.home import Home
from gateway.notary import make_stamping
from gateway.operator.start import RunOptions
from gateway.sections import TimestampSection
from keys.keyfile import Credential
from tests.gateway.evidence.test_attested import head_of
from tests.gateway.network import Network, Wire, network
from tests.gateway.service.world import scenario
from tests.gateway.timestamp.local import LocalAuthority, needs_openssl
from tests.gateway.timestamp.test_asking import Served, serving


def options(net: Network, home: Path, *authorities: TimestampSection) -> RunOptions:
    """Return the settings of a node with these authorities."""
    config = NodeConfig(
        node="FR/1",
        name="Example service",
        url="https://localhost",
        timestamp=authorities,
    )
    node = net["FR/1"]
    return RunOptions(
        home=Home(home),
        config=config,
        keys=net._keys[node.id],
        secret=Credential(bytes(32)),
        json_journal=False,
    )


@needs_openssl
@scenario
async def test_node_with_an_authority_has_its_log_stamped(tmp_path: Path) -> None:
    """And one without has nothing that asks."""
    (tmp_path / "tsa").mkdir()
    authority = LocalAuthority(tmp_path / "tsa", "first")
    async with network(tmp_path, ["FR/1"], Wire()) as net, AsyncExitStack() as stack:
        node = net["FR/1"]
        ports = node.runtime._ports
        none = await make_stamping(options(net, tmp_path / "tsa"), ports, node.runtime, stack)
        assert none is None
        await head_of(net, "FR/1")
        pem = (tmp_path / "tsa" / "root.pem").read_bytes()
        pem += (tmp_path / "tsa" / "middle.pem").read_bytes()
        (tmp_path / "tsa" / "root.pem").write_bytes(pem)
        url = await stack.enter_async_context(serving(Served(authority)))
        section = TimestampSection(name="first", url=url, certificates="root.pem")
        there = options(net, tmp_path / "tsa", section)
        stamping = await make_stamping(there, ports, node.runtime, stack)
        assert stamping is not None
        await stamping.load()
        await stamping.look()
        held = await node.store.newest_stamp()
        assert held is not None
        assert held.authority == "first"
        (check,) = [each for each in node.runtime.health.report() if each.name == "stamps"]
        assert (check.ok, check.detail) == (True, "newest 0 minutes old")
