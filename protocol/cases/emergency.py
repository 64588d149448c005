"""An emergency disclosure (2AP 9): from a telephone call to the formal follow-up.

The states stand in EMERGENCY_STEPS. They follow from what happened to the request, so that both
nodes see the same; the call alone is known to the desk that logged it.

Source: docs/domain.md, section 7, "Emergency"; Second Additional Protocol, Article 9.
"""

from enum import StrEnum
from typing import Final, Literal

from protocol.cases.items import ItemState
from protocol.cases.phases import FINISHED
from protocol.cases.request import Asking, Request

FollowUp = Literal["none", "request", "mla"]
"""What the requested Party asks for afterwards: `followup_9_5` of its profile."""


class EmergencyState(StrEnum):
    """How far an emergency disclosure got."""

    ORAL_LOGGED = "oral_logged"
    CONFIRMED_ELECTRONICALLY = "confirmed_electronically"
    DETERMINED = "determined"
    DELIVERED = "delivered"
    FORMAL_FOLLOWUP_DUE = "formal_followup_due"
    DONE = "done"


class EmergencyEvent(StrEnum):
    """What brings it on."""

    CALL = "a call is logged"
    CONFIRM = "the request comes electronically"
    DETERMINE = "every item is decided"
    DELIVER = "data are delivered"
    COMPLETE = "nothing granted waits for data"
    FOLLOW_UP = "the formal follow-up was sent"


_S = EmergencyState
_E = EmergencyEvent

EMERGENCY_STEPS: Final[dict[EmergencyState | None, dict[EmergencyEvent, EmergencyState]]] = {
    None: {_E.CALL: _S.ORAL_LOGGED, _E.CONFIRM: _S.CONFIRMED_ELECTRONICALLY},
    _S.ORAL_LOGGED: {_E.CONFIRM: _S.CONFIRMED_ELECTRONICALLY},
    _S.CONFIRMED_ELECTRONICALLY: {
        _E.DETERMINE: _S.DETERMINED,
        _E.DELIVER: _S.DELIVERED,  # at once, before a formal decision
    },
    _S.DETERMINED: {_E.DELIVER: _S.DELIVERED, _E.COMPLETE: _S.DONE},
    _S.DELIVERED: {_E.COMPLETE: _S.FORMAL_FOLLOWUP_DUE},
    _S.FORMAL_FOLLOWUP_DUE: {_E.FOLLOW_UP: _S.DONE},
    _S.DONE: {},
}
"""The transitions. A refusal ends it without a follow-up; where the Party's profile asks for
none, the last step is taken at once."""


def after_event(state: EmergencyState | None, event: EmergencyEvent) -> EmergencyState | None:
    """Return the state after an event.

    Args:
        state: Before; None before anything happened.
        event: What happened.

    Returns:
        The same state when its row lacks the event.
    """
    return EMERGENCY_STEPS[state].get(event, state)


def emergency_of(request: Request, follow_up: FollowUp) -> EmergencyState | None:
    """Return how far an emergency disclosure got.

    Args:
        request: Of a thread.
        follow_up: What the requested Party's profile asks for.

    Returns:
        None for a request of another kind.
    """
    if request.asking is not Asking.EMERGENCY:
        return None
    state: EmergencyState | None = None
    for event in _events(request, follow_up):
        state = after_event(state, event)
    return state


def _events(request: Request, follow_up: FollowUp) -> tuple[EmergencyEvent, ...]:
    """Return what happened to a request, in the order of the states."""
    delivered = any(item.state is ItemState.DELIVERED for item in request.items)
    happened = {
        EmergencyEvent.CALL: request.oral,
        EmergencyEvent.CONFIRM: True,
        EmergencyEvent.DETERMINE: request.is_decided,
        EmergencyEvent.DELIVER: delivered,
        EmergencyEvent.COMPLETE: request.phase in FINISHED,
        EmergencyEvent.FOLLOW_UP: request.followed_up or follow_up == "none",
    }
    return tuple(event for event, is_so in happened.items() if is_so)
