"""The real clock keeps the promises that the port makes."""

import asyncio
import time

from gateway.clock import SystemClock
from gateway.ports import Clock


def test_wall_time_is_in_whole_milliseconds_of_utc() -> None:
    """Times on the wire are integers; a factor of a thousand would look like the year 1970."""
    clock: Clock = SystemClock()
    before = int(time.time() * 1000)
    now = clock.now_ms()
    assert before - 1 <= now <= int(time.time() * 1000) + 1


def test_monotonic_time_never_goes_back() -> None:
    """Leases and back-off count on it."""
    clock = SystemClock()
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first


def test_sleeping_zero_only_yields() -> None:
    """Loops that give way to others must not wait for it."""

    async def order() -> list[str]:
        seen: list[str] = []

        async def other() -> None:  # noqa: RUF029 - a task of its own
            seen.append("other")

        task = asyncio.create_task(other())
        await SystemClock().sleep(0)
        seen.append("me")
        await task
        return seen

    assert asyncio.run(order()) == ["other", "me"]
