"""The demo's network while it is built: what is found, what is refused, what is said of it."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from gateway.demo.network import CLOCK, DemoNetwork, build, described
from gateway.directory.publish import show
from gateway.errors import GatewayError, UnavailableError


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> DemoNetwork:
    """Return a network that is built, with the example members, and does not run."""
    return build(tmp_path_factory.mktemp("d"), members=True)


def test_parties_are_found_by_code_and_by_node(network: DemoNetwork) -> None:
    """Examples name either."""
    by_code, by_node = network.of("RO"), network.of("RO/1")
    assert by_code is by_node is not None
    assert by_node.name == "RO/1"
    assert network.of("DE") is None


def test_the_example_members_stand_beside_the_demos_own_nodes(network: DemoNetwork) -> None:
    """65 Parties, of which three have a node; Romania with both of its points of contact."""
    shown = show(network.folder / "directory", now_ms=CLOCK.now_ms())
    entries = {each.country: each.entry for each in shown.parties if each.entry is not None}
    assert len(entries) == 65
    assert {country for country, entry in entries.items() if entry.nodes} == {"FR", "JP", "RO"}
    assert [point.number for point in entries["RO"].contact_points] == [1, 2]


def test_each_desk_of_a_demo_has_a_telephone(tmp_path: Path) -> None:
    """A late message names whom to call, also in a demo."""
    plain = build(tmp_path)
    shown = show(plain.folder / "directory", now_ms=CLOCK.now_ms())
    points = {each.country: each.entry.contact_points for each in shown.parties if each.entry}
    assert set(points) == {"FR", "JP", "RO"}
    assert {str(one.telephones[0].number)[:3] for (one,) in points.values()} == {
        "+33",
        "+40",
        "+81",
    }


def test_every_port_is_its_own_and_below_those_of_outgoing_connections(
    network: DemoNetwork,
) -> None:
    """A port that the system hands to somebody's connection cannot be listened on again."""
    ports = [network.directory_port]
    for node in network.nodes:
        ports += [node.peer_port, node.desk_port]
    assert len(set(ports)) == 7
    assert all(1024 < port < 32_768 for port in ports)


def test_homes_are_private_and_open_with_the_credential_alone(network: DemoNetwork) -> None:
    """Even keys that are thrown away show how it is done."""
    assert network.credential.stat().st_mode & 0o777 == 0o600
    for node in network.nodes:
        assert node.home.path.stat().st_mode & 0o777 == 0o700
        assert node.home.keys.stat().st_mode & 0o777 == 0o700


def test_what_does_not_run_has_no_pid_and_no_page(network: DemoNetwork) -> None:
    """The first line of `a35 demo --json`, of nodes that were stopped."""
    shown = json.loads(described(network))
    assert shown["ready"] is True
    assert [node["pid"] for node in shown["nodes"]] == [None] * 3
    assert [node["page"] for node in shown["nodes"]] == [None] * 3


def test_a_folder_that_is_used_is_refused(network: DemoNetwork) -> None:
    """A second network over the first one would overwrite its keys."""
    with pytest.raises((GatewayError, OSError)):
        build(network.folder)


def test_a_node_that_cannot_start_is_named_with_its_last_word(tmp_path: Path) -> None:
    """Somebody listens on its port: the demo ends with the reason instead of waiting."""
    network = build(tmp_path)
    node = network.nodes[0]

    async def start() -> None:
        await network.start_node(node)
        try:
            await network.wait_ready(node)
        finally:
            await network.stop()

    with (
        socket.create_server(("127.0.0.1", node.peer_port)),
        pytest.raises(UnavailableError, match="FR/1 did not become ready: cannot listen"),
    ):
        asyncio.run(start())
