"""Something that one task waits for and others ring, at most for a time of the clock port."""

import asyncio

from gateway.ports import Clock


class Bell:
    """A bell for one waiter; rung before it is waited for, it ends that wait at once.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_rung = False
        self._waiting: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """End the wait that is, or the next one."""
        self._is_rung = True
        if self._waiting is not None:
            _end(self._waiting)

    def clear(self) -> None:
        """Forget that it was rung: whoever looks now sees what it was rung for."""
        self._is_rung = False

    async def wait(self, seconds: float) -> None:
        """Return when it was rung since `clear`, or in time.

        Args:
            seconds: Of the clock.
        """
        if self._is_rung:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        timer.add_done_callback(lambda _: _end(waiting))
        try:
            await waiting
        finally:
            self._waiting = None
            timer.cancel()


def _end(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
