"""Keeps every lane with work moving: workers for a batch each, woken by work, contact or time.

Nothing is looked for at intervals: the store says which lanes changed, peers wake theirs, and a
timer stands for the next moment at which time alone lets something go. Rules live in
protocol.delivery, steps in gateway.service.dispatch; this module only runs them.
"""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from typing import Final

from gateway.delivery.bell import Bell
from gateway.delivery.contacts import Met
from gateway.delivery.keeper import LaneKeeper, LaneView
from gateway.delivery.lanes import Lane
from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory, Randomness
from gateway.records import OutboxKind
from gateway.service.batches import Attempt, Batch, Progress
from gateway.service.dispatch import Dispatch
from gateway.service.guard import passing_over_full
from gateway.store import Store
from protocol.delivery.fairness import Turns
from protocol.delivery.lane import GATHER_S, GRAIN_S, Contact
from protocol.delivery.liveness import Exchanges
from protocol.delivery.pace import answered, timed_out
from protocol.delivery.slots import Job, Pool, Usage
from protocol.directory import NodeEntry
from protocol.identifiers import NodeId

URGENT: Final = Batch(kind=OutboxKind.ENVELOPE, urgent_only=True)
BULK: Final = Batch(kind=OutboxKind.ENVELOPE, urgent_only=False)
RECEIPTS: Final = Batch(kind=OutboxKind.RECEIPT, urgent_only=False)

_EXPIRE_EVERY_S: Final = 10.0
"""Items past their `exp` are closed, and gauges shown, this often."""

_HELD_UP_S: Final = 1.0
"""How often to look while heads may not be signed."""

_LEAST_WAIT_S: Final = 0.001


class Engine:
    """Delivers what is queued, for all nodes.

    Args:
        store: Lanes and their work.
        dispatch: Sends one batch.
        directory: Whose changes wake lanes.
        clock: Time.
        randomness: Spreads back-off.
        journal: Diagnostics.
        metrics: Counts failures on the way to a node, and shows what waits.
        pool: How many workers.
        gather_s: So long after receipts the next ones to a node gather, seconds.
    """

    def __init__(
        self,
        *,
        store: Store,
        dispatch: Dispatch,
        directory: Directory,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        metrics: Metrics,
        pool: Pool | None = None,
        gather_s: float = GATHER_S,
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._directory = directory
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._pool = Pool() if pool is None else pool
        self._gather_s = gather_s
        self._keeper = LaneKeeper(
            store=store,
            clock=clock,
            randomness=randomness,
            journal=journal,
            metrics=metrics,
            changed=self._changed,
        )
        self._contacts = self._keeper.contacts
        self._lanes = self._keeper.lanes
        self._look: set[NodeId] = set()
        self._starved: set[NodeId] = set()
        self._turns: Turns[NodeId] = Turns()
        self._timers: list[tuple[float, NodeId]] = []
        self._usage = Usage()
        self._shown: set[NodeId] = set()
        self._entries: dict[NodeId, NodeEntry] = {}
        self._nudge = Bell(clock)
        self._tick_at_s = float("-inf")

    # ------------------------------------------------------------------ what others say and ask

    def contacted(self, node: NodeId) -> None:
        """Take note of an authenticated contact: a lane that waits is due at once.

        Args:
            node: Who made contact.
        """
        self._contacts.heard(node)
        self.hasten(node)

    def hasten(self, node: NodeId) -> None:
        """Let a lane that waits try at once.

        Args:
            node: Whose.
        """
        lane = self._lanes.get(node)
        if lane is not None:
            self._keeper.step(lane, Contact())

    async def directory_changed(self) -> None:
        """Let the lanes of changed entries try at once, and everything that was put off.

        Raises:
            StorageError: What was put off still is.
        """
        entries = {entry.node_id: entry for entry in self._directory.nodes()}
        for node in self._lanes:
            if self._entries.get(node) != entries.get(node):
                self.hasten(node)
        self._entries = entries
        with passing_over_full():
            await self._store.retry()

    async def call(self, node: NodeId) -> bool:
        """Exchange an empty frame, and take note of how it went.

        Args:
            node: Whom to call.

        Returns:
            Whether it answered with a link.

        Raises:
            StorageError: The link could not be committed.
        """
        self._contacts.asked(node)
        attempt = Attempt(node=node)
        progress = await self._dispatch.contact(node, attempt=attempt)
        if progress in {Progress.DELIVERED, Progress.REFUSED}:
            await self._keeper.reached(node)
            await self._keeper.keep(node)
        return progress is Progress.DELIVERED

    def contacts(self) -> Mapping[NodeId, Met]:
        """Return when each node was met last, either way."""
        return self._contacts.all()

    def exchanges(self, node: NodeId) -> Exchanges:
        """Return the last exchanges with a node since the start, in monotonic time.

        Args:
            node: Which.
        """
        return self._contacts.exchanges(node)

    def waiting_since_failure(self) -> dict[NodeId, int]:
        """Return the lanes that failed, with the number of failures in a row."""
        return self._keeper.failing()

    def views(self) -> Mapping[NodeId, LaneView]:
        """Return how each lane stands that has work or a fault; the others are closed and due."""
        return self._keeper.views()

    # ------------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Deliver until cancelled; one owner awaits it.

        Raises:
            StorageError: The store cannot be read.
        """
        self._contacts.load(await self._store.lane_rows())
        self._entries = {entry.node_id: entry for entry in self._directory.nodes()}
        with passing_over_full():
            await self._store.retry()  # a new start tries everything at once
        for work in await self._store.lanes():
            self._look.add(work.row.node)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            while True:
                self._nudge.clear()
                await self._tick()
                wait_s = await self._serve(group)
                await self._nudge.wait(wait_s)

    async def _listen(self) -> None:
        """Turn the store's wake-ups into ours."""
        while True:
            await self._store.wait_for_work(60.0)
            self._nudge.ring()

    async def _tick(self) -> None:
        """Close what is past its time; a write, so only now and then."""
        now_s = self._clock.monotonic_s()
        if now_s < self._tick_at_s:
            return
        self._tick_at_s = now_s + _EXPIRE_EVERY_S
        await self._show()
        with passing_over_full():
            await self._store.expire(now_ms=self._clock.now_ms())

    async def _show(self) -> None:
        """Show what waits; a lane that has nothing any more is shown once at zero."""
        shown = set()
        for node, counts in (await self._store.lane_counts()).items():
            if any(counts):
                shown.add(node)
            if any(counts) or node in self._shown:
                self._metrics.waiting(str(node), counts)
        self._shown = shown

    async def _serve(self, group: asyncio.TaskGroup) -> float:
        """Start what can start; return for how many seconds there is nothing else to do."""
        if not self._store.may_sign:
            return _HELD_UP_S
        changes = await self._store.lane_changes()
        await self._refresh_all(changes.nodes)
        now_s = self._clock.monotonic_s()
        while self._timers and self._timers[0][0] <= now_s + GRAIN_S:
            self._look.add(heapq.heappop(self._timers)[1])
        look, self._look = self._look, set()
        for lane in [self._lanes[node] for node in sorted(look) if node in self._lanes]:
            self._consider(group, lane, now_s)
        self._take_turns(group)
        timer_s = self._timers[0][0] - now_s if self._timers else inf
        wait_s = min(
            self._tick_at_s - now_s, timer_s, inf if changes.next_s is None else changes.next_s
        )
        return max(_LEAST_WAIT_S, wait_s)

    async def _refresh_all(self, changed: Sequence[NodeId]) -> None:
        """Look anew at what waits; where it changed, who found nothing may find something."""
        for node in changed:
            lane = await self._refresh(node)
            if lane is not None:
                lane.changed()
        for node in sorted(self._look.difference(changed)):
            await self._refresh(node)

    async def _refresh(self, node: NodeId) -> Lane | None:
        lane = await self._keeper.refresh(node)
        if lane is None:
            self._turns.forget(node)
        else:
            self._look.add(node)
        return lane

    # ------------------------------------------------------------------ who may begin

    def _consider(self, group: asyncio.TaskGroup, lane: Lane, now_s: float) -> None:
        """Start what this lane needs and may have; else leave word when to look again."""
        self._turns.leave(lane.node)
        lane.gathered(now_s + GRAIN_S)
        for job in lane.wants(now_s):
            if job is Job.BULK:
                self._turns.wait(lane.node, lane.most_urgent)
            elif self._pool.grants(job, self._usage, is_live=lane.is_live):
                self._start(group, lane, job)
            else:
                self._starved.add(lane.node)
        at_s = lane.state.changes_s(now_s)
        if at_s is not None and lane.work is not None:
            heapq.heappush(self._timers, (at_s, lane.node))

    def _take_turns(self, group: asyncio.TaskGroup) -> None:
        """Give free workers to the lanes that wait for one, in turn."""
        passed_over: list[tuple[NodeId, Lane]] = []
        while (node := self._turns.pick()) is not None:
            lane = self._lanes[node]
            granted = self._pool.grants(
                Job.BULK,
                self._usage,
                of_lane=lane.running[Job.BULK],
                others_wait=len(self._turns) > 1,
            )
            if granted:
                self._turns.leave(node)
                self._start(group, lane, Job.BULK)
                continue
            if self._pool.grants(Job.BULK, self._usage):
                # It has its share: the others first.
                self._turns.leave(node)
                passed_over.append((node, lane))
                continue
            break
        for node, lane in passed_over:
            self._turns.wait(node, lane.most_urgent)

    def _start(self, group: asyncio.TaskGroup, lane: Lane, job: Job) -> None:
        lane.running[job] += 1
        lane.claiming.add(job)
        self._use(job, 1)
        group.create_task(self._work(lane, job))

    def _use(self, job: Job, change: int) -> None:
        field = _FIELDS[job]
        self._usage = replace(self._usage, **{field: getattr(self._usage, field) + change})

    # ------------------------------------------------------------------ one worker

    async def _work(self, lane: Lane, job: Job) -> None:
        """Send batch after batch as long as nobody else waits for the worker."""
        try:
            while await self._send(lane, job) and self._may_go_on(lane, job):
                lane.claiming.add(job)
        finally:
            lane.claiming.discard(job)
            lane.running[job] -= 1
            self._use(job, -1)
            self._look.update((lane.node, *self._starved))
            self._starved.clear()
            self._nudge.ring()

    def _may_go_on(self, lane: Lane, job: Job) -> bool:
        if lane.is_open or job is Job.PROBE or self._starved:
            return False
        if job is not Job.BULK:
            return True
        fits = lane.running[job] <= lane.state.circuit.slots
        return fits and lane.may_bulk and not len(self._turns)

    async def _send(self, lane: Lane, job: Job) -> bool:
        """Send one batch; return whether another may follow at once."""
        node = lane.node
        attempt = Attempt(node=node)
        attempt.claimed = partial(self._claimed, lane, job, attempt)
        batch, seen = lane.batch(job, self._clock.monotonic_s()), lane.changes
        try:
            progress = await self._dispatch.deliver(node, batch, attempt=attempt)
        except GatewayError as error:
            self._journal.warning("delivery_failed", node=str(node), code=error.code)
            progress = Progress.FAILED
        finally:
            is_news = lane.changes != seen
            self._ended(lane, attempt)
        if job is Job.BULK:
            self._turns.charge(node, attempt.size_bytes)
        if progress is Progress.IDLE:
            if not is_news:
                lane.found_nothing(job, batch)
            return False
        if progress is Progress.FAILED:
            if attempt.timed_out:
                lane.pace = timed_out(lane.pace)
            await self._keeper.failed(lane)
            return False
        if attempt.seconds:
            lane.pace = answered(lane.pace, size_bytes=attempt.size_bytes, seconds=attempt.seconds)
        await self._keeper.reached(node)
        return progress is Progress.DELIVERED

    def _ended(self, lane: Lane, attempt: Attempt) -> None:
        """Take note that a batch ended, and come back when what gathers after it may go."""
        until_s = self._clock.monotonic_s() + self._gather_s
        if lane.ended(attempt, until_s):
            heapq.heappush(self._timers, (until_s, lane.node))

    def _changed(self, node: NodeId) -> None:
        """Look at a lane as soon as possible."""
        self._look.add(node)
        self._nudge.ring()

    def _claimed(self, lane: Lane, job: Job, attempt: Attempt) -> None:
        """Take note that a worker has what it sends: another one may look for more."""
        if job is Job.BULK:
            lane.claimed(attempt)
        if job in lane.claiming:
            lane.claiming.discard(job)
            self._changed(lane.node)


_FIELDS: Final = {
    Job.EMERGENCY: "emergency",
    Job.URGENT: "urgent",
    Job.BULK: "bulk",
    Job.PROBE: "probes",
}
