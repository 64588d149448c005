"""Virtual time for the nodes of one world: wall clocks that jump, steady clocks that do not.

Loop seconds and virtual seconds are two things. A world where nothing happens may run at a
higher *pace*: so many virtual seconds pass in one second of the loop. Waits through the Clock
port follow the pace; what waits on the loop itself (`asyncio.timeout`) becomes coarse, as on a
machine that is busy.
"""

import asyncio
from contextvars import Context, copy_context
from datetime import UTC, datetime
from math import ceil
from typing import Final

from gateway.simulator.loop import is_over

START_MS: Final = int(datetime(2026, 11, 22, 3, tzinfo=UTC).timestamp() * 1000)
"""When every world begins, milliseconds since 1970, UTC."""

_GRAIN_S: Final = 0.25
"""Loop seconds between the moments at which waits of nodes end, when time runs fast."""

DAY_S: Final = 24 * 60 * 60.0
DAY_MS: Final = 24 * 60 * 60 * 1000


class _Sleeper:
    """One wait through a Clock port."""

    __slots__ = ("context", "future", "grain_s", "timer", "until_s")

    def __init__(self, until_s: float, grain_s: float, future: "asyncio.Future[None]") -> None:
        self.until_s = until_s
        self.grain_s = grain_s
        self.future = future
        self.timer: asyncio.TimerHandle | None = None
        self.context: Context = copy_context()

    def wake(self) -> None:
        """End the wait."""
        if not self.future.done():
            self.future.set_result(None)


class VirtualTime:
    """The time of one world, from which every node's clock is taken."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pace = 1.0
        self._base_s = 0.0
        self._since_s = self._loop.time()
        self._sleepers: dict[int, _Sleeper] = {}
        self._numbered = 0

    @property
    def pace(self) -> float:
        """Virtual seconds in one second of the loop."""
        return self._pace

    def now_s(self) -> float:
        """Return virtual seconds since the world began."""
        return self._base_s + (self._loop.time() - self._since_s) * self._pace

    def set_pace(self, pace: float) -> None:
        """Let time run faster or slower from now on.

        Args:
            pace: Above 0.
        """
        if pace == self._pace:
            return
        self._base_s = self.now_s()
        self._since_s = self._loop.time()
        self._pace = pace
        self._sleepers = {
            number: sleeper
            for number, sleeper in self._sleepers.items()
            if not is_over(sleeper.context)
        }
        for sleeper in self._sleepers.values():
            self._arm(sleeper)

    async def sleep(self, seconds: float) -> None:
        """Wait at least so many virtual seconds; at a high pace all wake at coarse moments."""
        await self._wait(seconds, grain_s=_GRAIN_S)

    async def wait(self, seconds: float) -> None:
        """Wait so many virtual seconds, at any pace; zero or less only yields."""
        await self._wait(seconds, grain_s=0.0)

    async def _wait(self, seconds: float, *, grain_s: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = _Sleeper(self.now_s() + seconds, grain_s, self._loop.create_future())
        number = self._numbered = self._numbered + 1
        self._sleepers[number] = sleeper
        self._arm(sleeper)
        try:
            await sleeper.future
        finally:
            self._sleepers.pop(number, None)
            if sleeper.timer is not None:
                sleeper.timer.cancel()

    def _arm(self, sleeper: _Sleeper) -> None:
        if sleeper.timer is not None:
            sleeper.timer.cancel()
        when = self._loop.time() + max(0.0, sleeper.until_s - self.now_s()) / self._pace
        if sleeper.grain_s and self._pace > 1:
            when = ceil(when / sleeper.grain_s) * sleeper.grain_s
        sleeper.timer = self._loop.call_at(when, sleeper.wake, context=sleeper.context)


class SimulatedClock:
    """Implements gateway.ports.Clock for one life of one node.

    Args:
        time: The world's.
        offset_ms: How far this machine's wall clock is ahead of true time; survives a restart.
        boot_s: What its steady clock shows at the beginning: of another machine, another.
    """

    __slots__ = ("_boot_s", "_time", "offset_ms")

    def __init__(self, time: VirtualTime, *, offset_ms: int, boot_s: float) -> None:
        self._time = time
        self._boot_s = boot_s - time.now_s()
        self.offset_ms = offset_ms

    def now_ms(self) -> int:
        """Return milliseconds since 1970 as this machine believes."""
        return START_MS + int(self._time.now_s() * 1000) + self.offset_ms

    def monotonic_s(self) -> float:
        """Return seconds that never jump."""
        return self._boot_s + self._time.now_s()

    async def sleep(self, seconds: float) -> None:
        """Wait so many virtual seconds."""
        await self._time.sleep(seconds)
