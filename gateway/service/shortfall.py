"""Compares what answers show of our queue numbers with what became of them.

What ended without delivery is named in `void` of the next frames, until an answer does not lack
it any more. What its receiver had and lost goes again, and people hear of it. The rule is that
of protocol.delivery.gaps; what is kept here is only what the next frames name, which every answer
shows anew.

Source: docs/wire-format.md, rules 17 and 20.
"""

from collections.abc import Callable
from contextlib import suppress

from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.store import Store
from protocol.answer import Answer
from protocol.delivery.gaps import Shown, read
from protocol.identifiers import NodeId


class Shortfall:
    """What each peer lacks of ours.

    Args:
        store: Numbers, and what became of them.
        clock: Time.
        metrics: Counts what was lost and what is named void.
        lost: Called with the node, how many messages it lost and go again, and how many it lost
            that do not.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        lost: Callable[[NodeId, int, int], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._lost = lost
        self._counted: set[NodeId] = set()
        self._void: dict[NodeId, tuple[int, ...]] = {}

    def void(self, node: NodeId) -> tuple[int, ...]:
        """Return the numbers that the next frame to a node names as never to come.

        Args:
            node: Where the frame goes.
        """
        return self._void.get(node, ())

    def moment(self) -> int:
        """Return what the caller takes before a request leaves, and gives back with its answer.

        It only rises: a receipt that is committed later counts above it, whatever clocks do.
        """
        return self._store.newest_event

    async def is_counted(self, node: NodeId) -> bool:
        """Tell whether items may go to a node: its answer to an empty frame comes first if not.

        After a loss of our own the numbers that it shows are those that were given out.

        Args:
            node: The destination.
        """
        if node not in self._counted and await self._store.is_counted(node):
            self._counted.add(node)
        return node in self._counted

    async def heard(self, node: NodeId, answer: Answer, *, asked_at: int, generation: int) -> None:
        """Act on what an answer shows.

        A store that refuses now is no fault of the answer: the next one shows the same. Save
        after a loss of our own, when nothing may go before our numbers go on above what it shows.

        Args:
            node: Who answered a frame of envelopes or receipts.
            answer: Its checkpoint was linked.
            asked_at: From `moment`, before the request left.
            generation: Of the log whose checkpoint it bears.

        Raises:
            StorageError: After a loss of our own, our numbers could not go on.
        """
        shown = Shown(have=answer.have, miss=answer.miss)
        if not await self.is_counted(node):
            await self._store.move_on(node, shown)
        ranges = await self._store.lacking(node, shown)
        if not ranges:
            self._void.pop(node, None)
            return
        now_ms = self._clock.now_ms()
        ended = await self._store.ended(node, ranges, generation=generation, now_ms=now_ms)
        reading = read(ended, asked_at=asked_at, generation=generation)
        fresh = set(reading.void).difference(self.void(node))
        self._metrics.voided(str(node), len(fresh))
        if reading.void:
            self._void[node] = reading.void
        else:
            self._void.pop(node, None)
        if reading.lost:
            with suppress(StorageError):
                await self._send_again(node, reading.lost, generation=generation)

    async def _send_again(self, node: NodeId, numbers: tuple[int, ...], *, generation: int) -> None:
        again, gone = await self._store.send_again(
            node, numbers, generation=generation, now_ms=self._clock.now_ms()
        )
        if again or gone:
            self._metrics.lost_by_peer(str(node), again + gone)
            self._lost(node, again, gone)
