"""How long an attempt may take, and how long its items are leased for it.

A time-out after sending says nothing: the frame may have been processed. No item counts as
refused by it; all of them go again, and a repeat gets the stored receipt.

Source: docs/delivery.md, "Delivery in rules", 6 and "Batches".
"""

from typing import Final

ATTEMPT_S: Final = 30.0
"""Longest attempt, besides the time that its bytes may take."""

FLOOR_BYTES_PER_S: Final = 16 * 1024
"""Slowest way that is waited for."""


def attempt_s(size_bytes: int) -> float:
    """Return how many seconds an attempt may take.

    Args:
        size_bytes: Of what is sent.
    """
    return ATTEMPT_S + size_bytes / FLOOR_BYTES_PER_S


def lease_s(size_bytes: int) -> float:
    """Return how many seconds items are leased for one attempt: twice what it may take.

    Args:
        size_bytes: Of all items of the claim.
    """
    return 2 * attempt_s(size_bytes)
