"""The part of the store that answers for the outbox: claims, leases, outcomes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from gateway.errors import StorageError
from gateway.records import (
    ClaimedItem,
    Deferred,
    Delivered,
    OutboxKind,
    Settlement,
    Stated,
)
from gateway.storage.claiming import (
    Wanted,
    read_claimable,
    read_expired,
    read_items,
    read_stated,
)
from gateway.storage.core import StorePart
from gateway.storage.outbox import close_expired, wrap_again
from gateway.storage.settling import settle_frame
from protocol.delivery.attempt import lease_s
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


class OutboxPart(StorePart):
    """Implements ports.Outbox.

    Leases live in memory: only the process that holds the store's exclusive lock claims, and a
    new start frees them. A fence rises at each claim. Waiting is measured by a clock that never
    jumps: what is stored of it counts for this run alone, and a new start tries at once.
    """

    async def claim(
        self,
        node: NodeId,
        kind: OutboxKind | None,
        *,
        now_ms: int,
        max_items: int,
        max_bytes: int,
        below: int | None,
        down_to: Urgency = Urgency.P3,
    ) -> tuple[ClaimedItem, ...]:
        """Lease items of one lane in the order of delivery rule 3; at least one if any.

        Items that were put off and those past their `exp` are passed over.
        """
        core = self._core
        steady_ms = core.steady_ms()
        wanted = Wanted(
            node=node,
            kind=kind,
            now_ms=now_ms,
            steady_ms=steady_ms,
            max_items=max_items,
            max_bytes=max_bytes,
            below=below,
            down_to=down_to,
        )
        if core.lanes.work_of(node, steady_ms=steady_ms) is None:
            return ()  # as whoever looks once more after the last item finds, without asking disk
        of_kind, chosen = read_claimable(
            core.reader, wanted, leased=core.lanes.leases.of(str(node))
        )
        size_bytes = sum(one.size_bytes for one in chosen)
        items = {one.item: one.cls for one in chosen}
        fence = core.lanes.lease(items, node, until_ms=steady_ms + _lease_ms(size_bytes))
        claimed = read_items(core.reader, of_kind, items, fence=fence)
        core.lanes.leases.end(items.keys() - {one.item for one in claimed})
        return claimed

    async def extend(self, items: Sequence[ClaimedItem]) -> bool:
        """Let the leases of a claim begin anew; return whether it still has them all."""
        size_bytes = sum(len(item.header) + len(item.wraps) + len(item.body) for item in items)
        return self._core.lanes.leases.extend(
            items, until_ms=self._core.steady_ms() + _lease_ms(size_bytes)
        )

    async def release(self, items: Sequence[ClaimedItem]) -> None:
        """Give leases back untouched."""
        self._core.lanes.leases.release(items)
        self._core.wake_workers()

    async def settle(self, settlement: Settlement, *, now_ms: int) -> None:
        """Commit outcomes; an old fence changes nothing, save that a proven receipt counts.

        Raises:
            NoInputError: A receipt is for a message that is not ours; nothing was changed.
            StorageError: Nothing was committed; the items wait again.
        """
        core = self._core
        ahead_ms = core.steady_ms() - now_ms
        settlement = replace(
            settlement, outcomes=tuple(_steady(one, ahead_ms) for one in settlement.outcomes)
        )
        current = {
            one.item
            for one in settlement.outcomes
            if core.lanes.leases.begin_ending(one.item, one.fence)
        }
        try:
            await core.writer.run(
                partial(
                    settle_frame,
                    settlement=settlement,
                    current=current,
                    own=core.own,
                    now_ms=now_ms,
                ),
                weight=1 + len(settlement.outcomes),
            )
        finally:
            core.lanes.leases.end(current)
            core.wake_workers()

    async def rewrap(
        self, item: ClaimedItem, wraps: bytes, statement: Statement, *, now_ms: int
    ) -> bool:
        """Replace the wraps after E_KEM_EXPIRED, with the new statement in the same commit.

        The claim keeps its lease and its old index; release it and claim again.

        Returns:
            False, and nothing was changed, if this was done three times in the last day.

        Raises:
            StorageError: The lease is lost, or nothing was committed.
            NoInputError: The envelope does not wait any more.
        """
        if not self._core.lanes.leases.holds(item.item, item.fence):
            raise StorageError("the item is leased to somebody else", code="lease_lost")
        return await self._core.writer.run(
            partial(wrap_again, item=item.item, wraps=wraps, statement=statement, now_ms=now_ms)
        )

    async def stated(self, mid: MessageId) -> Stated | None:
        """Return what receipts for a message of ours must name, None if we sent no such."""
        return read_stated(self._core.reader, self._core.own, mid)

    async def content_key(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the key of a message's body, for evidence; None if it was never opened."""
        return self._core.casebook.content_key(sender, mid)

    async def expire(self, *, now_ms: int) -> int:
        """Close items past their `exp` as expired; return how many.

        An item that is on its way now is left until its outcome is known.
        """
        core = self._core
        first = core.lanes.first_expiry
        if first is None or first > now_ms:
            return 0
        items, first_ms = read_expired(core.reader, now_ms=now_ms)
        free = [item for item in items if item not in core.lanes.leases]
        if len(free) == len(items):
            core.lanes.first_expiry = first_ms  # before the commit: what is queued beside it counts
        if not free:
            return 0
        try:
            return await core.writer.run(
                partial(close_expired, items=free, own=core.own, now_ms=now_ms)
            )
        except BaseException:
            core.lanes.first_expiry = first  # they are looked for again
            raise


def _lease_ms(size_bytes: int) -> int:
    return int(lease_s(size_bytes) * 1000)


def _steady(outcome: Delivered | Deferred, ahead_ms: int) -> Delivered | Deferred:
    """Write the time of an item that is put off by the clock that never jumps."""
    if isinstance(outcome, Delivered) or outcome.next_ms is None:
        return outcome
    return replace(outcome, next_ms=outcome.next_ms + ahead_ms)
