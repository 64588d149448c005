"""When an item that was not taken is sent again, and when people must hear of it.

The waits are those of protocol.delivery.outcome; what is kept here is how often an item was
refused for the same reason in a row, since the start of the node. Nothing here ends an item.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.ports import Clock
from gateway.records import ClaimedItem, Deferred
from protocol.delivery.outcome import is_stuck, remedy_for, wait_ms
from protocol.errors import Code

_COUNTED: Final = 10_000
"""Items whose refusals are counted; beyond it the oldest starts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One item that was refused.

    `at_once`: what the refusal asked for was done, so the item goes again without a wait.
    """

    item: ClaimedItem
    code: Code
    retry_ms: int | None = None
    at_once: bool = False


class Deferrals:
    """Puts items off.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[int, tuple[Code, int]] = OrderedDict()

    def refused(self, refusal: Refusal) -> Deferred:
        """Return the outcome of an item that the peer refused.

        Args:
            refusal: Which item, and what the peer said.
        """
        item, code = refusal.item, refusal.code
        refusals = self._count(item.item, code)
        remedy = remedy_for(code)
        wait = wait_ms(remedy, urgency=item.cls, refusals=refusals, retry_ms=refusal.retry_ms)
        return Deferred(
            item=item.item,
            fence=item.fence,
            code=code.value,
            next_ms=self._clock.now_ms() + (0 if refusal.at_once else wait),
            is_stuck=is_stuck(remedy, refusals=refusals),
        )

    def unreached(self, item: ClaimedItem, code: str) -> Deferred:
        """Return the outcome of an item whose frame met no answer: its lane waits as a whole.

        Args:
            item: The item.
            code: A word for the fault of the way.
        """
        return Deferred(item=item.item, fence=item.fence, code=code, next_ms=None, is_stuck=False)

    def forget(self, item: ClaimedItem) -> None:
        """Take note that an item was delivered.

        Args:
            item: The item.
        """
        self._counts.pop(item.item, None)

    def _count(self, item: int, code: Code) -> int:
        before = self._counts.pop(item, (code, 0))
        count = before[1] + 1 if before[0] is code else 1
        self._counts[item] = (code, count)
        if len(self._counts) > _COUNTED:
            self._counts.popitem(last=False)
        return count
