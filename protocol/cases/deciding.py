"""Effects of decisions: each item by itself, with its conditions and the replies to them.

Source: docs/domain.md, sections 6.1, 6.2 and 7; Convention on Cybercrime, Articles 26 to 28.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from protocol.cases.applying import applied, no_longer_asked, to_named
from protocol.cases.checking import may_be_decided
from protocol.cases.conditions import Condition, without_offers
from protocol.cases.facts import Decided, DecidedItem, Outcome, Replied
from protocol.cases.items import Item, ItemEvent, changed
from protocol.cases.message import Side
from protocol.cases.objection import Reason, objection
from protocol.cases.preservation import Preservation, PreservationState
from protocol.cases.request import Request
from protocol.cases.state import Change, Turn

_EVENTS: Final[dict[Outcome, ItemEvent]] = {
    Outcome.ACCEPTED: ItemEvent.ACCEPT,
    Outcome.ACCEPTED_WITH_CONDITIONS: ItemEvent.OFFER_CONDITIONS,
    Outcome.PARTIALLY_ACCEPTED: ItemEvent.ACCEPT_PARTLY,
    Outcome.REFUSED: ItemEvent.REFUSE,
    Outcome.POSTPONED: ItemEvent.POSTPONE,
    Outcome.REFERRED: ItemEvent.REFER,
    Outcome.NOT_POSSIBLE: ItemEvent.FIND_IMPOSSIBLE,
}

_ENDS_OFFERS: Final = frozenset({ItemEvent.OFFER_CONDITIONS, ItemEvent.POSTPONE, ItemEvent.REFER})
"""Decisions after which an earlier offer stands no more, without saying what becomes of it."""

_GRANTS: Final = frozenset({ItemEvent.ACCEPT, ItemEvent.ACCEPT_PARTLY})


def decided(turn: Turn, facts: Decided) -> Change:
    """Each named item takes its outcome; when none is left open, questions are moot.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    if facts.answers_type != turn.request.type:
        return Change(objection=objection(Reason.WRONG_REQUEST_TYPE))
    changes = [(each.item_id, partial(_decide, turn, each)) for each in facts.items]
    done = applied(turn.request, changes)
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    request = replace(done.request, is_taken=True)
    if request.is_decided:
        request = no_longer_asked(request, turn.message.t_ms)
    return Change(requests=(request,), passed_over=done.passed_over)


def replied_to_conditions(turn: Turn, facts: Replied) -> Change:
    """Accepted conditions bind for ever; declined ones leave the decision to who offered them.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    reply = partial(_take if facts.accepted else _decline, turn)
    done = applied(turn.request, to_named(facts.items, reply))
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    taken = turn.request.is_taken or turn.side is Side.REQUESTED
    return Change(requests=(replace(done.request, is_taken=taken),), passed_over=done.passed_over)


def _decide(turn: Turn, said: DecidedItem, item: Item) -> Item | None:
    event = _EVENTS[said.outcome]
    part = event is ItemEvent.ACCEPT_PARTLY
    if part and said.terms:
        event = ItemEvent.OFFER_CONDITIONS
    if event in _ENDS_OFFERS:
        item = replace(item, conditions=without_offers(item.conditions))
    after = changed(item, event) if may_be_decided(turn.request, item) else None
    if after is None:
        return None
    by = turn.message.mid
    offered = tuple(Condition(kind=each.kind, text=each.text, by=by) for each in said.terms)
    after = replace(
        after,
        partial=part,
        review_on=said.review_on,
        conditions=(*after.conditions, *offered),
    )
    return _ordered(turn.request, after, turn.message.t_ms if event in _GRANTS else None)


def _take(turn: Turn, item: Item) -> Item | None:
    part = item.partial
    taken = ItemEvent.TAKE_CONDITIONS_PARTLY if part else ItemEvent.TAKE_CONDITIONS
    after = changed(item, taken)
    return None if after is None else _ordered(turn.request, after, turn.message.t_ms)


def _decline(_turn: Turn, item: Item) -> Item | None:
    return changed(item, ItemEvent.DECLINE_CONDITIONS)


def _ordered(request: Request, item: Item, granted_ms: int | None) -> Item:
    """Return an item with the order to preserve that a grant means, or that fell with it."""
    data = item.preservation
    if request.preserves and granted_ms is not None:
        data = data or Preservation()
    elif data is not None and data.state is PreservationState.ORDERED:
        data = None
    if granted_ms is not None and item.granted_ms is not None:
        granted_ms = item.granted_ms
    return replace(item, granted_ms=granted_ms, preservation=data)
