"""One item of a request: what was decided on it, and what came of it.

An item has one state, which the requested side owns (`status`), and one wish of the requesting
side (`desired_status`). All transitions stand in ITEM_STEPS; an event that a state's row lacks
has no effect. What happens to preserved data afterwards is protocol.cases.preservation.

Source: docs/domain.md, section 7, "Item".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from protocol.cases.conditions import Condition, ConditionEvent, all_after
from protocol.cases.preservation import (
    Preservation,
    PreservationEvent,
    PreservationState,
    after,
)


class ItemState(StrEnum):
    """What became of one item; `status`, owned by the requested side."""

    REQUESTED = "requested"
    CONDITIONS_OFFERED = "conditions_offered"
    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REFUSED = "refused"
    POSTPONED = "postponed"
    REFERRED = "referred"
    NOT_POSSIBLE = "not_possible"
    DELIVERED = "delivered"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ItemEvent(StrEnum):
    """What can happen to an item."""

    ACCEPT = "accept"
    OFFER_CONDITIONS = "offer conditions"
    ACCEPT_PARTLY = "accept in part"
    REFUSE = "refuse"
    POSTPONE = "postpone"
    REFER = "refer"
    FIND_IMPOSSIBLE = "find impossible"
    TAKE_CONDITIONS = "take the conditions"
    TAKE_CONDITIONS_PARTLY = "take the conditions of a partial grant"
    DECLINE_CONDITIONS = "decline the conditions"
    DELIVER = "deliver"
    DELIVER_AT_ONCE = "deliver before a decision (2AP 9)"
    FINISH = "finish without data"
    FAIL = "fail"
    ANSWER = "answer by advice"
    WITHDRAW = "withdraw"
    CANCEL = "cancel at the requester's word"


class Desired(StrEnum):
    """What the requesting side wants of an item; `desired_status`, owned by it."""

    PROCEED = "proceed"
    STOP = "stop"


_S = ItemState
_E = ItemEvent

DECISIONS: Final[dict[ItemEvent, ItemState]] = {
    _E.ACCEPT: _S.ACCEPTED,
    _E.OFFER_CONDITIONS: _S.CONDITIONS_OFFERED,
    _E.ACCEPT_PARTLY: _S.PARTIALLY_ACCEPTED,
    _E.REFUSE: _S.REFUSED,
    _E.POSTPONE: _S.POSTPONED,
    _E.REFER: _S.REFERRED,
    _E.FIND_IMPOSSIBLE: _S.NOT_POSSIBLE,
}
"""What a decision makes of an item; a later one replaces it until data are delivered (D7)."""

_STOPPED: Final = {_E.WITHDRAW: _S.WITHDRAWN, _E.CANCEL: _S.WITHDRAWN}
_GRANTED: Final = DECISIONS | {
    _E.DELIVER: _S.DELIVERED,
    _E.DELIVER_AT_ONCE: _S.DELIVERED,
    _E.FINISH: _S.DONE,
    _E.FAIL: _S.NOT_POSSIBLE,
    _E.ANSWER: _S.DONE,
    _E.CANCEL: _S.WITHDRAWN,
}
_PUT_OFF: Final = DECISIONS | _STOPPED | {_E.ANSWER: _S.DONE}
_TURNED_DOWN: Final = DECISIONS | {_E.CANCEL: _S.WITHDRAWN}

ITEM_STEPS: Final[dict[ItemState, dict[ItemEvent, ItemState]]] = {
    _S.REQUESTED: _PUT_OFF | {_E.DELIVER_AT_ONCE: _S.DELIVERED},
    _S.CONDITIONS_OFFERED: DECISIONS
    | _STOPPED
    | {
        _E.TAKE_CONDITIONS: _S.ACCEPTED,
        _E.TAKE_CONDITIONS_PARTLY: _S.PARTIALLY_ACCEPTED,
        _E.DECLINE_CONDITIONS: _S.REQUESTED,
    },
    _S.ACCEPTED: _GRANTED,
    _S.PARTIALLY_ACCEPTED: _GRANTED,
    _S.REFUSED: _TURNED_DOWN,
    _S.POSTPONED: _PUT_OFF,
    _S.REFERRED: _PUT_OFF,
    _S.NOT_POSSIBLE: _TURNED_DOWN,
    # Data come in parts, and an outcome may be told before or after them.
    _S.DELIVERED: {
        _E.DELIVER: _S.DELIVERED,
        _E.DELIVER_AT_ONCE: _S.DELIVERED,
        _E.FINISH: _S.DELIVERED,
    },
    _S.DONE: {
        _E.DELIVER: _S.DELIVERED,
        _E.DELIVER_AT_ONCE: _S.DELIVERED,
        _E.FINISH: _S.DONE,
    },
    _S.WITHDRAWN: {},
}
"""The transitions of an item. A granted item is withdrawn by the requested side's word alone
(CANCEL): it may have been executed while the withdrawal was on its way."""

PUT_OFF: Final = frozenset({_S.POSTPONED, _S.REFERRED})
"""Decided for now; a later decision may follow."""

GRANTED: Final = frozenset({_S.ACCEPTED, _S.PARTIALLY_ACCEPTED, _S.DELIVERED, _S.DONE})
"""Granted, with a result or still without."""

_AWAITING_RESULT: Final = frozenset({_S.ACCEPTED, _S.PARTIALLY_ACCEPTED})
_TURNED: Final = frozenset({_S.REFUSED, _S.NOT_POSSIBLE, _S.WITHDRAWN})

_ON_CONDITIONS: Final[dict[ItemEvent, ConditionEvent]] = {
    _E.ACCEPT: ConditionEvent.GRANT_WITHOUT,
    _E.ACCEPT_PARTLY: ConditionEvent.GRANT_WITHOUT,
    _E.DELIVER_AT_ONCE: ConditionEvent.GRANT_WITHOUT,
    _E.TAKE_CONDITIONS: ConditionEvent.ACCEPT,
    _E.TAKE_CONDITIONS_PARTLY: ConditionEvent.ACCEPT,
    _E.DECLINE_CONDITIONS: ConditionEvent.DECLINE,
    _E.REFUSE: ConditionEvent.WITHHOLD,
    _E.FIND_IMPOSSIBLE: ConditionEvent.WITHHOLD,
    _E.WITHDRAW: ConditionEvent.WITHHOLD,
    _E.CANCEL: ConditionEvent.WITHHOLD,
}
"""What each event means for the conditions of the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a request.

    Args:
        item_id: Its name in the request; `*` for a request without items.
        category: Its data category, if it has one.
        state: What became of it.
        desired: What the requesting side wants.
        partial: The grant, or the grant offered under conditions, is for a part only.
        granted_ms: When it was first granted, ms since 1970 UTC.
        review_on: The day until which it is postponed, `YYYY-MM-DD`.
        conditions: All that were offered for it or came with its data.
        path: What was told of the path of the communication (Article 30).
        preservation: What became of the data, once their preservation was ordered.
    """

    item_id: str
    category: str | None = None
    state: ItemState = ItemState.REQUESTED
    desired: Desired = Desired.PROCEED
    partial: bool = False
    granted_ms: int | None = None
    review_on: str | None = None
    conditions: tuple[Condition, ...] = ()
    path: str | None = None
    preservation: Preservation | None = None

    @property
    def status(self) -> str:
        """Return what lists show: the state of the data if they are preserved, else its own."""
        return str(self.state if self.preservation is None else self.preservation.state)

    @property
    def is_open(self) -> bool:
        """Tell whether the requested side has still to decide on it."""
        return self.state is ItemState.REQUESTED

    @property
    def is_granted(self) -> bool:
        """Tell whether it was granted, with a result or still without."""
        return self.state in GRANTED

    @property
    def awaits_result(self) -> bool:
        """Tell whether it was granted and nothing came of it yet."""
        if self.preservation is None:
            return self.state in _AWAITING_RESULT
        return self.is_granted and self.preservation.state is PreservationState.ORDERED

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will come: turned down, withdrawn, or released."""
        if self.preservation is None or self.preservation.state is PreservationState.ORDERED:
            return self.state in _TURNED
        return self.preservation.state is PreservationState.RELEASED


def takes(item: Item, event: ItemEvent) -> bool:
    """Tell whether an event can happen to an item.

    Args:
        item: As it is.
        event: What would happen.
    """
    return event in ITEM_STEPS[item.state]


def changed(item: Item, event: ItemEvent) -> Item | None:
    """Return an item after an event, with its conditions.

    Args:
        item: As it is.
        event: What happens.

    Returns:
        None when the state does not allow it; nothing happens then.
    """
    state = ITEM_STEPS[item.state].get(event)
    if state is None:
        return None
    on_conditions = _ON_CONDITIONS.get(event)
    kept = item.conditions if on_conditions is None else all_after(item.conditions, on_conditions)
    return replace(item, state=state, conditions=kept)


def tracked(item: Item, event: PreservationEvent) -> Item | None:
    """Return an item after something happened to its preserved data.

    Args:
        item: As it is.
        event: What happens; not a report, which has instants (protocol.cases.results).

    Returns:
        None when the data are not preserved here, or not in a state that allows it.
    """
    if item.preservation is None:
        return None
    kept = after(item.preservation, event)
    return None if kept is None else replace(item, preservation=kept)


ItemChange = Callable[[Item], Item | None]
"""What a message does to one item; None when the item's state does not allow it."""
