"""Keeps every lane with work moving: a few workers a lane, woken by work, contact or time.

Five workers at most serve one node: two for urgent envelopes only, two for all envelopes, one
for receipts; a slow or broken node delays nobody but itself. A worker sends batch after
batch while the peer takes them and ends when there is nothing left. Rules live in
protocol.delivery, steps in gateway.service.dispatch; this module only runs them.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, assert_never

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Randomness
from gateway.records import LaneRow, LaneWork, OutboxKind
from gateway.service.dispatch import Batch, Dispatch, Progress
from gateway.service.guard import passing_over_full
from gateway.store import Store
from protocol.delivery.lane import LaneEvent, LaneState, step
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId

URGENT: Final = Batch(kind=OutboxKind.ENVELOPE, urgent_only=True)
BULK: Final = Batch(kind=OutboxKind.ENVELOPE, urgent_only=False)
RECEIPTS: Final = Batch(kind=OutboxKind.RECEIPT, urgent_only=False)

SLOTS: Final = (URGENT, URGENT, BULK, BULK, RECEIPTS)
"""What the workers of one lane carry; two of a kind keep wire and disks busy at once."""

_EXPIRE_EVERY_S: Final = 10.0
_LOOK_EVERY_S: Final = 1.0
"""How often lanes are looked at when nothing wakes us: a lost wake-up costs this much."""


@dataclass(slots=True)
class _Lane:
    """One destination in memory: its health, and the workers that run.

    `waits_for` is the most urgent class that waited when the present wait was drawn.
    """

    state: LaneState = field(default_factory=LaneState)
    due_ms: int = 0
    waits_for: Urgency = Urgency.P3
    workers: dict[int, asyncio.Task[None]] = field(default_factory=dict)


class Engine:
    """Delivers what is queued, for all nodes.

    Args:
        store: Lanes and their work.
        dispatch: Sends one batch.
        clock: Time.
        randomness: Spreads back-off.
        journal: Diagnostics.
        metrics: Counts failures on the way to a node.
    """

    def __init__(
        self,
        *,
        store: Store,
        dispatch: Dispatch,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._metrics = metrics
        self._lanes: dict[NodeId, _Lane] = {}
        self._nudge = asyncio.Event()
        self._expire_at_s = float("-inf")

    def contacted(self, node: NodeId) -> None:
        """Take note of an authenticated contact: a lane that waits is due at once.

        Args:
            node: Who made contact.
        """
        lane = self._lanes.get(node)
        if lane is not None and lane.state.failures:
            lane.state = step(lane.state, LaneEvent.CONTACT, urgency=Urgency.P3, draw=0.0)
            lane.due_ms = 0
            self._nudge.set()

    def waiting_since_failure(self) -> dict[NodeId, int]:
        """Return the lanes that failed, with the number of failures in a row."""
        return {
            node: lane.state.failures for node, lane in self._lanes.items() if lane.state.failures
        }

    async def run(self) -> None:
        """Deliver until cancelled; one owner awaits it.

        Raises:
            StorageError: The store cannot be read.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            while True:
                self._nudge.clear()
                await self._expire()
                for work in await self._store.lanes():
                    self._serve(group, work)
                await self._wait()

    async def _expire(self) -> None:
        """Close what is past its time; a write, so only now and then."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._expire_at_s:
            self._expire_at_s = now_s + _EXPIRE_EVERY_S
            with passing_over_full():
                await self._store.expire(now_ms=self._clock.now_ms())

    async def _listen(self) -> None:
        """Turn the store's wake-ups into ours."""
        while True:
            await self._store.wait_for_work(60.0)
            self._nudge.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._nudge.wait()
        except TimeoutError:
            return

    def _serve(self, group: asyncio.TaskGroup, work: LaneWork) -> None:
        node = work.row.node
        lane = self._lanes.get(node)
        if lane is None:
            # A new start knows of earlier failures, but tries at once: the reason may be gone.
            lane = self._lanes[node] = _Lane()
        if lane.due_ms > self._clock.now_ms() and work.most_urgent >= lane.waits_for:
            return
        for slot, batch in enumerate(SLOTS):
            running = lane.workers.get(slot)
            if running is None or running.done():
                lane.workers[slot] = group.create_task(self._work(node, lane, batch, work))

    async def _work(self, node: NodeId, lane: _Lane, batch: Batch, work: LaneWork) -> None:
        """Send batch after batch; whatever ends it, the lane is looked at again."""
        try:
            progress = await self._dispatch.deliver(node, batch)
            while progress is Progress.DELIVERED:
                await self._heal(node, lane)
                progress = await self._dispatch.deliver(node, batch)
        except GatewayError as error:
            self._journal.warning("delivery_failed", node=str(node), code=error.code)
            progress = Progress.FAILED
        match progress:
            case Progress.FAILED:
                await self._fail(node, lane, work.most_urgent)
            case Progress.REFUSED:
                await self._heal(node, lane)  # it was reached: what was refused waits by itself
            case Progress.IDLE | Progress.DELIVERED:
                return
            case _:
                assert_never(progress)

    async def _heal(self, node: NodeId, lane: _Lane) -> None:
        if lane.state.failures:
            lane.state = step(lane.state, LaneEvent.ANSWERED, urgency=Urgency.P3, draw=0.0)
            lane.due_ms = 0
            await self._save(self._row(node, lane, error=None))
            self._journal.info("lane_healed", node=str(node))

    async def _fail(self, node: NodeId, lane: _Lane, urgency: Urgency) -> None:
        """Wait longer; workers that fail side by side count as one failure."""
        now_ms = self._clock.now_ms()
        if lane.due_ms > now_ms and urgency >= lane.waits_for:
            return
        self._metrics.lane_failures(str(node))
        draw = self._randomness.between(0.0, 1.0)
        lane.state = step(lane.state, LaneEvent.FAILED, urgency=urgency, draw=draw)
        lane.due_ms = now_ms + lane.state.back_off_ms
        lane.waits_for = urgency
        self._journal.info(
            "lane_waits",
            node=str(node),
            failures=lane.state.failures,
            wait_ms=lane.state.back_off_ms,
        )
        await self._save(self._row(node, lane, error="unreached"))

    async def _save(self, row: LaneRow) -> None:
        """Keep a lane's health; on a full disk in memory alone, where it counts until a start."""
        with passing_over_full():
            await self._store.save_lane(row)

    def _row(self, node: NodeId, lane: _Lane, *, error: str | None) -> LaneRow:
        return LaneRow(
            node=node,
            failures=lane.state.failures,
            back_off_ms=lane.state.back_off_ms,
            due_ms=lane.due_ms,
            last_ok_ms=self._clock.now_ms() if error is None else None,
            last_error=error,
        )
