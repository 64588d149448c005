"""What a receiver lets in when it cannot do everything at once.

Places for frames and pieces of attachments are few, and a fifth of them is kept for P0 and P1:
an emergency needs no free place among the others. The same holds for the queue of the writer. Who
is refused is told when to come back, one after the other at the pace at which this node works,
so that those put off together do not return together.

Source: docs/delivery.md, "Admission"; docs/wire-format.md, rules 25 and 27.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.delivery.urgency import Urgency

RESERVED_PERCENT: Final = 20
"""Of the places, for P0 and P1 alone."""

QUEUE_MOST: Final = 1024
"""Operations that may wait for the writer."""

QUEUE_KEPT: Final = 154
"""The last 15 percent of them, for P0 and P1 alone."""

LEAST_RETRY_MS: Final = 1_000
"""Nobody is asked back sooner."""

MOST_RETRY_MS: Final = 60_000
"""Nor later by more than this: what will be then, nobody knows."""


def is_urgent(classes: Iterable[Urgency]) -> bool:
    """Tell whether what holds items of these classes is served from the kept share.

    Args:
        classes: Of its items; its most urgent one decides.
    """
    return any(urgency <= Urgency.P1 for urgency in classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Places of one kind, and how many are taken.

    Args:
        total: All of them, 1 or more.
        kept: Those for P0 and P1 alone, 0 to `total` - 1.
        urgent: Taken by P0 and P1.
        others: Taken by the rest.
    """

    total: int
    kept: int
    urgent: int = 0
    others: int = 0

    @classmethod
    def of(cls, total: int, *, percent: int = RESERVED_PERCENT) -> "Places":
        """Return free places with their kept share, rounded up.

        Args:
            total: All of them, 2 or more.
            percent: What is kept, 0 to 50.
        """
        return cls(total=total, kept=-(-total * percent // 100))

    def is_free(self, *, urgent: bool) -> bool:
        """Tell whether one may be taken.

        Args:
            urgent: By P0 or P1: any place; the others leave the kept ones free.
        """
        if self.urgent + self.others >= self.total:
            return False
        return urgent or self.others < self.total - self.kept

    def taken(self, *, urgent: bool) -> "Places":
        """Return the places with one more taken; the caller has looked whether it is free."""
        return self._moved(1, urgent=urgent)

    def left(self, *, urgent: bool) -> "Places":
        """Return the places with one given back."""
        return self._moved(-1, urgent=urgent)

    def _moved(self, change: int, *, urgent: bool) -> "Places":
        return Places(
            total=self.total,
            kept=self.kept,
            urgent=self.urgent + (change if urgent else 0),
            others=self.others + (0 if urgent else change),
        )


def writes(waiting: int, *, urgent: bool) -> bool:
    """Tell whether a frame may add to what waits for the writer.

    Args:
        waiting: Operations that wait.
        urgent: It holds P0 or P1.
    """
    return waiting <= (QUEUE_MOST if urgent else QUEUE_MOST - QUEUE_KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceLimits:
    """What one peer may have begun of attachments and not finished.

    Args:
        size_bytes: Bytes held of them.
        blobs: How many of them.
    """

    size_bytes: int = 2 * 1024**3
    blobs: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What a peer has begun of attachments and not finished.

    Args:
        size_bytes: Bytes held of them.
        blobs: How many of them.
        most_bytes: Bytes held of the one of which most is held.
        this_bytes: Bytes held of the one that is asked about, 0 if it is not begun.
    """

    size_bytes: int = 0
    blobs: int = 0
    most_bytes: int = 0
    this_bytes: int = 0


def takes_piece(held: Unfinished, size_bytes: int, limits: PieceLimits) -> bool:
    """Tell whether one more piece of an attachment is taken.

    Args:
        held: Before it.
        size_bytes: Of the piece.
        limits: The peer's share.

    Returns:
        False beyond the share, save for the attachment of which most is held: one can always be
        finished, and then there is room again.
    """
    if held.this_bytes:
        is_foremost = held.this_bytes >= held.most_bytes
        return is_foremost or held.size_bytes + size_bytes <= limits.size_bytes
    return held.blobs < limits.blobs and held.size_bytes + size_bytes <= limits.size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """When those who were refused are expected back.

    Args:
        next_s: Monotonic time of the first turn not yet given away.
    """

    next_s: float = float("-inf")


def ask_back(
    state: Comeback, now_s: float, *, per_s: float, least_ms: int = LEAST_RETRY_MS
) -> tuple[Comeback, int]:
    """Give away the next turn.

    Args:
        state: Turns given away so far.
        now_s: Monotonic time.
        per_s: How many this node can serve in a second.
        least_ms: Least wait in this case.

    Returns:
        The new state, and how long to wait, ms: within MOST_RETRY_MS of `least_ms`. When all
        turns of that time are given away, they are given away once more.
    """
    first_s = now_s + least_ms / 1000
    turn_s = max(state.next_s, first_s)
    if turn_s > first_s + MOST_RETRY_MS / 1000:
        turn_s = first_s
    return Comeback(next_s=turn_s + 1 / per_s), round((turn_s - now_s) * 1000)
