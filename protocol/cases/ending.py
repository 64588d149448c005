"""Effects on preserved data, and how requests end: held, released, withdrawn, closed.

Source: docs/domain.md, sections 6.1 and 7; Convention on Cybercrime, Article 29(7); 2AP 9(5).
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import assert_never

from protocol.cases.applying import applied, no_longer_asked, to_named
from protocol.cases.checking import is_kept
from protocol.cases.facts import (
    Confirmed,
    FormalKind,
    Named,
    Stopped,
    StoppedItem,
    Withdrawn,
)
from protocol.cases.items import Desired, Item, ItemChange, ItemEvent, ItemState, changed, tracked
from protocol.cases.opening import withdrawn
from protocol.cases.phases import Phase
from protocol.cases.preservation import PreservationEvent
from protocol.cases.request import Request
from protocol.cases.state import Change, Thread, Turn


def asked_hold(turn: Turn, facts: Named) -> Change:
    """The request for disclosure is on its way; the hold begins with its confirmation only.

    Args:
        turn: The message and its thread; its request is the one whose data are preserved.
        facts: What it says.
    """
    return _on_items(turn, facts, _ask_hold)


def held(turn: Turn, facts: Named) -> Change:
    """The data are held without an end until the request for them is decided.

    Args:
        turn: The message and its thread; its request is the one whose data are preserved.
        facts: What it says.
    """
    return _on_items(turn, facts, partial(tracked, event=PreservationEvent.HOLD))


def released(turn: Turn, facts: Named) -> Change:
    """Data are no longer preserved; what was asked to extend them falls with them.

    Args:
        turn: The message and its thread; its request is the one whose data are preserved.
        facts: What it says.
    """
    return _on_items(turn, facts, partial(tracked, event=PreservationEvent.RELEASE))


def asked_to_stop(turn: Turn, facts: Named) -> Change:
    """What is not granted is withdrawn at once; what is, when the other side says so.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    done = applied(turn.request, to_named(facts.items, _ask_to_stop))
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    request = done.request
    if all(item.is_over or item.desired is Desired.STOP for item in request.items):
        request = no_longer_asked(request, turn.message.t_ms)
    return Change(requests=(request,), passed_over=done.passed_over)


def confirmed_withdrawal(turn: Turn, facts: Withdrawn) -> Change:
    """What became of each item that the requesting side wanted stopped.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    done = applied(turn.request, [(each.item_id, partial(_confirm, each)) for each in facts.items])
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    requests = (done.request, *_fallen_extensions(turn.thread, done.request))
    return Change(requests=requests, passed_over=done.passed_over)


def closed(turn: Turn) -> Change:
    """Every request of the thread is closed.

    Args:
        turn: The message and its thread.
    """
    t_ms = turn.message.t_ms
    return Change(
        requests=tuple(
            no_longer_asked(replace(each, is_ended=True), t_ms)
            for each in turn.thread.requests.values()
            if each.phase is not Phase.CLOSED
        )
    )


def confirmed_formally(turn: Turn, facts: Confirmed) -> Change:
    """The formal follow-up of an emergency was sent through another channel.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    followed = turn.request.followed_up or facts.kind is FormalKind.FOLLOWUP_9_5
    return Change(requests=(replace(turn.request, followed_up=followed),))


def _on_items(turn: Turn, facts: Named, change: ItemChange) -> Change:
    done = applied(turn.request, to_named(facts.items, change))
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    requests = (done.request, *_fallen_extensions(turn.thread, done.request))
    return Change(requests=requests, passed_over=done.passed_over)


def _fallen_extensions(thread: Thread, kept: Request) -> Iterator[Request]:
    """Yield extensions of a request, without the items whose data are released by now."""
    gone = {item.item_id for item in kept.items if item.preservation and item.is_over}
    for each in thread.requests.values():
        if gone and each.base == kept.mid:
            items = tuple(
                (withdrawn(item) or item) if item.item_id in gone else item for item in each.items
            )
            yield replace(each, items=items)


def _ask_hold(item: Item) -> Item | None:
    data = item.preservation
    if data is None or not data.runs:
        return None
    return replace(item, preservation=replace(data, hold_asked=True))


def _ask_to_stop(item: Item) -> Item | None:
    after = changed(item, ItemEvent.WITHDRAW)
    if after is not None:
        return replace(after, desired=Desired.STOP)
    if item.is_over or item.state in {ItemState.DELIVERED, ItemState.DONE}:
        return None
    return replace(item, desired=Desired.STOP)


def _confirm(said: StoppedItem, item: Item) -> Item | None:
    if item.desired is not Desired.STOP:
        return None
    match said.found:
        case Stopped.CANCELLED:
            if is_kept(item):
                return None
            return item if item.state is ItemState.WITHDRAWN else withdrawn(item)
        case Stopped.ALREADY_DELIVERED | Stopped.CANNOT_STOP:
            return item
        case Stopped.PRESERVATION_RELEASED:
            return tracked(item, PreservationEvent.GIVE_UP)
        case _:
            assert_never(said.found)
