"""Counts how often each node was called, and answered: the matrix of availability over time.

Counted in memory with each call, kept by day in one commit now and then; what was counted since the
last one is lost with a crash, which spoils no promise.

Source: docs/delivery.md, "Pings".
"""

from collections.abc import Mapping
from typing import Final

from gateway.errors import StorageError
from gateway.pinging import Counting, DayCount
from gateway.ports import Clock
from gateway.service.guard import passing_over_full
from protocol.identifiers import NodeId

DAY_MS: Final = 24 * 3_600_000
_KEEP_EVERY_S: Final = 900.0


class Availability:
    """The calls of one node to the others.

    Args:
        store: Keeps them by day.
        clock: Says which day it is.
    """

    def __init__(self, *, store: Counting, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counts: dict[tuple[int, NodeId], tuple[int, int]] = {}

    def called(self, node: NodeId, *, answered: bool) -> None:
        """Count a call.

        Args:
            node: Who was called.
            answered: Whether it answered with a link.
        """
        place = (self._clock.now_ms() // DAY_MS, node)
        calls, answers = self._counts.get(place, (0, 0))
        self._counts[place] = (calls + 1, answers + answered)

    async def run(self) -> None:
        """Keep what was counted until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        while True:
            await self._clock.sleep(_KEEP_EVERY_S)
            with passing_over_full():
                await self.keep()

    async def keep(self) -> None:
        """Keep what was counted since the last time.

        Raises:
            StorageError: Nothing was kept; it is with the next time.
        """
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await self._store.count_calls(
                [
                    DayCount(day=day, node=node, called=calls, answered=answers)
                    for (day, node), (calls, answers) in sorted(counts.items())
                ]
            )
        except StorageError:
            for place, (calls, answers) in counts.items():
                more, well = self._counts.get(place, (0, 0))
                self._counts[place] = (calls + more, answers + well)
            raise

    async def matrix(self, *, days: int) -> Mapping[NodeId, tuple[DayCount, ...]]:
        """Return what was counted on the last days, today included.

        Args:
            days: At least 1.
        """
        await self.keep()
        today = self._clock.now_ms() // DAY_MS
        return await self._store.availability(since_day=today - days + 1)
