"""The four classes of urgency that decide order, slots and how long a lane may wait.

Source: docs/wire-format.md, rule 14 (`cls`); docs/delivery.md, "Delivery in rules".
"""

from enum import IntEnum
from typing import Final


class Urgency(IntEnum):
    """Priority class, the value of `cls` in a header: smaller goes first."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


BACK_OFF_CAP_S: Final[dict[Urgency, float]] = {
    Urgency.P0: 15.0,
    Urgency.P1: 60.0,
    Urgency.P2: 300.0,
    Urgency.P3: 1800.0,
}
"""Longest wait between two attempts of a lane, by the most urgent class that waits in it."""

ACCEPTED_WITHIN_S: Final[dict[Urgency, float]] = {
    Urgency.P0: 60.0,
    Urgency.P1: 15 * 60.0,
    Urgency.P2: 60 * 60.0,
    Urgency.P3: 24 * 60 * 60.0,
}
"""How soon after it was queued an item of a class should be accepted by its node."""

_PRESERVATION: Final = frozenset(
    {
        "preservation_request",
        "preservation_extension",
        "preservation_report",
        "path_disclosure",
    }
)


def deliver_by_ms(urgency: Urgency, *, queued_ms: int, stated_ms: int | None = None) -> int:
    """Return by when an item should be accepted: the key of order inside its class.

    Args:
        urgency: Of the item.
        queued_ms: When it was queued, milliseconds since 1970, UTC.
        stated_ms: An earlier time that the item itself asks for, if it does.

    Returns:
        Milliseconds since 1970, UTC: the class's budget from the queueing on, or earlier.
    """
    budget_ms = queued_ms + int(ACCEPTED_WITHIN_S[urgency] * 1000)
    return budget_ms if stated_ms is None else min(budget_ms, stated_ms)


def urgency_of(document_urgency: str, document_type: str) -> Urgency:
    """Return the class of a document.

    Args:
        document_urgency: `routine`, `urgent` or `emergency`.
        document_type: The document's type; those of Articles 29 and 30 are never below P1.

    Returns:
        P0 for an emergency, P1 for what is urgent or preserves data, P2 otherwise.
    """
    if document_urgency == "emergency":
        return Urgency.P0
    if document_urgency == "urgent" or document_type in _PRESERVATION:
        return Urgency.P1
    return Urgency.P2
