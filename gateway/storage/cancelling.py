"""The part of the store by which an author takes a message back.

Who sends an item and who cancels it meet in its lease. Cancelling takes the lease: what is not
under way cannot begin meanwhile, and the outcome of what is under way has an old fence, so that it
changes nothing, save that a proven receipt counts.
"""

from functools import partial
from typing import Final

from gateway.cancelling import Cancellation, CancellationRow, CancelResult, OwedWithdrawal
from gateway.storage.cancellations import (
    cancel_message,
    read_cancellation,
    read_owed,
    read_waiting,
)
from gateway.storage.core import StorePart
from protocol.cases.cancelling import DONE
from protocol.identifiers import MessageId

_HELD_MS: Final = 10 * 60 * 1000
"""More than any commit takes; the lease is given back with its outcome."""


class CancellingPart(StorePart):
    """Implements cancelling.Cancelling."""

    async def cancel(self, cancellation: Cancellation, *, now_ms: int) -> CancelResult:
        """Cancel a message of ours unless a receipt for it is held or it has ended; once.

        What an earlier run may have sent, or a claim of this one, counts as having left.

        Raises:
            NoInputError: There is no such message of ours.
            StorageError: Nothing was changed; it waits again.
        """
        core = self._core
        waiting = read_waiting(core.reader, cancellation.mid, own=core.own)
        if waiting is None:
            return await self._commit(cancellation, may_have_left=True, now_ms=now_ms)
        item, lanes = waiting.item, core.lanes
        may_have_left = lanes.may_have_left(item)
        until_ms = core.steady_ms() + _HELD_MS
        fence = lanes.lease({item: waiting.cls}, waiting.node, until_ms=until_ms, sends=False)
        is_gone = False
        try:
            result = await self._commit(cancellation, may_have_left=may_have_left, now_ms=now_ms)
            is_gone = result.outcome in DONE
        finally:
            if is_gone or lanes.leases.holds(item, fence):
                lanes.leases.end((item,))
            core.wake_workers()
        return result

    async def cancellation(self, mid: MessageId) -> CancellationRow | None:
        """Return the cancellation of a message of ours, None if it was not cancelled."""
        return read_cancellation(self._core.reader, mid, own=self._core.own)

    async def owed_withdrawals(self) -> tuple[OwedWithdrawal, ...]:
        """Return the cancelled messages that arrived after all and were not withdrawn yet."""
        return read_owed(self._core.reader)

    async def _commit(
        self, cancellation: Cancellation, *, may_have_left: bool, now_ms: int
    ) -> CancelResult:
        core = self._core
        return await core.writer.run(
            partial(
                cancel_message,
                cancellation=cancellation,
                may_have_left=may_have_left,
                own=core.own,
                now_ms=now_ms,
            )
        )
