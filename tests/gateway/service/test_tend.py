"""The node's house-keeping: stops with its store, and with nothing less."""

import asyncio
import os
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.service.tend import Tend
from tests.gateway.network import Node, Wire, network
from tests.gateway.service.world import scenario


class _Turns:
    """A clock whose waiting ends after some turns of the watch."""

    def __init__(self, turns: int) -> None:
        self.turns = turns

    def now_ms(self) -> int:
        """Return a time at which everything old is due for sweeping."""
        return 2**41

    def monotonic_s(self) -> float:
        """Return a fixed time: everything that is due is due once."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Count a turn; end the test after the last."""
        assert seconds > 0
        self.turns -= 1
        if self.turns == 0:
            raise asyncio.CancelledError


def _tend(node: Node, turns: int) -> Tend:
    return Tend(
        store=node.store, blobs=node.blobs, clock=_Turns(turns), journal=get_journal("test")
    )


@scenario
async def test_node_with_a_sound_store_is_left_alone(tmp_path: Path) -> None:
    """Also when the folder of attachments cannot be swept today."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        part = tmp_path / "RO-1" / "blobs" / "FR-1" / "odd.part"
        part.mkdir(parents=True)  # cannot be unlinked like a file
        os.utime(part, (0, 0))
        with pytest.raises(asyncio.CancelledError):
            await _tend(node, 3).run()
        assert part.exists()


@scenario
async def test_store_that_stopped_ends_the_node(tmp_path: Path) -> None:
    """A node that cannot write must not look alive."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        net["RO/1"].store._core.committer.give_up("the disk failed twice")
        with pytest.raises(StorageError) as refused:
            await _tend(net["RO/1"], 3).run()
        assert refused.value.code == "store_stopped"
