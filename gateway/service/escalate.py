"""Sees to it that nobody waits in silence: tells the stages of late messages, each once.

Every message of this node is watched from the moment it is queued until its steps are taken. The
stages are those of protocol.delivery.escalation; what they do is done here: hasten the lane, tell
operator and officers, ask for lost receipts, state silence, copy to the second point of contact,
withdraw what was taken elsewhere. Delivery goes on beside it in any case.

Time: how long a message has waited is measured from its own time by the wall clock when it is
first seen in this run, and by the monotonic clock from then on. A wall clock that jumps while the
node runs neither brings stages early nor keeps them back; what was told is kept in the store, so
neither a jump nor a restart tells a stage again. After a restart the wall clock decides anew.

Source: docs/delivery.md, "Delivery in rules", rule 14; docs/wire-format.md, rules 6 and 22.
"""

import asyncio
import heapq
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.ports import Clock
from gateway.rows import MessageRow
from gateway.service.abreast import abreast
from gateway.service.repeating import repeat
from gateway.service.silences import BATCH, Silences
from gateway.service.stages import Stages
from gateway.service.waiting import is_request, met_steps
from gateway.store import Store
from protocol.delivery.escalation import Budgets, Stage, Step, Told, Watched, due, next_ms
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId

LOOK_EVERY_S: Final = 1.0
SETTLE_S: Final = 5.0
"""After a start the lanes go first: what was late because we were down may be on its way now."""

_AT_ONCE: Final = 1000


class _Watch(NamedTuple):
    """One message on the list: when to look (monotonic), which, its wait's begin, its class."""

    at_s: float
    number: int
    began_s: float
    cls: Urgency


class Escalate:
    """The escalation of one node's messages.

    Args:
        store: Messages, and what was told of them.
        budgets: How long each step may take.
        stages: Tells a stage.
        silences: States silence, and does what follows from it.
        hasten: Called with a node that should be tried by another endpoint, at once.
        clock: Time.
    """

    def __init__(
        self,
        *,
        store: Store,
        budgets: Budgets,
        stages: Stages,
        silences: Silences,
        hasten: Callable[[NodeId], None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._budgets = budgets
        self._stages = stages
        self._silences = silences
        self._hasten = hasten
        self._clock = clock
        self._watched: dict[Urgency, list[_Watch]] = {cls: [] for cls in Urgency}
        self._seen = 0
        self._news = -1

    async def run(self) -> None:
        """Watch until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: The store failed.
        """
        await self._clock.sleep(SETTLE_S)
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self.tell, every_s=LOOK_EVERY_S, clock=self._clock))
            # Apart, because it waits for other nodes: no stage of another message may.
            group.create_task(
                repeat(self._silences.follow_up, every_s=LOOK_EVERY_S, clock=self._clock)
            )

    async def look(self) -> None:
        """Do everything that is due, once.

        Raises:
            StorageError: The store failed; what was not told is told with the next look.
        """
        await self.tell()
        await self._silences.follow_up()

    def contacted(self, node: NodeId) -> None:
        """Take note of an authenticated contact: that node may be asked again.

        Args:
            node: Who made contact.
        """
        self._silences.contacted(node)

    async def tell(self) -> None:
        """Tell every stage that is due; silence is only noted: see Silences.

        Raises:
            StorageError: The store failed.
        """
        while True:
            await self._note_new()
            batch = self._most_urgent_due()
            if not batch:
                return
            following = await abreast(self._look_at(watch) for watch in batch)
            heap = self._watched[batch[0].cls]
            for _ in batch:  # not before: what fails is looked at again
                heapq.heappop(heap)
            for watch in following:
                if watch is not None:
                    heapq.heappush(heap, watch)
            await self._clock.sleep(0)

    # ------------------------------------------------------------------ watching

    async def _note_new(self) -> None:
        news = self._store.newest_event  # read first: what comes beside the reading is news again
        if news == self._news:
            return  # each message that is queued is an event
        while True:
            now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
            fresh = await self._store.awaited(after=self._seen, now_ms=now_ms, limit=_AT_ONCE)
            for each in fresh:
                self._seen = each.number
                began_s = now_s - max(0, now_ms - each.t_ms) / 1000
                # What it waits for is seen at its first look; no stage of its class is earlier.
                first_ms = next_ms(_anything(each.cls), self._budgets, elapsed_ms=-1)
                if first_ms is not None:
                    at_s = began_s + first_ms / 1000
                    watch = _Watch(at_s, each.number, began_s, each.cls)
                    heapq.heappush(self._watched[each.cls], watch)
            if len(fresh) < _AT_ONCE:
                self._news = news
                return
            await self._clock.sleep(0)

    def _most_urgent_due(self) -> tuple[_Watch, ...]:
        """Return what is due of the most urgent class, a commit's worth of it."""
        now_s = self._clock.monotonic_s()
        for heap in self._watched.values():
            first = heapq.nsmallest(BATCH, heap) if heap and heap[0].at_s <= now_s else []
            if first:
                return tuple(watch for watch in first if watch.at_s <= now_s)
        return ()

    async def _look_at(self, watch: _Watch) -> _Watch | None:
        """Tell what is due of one message; return when to look next, None if never."""
        row = await self._store.numbered(watch.number)
        if row is None:
            return None
        elapsed_ms = round((self._clock.monotonic_s() - watch.began_s) * 1000)
        watched = await self._as_watched(row)
        for told in due(watched, self._budgets, elapsed_ms=elapsed_ms):
            if told.stage is Stage.SILENCE:
                self._silences.add(row, told)
            else:
                await self._stage(row, told)
        if any(each.stage is Stage.SILENCE for each in watched.told - _of(watched.met)):
            self._silences.uncopied(row)
        following_ms = next_ms(watched, self._budgets, elapsed_ms=elapsed_ms)
        if following_ms is None:
            return None
        return watch._replace(at_s=watch.began_s + following_ms / 1000)

    async def _as_watched(self, row: MessageRow) -> Watched:
        told = await self._store.escalations([row.mid])
        met = met_steps(row.state)
        if Step.ACKNOWLEDGED not in met and await self._is_given_up(row):
            met = frozenset(Step)  # nobody waits for this one any more
        return Watched(
            cls=row.cls,
            awaits_person=is_request(row),
            met=met,
            told=frozenset(each.told for each in told),
        )

    async def _is_given_up(self, row: MessageRow) -> bool:
        """Tell whether its author cancelled a message, or the other contact point has its case."""
        if await self._store.cancellation(row.mid) is not None:
            return True
        for pair in await self._store.copies(row.mid):
            other = pair.copy if row.mid == pair.original else pair.original
            rows = await self._store.message(other)
            if any(Step.ACKNOWLEDGED in met_steps(each.state) for each in rows):
                return True
        return False

    # ------------------------------------------------------------------ stages

    async def _stage(self, row: MessageRow, told: Told) -> None:
        if not await self._stages.tell(row, told):
            return
        if told == Told(step=Step.ACCEPTED, stage=Stage.HASTEN):
            self._hasten(row.recipient)


def _anything(cls: Urgency) -> Watched:
    """Return a message of a class of which nothing is known yet."""
    return Watched(cls=cls, awaits_person=True)


def _of(steps: frozenset[Step]) -> frozenset[Told]:
    """Return every stage of some steps."""
    return frozenset(Told(step=step, stage=stage) for step in steps for stage in Stage)
