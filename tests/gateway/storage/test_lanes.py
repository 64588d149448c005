"""The picture of the outbox in memory never differs from the table."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records import ClaimedItem, OutboxKind
from gateway.storage.lanes import LaneBoard
from gateway.storage.session import ItemQueued
from gateway.storage.sqlite import SqliteStore
from protocol.delivery.urgency import Urgency
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    NOW_MS,
    OTHER,
    PEER,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import claim, defer, deliver


@dataclass
class Player:
    """Plays steps on a running store, and holds what it claimed."""

    home: Home
    store: SqliteStore
    held: list[ClaimedItem] = field(default_factory=list)
    sent: int = 0

    @property
    def now_ms(self) -> int:
        """The time of the home."""
        return self.home.clock.wall_ms

    async def submit(self) -> None:
        """Queue one more, of any class, for one of two nodes, soon to expire."""
        self.sent += 1
        one = submission(
            self.sent,
            to=(PEER, OTHER)[self.sent % 2],
            cls=Urgency(self.sent % 4),
            exp_ms=self.now_ms + 10 * self.sent,
        )
        await self.store.submit(one, now_ms=self.now_ms)

    async def claim(self) -> None:
        """Take some of each lane."""
        for node in (PEER, OTHER):
            self.held += await claim(self.store, node=node, now_ms=self.now_ms, max_items=2)

    async def release(self) -> None:
        """Give one back."""
        await self.store.release([self.held.pop()] if self.held else [])

    async def deliver(self) -> None:
        """Settle one well."""
        if self.held:
            item = self.held.pop()
            await deliver(self.store, item, received(int.from_bytes(item.mid.value, "big")))

    async def park(self) -> None:
        """Put one off."""
        if self.held:
            await defer(self.store, self.held.pop(), next_ms=self.now_ms + 15)

    async def push(self) -> None:
        """Let the newest be receipted by a push."""
        if self.sent:
            await self.store.take_receipts(
                PEER, [received(self.sent)], peer_checkpoint(), now_ms=self.now_ms
            )

    async def expire(self) -> None:
        """Close what is past its time."""
        await self.store.expire(now_ms=self.now_ms)

    async def tick(self) -> None:
        """Let time pass."""
        await self.home.clock.sleep(0)
        self.home.clock.wall_ms += 10

    async def compare(self) -> None:
        """Hold the picture against one that is read anew."""
        await self.store.release(self.held)
        fresh = LaneBoard(self.store._core.reader, steady_ms=self.now_ms)
        works = [replace(work, newest_emergency=0) for work in await self.store.lanes()]
        shown = sorted(works, key=lambda work: work.row.node)
        expected = sorted(fresh.work(steady_ms=self.now_ms), key=lambda work: work.row.node)
        assert shown == expected


STEPS: dict[str, Callable[[Player], Awaitable[None]]] = {
    "submit": Player.submit,
    "claim": Player.claim,
    "release": Player.release,
    "deliver": Player.deliver,
    "park": Player.park,
    "push": Player.push,
    "expire": Player.expire,
    "tick": Player.tick,
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_picture_after_any_steps_is_that_of_a_new_start(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Counting is only right if every commit is counted, once."""
    home = Home(tmp_path_factory.mktemp("lanes") / "home")

    async def scenario(store: SqliteStore) -> None:
        player = Player(home, store)
        for step in steps:
            await STEPS[step](player)
        await player.compare()

    home.play(scenario)


def test_items_that_ended_between_two_reads_are_not_claimed(tmp_path: Path) -> None:
    """The writer goes on while a claim is read; what is gone keeps no lease."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        core = store._core
        taken = asyncio.create_task(
            store.take_receipts(PEER, [received(1)], peer_checkpoint(), now_ms=NOW_MS)
        )
        for _ in range(2):  # it asks, and at the end of the turn the writer has it
            await asyncio.sleep(0)
        # The loop is held here until the commit is on the disk, but its news have not come.
        while core.reader.execute("SELECT count(*) FROM outbox").fetchone()[0]:
            pass
        assert core.lanes.work(steady_ms=NOW_MS)
        assert await claim(store) == ()
        await taken
        assert await claim(store, OutboxKind.RECEIPT) == ()
        assert await store.lanes() == ()
        assert core.lanes.leases.all() == {}

    home.play(scenario)


def test_picture_is_read_again_after_a_commit_of_unknown_outcome(tmp_path: Path) -> None:
    """The connection was opened anew: nothing in memory is taken for granted."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        waiting = asyncio.create_task(store.wait_for_events(1, 60.0))
        store._core.committer._connection.close()
        results = await asyncio.gather(
            store.submit(submission(2), now_ms=NOW_MS), return_exceptions=True
        )
        assert isinstance(results[0], Exception)
        await store.submit(submission(3), now_ms=NOW_MS)
        await asyncio.wait_for(waiting, 10.0)
        (work,) = await store.lanes()
        assert work.waiting == 2
        assert [event.number for event in await store.events(after=0, limit=9)] == [1, 2]

    home.play(scenario)


def test_picture_costs_memory_for_lanes_and_not_for_what_waits_in_them(tmp_path: Path) -> None:
    """A backlog of 100,000 lies on the disk; what is held of a lane is a handful of numbers."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:  # noqa: RUF029 - a scenario
        reader = store._core.reader
        sizes = []
        for each in (1, 200):
            board = LaneBoard(reader, steady_ms=NOW_MS)
            tracemalloc.start()
            for number in range(1, 501):
                board.apply(
                    ItemQueued(item=n, node=f"FR/{number}", cls=Urgency.P3, exp_ms=NOW_MS + n)
                    for n in range(each)
                )
            board.changes(steady_ms=NOW_MS)
            sizes.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            assert sum(sum(counts) for counts in board.counts().values()) == 500 * each
        assert sizes[1] < sizes[0] + 50_000
        assert sizes[0] < 500 * 2_000

    home.play(scenario)
