"""Several ways to one answer, begun a little apart: the first that answers wins, the rest end.

Does: what an emergency does with the endpoints of a node. Leaves to protocol.delivery.endpoints
which they are, and how far apart.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.errors import TransportError
from gateway.ports import Clock

_Result = TypeVar("_Result")


async def race(
    attempts: Sequence[tuple[float, Callable[[], Awaitable[_Result]]]], *, clock: Clock
) -> _Result:
    """Return the first answer; what is still under way then is cancelled.

    Args:
        attempts: One at least: how many seconds after the one before each begins at the latest
            (it begins earlier when all before it have failed), and what begins it.
        clock: Waiting.

    Raises:
        TransportError: All failed; one that may have got through is raised before others.
    """
    running: set[asyncio.Future[_Result]] = set()
    errors: list[TransportError] = []
    try:
        for number, (_, begin) in enumerate(attempts):
            running.add(asyncio.ensure_future(begin()))
            is_last = number + 1 == len(attempts)
            wait_s = None if is_last else attempts[number + 1][0]
            found = await _first(running, errors, wait_s=wait_s, clock=clock)
            if found is not None:
                return found[0]
    finally:
        await _end(running)
    error = next((one for one in errors if one.sent), errors[-1])
    try:
        raise error
    finally:
        del error, errors  # else they and this frame would hold each other, and what was sent


async def _first(
    running: set[asyncio.Future[_Result]],
    errors: list[TransportError],
    *,
    wait_s: float | None,
    clock: Clock,
) -> tuple[_Result] | None:
    """Wait for an answer, for the failure of all that run, or for the time of the next."""
    timer = None if wait_s is None else asyncio.ensure_future(clock.sleep(wait_s))
    try:
        while running and (timer is None or not timer.done()):
            waiting: set[asyncio.Future[object]] = {*running, *(() if timer is None else (timer,))}  # type: ignore[arg-type]
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in [each for each in running if each in done]:
                running.discard(one)
                try:
                    return (one.result(),)
                except TransportError as error:
                    errors.append(error)
    finally:
        if timer is not None:
            timer.cancel()
    return None


async def _end(running: set[asyncio.Future[_Result]]) -> None:
    """Cancel what is left, and wait until it has let go of its connections."""
    for one in running:
        one.cancel()
    if running:
        await asyncio.gather(*running, return_exceptions=True)
