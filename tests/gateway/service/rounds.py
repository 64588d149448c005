"""A clock that ends a background round after a number of waits, and tells how long they were."""

import asyncio

from typing_extensions import override

from tests.gateway.network import LoopClock


class StoppingClock(LoopClock):
    """Lets a worker wait a number of times, then cancels it.

    Args:
        after: How many waits are let pass.
        step_ms: By how much the time moves with each.
    """

    def __init__(self, *, after: int, step_ms: int = 0) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._after = after
        self._step_ms = step_ms

    @override
    async def sleep(self, seconds: float) -> None:
        """Note the wait.

        Raises:
            CancelledError: The last one.
        """
        self.waits.append(seconds)
        self.ms += self._step_ms
        if len(self.waits) >= self._after:
            raise asyncio.CancelledError
        await asyncio.sleep(0)
