"""The part of the store that answers for the outbox: lanes, leases, outcomes."""

from collections.abc import Sequence
from functools import partial

from gateway.errors import StorageError
from gateway.records import ClaimedItem, LaneRow, LaneWork, OutboxKind, Settlement, Stated
from gateway.storage.claiming import read_claimable, read_expired, read_items, read_stated
from gateway.storage.core import StorePart
from gateway.storage.outbox import close_expired, save_lane_row, wrap_again
from gateway.storage.settling import settle_frame
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


class OutboxPart(StorePart):
    """Implements ports.Outbox.

    Leases live in memory: only the process that holds the store's exclusive lock claims, and a
    new start frees them. A fence rises at each claim.
    """

    async def lanes(self) -> tuple[LaneWork, ...]:
        """Return every lane with items that wait, are not leased and not put off."""
        return self._core.lanes.work(now_ms=self._core.clock.now_ms())

    async def claim(
        self,
        node: NodeId,
        kind: OutboxKind,
        *,
        now_ms: int,
        max_items: int,
        max_bytes: int,
        below: int | None,
        urgent_only: bool = False,
    ) -> tuple[ClaimedItem, ...]:
        """Lease items of one lane in order of class, then queue number; at least one if any.

        Items that were put off beyond `now_ms`, and those past their `exp`, are passed over.
        """
        core = self._core
        chosen = read_claimable(
            core.reader,
            node,
            kind,
            now_ms=now_ms,
            max_items=max_items,
            max_bytes=max_bytes,
            below=below,
            urgent_only=urgent_only,
            leased=core.lanes.leased(),
        )
        fence = core.lanes.lease(chosen, node)
        claimed = read_items(core.reader, kind, chosen, fence=fence)
        core.lanes.end(chosen.keys() - {one.item for one in claimed})
        return claimed

    async def release(self, items: Sequence[ClaimedItem]) -> None:
        """Give leases back untouched."""
        self._core.lanes.release(items)
        self._core.wake_workers()

    async def settle(self, settlement: Settlement, *, now_ms: int) -> None:
        """Commit outcomes; an old fence changes nothing, save that a proven receipt counts.

        Raises:
            NoInputError: A receipt is for a message that is not ours; nothing was changed.
            StorageError: Nothing was committed; the items wait again.
        """
        core = self._core
        current = {
            one.item for one in settlement.outcomes if core.lanes.begin_ending(one.item, one.fence)
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
            core.lanes.end(current)
            core.wake_workers()

    async def rewrap(self, item: ClaimedItem, wraps: bytes, statement: Statement) -> None:
        """Replace the wraps after E_KEM_EXPIRED, with the new statement in the same commit.

        The claim keeps its lease and its old index; release it and claim again.

        Raises:
            StorageError: The lease is lost, or nothing was committed.
            NoInputError: The envelope does not wait any more.
        """
        if not self._core.lanes.holds(item.item, item.fence):
            raise StorageError("the item is leased to somebody else", code="lease_lost")
        await self._core.writer.run(
            partial(wrap_again, item=item.item, wraps=wraps, statement=statement)
        )

    async def stated(self, mid: MessageId) -> Stated | None:
        """Return what receipts for a message of ours must name, None if we sent no such."""
        return read_stated(self._core.reader, self._core.own, mid)

    async def save_lane(self, row: LaneRow) -> None:
        """Keep a lane's health."""
        await self._core.writer.run(partial(save_lane_row, row=row))

    async def content_key(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the key of a message's body, for evidence; None if it was never opened."""
        return self._core.casebook.content_key(sender, mid)

    async def expire(self, *, now_ms: int) -> int:
        """Close items past their `exp` as expired; return how many.

        An item that is on its way now is left until its outcome is known.
        """
        core = self._core
        if not core.lanes.may_have_expired(now_ms):
            return 0
        items, first_ms = read_expired(core.reader, now_ms=now_ms)
        leased = core.lanes.leased()
        free = [item for item in items if item not in leased]
        closed = 0
        if free:
            closed = await core.writer.run(
                partial(close_expired, items=free, own=core.own, now_ms=now_ms)
            )
        if len(free) == len(items):
            core.lanes.note_first_expiry(first_ms)
        return closed

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when something was queued or released, at the latest after the time-out."""
        await self._core.wait_for_work(timeout_s)
