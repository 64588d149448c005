"""The ladder of one message: from queued to answered, by receipts and answers.

Both nodes keep a state for each message, in and out. Receipts and answers arrive in any order
and more than once; a state only rises, so whatever arrives first, both sides agree at the end.
A refusal by the receiving node, expiry and cancellation end the ladder from below `opened`;
what a person did later still counts.

Source: docs/wire-format.md, rule 22; docs/architecture.md, "the ladder".
"""

from enum import StrEnum
from typing import Final


class MessageState(StrEnum):
    """How far one message got, in rising order; the three last are ends that are not answers."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    CONSIGNED = "consigned"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    ANSWERED = "answered"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_HEIGHT: Final[dict[MessageState, int]] = {
    MessageState.QUEUED: 0,
    MessageState.ACCEPTED: 1,
    MessageState.CANCELLED: 2,
    MessageState.EXPIRED: 3,
    MessageState.REJECTED: 4,
    MessageState.CONSIGNED: 5,
    MessageState.OPENED: 6,
    MessageState.ACKNOWLEDGED: 7,
    MessageState.DECLINED: 8,
    MessageState.ANSWERED: 9,
}
"""An expired message that was consigned after all counts as consigned: a late receipt wins."""


def advance(state: MessageState, event: MessageState) -> MessageState:
    """Return the state after an event; never lower than before.

    Args:
        state: The state held.
        event: What a receipt, an answer or an act says of the message.

    Returns:
        The higher of the two: idempotent, and independent of the order of events.
    """
    return event if _HEIGHT[event] > _HEIGHT[state] else state


def reached(state: MessageState, goal: MessageState) -> bool:
    """Tell whether a message that is in `state` has passed `goal`.

    Args:
        state: The state held.
        goal: A step somebody waits for.

    Returns:
        True when the state is the goal or above it; a rejected message never reached
        `consigned`, though it was accepted.
    """
    if is_over(state):
        return goal is MessageState.QUEUED or (
            goal is MessageState.ACCEPTED and state is MessageState.REJECTED
        )
    return _HEIGHT[state] >= _HEIGHT[goal]


def is_over(state: MessageState) -> bool:
    """Tell whether nothing more will come for a message by itself (rejected, expired, cancelled).

    Args:
        state: The state held.
    """
    return state in {MessageState.REJECTED, MessageState.EXPIRED, MessageState.CANCELLED}
