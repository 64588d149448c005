"""How large the next frame of all classes is: about two seconds of what the way has carried.

A frame that is too large for a slow way times out as a whole and teaches nothing; so after a
time-out one item goes alone, and each answer lets twice as many go.

Source: docs/delivery.md, "Delivery in rules", 16, and "Batches".
"""

from dataclasses import dataclass, replace
from typing import Final

from protocol.limits import MAX_ENVELOPES

AIM_S: Final = 2.0
"""A frame should take about so long."""

TELLING_BYTES: Final = 64 * 1024
"""A smaller frame that is answered quickly says nothing about the rate: it measures the answer."""

FIRST_PIECE_BYTES: Final = 1024 * 1024
"""The first piece of an attachment: nothing is known of the way."""

LEAST_PIECE_BYTES: Final = 256 * 1024
MOST_PIECE_BYTES: Final = 8 * 1024 * 1024
"""What a receiver takes in one request; what a kill at any byte may cost to send again."""

_OLD_SHARE: Final = 0.7
"""How much of the rate known before stays when a frame was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is known of the way to a node.

    Args:
        rate: Bytes a second, None before the first frame that tells.
        items: At most so many in the next frame, 1 to 64.
    """

    rate: float | None = None
    items: int = MAX_ENVELOPES

    def max_bytes(self, most: int) -> int:
        """Return how many bytes the next frame may have.

        Args:
            most: The limit of any frame.
        """
        if self.rate is None:
            return most
        return min(most, max(1, int(self.rate * AIM_S)))


def answered(pace: Pace, *, size_bytes: int, seconds: float) -> Pace:
    """Return the pace after a frame was answered.

    Args:
        pace: Before.
        size_bytes: Of the frame's items.
        seconds: From sending to the answer.
    """
    grown = replace(pace, items=min(MAX_ENVELOPES, pace.items * 2))
    if size_bytes < TELLING_BYTES and seconds < AIM_S:
        return grown
    rate = size_bytes / max(seconds, 1e-3)
    if pace.rate is None:
        return replace(grown, rate=rate)
    return replace(grown, rate=_OLD_SHARE * pace.rate + (1 - _OLD_SHARE) * rate)


def timed_out(pace: Pace) -> Pace:
    """Return the pace after a frame met no answer in time: one item, and half the rate.

    Args:
        pace: Before.
    """
    return Pace(rate=None if pace.rate is None else pace.rate / 2, items=1)


def piece_bytes(left: int, most: int) -> int:
    """Return how long a piece of an attachment is: a short rest goes along with it.

    Args:
        left: Bytes that the peer lacks, at least 1.
        most: FIRST_PIECE_BYTES, then what `next_piece` says.
    """
    return min(left, MOST_PIECE_BYTES) if left < most + LEAST_PIECE_BYTES else most


def next_piece(size_bytes: int, seconds: float) -> int:
    """Return how long the next piece of an attachment is: twice the last one at the most.

    What is urgent may go between two pieces, on a narrow way too.

    Args:
        size_bytes: Of the piece that was answered.
        seconds: From sending to the answer.
    """
    aimed = int(size_bytes / max(seconds, 1e-3) * AIM_S)
    return max(LEAST_PIECE_BYTES, min(aimed, 2 * size_bytes, MOST_PIECE_BYTES))
