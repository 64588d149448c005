"""The real clock: the only place of the node that asks the system for the time.

Implements gateway.ports.Clock. Everything else is given a clock, so that the simulator can
bring one of its own.
"""

import asyncio
import time
from typing import Final

_NS_PER_MS: Final = 1_000_000


class SystemClock:
    """Wall time and monotonic time of this machine."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Return milliseconds since 1970, UTC; may jump when the machine's clock is set."""
        return time.time_ns() // _NS_PER_MS

    def monotonic_s(self) -> float:
        """Return seconds that never jump; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: How long; zero or less only yields to other tasks.
        """
        await asyncio.sleep(seconds)
