"""What one worker of a lane sends at a time, and how that ended.

Source: docs/delivery.md, "Batches".
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from gateway.records import OutboxKind
from protocol.delivery.urgency import Urgency
from protocol.errors import Code
from protocol.identifiers import NodeId
from protocol.limits import MAX_ENVELOPES

BATCH_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one riding frame: half of what the wire allows, so that a frame stays short."""

URGENT_ITEMS: Final = 16
"""Items of one urgent frame: a big frame must not sit before the next emergency."""


class Progress(Enum):
    """How one batch ended, for the lane."""

    IDLE = auto()
    """Nothing to send."""
    DELIVERED = auto()
    """The peer answered; ask again at once."""
    REFUSED = auto()
    """The peer answered, but took nothing: wait before the next batch."""
    FAILED = auto()
    """The peer was not reached: the lane backs off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one worker of a lane sends.

    Args:
        kind: Envelopes or receipts; None for the kind of what goes first.
        urgent_only: Whether it is kept for P0 and P1.
        down_to: The least urgent class.
        max_items: At most so many.
        max_bytes: At most so many, but one item in any case.
    """

    kind: OutboxKind | None
    urgent_only: bool
    down_to: Urgency = Urgency.P3
    max_items: int = MAX_ENVELOPES
    max_bytes: int = BATCH_BYTES


def _nobody() -> None:
    """Tell nobody that something was claimed."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One batch on its way: for whom, and what it came to so far.

    Args:
        node: The destination.
        claimed: Called when items were claimed, before anything is sent.
        kind: Of the items claimed, None as long as there are none.
        size_bytes: Of the items of the last frame.
        seconds: From sending the last frame to its answer, or to the failure.
        timed_out: Whether the last frame met no answer in time.
        refused: Why the last frame was refused as a whole, None if it was not.
    """

    node: NodeId
    claimed: Callable[[], None] = _nobody
    kind: OutboxKind | None = None
    size_bytes: int = 0
    seconds: float = 0.0
    timed_out: bool = False
    refused: Code | None = None
