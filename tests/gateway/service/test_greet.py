"""Calling the others: an empty frame each quarter of an hour, and one key set a day."""

import asyncio
from pathlib import Path

import pytest

from tests.gateway.network import DAY_MS, STAMP, Wire, network
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.world import DE, FR, RO, ask, scenario
from tests.gateway.wire import as_it_is

NAMES = ["DE/1", "FR/1", "RO/1"]
QUARTER_MS = 15 * 60 * 1000


@scenario
async def test_everybody_is_called_each_quarter_of_an_hour_and_the_silent_again(
    tmp_path: Path,
) -> None:
    """One empty frame each, and one key set a day; who is out of reach is no fault."""
    wire = Wire(cut={(FR, DE)})
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        greet = net["FR/1"].runtime.contact.greet
        for _ in range(3):
            await greet.once()
        assert ask(net["FR/1"], "SELECT node FROM peer_key_set") == [("RO/1",)]
        assert net["RO/1"].runtime._logs.head_size(FR) > 0
        assert wire.frames == 2
        wire.cut.clear()
        net.clock.ms += QUARTER_MS
        await greet.once()
        assert len(ask(net["FR/1"], "SELECT node FROM peer_key_set")) == 2
        await greet.once()
        assert wire.frames == 4
        net.clock.ms += DAY_MS
        await greet.once()
        assert wire.frames == 6


@scenario
async def test_node_that_calls_first_is_asked_for_its_key_set_soon(tmp_path: Path) -> None:
    """It was away when we started; what is written to it should not need its last resort."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        greet = net["FR/1"].runtime.contact.greet
        await greet.once()
        wire.cut.clear()
        net.clock.ms += 30_000
        await greet.once()
        assert ask(net["FR/1"], "SELECT node FROM peer_key_set") == [("DE/1",)]
        await net["RO/1"].runtime.contact.greet.once()
        await greet.once()
        assert len(ask(net["FR/1"], "SELECT node FROM peer_key_set")) == 2


@scenario
async def test_node_that_was_met_meanwhile_is_not_called(tmp_path: Path) -> None:
    """One exchange in a quarter of an hour is enough for both sides; but once an hour we call."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        greet, engine = net["FR/1"].runtime.contact.greet, net["FR/1"].runtime.engine
        await greet.once()
        calls = []
        for _ in range(9):
            net.clock.ms += QUARTER_MS // 2
            engine.contacted(RO)
            frames = net.wire.frames
            await greet.once()
            calls.append(net.wire.frames - frames)
        assert sum(calls) == 1
        met = engine.contacts()[RO]
        assert met.heard_ms == net.clock.ms
        assert met.reached_ms is not None
        assert ask(net["FR/1"], "SELECT last_ok_ms FROM lane") == [(met.reached_ms,)]


@scenario
async def test_idle_pair_does_not_make_each_others_logs_grow(tmp_path: Path) -> None:
    """Two days of signs of life: a checkpoint of the other becomes a leaf once an hour at most."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        nodes = list(net.nodes.values())
        began = [ask(node, "SELECT count(*) FROM leaf")[0][0] for node in nodes]
        for _ in range(2 * 24 * 12):
            net.clock.ms += QUARTER_MS // 3
            for node in nodes:
                await node.runtime.contact.greet.once()
        assert net.wire.frames >= 2 * 24 * 4
        for node, before in zip(nodes, began, strict=True):
            assert ask(node, "SELECT count(*) FROM leaf")[0][0] - before <= 2 * 24 + 2


@pytest.mark.parametrize(("status", "body"), [(503, b""), (200, b"\xc1")])
def test_greeting_without_a_good_key_set_is_no_fault(
    status: int, body: bytes, tmp_path: Path
) -> None:
    """The logs are linked all the same; the key set is asked for with the next round."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, ["FR/1", "RO/1"], wire, run=[]) as net:
            wire.answering = lambda node, path, was, true: (
                (status, body) if path == "/v1/keys" else as_it_is(node, path, was, true)
            )
            await net["FR/1"].runtime.contact.greet.once()
            assert net["FR/1"].runtime._logs.head_size(RO) > 0
            assert net["FR/1"].runtime._keyring.is_due(RO)

    asyncio.run(run())


@scenario
async def test_node_without_a_directory_looks_for_one_every_second(tmp_path: Path) -> None:
    """The first greeting must not wait for a whole round."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        greet = net["FR/1"].runtime.contact.greet
        greet._clock = clock = StoppingClock(after=2)
        net["FR/1"].directory.current = None
        with pytest.raises(asyncio.CancelledError):
            await greet.run()
        assert clock.waits == [1.0, 1.0]
        net["FR/1"].directory.current = STAMP
        greet._clock = clock = StoppingClock(after=2)
        with pytest.raises(asyncio.CancelledError):
            await greet.run()
        assert all(15.0 <= wait <= 30.0 for wait in clock.waits)
