"""Tells senders that a message passed its `exp` before anybody opened it.

The receipt `expired` is one more stage: it takes nothing back, and a person who opens the
message later is told of by a later receipt, which counts whenever it comes.

Source: docs/wire-format.md, rule 22.
"""

from typing import Final

from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.records import OutgoingReceipt
from gateway.service.receipting import Receipting
from gateway.service.repeating import repeat
from gateway.store import Store
from protocol.receipt import Stage

_LOOK_EVERY_S: Final = 60.0
_AT_ONCE: Final = 64


class Unheeded:
    """Looks once a minute for what nobody opened in time.

    Args:
        store: Knows it, and keeps what is stated of it.
        receipting: Makes the receipts.
        clock: Time.
        metrics: Counts them.
    """

    def __init__(
        self, *, store: Store, receipting: Receipting, clock: Clock, metrics: Metrics
    ) -> None:
        self._store = store
        self._receipting = receipting
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Look until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed; the node must stop.
        """
        await repeat(self.all, every_s=_LOOK_EVERY_S, clock=self._clock)

    async def all(self) -> None:
        """Tell of every message that is due.

        Raises:
            StorageError: What was not stated is found again.
        """
        told = await self.once()
        while told:
            told = await self.once()

    async def once(self) -> int:
        """Tell of up to 64 messages, the oldest first.

        Returns:
            How many were told of; none while there is no directory for receipts to rest on.

        Raises:
            StorageError: Nothing was stated; they are found again.
        """
        if not self._receipting.is_ready():
            return 0
        now_ms = self._clock.now_ms()
        receipts: list[OutgoingReceipt] = []
        for sender, mid, cls in await self._store.unheeded(now_ms=now_ms, limit=_AT_ONCE):
            stated = await self._store.statement(sender, mid)
            if stated is not None:
                receipts.append(
                    self._receipting.outgoing(sender, mid, stated, stage=Stage.EXPIRED, cls=cls)
                )
        if not receipts:
            return 0
        given = await self._store.give_unheeded(receipts, now_ms=now_ms)
        self._metrics.unheeded(given)
        return given
