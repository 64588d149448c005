"""The states of a thread, and of each request in it.

A request passes through them by itself; the thread shows the state of its newest request that is
not finished. Draft, approval and queue are local: no message of the network tells of them.

Source: docs/domain.md, section 7, "Thread".
"""

from enum import StrEnum
from typing import Final

from protocol.cases.ladder import MessageState, is_over, reached


class Phase(StrEnum):
    """The states, in their usual order."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    INFO_NEEDED = "info_needed"
    AWAITING_DETERMINATION = "awaiting_determination"
    DECIDED = "decided"
    EXECUTED = "executed"
    CLOSED = "closed"


class Ending(StrEnum):
    """Why a request or a thread is closed."""

    EXECUTED = "executed"
    REFUSED = "refused"
    NOT_POSSIBLE = "not_possible"
    WITHDRAWN = "withdrawn"


class LocalEvent(StrEnum):
    """What happens to a request before the network knows of it."""

    ASK_APPROVAL = "ask for approval"
    RETURN = "return to the writer"
    QUEUE = "queue"
    LEAVE = "leave the node"


_P = Phase
_E = LocalEvent

LOCAL_STEPS: Final[dict[Phase, dict[LocalEvent, Phase]]] = {
    _P.DRAFT: {_E.ASK_APPROVAL: _P.AWAITING_APPROVAL, _E.QUEUE: _P.QUEUED},
    _P.AWAITING_APPROVAL: {_E.RETURN: _P.DRAFT, _E.QUEUE: _P.QUEUED},
    _P.QUEUED: {_E.LEAVE: _P.SENT},
}
"""The local states; what needs no second person goes from draft to queue at once."""

UNDECIDED: Final = frozenset(
    {_P.DELIVERED, _P.ACKNOWLEDGED, _P.INFO_NEEDED, _P.AWAITING_DETERMINATION}
)
AFTER: Final = frozenset({_P.DECIDED, _P.EXECUTED})
LIVE: Final = UNDECIDED | AFTER
UNDELIVERED: Final = frozenset({_P.QUEUED, _P.SENT})
FINISHED: Final = frozenset({_P.EXECUTED, _P.CLOSED})
ANY_BUT_DRAFT: Final = UNDELIVERED | LIVE | frozenset({_P.CLOSED})
"""Sets that section 6 names: undecided, after, live; and those that it says in words."""


def after_local(phase: Phase, event: LocalEvent) -> Phase | None:
    """Return the state after a local event.

    Args:
        phase: Where the request stands.
        event: What an officer or the node does.

    Returns:
        None when the state does not allow it.
    """
    return LOCAL_STEPS.get(phase, {}).get(event)


def phase_of(step: MessageState) -> Phase:
    """Return where a request stands by the ladder of its message alone.

    Non-delivery is evidence, not a state: a request that ran out or was rejected stays sent.

    Args:
        step: How far the message got, as its sender's node knows.

    Returns:
        Queued, sent, or delivered.
    """
    if reached(step, MessageState.CONSIGNED):
        return Phase.DELIVERED
    left = is_over(step) or reached(step, MessageState.ACCEPTED)
    return Phase.SENT if left else Phase.QUEUED
