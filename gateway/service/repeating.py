"""The same work again and again, where a full disk only delays it."""

from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from gateway.ports import Clock
from gateway.service.guard import passing_over_full

Work: TypeAlias = Callable[[], Awaitable[object]]
"""One round of it."""


async def repeat(
    work: Callable[[], Awaitable[object]], *, every_s: float, clock: Clock
) -> NoReturn:
    """Do it, rest, and do it again, until cancelled.

    Args:
        work: Whole or not at all: what a full disk prevented is done with the next round.
        every_s: Seconds of rest between two rounds.
        clock: Time.

    Raises:
        GatewayError: It failed otherwise than for want of room.
    """
    while True:
        with passing_over_full():
            await work()
        await clock.sleep(every_s)
