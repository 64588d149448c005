"""Adopting directory versions: each one once in the log, and a wait that fits what is there."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.full import Full
from tests.gateway.network import STAMP, Wire, network
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.world import ask, scenario

COUNT = "SELECT count(*) FROM leaf WHERE kind = 6"


@scenario
async def test_each_version_is_stated_once_and_renews_what_rests_on_it(tmp_path: Path) -> None:
    """Rule 6: the log says under which directory this node acted."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        adopt = node.runtime.adopt
        renewed = []

        async def renew() -> None:
            renewed.append(node.directory.current)
            await asyncio.sleep(0)

        node.runtime._directory_changed = renew
        node.directory.current = None
        await adopt.once()
        assert ask(node, COUNT) == [(0,)]
        for stamp in (STAMP, STAMP, replace(STAMP, timestamp_version=2)):
            node.directory.current = stamp
            await adopt.once()
        assert ask(node, COUNT) == [(2,)]
        assert renewed == [STAMP, replace(STAMP, timestamp_version=2)]
        assert node.directory.refreshes == 4


@scenario
async def test_keys_that_count_again_renew_what_rests_on_them(tmp_path: Path) -> None:
    """They waited in a version that was adopted a day ago: it is not stated twice."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        renewed = []

        async def renew() -> None:
            renewed.append(node.directory.current)
            await asyncio.sleep(0)

        node.runtime._directory_changed = renew
        await node.runtime.adopt.take()
        await node.runtime.adopt.take()
        await node.runtime.adopt.take(again=True)
        assert renewed == [STAMP, STAMP]
        assert ask(node, COUNT) == [(1,)]


@scenario
async def test_version_that_found_no_room_is_adopted_with_the_next_look(tmp_path: Path) -> None:
    """Whoever else fetched it: a peer that named it ends no node whose disk is full."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        adopt = node.runtime.adopt
        adopt._store = full = Full(node.store, "state")  # type: ignore[assignment]
        await adopt.found()
        assert (full.refusals, ask(node, COUNT)) == (1, [(0,)])
        full.has_room = True
        await adopt.once()
        assert ask(node, COUNT) == [(1,)]


@scenario
async def test_node_without_a_directory_asks_ever_more_rarely_and_then_every_quarter(
    tmp_path: Path,
) -> None:
    """It waits as long as it takes; the source is not hammered."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = net["RO/1"]
        adopt = node.runtime.adopt
        node.directory.current = None
        adopt._clock = clock = StoppingClock(after=8)
        with pytest.raises(asyncio.CancelledError):
            await adopt.run()
        assert 1.0 <= clock.waits[0] <= 4.0
        assert all(wait <= 60.0 for wait in clock.waits)
        node.directory.current = STAMP
        adopt._clock = clock = StoppingClock(after=1)
        with pytest.raises(asyncio.CancelledError):
            await adopt.run()
        assert 450.0 <= clock.waits[0] <= 900.0


@scenario
async def test_age_counts_from_the_last_time_that_the_source_answered(tmp_path: Path) -> None:
    """A source that fails lets it grow, also where nothing in the directory had changed."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        adopt = net["RO/1"].runtime.adopt
        net.clock.ms += 5_000
        assert adopt.age_s() == 5.0
        why: list[str | None] = ["not reached"]
        adopt._why = lambda: why[0]
        await adopt.once()
        assert adopt.age_s() == 5.0
        why[0] = None
        await adopt.once()
        assert adopt.age_s() == 0.0
