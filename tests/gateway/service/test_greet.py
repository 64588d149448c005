"""Getting to know the others: one empty frame and one key set each, once a day."""

import asyncio
from pathlib import Path

import pytest

from tests.gateway.network import DAY_MS, STAMP, Wire, network
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.world import DE, FR, RO, ask, scenario
from tests.gateway.wire import as_it_is

NAMES = ["DE/1", "FR/1", "RO/1"]


@scenario
async def test_everybody_is_greeted_once_a_day_and_the_silent_again(tmp_path: Path) -> None:
    """One empty frame and one key set each; who is out of reach is no fault."""
    wire = Wire(cut={(FR, DE)})
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        greet = net["FR/1"].runtime._greet
        for _ in range(3):
            await greet.once()
        assert ask(net["FR/1"], "SELECT node FROM peer_key_set") == [("RO/1",)]
        assert net["RO/1"].runtime._logs.head_size(FR) > 0
        assert wire.frames == 4
        wire.cut.clear()
        await greet.once()
        assert len(ask(net["FR/1"], "SELECT node FROM peer_key_set")) == 2
        await greet.once()
        assert wire.frames == 5
        net.clock.ms += DAY_MS
        await greet.once()
        assert wire.frames == 7


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
            await net["FR/1"].runtime._greet.once()
            assert net["FR/1"].runtime._logs.head_size(RO) > 0
            assert net["FR/1"].runtime._keyring.is_due(RO)

    asyncio.run(run())


@scenario
async def test_node_without_a_directory_looks_for_one_every_second(tmp_path: Path) -> None:
    """The first greeting must not wait for a whole round."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        greet = net["FR/1"].runtime._greet
        greet._clock = clock = StoppingClock(after=2)
        net["FR/1"].directory.current = None
        with pytest.raises(asyncio.CancelledError):
            await greet.run()
        assert clock.waits == [1.0, 1.0]
        net["FR/1"].directory.current = STAMP
        greet._clock = clock = StoppingClock(after=2)
        with pytest.raises(asyncio.CancelledError):
            await greet.run()
        assert all(30.0 <= wait <= 60.0 for wait in clock.waits)
