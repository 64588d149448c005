"""The part of the store that compares queue numbers: what came to us, what came of ours."""

from collections.abc import Sequence
from functools import partial

from gateway.records import OutgoingReceipt
from gateway.storage.arrivals import arrived
from gateway.storage.core import StorePart
from gateway.storage.numbers import is_counted, move_on, read_ended, read_top, send_again
from gateway.storage.receipts import give_unheeded, read_unheeded
from protocol.delivery.gaps import Ended, Ranges, Shown, go_on_from, lacking
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


class NumberingPart(StorePart):
    """Implements numbers.Numbers."""

    async def gaps(self, sender: NodeId) -> Shown:
        """Return what an answer says of a sender's numbers, as committed."""
        have, miss = arrived(self._core.reader, str(sender))
        return Shown(have=have, miss=miss)

    async def lacking(self, node: NodeId, shown: Shown) -> Ranges:
        """Return which numbers of ours a node does not have, as far as it shows."""
        return lacking(shown, top=read_top(self._core.reader, str(node)))

    async def ended(
        self, node: NodeId, ranges: Ranges, *, generation: int, now_ms: int
    ) -> tuple[Ended, ...]:
        """Return what does not wait of some numbers of ours, the lowest 1,024 of them."""
        return read_ended(
            self._core.reader, str(node), ranges, generation=generation, now_ms=now_ms
        )

    async def send_again(
        self, node: NodeId, numbers: Sequence[int], *, generation: int, now_ms: int
    ) -> tuple[int, int]:
        """Put what a node lost back into the outbox, once for a generation of its log.

        Returns:
            How many wait again, and how many are lost for good.

        Raises:
            StorageError: Nothing was changed.
        """
        return await self._core.writer.run(
            partial(
                send_again, node=str(node), numbers=numbers, generation=generation, now_ms=now_ms
            ),
            weight=1 + len(numbers),
        )

    async def is_counted(self, node: NodeId) -> bool:
        """Tell whether no number given out to a node from now on can be one that was lost."""
        return is_counted(self._core.reader, str(node), self._core.log.origin)

    async def move_on(self, node: NodeId, shown: Shown) -> int:
        """Let the numbers of a lane go on above what a node shows, after a loss of our own.

        Call it before anything new is sent there: items on their way keep their numbers.

        Returns:
            The last number given out now.

        Raises:
            StorageError: Nothing was changed.
        """
        top = go_on_from(read_top(self._core.reader, str(node)), shown)
        leased = self._core.lanes.leases.all().keys()
        return await self._core.writer.run(partial(move_on, node=str(node), top=top, leased=leased))

    async def unheeded(
        self, *, now_ms: int, limit: int
    ) -> tuple[tuple[NodeId, MessageId, Urgency], ...]:
        """Return what is past its `exp`, opened by nobody and not yet told of, oldest first."""
        return read_unheeded(self._core.reader, now_ms=now_ms, limit=limit)

    async def give_unheeded(self, receipts: Sequence[OutgoingReceipt], *, now_ms: int) -> int:
        """State that messages expired unopened; those opened meanwhile are passed over.

        Returns:
            How many were stated.

        Raises:
            NoInputError: A receipt names a message that is not here; nothing was changed.
            StorageError: Nothing was changed.
        """
        return await self._core.writer.run(
            partial(give_unheeded, receipts=receipts, own=self._core.own, now_ms=now_ms),
            weight=1 + len(receipts),
        )
