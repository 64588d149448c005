"""Nightly backups: once a day, made up for after an outage, tried again, and loud when missing."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.service.nightly import LATE_MS, Nightly
from tests.gateway.network import DAY_MS, LoopClock
from tests.gateway.service.rounds import StoppingClock

HOUR_MS = 3_600_000
AT = 3 * 60 + 15
"""The test's clock begins at 03:00."""


class Folder:
    """A folder of backups in memory; a test may let it fail."""

    def __init__(self, clock: LoopClock) -> None:
        self._clock = clock
        self.made: list[int] = []
        self.fault: StorageError | None = None
        self.tried = 0

    def newest_ms(self, now_ms: int) -> int | None:
        """Return when the newest was made."""
        return max((each for each in self.made if each <= now_ms), default=None)

    async def make(self, now_ms: int) -> int:
        """Make one, or fail."""
        await asyncio.sleep(0)
        self.tried += 1
        if self.fault is not None:
            raise self.fault
        self.made.append(now_ms)
        return 1000


def asynchronous(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make an asynchronous test one that pytest runs."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


def made(clock: LoopClock) -> tuple[Nightly, Folder, Metrics]:
    """Return a service over an empty folder."""
    folder, metrics = Folder(clock), Metrics()
    nightly = Nightly(
        folder, at_minute=AT, clock=clock, journal=get_journal("test"), metrics=metrics
    )
    return nightly, folder, metrics


@asynchronous
async def test_first_backup_is_made_at_once_and_then_one_each_night() -> None:
    """A new node must not wait a day for its first one."""
    clock = LoopClock()
    nightly, folder, metrics = made(clock)
    counts = []
    for minutes in (0, 10, 4, 1, 60, 24 * 60):
        clock.ms += minutes * 60_000
        await nightly.look()
        counts.append(len(folder.made))
    assert counts == [1, 1, 1, 2, 2, 3]
    assert metrics.value("a35_backup_age_seconds") == 0


@asynchronous
async def test_night_that_was_missed_is_made_up_for_once() -> None:
    """The node was down for three of them."""
    clock = LoopClock()
    nightly, folder, _ = made(clock)
    await nightly.look()
    clock.ms += 3 * DAY_MS + HOUR_MS
    await nightly.look()
    await nightly.look()
    assert len(folder.made) == 2


@asynchronous
async def test_failed_backup_is_an_alarm_and_tried_again_in_an_hour() -> None:
    """The node goes on; an hour is enough to make room."""
    clock = LoopClock()
    nightly, folder, metrics = made(clock)
    folder.fault = StorageError("no room", code="disk_full")
    for _ in range(3):
        await nightly.look()
        clock.ms += 60_000
    assert folder.tried == 1
    assert metrics.value("a35_alarms_total", {"kind": "backup"}) == 1
    folder.fault = None
    clock.ms += HOUR_MS
    await nightly.look()
    assert len(folder.made) == 1


@asynchronous
async def test_no_good_backup_for_26_hours_is_an_alarm_and_a_bad_check() -> None:
    """Also when there never was one."""
    clock = LoopClock()
    nightly, folder, metrics = made(clock)
    folder.fault = StorageError("no room")
    await nightly.look()
    assert nightly.check().ok
    assert "none is there" in nightly.check().detail
    clock.ms += LATE_MS + 1
    await nightly.look()
    await nightly.look()
    assert not nightly.check().ok
    assert metrics.value("a35_alarms_total", {"kind": "backup"}) == 3
    folder.fault = None
    clock.ms += HOUR_MS
    await nightly.look()
    assert nightly.check().ok
    assert nightly.check().detail == "0 hours old"


@asynchronous
async def test_clock_that_was_ahead_once_does_not_keep_backups_from_being_made() -> None:
    """What is dated later than now counts for nothing."""
    clock = LoopClock()
    nightly, folder, _ = made(clock)
    folder.made.append(clock.ms + 400 * DAY_MS)
    await nightly.look()
    assert folder.tried == 1


@asynchronous
async def test_looking_goes_on_every_half_minute() -> None:
    """Until the node ends."""
    clock = StoppingClock(after=3)
    nightly, _, _ = made(clock)
    with pytest.raises(asyncio.CancelledError):
        await nightly.run()
    assert clock.waits == [30.0, 30.0, 30.0]
