"""Works side by side: none outlives its caller, whatever becomes of the others."""

import asyncio

import pytest

from gateway.errors import StorageError
from gateway.service.abreast import abreast


def test_all_go_to_their_ends_before_a_fault_is_raised() -> None:
    """Whoever begins again after the fault meets nobody of the first time."""
    ended: list[int] = []

    async def work(number: int) -> int:
        for _ in range(number):
            await asyncio.sleep(0)
        if number in {1, 2}:
            raise StorageError(f"no room for {number}")
        ended.append(number)
        return number

    async def scenario() -> None:
        assert await abreast(work(number) for number in (4, 3)) == [4, 3]
        assert await abreast([]) == []
        ended.clear()
        with pytest.raises(StorageError, match="no room for 2"):
            await abreast(work(number) for number in (5, 2, 1, 3))
        assert ended == [3, 5]

    asyncio.run(scenario())


def test_whoever_is_cancelled_cancels_all() -> None:
    """The end of a node waits for nothing that it began."""
    begun = asyncio.Event()
    stopped: list[int] = []

    async def work(number: int) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            stopped.append(number)

    async def scenario() -> None:
        task = asyncio.ensure_future(abreast(work(number) for number in range(3)))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stopped == [0, 1, 2]

    asyncio.run(scenario())
