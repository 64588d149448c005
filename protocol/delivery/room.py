"""How much room the disk must have for what: the rest is kept for what is urgent and under way.

Below the floor nothing of P2 and P3 and no attachment is taken any more, below half of it nothing
new at all. Receipts, openings and outcomes of what was accepted are not asked: they go on as long
as the disk takes them. A level is left again only with a tenth of room more than it was entered
at, so that a disk at the edge does not change its mind with each message.

Source: docs/delivery.md, "Disk full"; docs/wire-format.md, rule 25 (`E_STORE`).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from protocol.delivery.urgency import Urgency

LEAST_PERCENT: Final = 10
"""Of the whole disk, kept for P0 and P1 unless the operator says otherwise."""

LEAST_BYTES: Final = 1024**3
"""Kept in any case: days of urgent messages, and a copy of a small log."""

RETRY_MS: Final = 30_000
"""A disk is not emptied in seconds: how long a peer is asked to wait at least."""


class Room(IntEnum):
    """How the disk stands; a higher value takes less."""

    AMPLE = 0
    """Everything is taken."""
    SHORT = 1
    """P0 and P1 are taken."""
    SPENT = 2
    """Nothing new is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What is to stay free: the larger of the two.

    Attributes:
        least_bytes: In any case, 0 or more.
        percent: Of the whole disk, 0 to 50.
    """

    least_bytes: int = LEAST_BYTES
    percent: int = LEAST_PERCENT

    def bytes_of(self, total_bytes: int) -> int:
        """Return the floor of a disk.

        Args:
            total_bytes: Its size.
        """
        return max(self.least_bytes, total_bytes * self.percent // 100)


def step(room: Room, *, free_bytes: int, floor_bytes: int) -> Room:
    """Return how the disk stands after it was measured.

    Args:
        room: How it stood.
        free_bytes: What this node may still write.
        floor_bytes: From `Floor.bytes_of`.

    Returns:
        A worse level at once; a better one only where a tenth more than its floor is free.
    """
    measured = _level(free_bytes, floor_bytes)
    if measured >= room:
        return measured
    return min(room, _level(free_bytes, floor_bytes + floor_bytes // 10))


def admits(room: Room, urgency: Urgency) -> bool:
    """Tell whether a new envelope is taken.

    Args:
        room: How the disk stands.
        urgency: The envelope's class.
    """
    return room is Room.AMPLE or (room is Room.SHORT and urgency <= Urgency.P1)


def _level(free_bytes: int, floor_bytes: int) -> Room:
    if free_bytes >= floor_bytes:
        return Room.AMPLE
    return Room.SHORT if free_bytes >= floor_bytes // 2 else Room.SPENT
