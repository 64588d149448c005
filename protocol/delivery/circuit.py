"""The circuit of a lane: how many attempts may be under way to a node that may be broken.

Three failures in a row open it: then one attempt at a time looks whether the node is back. Each
answer closes it by a step, one, two, three at a time, so that a node that has just started is
not met by everything at once; each failure halves what it may be sent.

Source: docs/delivery.md, "Delivery in rules", 4 and 11.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

OPENS_AFTER: Final = 3
"""Failures in a row, over all endpoints, that open the circuit."""

SLOTS_MOST: Final = 3
"""Attempts of all classes at a time to a healthy node; those kept for P0 and P1 come besides."""

URGENT_SLOTS: Final = 2
"""Attempts at a time that carry P0 and P1 alone; no failure takes them away but the last."""


class Phase(StrEnum):
    """What the circuit lets through."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The circuit of one lane.

    Args:
        failures: Attempts in a row that met no answer.
        slots: Attempts of all classes that may be under way, 1 to SLOTS_MOST.
    """

    failures: int = 0
    slots: int = SLOTS_MOST

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: They are no circuit.
        """
        if self.failures < 0 or not 1 <= self.slots <= SLOTS_MOST:
            raise ValueError("no circuit")

    @property
    def phase(self) -> Phase:
        """Which of the three it is in."""
        if self.failures >= OPENS_AFTER:
            return Phase.OPEN
        return Phase.CLOSED if self.slots == SLOTS_MOST else Phase.HALF_OPEN


def answered(circuit: Circuit) -> Circuit:
    """Return the circuit after an answer: one slot if it was open, else one more.

    Args:
        circuit: Before.
    """
    if circuit.phase is Phase.OPEN:
        return Circuit(slots=1)
    return Circuit(slots=min(SLOTS_MOST, circuit.slots + 1))


def failed(circuit: Circuit) -> Circuit:
    """Return the circuit after an attempt that met no answer: half the slots, at least one.

    Args:
        circuit: Before.
    """
    return Circuit(failures=circuit.failures + 1, slots=max(1, circuit.slots // 2))
