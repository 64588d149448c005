"""What the checkers of one seed found, and how much they looked at.

A checker that looked at nothing is a fault of the run: its silence says nothing.

Source: invariants I1 to I12 as docs/simulation.md lists them.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Invariant(StrEnum):
    """What must hold."""

    ONE_RECEIPT = "I1"
    RECEIPTS_PROVEN = "I2"
    ONE_HISTORY = "I3"
    DELIVERED_ONCE = "I4"
    RECEIPTS_SURVIVE = "I5"
    SEALED_ON_THE_WIRE = "I6"
    SEALED_AT_REST = "I7"
    REFUSED_WITHOUT_TRACE = "I8"
    STATE_FROM_LOG = "I9"
    KEYS_IN_ROLE = "I10"
    WITHIN_CAPS = "I11"
    ANSWER_AFTER_QUESTION = "I12"
    NO_BUGS = "bugs"
    STORY = "story"


_FINDINGS_KEPT = 50


@dataclass(slots=True)
class Findings:
    """Counted examinations and broken invariants of one seed."""

    examined: Counter[Invariant] = field(default_factory=Counter)
    broken: list[tuple[Invariant, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    forks_undetected: list[str] = field(default_factory=list)

    def look(self, invariant: Invariant, count: int = 1) -> None:
        """Count what was examined."""
        self.examined[invariant] += count

    def hold(self, invariant: Invariant, *, holds: bool, otherwise: str) -> None:
        """Examine one thing.

        Args:
            invariant: What must hold.
            holds: Whether it does.
            otherwise: What is wrong if it does not.
        """
        self.look(invariant)
        if not holds:
            self.fail(invariant, otherwise)

    def fail(self, invariant: Invariant, what: str) -> None:
        """Note a breach; a flood of one kind is cut."""
        if len(self.broken) < _FINDINGS_KEPT:
            self.broken.append((invariant, what))

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.broken or self.lost or self.duplicates or self.forks_undetected)

    def sentences(self) -> list[str]:
        """Return everything that is wrong."""
        return [
            *(f"lost: {each}" for each in self.lost),
            *(f"twice: {each}" for each in self.duplicates),
            *(f"fork not found: {each}" for each in self.forks_undetected),
            *(f"{invariant}: {what}" for invariant, what in self.broken),
        ]
