"""Starting and stopping the port."""

import asyncio

import pytest

from gateway.errors import UnavailableError
from tests.gateway.peer.port import (
    HOST,
    connect,
    frame_of,
    open_port,
    parts,
    raw,
    request,
    rest,
    scenario,
)


@scenario
async def test_port_in_use_is_said_to_be() -> None:
    """Exit 69 with a hint, not a traceback."""
    async with open_port() as port, open_port() as other:
        await other.server.stop(0.1)
        with pytest.raises(UnavailableError):
            await other.server.start(HOST, port.number)


@scenario
async def test_stopping_lets_a_request_under_way_be_answered() -> None:
    """What was committed should be told, else it is sent again."""
    async with open_port() as port:
        port.reception.late_gate.clear()
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", frame_of(b"x"), close=False))
        await port.reception.took.wait()
        stopping = asyncio.ensure_future(port.server.stop(5.0))
        await asyncio.sleep(0)
        port.reception.late_gate.set()
        await stopping
        assert parts(await rest(stream))[0] == 200


@scenario
async def test_stopping_does_not_wait_for_ever() -> None:
    """SIGTERM ends within seconds whatever a request does."""
    async with open_port() as port:
        port.reception.gate.clear()
        stream = await connect(port.number)
        stream[1].write(request("POST", "/v1/envelopes", frame_of(b"x"), close=False))
        await port.reception.began.wait()
        await port.server.stop(0.02)
        assert await rest(stream) == b""


@scenario
async def test_stopping_twice_and_reloading_when_closed_do_nothing() -> None:
    """The runtime may stop what never started well."""
    async with open_port() as port:
        await port.server.stop(0.1)
        await port.server.stop(0.1)
        await port.server.reload_trust()


@scenario
async def test_port_can_be_opened_again() -> None:
    """A restart within a process, as the demo does."""
    async with open_port() as port:
        await port.server.stop(0.1)
        number = await port.server.start(HOST, 0)
        assert parts(await raw(number, request("GET", "/v1/keys")))[0] == 200
