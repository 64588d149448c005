"""Ports of demos: no two demos of one machine are given the same, whoever of them stands still."""

import gc
import socket
import sys

import pytest

from gateway.demo import ports
from gateway.demo.ports import HeldPorts
from gateway.errors import UnavailableError

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux lets one socket listen where another one is bound"
)


@linux_only
def test_port_that_nobody_listens_on_is_given_to_one_demo_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A node may be down for a while: another demo's node would take its place."""
    held = HeldPorts(1)
    (port,) = held.numbers
    monkeypatch.setattr(ports, "_RANGE", (port, port + 1))
    with pytest.raises(UnavailableError, match="no free ports"):
        HeldPorts(1)
    del held
    gc.collect()
    assert HeldPorts(1).numbers == (port,)


@linux_only
def test_held_port_is_listened_on_by_a_node_again_and_again() -> None:
    """As servers do, which allow their address to be used again."""
    held = HeldPorts(1)
    (port,) = held.numbers
    for _ in range(2):
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port)),
        ):
            server.accept()[0].close()
