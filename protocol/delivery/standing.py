"""Where a peer stands in our log: which of our checkpoints it has linked, as it said itself.

A frame either carries a new checkpoint of ours, with a consistency proof from the peer's head,
or *rides*: it proves its leaves against a checkpoint that the peer has confirmed before. Frames
and answers overtake each other in both directions, so a lower size heard later is old news; only
a refusal for position is the peer's word of now.

What an answer of ours showed is most likely linked before the next frame comes, and is confirmed
only with the peer's next word. A linking frame may begin there: if the answer was lost or is
late, one refusal says so. Nothing is proven against it, so nothing rides on it.

Nothing here is trusted: a wrong size costs round trips, never a statement.

Source: docs/wire-format.md, rules 17, 17a, 18.
"""

from dataclasses import dataclass, replace
from typing import Final

_NO_NEARER_MOST: Final = 6
"""So many refusals for position that brought a batch no nearer, and it is put off (rule 18)."""

_REPEATS_MOST: Final = 32
"""So many refusals in all: more answers than a peer has on their way at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a peer stands in our log.

    Args:
        head: The size of our checkpoint that it last confirmed, 0 if none.
        shown: The size of the largest one that an answer of ours showed it, 0 if none since it
            said otherwise.
    """

    head: int = 0
    shown: int = 0

    @property
    def begins(self) -> int:
        """The size from which a linking frame begins."""
        return max(self.head, self.shown)


def confirmed(standing: Standing, size: int) -> Standing:
    """Take note that the peer holds our checkpoint of this size.

    Args:
        standing: Before.
        size: What `seen` of a frame or an answer said; a size that we signed.

    Returns:
        The head only rises here.
    """
    return replace(standing, head=max(standing.head, size))


def answered(standing: Standing, size: int) -> Standing:
    """Take note that an answer of ours shows the peer our checkpoint of this size.

    Args:
        standing: Before.
        size: Of the checkpoint in the answer, which may yet be lost.

    Returns:
        What was confirmed stays as it was.
    """
    return replace(standing, shown=max(standing.shown, size))


def refused(size: int) -> Standing:
    """Take note of a refusal for position (E_LOG_POSITION).

    Args:
        size: The size that the refusal names; a size that we signed, or 0.

    Returns:
        The head as the peer now says, also a lower one: it may have lost what it had not yet
        written. What answers showed counts no more: it did not have it.
    """
    return Standing(head=size)


def rides(standing: Standing, last_index: int) -> bool:
    """Tell whether leaves up to this index are covered by what the peer has linked.

    Args:
        standing: The peer's standing.
        last_index: The highest leaf index that a frame must prove.
    """
    return last_index < standing.head


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The refusals for position that one batch has met in a row.

    A peer that takes answers of ours links each of them, and refuses what begins below: such a
    refusal brings the batch nearer, since answers composed later hold its leaves. Only one that
    does not is a sign that repeating will not help.

    Args:
        no_nearer: Refusals that named no larger size than the frame began from.
        met: All of them.
    """

    no_nearer: int = 0
    met: int = 0

    @property
    def may_go_on(self) -> bool:
        """Whether the batch may be sent again at once; else it is put off."""
        return self.no_nearer < _NO_NEARER_MOST and self.met < _REPEATS_MOST

    def refused(self, size: int, *, start: int) -> "Repeats":
        """Take note of one more.

        Args:
            size: The size that it names.
            start: The size from which the frame began.

        Returns:
            With this one.
        """
        return Repeats(no_nearer=self.no_nearer + (size <= start), met=self.met + 1)
