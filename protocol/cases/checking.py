"""Whether a message is allowed: its row of the rules held against the request that it is about.

Source: docs/domain.md, sections 6 and 7.
"""

from typing import Final

from protocol.cases.items import DECISIONS, PUT_OFF, Desired, Item, ItemEvent, ItemState, takes
from protocol.cases.message import Side
from protocol.cases.objection import Objection, Reason, objection
from protocol.cases.phases import Phase
from protocol.cases.preservation import (
    PRESERVATION_STEPS,
    Preservation,
    PreservationEvent,
    PreservationState,
)
from protocol.cases.request import Asking, Request
from protocol.cases.rules import RULES, Effect, MessageRule
from protocol.cases.state import Thread
from protocol.identifiers import MessageId
from protocol.requests.catalogue import type_info

OF_KEPT_DATA: Final = frozenset({Effect.ASKS_HOLD, Effect.HOLDS, Effect.RELEASES})
"""Effects on the request whose data are preserved, also from a follow-up or an extension of it."""

_STILL_DECIDABLE: Final = PUT_OFF | {ItemState.CONDITIONS_OFFERED}
"""What a decision may still be about once the rest of the request was executed."""


def kept_by(thread: Thread, request: Request | None) -> Request | None:
    """Return the request under which data are preserved: this one, or the nearest before it.

    Args:
        thread: Of both.
        request: Where to begin.

    Returns:
        None when nothing was asked to be preserved on the way to the thread's beginning.
    """
    while request is not None and not request.preserves:
        before = request.base or request.parent
        request = None if before is None else thread.requests.get(before)
    return request


def refusal(
    thread: Thread,
    type: str,  # noqa: A002 - the field's own name
    side: Side,
    *,
    request: Request,
    kept: Request | None,
    re: MessageId | None,
) -> Objection | None:
    """Hold a message of a type that opens no request against its row.

    Args:
        thread: As it stands.
        type: A type of the rules.
        side: Who would send it.
        request: What it is about, on the clock.
        kept: Where data are preserved, on the clock; None for nowhere.
        re: The message that it replies to; None where any would do.

    Returns:
        None when the row allows it. What it says of single items is not looked at.
    """
    rule = RULES[type]
    subject: Request | None = request
    if rule.effect in OF_KEPT_DATA:
        subject = kept
    elif rule.effect is Effect.CLOSES:
        subject = thread.current or request  # the thread is closed as a whole
    if side not in rule.sides:
        return objection(Reason.WRONG_SIDE, type=type)
    if subject is None:
        return objection(Reason.NOT_PRESERVED)
    return (
        _not_admitted(type, request)
        or _not_in_state(type, rule, subject)
        or _nothing_asked(rule, subject, re)
        or _no_fitting_item(rule, subject, kept)
        or _other_demand(thread, type, side, subject)
    )


def may_be_decided(request: Request, item: Item) -> bool:
    """Tell whether a decision may be taken on an item, or taken anew (D7).

    Args:
        request: Whose item it is.
        item: As it is.
    """
    if request.phase is Phase.EXECUTED and item.state not in _STILL_DECIDABLE:
        return False
    if item.is_granted and is_kept(item):
        return False
    return any(takes(item, event) for event in DECISIONS)


def is_kept(item: Item) -> bool:
    """Tell whether preservation of an item went beyond the order.

    Args:
        item: As it is.
    """
    return (
        item.preservation is not None and item.preservation.state is not PreservationState.ORDERED
    )


def is_extensible(item: Item) -> bool:
    """Tell whether the data of an item may be preserved for longer, or anew after a lapse.

    Args:
        item: As it is.
    """
    return is_kept(item) and _keeps_one(item, frozenset({PreservationEvent.REPORT}))


def reportable(item: Item) -> Preservation | None:
    """Return the preservation that a report on an item is about.

    Data may be preserved while conditions of their later disclosure are still offered.

    Args:
        item: As it is.

    Returns:
        None when nothing was granted or offered.
    """
    if item.preservation is None and item.state is ItemState.CONDITIONS_OFFERED:
        return Preservation()
    return item.preservation


def _not_admitted(type: str, request: Request) -> Objection | None:  # noqa: A002
    """Section 6: eight types must be admitted by the form of the request."""
    answer, asked = type_info(type), type_info(request.type)
    if answer is None or asked is None or not answer.only_if_asked or type in asked.answers:
        return None
    return objection(Reason.NOT_ADMITTED, type=type)


def _not_in_state(type: str, rule: MessageRule, subject: Request) -> Objection | None:  # noqa: A002
    emergency = subject.asking is Asking.EMERGENCY
    allowed = rule.phases | (rule.in_emergency if emergency else frozenset())
    phase = subject.phase
    if phase in allowed:
        return None
    if subject.superseded_by is not None:
        return objection(Reason.SUPERSEDED)
    if phase is Phase.CLOSED:
        return objection(Reason.CASE_CLOSED)
    states = ", ".join(f"`{each}`" for each in Phase if each in allowed)
    return objection(Reason.NOT_IN_STATE, type=type, state=str(phase), states=states)


def _nothing_asked(rule: MessageRule, subject: Request, re: MessageId | None) -> Objection | None:
    if rule.ends_wait is None or any(
        wait.what is rule.ends_wait and re in {None, wait.mid} for wait in subject.waits
    ):
        return None
    return objection(Reason.NOTHING_ASKED)


def _no_fitting_item(rule: MessageRule, subject: Request, kept: Request | None) -> Objection | None:
    if rule.items and not any(_takes_one(subject, item, rule.items) for item in subject.items):
        return objection(Reason.WRONG_ITEM_STATE)
    data = () if kept is None else kept.items
    if rule.data and not any(_keeps_one(item, rule.data) for item in data):
        return objection(Reason.NOT_PRESERVED)
    return None


def _takes_one(request: Request, item: Item, events: frozenset[ItemEvent]) -> bool:
    if events >= DECISIONS.keys():
        return may_be_decided(request, item)
    return any(takes(item, event) for event in events)


def _keeps_one(item: Item, events: frozenset[PreservationEvent]) -> bool:
    data = reportable(item)
    return data is not None and not events.isdisjoint(PRESERVATION_STEPS[data.state])


def _other_demand(
    thread: Thread,
    type: str,  # noqa: A002
    side: Side,
    subject: Request,
) -> Objection | None:
    """Check what only one effect asks for."""
    match RULES[type].effect:
        case Effect.REPLIES_TO_CONDITIONS:
            # An offer of information is replied to by the side that was offered it.
            offered = subject.asking is Asking.OFFER
            fits = side is (Side.REQUESTED if offered else Side.REQUESTING)
            return None if fits else objection(Reason.WRONG_SIDE, type=type)
        case Effect.CONFIRMS_WITHDRAWAL:
            asked = any(item.desired is Desired.STOP for item in subject.items)
            return None if asked else objection(Reason.NOTHING_ASKED)
        case Effect.CLOSES:
            return None if may_close(thread) else objection(Reason.ITEMS_OPEN)
        case _:
            return None


def may_close(thread: Thread) -> bool:
    """Tell whether nothing is open in a thread but what was postponed or needs no answer.

    Args:
        thread: As it stands.
    """
    return all(_may_close(each) for each in thread.requests.values())


def _may_close(request: Request) -> bool:
    if request.phase is Phase.ACKNOWLEDGED:
        return request.is_put_off or request.asking is Asking.NOTHING
    return request.phase in {Phase.EXECUTED, Phase.CLOSED}
