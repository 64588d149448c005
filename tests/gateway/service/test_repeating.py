"""Rounds of work: a full disk delays one, any other fault ends them."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.errors import StorageError
from gateway.service.repeating import repeat


class Rests:
    """A clock that keeps how long it was asked to rest, and turns the loop in place of it."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def monotonic_s(self) -> float:
        """Return seconds: the rests so far."""
        return sum(self.taken)

    def now_ms(self) -> int:
        """Return the same in milliseconds."""
        return round(1000 * self.monotonic_s())

    async def sleep(self, seconds: float) -> None:
        """Rest."""
        self.taken.append(seconds)
        await asyncio.sleep(0)


def test_full_disk_delays_a_round_and_another_fault_ends_them() -> None:
    """What must not go on after it has failed does not."""
    rests = Rests()
    faults: Iterator[StorageError | None] = iter(
        [
            None,
            StorageError("no room", code="disk_full"),
            None,
            StorageError("it broke"),
        ]
    )
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(0)
        if (fault := next(faults)) is not None:
            raise fault

    with pytest.raises(StorageError, match="it broke"):
        asyncio.run(repeat(work, every_s=5.0, clock=rests))
    assert (rounds, rests.taken) == (4, [5.0, 5.0, 5.0])
