"""Runs a node as `a35 run` does, with a clock that is wrong by SHIFT_S seconds."""

import os
import sys

from gateway.assembly import run
from gateway.clock import SystemClock
from gateway.main import command_line


class WrongClock:
    """The system's clock, moved; what runs on it cannot tell."""

    def __init__(self, shift_s: int) -> None:
        self._clock = SystemClock()
        self._shift_ms = shift_s * 1000

    def now_ms(self) -> int:
        """Return the wrong time."""
        return self._clock.now_ms() + self._shift_ms

    def monotonic_s(self) -> float:
        """Return a time that only measures spans."""
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._clock.sleep(seconds)


if __name__ == "__main__":
    clock = WrongClock(int(os.environ["SHIFT_S"]))
    sys.exit(command_line(run=lambda options: run(options, clock=clock)))
