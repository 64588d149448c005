"""The part of the store that answers for lanes: what waits in them, and how they fare."""

from collections.abc import Mapping
from functools import partial

from gateway.records import LaneChanges, LaneRow, LaneWork
from gateway.storage.core import StorePart
from gateway.storage.outbox import retry_now, save_lane_row
from protocol.identifiers import NodeId


class LanePart(StorePart):
    """Implements store.Lanes.

    Waiting is measured by a clock that never jumps: what is stored of it counts for this run
    alone, and a new start tries at once.
    """

    async def lanes(self) -> tuple[LaneWork, ...]:
        """Return every lane with items that wait, are not leased and not put off."""
        return self._core.lanes.work(steady_ms=self._core.steady_ms())

    async def lane_work(self, node: NodeId) -> LaneWork | None:
        """Return what waits in one lane, None if nothing does."""
        return self._core.lanes.work_of(node, steady_ms=self._core.steady_ms())

    async def lane_changes(self) -> LaneChanges:
        """Return the lanes whose work changed since the last call, and when time changes more."""
        return self._core.lanes.changes(steady_ms=self._core.steady_ms())

    async def lane_counts(self) -> Mapping[NodeId, tuple[int, ...]]:
        """Return what each lane holds by class, leased and put off included."""
        return self._core.lanes.counts()

    async def lane_rows(self) -> tuple[LaneRow, ...]:
        """Return what is kept about the way to each node."""
        return self._core.lanes.rows()

    async def save_lane(self, row: LaneRow) -> None:
        """Keep a lane's health.

        Raises:
            StorageError: Nothing was kept.
        """
        await self._core.writer.run(partial(save_lane_row, row=row))

    async def retry(self, node: NodeId | None = None) -> None:
        """Let everything that was put off go at once: of one lane, or of all.

        Raises:
            StorageError: Nothing was changed.
        """
        core = self._core
        # Also if nothing is put off in the picture: what is being put off just now comes before,
        # or after, and then stays so.
        name = None if node is None else str(node)
        await core.writer.run(partial(retry_now, node=name))
        core.wake_workers()

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when something was queued or released, at the latest after the time-out."""
        await self._core.wait_for_work(timeout_s)
