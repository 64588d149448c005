"""What the cancellation of a message by its author comes to.

An envelope ends by a proven receipt, a proven refusal, its author's cancellation or its own time.
Cancelling is possible as long as no receipt is held. It takes back what never left; what may have
left is not sent any more, and whether it arrived is learned from a late receipt alone, which
counts as any other: the cancellation then stands beside it.

Source: docs/delivery.md, "Cancelling"; docs/wire-format.md, rules 17 and 22.
"""

from enum import StrEnum
from typing import Final

from protocol.cases.ladder import MessageState, is_over


class CancelOutcome(StrEnum):
    """What became of the wish to cancel a message."""

    NEVER_LEFT = "never_left"
    """Cancelled: no frame that may have arrived carried it."""
    MAY_HAVE_ARRIVED = "may_have_arrived"
    """Cancelled: it is not sent any more, and nobody knows whether it arrived."""
    CANCELLED_BEFORE = "cancelled_before"
    """Nothing changed: it was cancelled already."""
    TAKEN = "taken"
    """Refused: the other node holds it, with proof. It can only be withdrawn."""
    ENDED = "ended"
    """Refused: it was rejected, or its time is over."""


DONE: Final = frozenset({CancelOutcome.NEVER_LEFT, CancelOutcome.MAY_HAVE_ARRIVED})
"""The outcomes that change something."""


def cancel(state: MessageState, *, cancelled: bool, may_have_left: bool) -> CancelOutcome:
    """Decide what cancelling a message of one's own comes to.

    Args:
        state: How far it got, by the receipts that are held.
        cancelled: Whether it was cancelled before; a late receipt may have raised it since.
        may_have_left: Whether a frame that carried it may have arrived.

    Returns:
        The outcome; the same again for every repeat.
    """
    if cancelled:
        return CancelOutcome.CANCELLED_BEFORE
    if state is MessageState.QUEUED:
        return CancelOutcome.MAY_HAVE_ARRIVED if may_have_left else CancelOutcome.NEVER_LEFT
    return CancelOutcome.ENDED if is_over(state) else CancelOutcome.TAKEN
