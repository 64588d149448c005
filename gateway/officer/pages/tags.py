"""The words and colours by which pages say how a thing stands: messages, cases, items, clocks.

A tag is a word first; its colour only adds. The words are ids of the catalogue `ui`, translated
where they are shown.

Source: docs/desk.md, "Inbox and cases".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.officer.adapters.languages import message
from gateway.records import Direction
from protocol.cases.conditions import ConditionState
from protocol.cases.deadlines import Due, Standing
from protocol.cases.items import ItemState
from protocol.cases.ladder import MessageState
from protocol.cases.phases import Ending, Phase
from protocol.cases.preservation import PreservationState


class Tone(StrEnum):
    """How a tag looks, by the names of the style sheet; colour only adds."""

    PLAIN = "plain"
    """Over, or nothing to do."""
    NEW = "new"
    """Waits for this desk."""
    WAIT = "wait"
    """Waits for somebody, or on its way."""
    DONE = "done"
    """As wished."""
    LATE = "late"
    """Late or failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One word on how a thing stands.

    Attributes:
        word: An id of `ui`.
        tone: How it looks.
    """

    word: str
    tone: Tone


OVERDUE: Final = Tag(word=message("Overdue"), tone=Tone.LATE)
NEW: Final = Tag(word=message("New"), tone=Tone.NEW)

_S = MessageState
_SENT: Final[dict[MessageState, Tag]] = {
    _S.QUEUED: Tag(word=message("Queued"), tone=Tone.WAIT),
    _S.ACCEPTED: Tag(word=message("Accepted"), tone=Tone.WAIT),
    _S.CONSIGNED: Tag(word=message("In their inbox"), tone=Tone.WAIT),
    _S.OPENED: Tag(word=message("Opened"), tone=Tone.WAIT),
    _S.ACKNOWLEDGED: Tag(word=message("Acknowledged"), tone=Tone.DONE),
    _S.DECLINED: Tag(word=message("Declined"), tone=Tone.PLAIN),
    _S.ANSWERED: Tag(word=message("Answered"), tone=Tone.DONE),
    _S.REJECTED: Tag(word=message("Refused by their node"), tone=Tone.LATE),
    _S.EXPIRED: Tag(word=message("Expired"), tone=Tone.LATE),
    _S.CANCELLED: Tag(word=message("Cancelled"), tone=Tone.PLAIN),
}
_RECEIVED: Final[dict[MessageState, Tag]] = _SENT | {
    _S.QUEUED: Tag(word=message("Arriving"), tone=Tone.PLAIN),
    _S.ACCEPTED: Tag(word=message("Arriving"), tone=Tone.PLAIN),
    _S.CONSIGNED: NEW,
    _S.OPENED: Tag(word=message("Opened"), tone=Tone.WAIT),
    _S.REJECTED: Tag(word=message("Refused by this node"), tone=Tone.LATE),
}

PHASES: Final[Mapping[Phase, Tag]] = {
    Phase.DRAFT: Tag(word=message("Draft"), tone=Tone.PLAIN),
    Phase.AWAITING_APPROVAL: Tag(word=message("Awaits approval"), tone=Tone.WAIT),
    Phase.QUEUED: Tag(word=message("Queued"), tone=Tone.WAIT),
    Phase.SENT: Tag(word=message("Sent"), tone=Tone.WAIT),
    Phase.DELIVERED: Tag(word=message("Delivered"), tone=Tone.WAIT),
    Phase.ACKNOWLEDGED: Tag(word=message("Acknowledged"), tone=Tone.DONE),
    Phase.INFO_NEEDED: Tag(word=message("Information needed"), tone=Tone.WAIT),
    Phase.AWAITING_DETERMINATION: Tag(word=message("Awaits a determination"), tone=Tone.WAIT),
    Phase.DECIDED: Tag(word=message("Decided"), tone=Tone.DONE),
    Phase.EXECUTED: Tag(word=message("Executed"), tone=Tone.DONE),
    Phase.CLOSED: Tag(word=message("Closed"), tone=Tone.PLAIN),
}

ENDINGS: Final[Mapping[Ending, Tag]] = {
    Ending.EXECUTED: Tag(word=message("Closed: executed"), tone=Tone.PLAIN),
    Ending.REFUSED: Tag(word=message("Closed: refused"), tone=Tone.PLAIN),
    Ending.NOT_POSSIBLE: Tag(word=message("Closed: not possible"), tone=Tone.PLAIN),
    Ending.WITHDRAWN: Tag(word=message("Closed: withdrawn"), tone=Tone.PLAIN),
}

ITEMS: Final[Mapping[ItemState | PreservationState, Tag]] = {
    ItemState.REQUESTED: Tag(word=message("Requested"), tone=Tone.WAIT),
    ItemState.CONDITIONS_OFFERED: Tag(word=message("Conditions offered"), tone=Tone.WAIT),
    ItemState.ACCEPTED: Tag(word=message("Accepted"), tone=Tone.WAIT),
    ItemState.PARTIALLY_ACCEPTED: Tag(word=message("Accepted in part"), tone=Tone.WAIT),
    ItemState.REFUSED: Tag(word=message("Refused"), tone=Tone.PLAIN),
    ItemState.POSTPONED: Tag(word=message("Postponed"), tone=Tone.PLAIN),
    ItemState.REFERRED: Tag(word=message("Referred"), tone=Tone.PLAIN),
    ItemState.NOT_POSSIBLE: Tag(word=message("Not possible"), tone=Tone.PLAIN),
    ItemState.DELIVERED: Tag(word=message("Delivered"), tone=Tone.DONE),
    ItemState.DONE: Tag(word=message("Done"), tone=Tone.DONE),
    ItemState.WITHDRAWN: Tag(word=message("Withdrawn"), tone=Tone.PLAIN),
    PreservationState.ORDERED: Tag(word=message("Preservation ordered"), tone=Tone.WAIT),
    PreservationState.PRESERVED: Tag(word=message("Preserved"), tone=Tone.DONE),
    PreservationState.EXTENDED: Tag(word=message("Preservation extended"), tone=Tone.DONE),
    PreservationState.HELD: Tag(word=message("Held until decided"), tone=Tone.DONE),
    PreservationState.DISCLOSED: Tag(word=message("Disclosed"), tone=Tone.DONE),
    PreservationState.RELEASED: Tag(word=message("Released"), tone=Tone.PLAIN),
    PreservationState.LAPSED: Tag(word=message("Lapsed"), tone=Tone.LATE),
}

CONDITIONS: Final[Mapping[ConditionState, Tag]] = {
    ConditionState.OFFERED: Tag(word=message("Condition offered"), tone=Tone.WAIT),
    ConditionState.ACCEPTED: Tag(word=message("Condition accepted: it binds"), tone=Tone.WAIT),
    ConditionState.CANNOT_COMPLY: Tag(word=message("Condition cannot be kept"), tone=Tone.PLAIN),
    ConditionState.SUPPLIED_WITHOUT: Tag(word=message("Supplied without it"), tone=Tone.DONE),
    ConditionState.WITHHELD: Tag(word=message("Withheld"), tone=Tone.PLAIN),
    ConditionState.STATED: Tag(word=message("Condition stated: it binds"), tone=Tone.WAIT),
}

STANDINGS: Final[Mapping[Standing, Tag]] = {
    Standing.RUNNING: Tag(word=message("Running"), tone=Tone.WAIT),
    Standing.PAUSED: Tag(word=message("Paused"), tone=Tone.WAIT),
    Standing.OVERDUE: OVERDUE,
    Standing.HELD: Tag(word=message("Held"), tone=Tone.DONE),
    Standing.LAPSED: Tag(word=message("Lapsed"), tone=Tone.LATE),
}

DUES: Final[Mapping[Due, str]] = {
    Due.ACCEPTED: message("Accepted by the other node"),
    Due.ACKNOWLEDGED: message("Acknowledgement"),
    Due.DECISION: message("Answer"),
    Due.EXPECTED: message("Answer, as announced"),
    Due.INFORMATION: message("Information asked for"),
    Due.DETERMINATION: message("Determination asked for"),
    Due.ACCOUNT: message("Account of use"),
    Due.REVIEW: message("Review of a postponement"),
    Due.PRESERVATION: message("Preserved until"),
    Due.DOMESTIC_ORDER: message("Renewal of the domestic order"),
    Due.ORDER_SERVED: message("Order served"),
    Due.DATA_RETURNED: message("Data returned under the order"),
    Due.PROVIDER_ANSWER: message("Answer of the provider"),
}
"""What is due, for the heading of a clock."""


def state_tag(state: MessageState, direction: Direction) -> Tag:
    """Return how far a message got, in the words of the side that looks at it.

    Args:
        state: Of the ladder.
        direction: Received or sent.
    """
    return (_RECEIVED if direction is Direction.IN else _SENT)[state]


def item_tag(status: str) -> Tag:
    """Return how an item stands: its own state, or that of its preserved data.

    Args:
        status: As `Item.status` gives it.

    Raises:
        KeyError: No such state.
    """
    return _BY_STATUS[status]


_BY_STATUS: Final[Mapping[str, Tag]] = {str(state.value): tag for state, tag in ITEMS.items()}
