"""Availability: every call is counted once, whenever it is kept."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from gateway.errors import StorageError
from gateway.pinging import DayCount
from gateway.service.availability import DAY_MS, Availability
from protocol.identifiers import NodeId

FR = NodeId("FR", 1)
RO = NodeId("RO", 1)


class Kept:
    """The part of the store over a list; refuses when a test says so."""

    def __init__(self) -> None:
        self.counts: list[DayCount] = []
        self.fails = False
        self.meanwhile: Availability | None = None

    async def count_calls(self, counts: Sequence[DayCount]) -> None:
        """Keep counts; another call may be made meanwhile."""
        if self.meanwhile is not None:
            self.meanwhile.called(FR, answered=False)
            self.meanwhile = None
        await asyncio.sleep(0)
        if self.fails:
            raise StorageError("the disk is full", code="disk_full")
        self.counts.extend(counts)

    async def last_answers(self) -> Mapping[NodeId, int]:
        """Return nothing: nobody is asked here."""
        return {}

    async def availability(self, *, since_day: int) -> Mapping[NodeId, tuple[DayCount, ...]]:
        """Return what was kept."""
        return {
            node: tuple(one for one in self.counts if one.node == node and one.day >= since_day)
            for node in {one.node for one in self.counts}
        }


class Hours:
    """A clock that ends the world after some waits."""

    def __init__(self) -> None:
        self.ms = 7 * DAY_MS
        self.left = 2

    def now_ms(self) -> int:
        """Return the test's time."""
        return self.ms

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Move on; end after two waits."""
        if not self.left:
            raise asyncio.CancelledError
        self.left -= 1
        self.ms += round(seconds * 1000)
        await asyncio.sleep(0)


def test_calls_are_kept_by_day_and_asked_for_at_any_time() -> None:
    """What waits is kept before it is shown; a day without calls has no row."""

    async def play() -> None:
        kept, clock = Kept(), Hours()
        counted = Availability(store=kept, clock=clock)
        assert await counted.matrix(days=1) == {}
        for answered in (True, True, False):
            counted.called(RO, answered=answered)
        clock.ms += DAY_MS
        counted.called(RO, answered=True)
        assert await counted.matrix(days=2) == {
            RO: (
                DayCount(day=7, node=RO, called=3, answered=2),
                DayCount(day=8, node=RO, called=1, answered=1),
            )
        }
        assert len((await counted.matrix(days=1))[RO]) == 1

    asyncio.run(play())


def test_a_call_while_the_store_refuses_is_counted_with_the_next_ones() -> None:
    """Nothing is counted twice, nothing is lost as long as the node runs."""

    async def play() -> None:
        kept, clock = Kept(), Hours()
        counted = Availability(store=kept, clock=clock)
        counted.called(FR, answered=True)
        counted.called(RO, answered=True)
        kept.fails, kept.meanwhile = True, counted
        with pytest.raises(StorageError):
            await counted.keep()
        assert kept.counts == []
        kept.fails = False
        await counted.keep()
        assert kept.counts == [
            DayCount(day=7, node=FR, called=2, answered=1),
            DayCount(day=7, node=RO, called=1, answered=1),
        ]

    asyncio.run(play())


def test_counts_are_kept_now_and_then_and_a_full_disk_only_delays_them() -> None:
    """The node goes on."""

    async def play() -> None:
        kept, clock = Kept(), Hours()
        counted = Availability(store=kept, clock=clock)
        counted.called(RO, answered=True)
        kept.fails = True
        with pytest.raises(asyncio.CancelledError):
            await counted.run()
        assert kept.counts == []
        kept.fails, clock.left = False, 1
        with pytest.raises(asyncio.CancelledError):
            await counted.run()
        assert len(kept.counts) == 1

    asyncio.run(play())
