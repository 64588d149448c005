"""Which lane gets the next free worker: deficit round-robin by bytes, weighted by class.

Each turn adds to a lane's credit, more for what is more urgent; what it sends is taken off. So
large items of one lane do not slow small items of the others, and none starves. P0 does not take
part: it never waits for a turn (protocol.delivery.slots).

A turn costs the same however many lanes there are: this is asked for each frame.

Source: docs/delivery.md, "Delivery in rules", 15; M. Shreedhar, G. Varghese, Efficient Fair
Queuing Using Deficit Round-Robin, 1996.
"""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from protocol.delivery.urgency import Urgency

QUANTUM_BYTES: Final = 64 * 1024
"""Credit of one turn at weight 1."""

WEIGHTS: Final[dict[Urgency, int]] = {
    Urgency.P0: 8,
    Urgency.P1: 8,
    Urgency.P2: 4,
    Urgency.P3: 1,
}
"""How much credit a turn gives, by the most urgent class that waits in the lane."""

_Lane = TypeVar("_Lane")


class Turns(Generic[_Lane]):
    """Whose turn it is. Lanes that wait stand in a ring; those that owe stay in it until paid."""

    def __init__(self) -> None:
        self._waiting: dict[_Lane, Urgency] = {}
        self._ring: OrderedDict[_Lane, int] = OrderedDict()

    def __len__(self) -> int:
        """Return how many lanes wait."""
        return len(self._waiting)

    def wait(self, lane: _Lane, urgency: Urgency) -> None:
        """Take note that a lane waits for a worker; a new one stands at the end.

        Args:
            lane: Which.
            urgency: The most urgent class that waits in it.
        """
        self._waiting[lane] = urgency
        self._ring.setdefault(lane, 0)

    def leave(self, lane: _Lane) -> None:
        """Take note that a lane does not wait any more; credit is for waiting, not for saving.

        Args:
            lane: Which; need not wait.
        """
        self._waiting.pop(lane, None)
        if self._ring.get(lane, -1) >= 0:
            del self._ring[lane]

    def pick(self) -> _Lane | None:
        """Return the lane that goes next, None if none waits; it goes on waiting until it leaves.

        A lane keeps its turn until it has sent what its credit lets it send.
        """
        if not self._waiting:
            return None
        while True:
            lane, credit = next(iter(self._ring.items()))
            urgency = self._waiting.get(lane)
            if urgency is not None and credit > 0:
                return lane
            if urgency is not None:
                credit += QUANTUM_BYTES * WEIGHTS[urgency]
                self._ring[lane] = credit
            if urgency is None or credit <= 0:
                self._ring.move_to_end(lane)

    def charge(self, lane: _Lane, sent_bytes: int) -> None:
        """Take off what a lane sent; without credit its turn is over.

        Args:
            lane: Which.
            sent_bytes: What it sent.
        """
        credit = self._ring.get(lane, 0) - sent_bytes
        if lane not in self._waiting and credit >= 0:
            self._ring.pop(lane, None)
            return
        self._ring[lane] = credit
        if credit <= 0:
            self._ring.move_to_end(lane)

    def forget(self, lane: _Lane) -> None:
        """Take note that a lane has no work left: what it owes is forgiven.

        Args:
            lane: Which.
        """
        self._waiting.pop(lane, None)
        self._ring.pop(lane, None)
