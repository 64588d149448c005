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
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from gateway.errors import GatewayError
from gateway.journal import Journal, Seldom
from gateway.lateness import Escalation
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.rows import MessageRow
from gateway.service.evidence import Evidence
from gateway.service.guard import passing_over_full
from gateway.service.health import Check
from gateway.service.inquire import Inquire
from gateway.service.orders import Orders
from gateway.service.waiting import is_request, met_steps
from gateway.store import Store
from protocol.delivery.escalation import Budgets, Stage, Step, Told, Watched, due, next_ms
from protocol.delivery.reference import code_of
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId

LOOK_EVERY_S: Final = 1.0
SETTLE_S: Final = 5.0
"""After a start the lanes go first: what was late because we were down may be on its way now."""

_AT_ONCE: Final = 1000
_AGAIN_S: Final = 60.0
"""How long a node that does not answer is left alone with questions, unless it makes contact."""

ATTEMPTS_KEPT_MS: Final = 30 * 24 * 3_600_000
"""How long attempts are kept: as long as an envelope may live (rule 20)."""

_FORGET_EVERY_S: Final = 3600.0
_COPIED: Final = frozenset({Urgency.P0, Urgency.P1})


class _Watch(NamedTuple):
    """One message on the list: when to look (monotonic), which, and when its wait began."""

    at_s: float
    number: int
    began_s: float


class Escalate:
    """The escalation of one node's messages.

    Args:
        store: Messages, and what was told of them.
        budgets: How long each step may take.
        orders: Sends copies and withdrawals.
        inquire: Asks for receipts.
        evidence: Writes down silence.
        hasten: Called with a node that should be tried by another endpoint, at once.
        copies: Whether a second point of contact gets a copy.
        clock: Time.
        journal: Tells the operator.
        metrics: Counts stages.
    """

    def __init__(
        self,
        *,
        store: Store,
        budgets: Budgets,
        orders: Orders,
        inquire: Inquire,
        evidence: Evidence,
        hasten: Callable[[NodeId], None],
        copies: bool,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._budgets = budgets
        self._orders = orders
        self._inquire = inquire
        self._evidence = evidence
        self._hasten = hasten
        self._copies = copies
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._seldom = Seldom(clock.monotonic_s)
        self._watched: list[_Watch] = []
        self._seen = 0
        self._silent: dict[NodeId, deque[tuple[MessageRow, Told]]] = {}
        self._uncopied: list[MessageRow] = []
        self._owing: tuple[tuple[NodeId, int], ...] = ()
        self._asked_s: dict[NodeId, float] = {}
        self._news = -1
        self._forget_at_s = float("-inf")

    async def run(self) -> None:
        """Watch until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: The store failed.
        """
        await self._clock.sleep(SETTLE_S)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self.tell))
            # Apart, because it waits for other nodes: no stage of another message may.
            group.create_task(self._repeat(self.follow_up))

    async def look(self) -> None:
        """Do everything that is due, once.

        Raises:
            StorageError: The store failed; what was not told is told with the next look.
        """
        await self.tell()
        await self.follow_up()

    def check(self) -> Check:
        """Return for health whether any node owes us a step; names nodes, never messages."""
        names = ", ".join(str(node) for node, _ in self._owing)
        return Check(
            name="silence",
            ok=not self._owing,
            detail=f"overdue at: {names}" if names else "no node owes us a step",
            fix="see a35 outbox for what is late, a35 show MID for whom to call",
        )

    def contacted(self, node: NodeId) -> None:
        """Take note of an authenticated contact: that node may be asked again.

        Args:
            node: Who made contact.
        """
        self._asked_s.pop(node, None)

    async def tell(self) -> None:
        """Tell every stage that is due; silence is only noted here, `follow_up` states it.

        Raises:
            StorageError: The store failed.
        """
        await self._note_new()
        now_s = self._clock.monotonic_s()
        while self._watched and self._watched[0].at_s <= now_s:
            following = await self._look_at(self._watched[0], now_s)
            heapq.heappop(self._watched)  # not before: what fails is looked at again
            if following is not None:
                heapq.heappush(self._watched, following)
            await self._clock.sleep(0)  # many messages at a start must not hold up one

    async def follow_up(self) -> None:
        """State silence where it is due, ask again where nobody answered, withdraw copies.

        Raises:
            StorageError: The store failed.
        """
        await asyncio.gather(*(self._silence(node) for node in list(self._silent)))
        uncopied, self._uncopied = self._uncopied, []
        for row in uncopied:
            await self._copy(row)
        await self._ask_again()
        await self._after_news()
        await self._forget_old()

    # ------------------------------------------------------------------ watching

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            with passing_over_full():
                await work()
            await self._clock.sleep(LOOK_EVERY_S)

    async def _note_new(self) -> None:
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
                    heapq.heappush(self._watched, _Watch(at_s, each.number, began_s))
            if len(fresh) < _AT_ONCE:
                return
            await self._clock.sleep(0)

    async def _look_at(self, watch: _Watch, now_s: float) -> _Watch | None:
        """Tell what is due of one message; return when to look next, None if never."""
        row = await self._store.numbered(watch.number)
        if row is None:
            return None
        elapsed_ms = round((now_s - watch.began_s) * 1000)
        watched = await self._as_watched(row)
        for told in due(watched, self._budgets, elapsed_ms=elapsed_ms):
            if told.stage is Stage.SILENCE:
                self._silent.setdefault(row.recipient, deque()).append((row, told))
            else:
                await self._stage(row, told)
        if any(each.stage is Stage.SILENCE for each in watched.told - _of(watched.met)):
            self._uncopied.append(row)  # the node may have stopped between silence and copy
        following_ms = next_ms(watched, self._budgets, elapsed_ms=elapsed_ms)
        if following_ms is None:
            return None
        return watch._replace(at_s=watch.began_s + following_ms / 1000)

    async def _as_watched(self, row: MessageRow) -> Watched:
        told = await self._store.escalations([row.mid])
        met = met_steps(row.state)
        if Step.ACKNOWLEDGED not in met and await self._is_taken_elsewhere(row):
            met = frozenset(Step)  # nobody waits for this one any more
        return Watched(
            cls=row.cls,
            awaits_person=is_request(row),
            met=met,
            told=frozenset(each.told for each in told),
        )

    async def _is_taken_elsewhere(self, row: MessageRow) -> bool:
        """Tell whether the other point of contact has the case of a message."""
        for pair in await self._store.copies(row.mid):
            other = pair.copy if row.mid == pair.original else pair.original
            rows = await self._store.message(other)
            if any(Step.ACKNOWLEDGED in met_steps(each.state) for each in rows):
                return True
        return False

    # ------------------------------------------------------------------ stages

    async def _stage(self, row: MessageRow, told: Told) -> None:
        if not await self._commit(row, told):
            return
        if told == Told(step=Step.ACCEPTED, stage=Stage.HASTEN):
            self._hasten(row.recipient)

    async def _commit(self, row: MessageRow, told: Told) -> bool:
        """Tell one stage durably, then the operator; False if there was nothing to tell."""
        budget = self._budgets.of(row.cls)
        due_ms = row.t_ms + (0 if budget is None else budget.of(told.step))
        statement = None
        if told.stage is Stage.SILENCE:
            statement = await self._evidence.of(row, told.step, due_ms=due_ms)
        fresh = await self._store.escalate(
            Escalation(mid=row.mid, told=told, due_ms=due_ms, evidence=statement),
            now_ms=self._clock.now_ms(),
        )
        if fresh:
            self._metrics.escalations(told.stage.value, row.cls.name)
            self._alarm(row, told)
        return fresh

    def _alarm(self, row: MessageRow, told: Told) -> None:
        left_out = self._seldom.due(f"{row.recipient} {row.cls} {told}")
        if left_out is None:
            return
        fields = {
            "mid": str(row.mid),
            "reference": code_of(row.mid),
            "node": str(row.recipient),
            "cls": row.cls.name,
            "missing": told.step.value,
            "stage": told.stage.value,
            "left_out": left_out,
        }
        if row.cls is Urgency.P2:
            self._journal.warning("message_late", **fields)
            return
        self._metrics.alarms("message_late")
        self._journal.alarm("message_late", **fields)

    async def _silence(self, node: NodeId) -> None:
        """State the silence of one node on some messages, receipts asked for before and after."""
        late = self._silent[node]
        while late:
            row, told = late[0]
            answers = self._may_ask(node) and await self._ask(node, row)
            if await self._commit(row, told):
                if answers and await self._ask(node, row):
                    await self._store.note_asked(row.mid)
                await self._copy(row)
            late.popleft()  # not before: what fails is stated with the next round
        del self._silent[node]

    async def _copy(self, row: MessageRow) -> None:
        if not self._copies or row.cls not in _COPIED or not is_request(row):
            return
        if await self._store.copies(row.mid):
            return
        to = self._orders.second(row.recipient)
        if to is not None and await self._orders.copy(row, to):
            self._journal.alarm("copied_to_second_contact", mid=str(row.mid), node=str(to))

    # ------------------------------------------------------------------ asking, withdrawing

    def _may_ask(self, node: NodeId) -> bool:
        return self._clock.monotonic_s() - self._asked_s.get(node, float("-inf")) >= _AGAIN_S

    async def _ask(self, node: NodeId, row: MessageRow) -> bool:
        answered = await self._inquire.ask(node, row.mid)
        if answered:
            self._asked_s.pop(node, None)
        else:
            self._asked_s[node] = self._clock.monotonic_s()
        return answered

    async def _ask_again(self) -> None:
        """Ask after a stated silence at the next contact, or once a minute."""
        for silence in await self._store.unasked():
            if self._may_ask(silence.node):
                rows = await self._store.message(silence.mid)
                if rows and await self._ask(silence.node, rows[0]):
                    await self._store.note_asked(silence.mid)

    async def _forget_old(self) -> None:
        """Drop attempts that nobody will ask about any more, a bounded number at a time."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._forget_at_s:
            before_ms = self._clock.now_ms() - ATTEMPTS_KEPT_MS
            dropped = await self._store.forget_attempts(before_ms=before_ms)
            self._forget_at_s = now_s + (LOOK_EVERY_S if dropped else _FORGET_EVERY_S)

    async def _after_news(self) -> None:
        """See who owes us a step now, and withdraw the other one of a pair that was taken."""
        news = self._store.newest_event
        if news == self._news:
            return  # nothing has happened: what was not allowed is not allowed now
        self._news = news
        self._owing = await self._store.silences()
        for rival in await self._store.rivals():
            try:
                if await self._orders.withdraw(rival):
                    self._journal.info(
                        "copy_withdrawn", mid=str(rival.mid), node=str(rival.taken_by)
                    )
            except GatewayError as error:
                self._journal.warning("withdrawal_failed", mid=str(rival.mid), code=error.code)


def _anything(cls: Urgency) -> Watched:
    """Return a message of a class of which nothing is known yet."""
    return Watched(cls=cls, awaits_person=True)


def _of(steps: frozenset[Step]) -> frozenset[Told]:
    """Return every stage of some steps."""
    return frozenset(Told(step=step, stage=stage) for step in steps for stage in Stage)
