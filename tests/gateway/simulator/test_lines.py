"""Connections of the simulated wire: as many as the real transport has, in order, none lost."""

import asyncio

import pytest

from gateway.errors import TransportError
from gateway.peer.calling import CallLimits
from gateway.simulator.lines import AT_ONCE, Caller, Lines
from gateway.simulator.run import virtual
from protocol.identifiers import NodeId

CALLER: Caller = ("RO/1.1", NodeId("FR", 1))
WAIT_S = 10.0


async def hold(lines: Lines, seconds: float, done: list[int], number: int) -> None:
    """Hold a connection for a while."""
    async with lines.one(CALLER, is_frame=number % 2 == 0):
        await asyncio.sleep(seconds)
        done.append(number)


def test_there_are_as_many_as_the_real_transport_keeps() -> None:
    """The rules of what peers accept were made for these."""
    assert CallLimits().connections == AT_ONCE


def test_who_waits_longest_comes_first() -> None:
    """Six at a time, in the order of asking."""

    async def scenario() -> None:
        lines = Lines(WAIT_S)
        done: list[int] = []
        asking = [asyncio.create_task(hold(lines, 1.0, done, number)) for number in range(14)]
        await asyncio.sleep(1.5)
        assert done == list(range(AT_ONCE))
        await asyncio.gather(*asking)
        assert done == list(range(14))
        assert lines.most_frames == 7
        assert asyncio.get_running_loop().time() == pytest.approx(3.0)

    with virtual(8) as loop:
        loop.run_until_complete(scenario())


def test_who_waits_too_long_was_not_connected() -> None:
    """Nothing was sent, as the real transport says."""

    async def scenario() -> None:
        lines = Lines(WAIT_S)
        done: list[int] = []
        held = [asyncio.create_task(hold(lines, 60.0, done, number)) for number in range(AT_ONCE)]
        await asyncio.sleep(0)
        with pytest.raises(TransportError) as caught:
            await hold(lines, 1.0, done, 99)
        assert (caught.value.code, caught.value.sent) == ("unreachable", False)
        await asyncio.gather(*held)
        await hold(lines, 1.0, done, 100)
        assert done[-1] == 100

    with virtual(8) as loop:
        loop.run_until_complete(scenario())


def test_who_gives_up_takes_no_connection_with_him() -> None:
    """Neither while he waits, nor in the moment in which he gets one."""

    async def scenario() -> None:
        lines = Lines(WAIT_S)
        done: list[int] = []
        held = [asyncio.create_task(hold(lines, 1.0, done, number)) for number in range(AT_ONCE)]
        await asyncio.sleep(0)
        early, late = (asyncio.create_task(hold(lines, 1.0, done, 50 + n)) for n in range(2))
        await asyncio.sleep(0.5)
        early.cancel()
        held[0].add_done_callback(lambda _: late.cancel())
        await asyncio.gather(*held, early, late, return_exceptions=True)
        assert early.cancelled()
        assert late.cancelled()
        await asyncio.gather(*(hold(lines, 1.0, done, 90 + n) for n in range(AT_ONCE)))
        assert len(done) == 2 * AT_ONCE
        assert asyncio.get_running_loop().time() == pytest.approx(2.0)

    with virtual(8) as loop:
        loop.run_until_complete(scenario())
