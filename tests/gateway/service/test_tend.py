"""House-keeping: a node whose store has stopped ends, and unfinished attachments are dropped."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import StorageError
from tests.gateway.network import DAY_MS, Wire, network
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.world import FR, scenario


@scenario
async def test_node_ends_when_its_store_has_stopped(tmp_path: Path) -> None:
    """Else it would look alive and accept nothing."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        tend = net["RO/1"].runtime._tend
        tend._clock = clock = StoppingClock(after=3)
        with pytest.raises(asyncio.CancelledError):
            await tend.run()
        assert clock.waits == [1.0, 1.0, 1.0]
        net["RO/1"].store._core.committer.give_up("the disk is gone")
        with pytest.raises(StorageError, match="the disk is gone") as caught:
            await tend.run()
        assert caught.value.code == "store_stopped"


@scenario
async def test_attachment_that_never_came_whole_is_dropped_after_a_day(tmp_path: Path) -> None:
    """Rule 24: a peer must not fill the disk with beginnings."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        await node.blobs.put(FR, bytes(32), offset=0, total=10, piece=b"half")
        tend = node.runtime._tend
        tend._clock = StoppingClock(after=2, step_ms=3_600_000)
        with pytest.raises(asyncio.CancelledError):
            await tend.run()
        assert await node.blobs.offset(FR, bytes(32)) == 4
        tend._clock = clock = StoppingClock(after=1)
        clock.ms += 400 * DAY_MS
        with pytest.raises(asyncio.CancelledError):
            await tend.run()
        assert await node.blobs.offset(FR, bytes(32)) is None


@scenario
async def test_folder_that_cannot_be_swept_stops_nothing(tmp_path: Path) -> None:
    """It is tried again in an hour; the node goes on."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        (node.home / "blobs").write_text("not a folder")
        tend = node.runtime._tend
        tend._clock = clock = StoppingClock(after=2)
        with pytest.raises(asyncio.CancelledError):
            await tend.run()
        assert len(clock.waits) == 2
