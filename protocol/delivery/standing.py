"""Where a peer stands in our log: which of our checkpoints it has linked, as it said itself.

A frame either carries a new checkpoint of ours, with a consistency proof from the peer's head,
or *rides*: it proves its leaves against a checkpoint that the peer has confirmed before. Frames
and answers overtake each other in both directions, so a lower size heard later is old news; only
a refusal for position is the peer's word of now.

Nothing here is trusted: a wrong size costs round trips, never a statement.

Source: docs/wire-format.md, rules 17, 17a, 18.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A peer's head of our log: the size of our checkpoint that it last confirmed, 0 if none."""

    head: int = 0


def confirmed(standing: Standing, size: int) -> Standing:
    """Take note that the peer holds our checkpoint of this size.

    Args:
        standing: Before.
        size: What `seen` of a frame or an answer said; a size that we signed.

    Returns:
        The head only rises here.
    """
    return Standing(head=max(standing.head, size))


def refused(size: int) -> Standing:
    """Take note of a refusal for position (E_LOG_POSITION).

    Args:
        size: The size that the refusal names; a size that we signed, or 0.

    Returns:
        The head as the peer now says, also a lower one: it may have lost what it had not yet
        written.
    """
    return Standing(head=size)


def rides(standing: Standing, last_index: int) -> bool:
    """Tell whether leaves up to this index are covered by what the peer has linked.

    Args:
        standing: The peer's standing.
        last_index: The highest leaf index that a frame must prove.
    """
    return last_index < standing.head
