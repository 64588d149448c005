"""States silence: asks for receipts before and after, copies, withdraws what was taken elsewhere.

All of it waits for other nodes, so it runs beside the telling of stages and never holds it up.

Source: docs/delivery.md, "Delivery in rules", rule 14; docs/wire-format.md, rule 22.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from gateway.errors import GatewayError, StorageError
from gateway.journal import Journal
from gateway.ports import Clock
from gateway.rows import MessageRow
from gateway.service.abreast import abreast
from gateway.service.health import Check
from gateway.service.inquire import Inquire
from gateway.service.orders import Orders
from gateway.service.stages import Stages
from gateway.service.waiting import is_request
from gateway.store import Store
from protocol.delivery.escalation import Told
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId

BATCH: Final = 64
"""Messages handled side by side: their stages share a commit, and the next emergency waits for
no more than these."""

ATTEMPTS_KEPT_MS: Final = 30 * 24 * 3_600_000
"""How long attempts are kept: as long as an envelope may live (rule 20)."""

_QUESTIONS: Final = 4
"""Questions to one node at a time: it has other work."""

_AGAIN_S: Final = 60.0
"""How long a node that does not answer is left alone with questions, unless it makes contact."""

_FORGET_EVERY_S: Final = 3600.0
_AT_ONCE_AGAIN_S: Final = 1.0
_COPIED: Final = frozenset({Urgency.P0, Urgency.P1})


@dataclass(frozen=True, slots=True)
class Silent:
    """A silence to be stated: which message, which step."""

    row: MessageRow
    told: Told


class Silences:
    """What follows when a whole budget has passed.

    Args:
        store: Messages, and what was told of them.
        stages: Tells the stage itself.
        orders: Sends copies and withdrawals.
        inquire: Asks for receipts.
        copies: Whether a second point of contact gets a copy.
        clock: Time.
        journal: Tells the operator.
    """

    def __init__(
        self,
        *,
        store: Store,
        stages: Stages,
        orders: Orders,
        inquire: Inquire,
        copies: bool,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._store = store
        self._stages = stages
        self._orders = orders
        self._inquire = inquire
        self._copies = copies
        self._clock = clock
        self._journal = journal
        self._silent: dict[NodeId, list[Silent]] = {}
        self._uncopied: deque[MessageRow] = deque()
        self._owing: tuple[tuple[NodeId, int], ...] = ()
        self._asked_s: dict[NodeId, float] = {}
        self._asking: dict[NodeId, asyncio.Semaphore] = {}
        self._news = -1
        self._forget_at_s = float("-inf")
        self._ask_at_s = float("-inf")

    def add(self, row: MessageRow, told: Told) -> None:
        """Note a silence that is to be stated.

        Args:
            row: The message.
            told: The step, and the stage of silence.
        """
        self._silent.setdefault(row.recipient, []).append(Silent(row, told))

    def uncopied(self, row: MessageRow) -> None:
        """Note a message whose silence was stated: the node may have stopped before the copy.

        Args:
            row: The message.
        """
        self._uncopied.append(row)

    def contacted(self, node: NodeId) -> None:
        """Take note of an authenticated contact: that node may be asked again.

        Args:
            node: Who made contact.
        """
        if self._asked_s.pop(node, None) is not None:
            self._ask_at_s = float("-inf")

    def check(self) -> Check:
        """Return for health whether any node owes us a step; names nodes, never messages."""
        names = ", ".join(str(node) for node, _ in self._owing)
        return Check(
            name="silence",
            ok=not self._owing,
            detail=f"overdue at: {names}" if names else "no node owes us a step",
            fix="see a35 outbox for what is late, a35 show MID for whom to call",
        )

    async def follow_up(self) -> None:
        """State silence where it is due, ask again where nobody answered, withdraw copies.

        Raises:
            StorageError: The store failed.
        """
        while self._silent:
            await abreast(self._round(node) for node in list(self._silent))
        while self._uncopied:
            await self._copy(self._uncopied[0])
            self._uncopied.popleft()  # not before: what fails is copied with the next
        await self._ask_again()
        await self._after_news()
        await self._forget_old()

    async def _round(self, node: NodeId) -> None:
        """State the silence of one node on some messages, receipts asked for before and after."""
        batch = sorted(self._silent[node], key=_urgency)[:BATCH]
        await abreast(self._state(node, each) for each in batch)
        stated = {id(each) for each in batch}  # not before: what fails is stated with the next
        self._silent[node] = [each for each in self._silent[node] if id(each) not in stated]
        if not self._silent[node]:
            del self._silent[node]

    async def _state(self, node: NodeId, silent: Silent) -> None:
        async with self._asking.setdefault(node, asyncio.Semaphore(_QUESTIONS)):
            answers = self._may_ask(node) and await self._ask(node, silent.row)
        if not await self._stages.tell(silent.row, silent.told):
            return
        try:
            if answers:
                async with self._asking[node]:
                    if await self._ask(node, silent.row):
                        await self._store.note_asked(silent.row.mid)
            await self._copy(silent.row)
        except StorageError:
            self._uncopied.append(silent.row)  # it is stated, and so does not come here again
            raise

    async def _copy(self, row: MessageRow) -> None:
        if not self._copies or row.cls not in _COPIED or not is_request(row):
            return
        if await self._store.copies(row.mid):
            return
        to = self._orders.second(row.recipient)
        try:
            is_copied = to is not None and await self._orders.copy(row, to)
        except GatewayError as error:
            if isinstance(error, StorageError) and not error.is_damaged:
                raise
            # What it would carry is not there any more: that costs this copy and nothing else.
            self._journal.warning("copy_failed", mid=str(row.mid), code=error.code)
            return
        if is_copied:
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
        now_s = self._clock.monotonic_s()
        if now_s < self._ask_at_s:
            return
        self._ask_at_s = now_s + _AGAIN_S
        away = [node for node in self._asked_s if not self._may_ask(node)]
        while silences := await self._store.unasked(besides=away, limit=BATCH):
            for silence in silences:
                if not self._may_ask(silence.node):
                    continue  # it did not answer about another one
                rows = await self._store.message(silence.mid)
                if rows and await self._ask(silence.node, rows[0]):
                    await self._store.note_asked(silence.mid)
            away = [node for node in self._asked_s if not self._may_ask(node)]

    async def _forget_old(self) -> None:
        """Drop attempts that nobody will ask about any more, a bounded number at a time."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._forget_at_s:
            before_ms = self._clock.now_ms() - ATTEMPTS_KEPT_MS
            dropped = await self._store.forget_attempts(before_ms=before_ms)
            self._forget_at_s = now_s + (_AT_ONCE_AGAIN_S if dropped else _FORGET_EVERY_S)

    async def _after_news(self) -> None:
        """See who owes us a step now, and withdraw the other one of a pair that was taken."""
        news = self._store.newest_event
        if news == self._news:
            return  # nothing has happened: what was not allowed is not allowed now
        self._news = news
        self._owing = await self._store.silences()
        await self._take_back()
        for rival in await self._store.rivals():
            try:
                if await self._orders.withdraw(rival):
                    self._journal.info(
                        "copy_withdrawn", mid=str(rival.mid), node=str(rival.taken_by)
                    )
            except GatewayError as error:
                self._journal.warning("withdrawal_failed", mid=str(rival.mid), code=error.code)

    async def _take_back(self) -> None:
        """Withdraw what arrived although its author had cancelled it."""
        for owed in await self._store.owed_withdrawals():
            try:
                await self._orders.take_back(owed)
            except GatewayError as error:
                self._journal.warning("withdrawal_failed", mid=str(owed.mid), code=error.code)


def _urgency(silent: Silent) -> tuple[int, int]:
    return silent.row.cls, silent.row.t_ms
