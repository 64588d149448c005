"""Effects after a decision: data preserved, the path told, items delivered or done.

Source: docs/domain.md, sections 6.1 and 7; Convention on Cybercrime, Articles 29 to 31.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from protocol.cases.applying import ItemChanges, applied, no_longer_asked, to_named
from protocol.cases.checking import reportable
from protocol.cases.conditions import Condition, ConditionState
from protocol.cases.facts import (
    Delivered,
    Executed,
    Execution,
    PathsTold,
    Reported,
    ReportedItem,
    Terms,
)
from protocol.cases.items import Item, ItemEvent, ItemState, changed, tracked
from protocol.cases.objection import Objection, Reason, objection
from protocol.cases.preservation import PreservationEvent, PreservationState, reported
from protocol.cases.request import Asking, Request
from protocol.cases.state import Change, Turn
from protocol.requests.replies import WHOLE_REQUEST

_RESULTS: Final[dict[Execution, ItemEvent]] = {
    Execution.EXECUTED: ItemEvent.FINISH,
    Execution.NOTHING_FOUND: ItemEvent.FINISH,
    Execution.IMPOSSIBLE: ItemEvent.FAIL,
}


def reported_preservation(turn: Turn, facts: Reported) -> Change:
    """Preservation begins, goes on until a later day, or is revived; or was not possible.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    base = turn.kept
    if base is None or turn.request.preserves:
        changes = [(each.item_id, partial(_report, each)) for each in facts.items]
        done = applied(turn.request, changes)
        refused = done.objection and (_not_later(turn.request, facts) or done.objection)
        kept: tuple[Request, ...] = ()
        return Change(
            requests=kept if refused else (done.request,),
            objection=refused,
            passed_over=done.passed_over,
        )
    return _reported_extension(turn, base, facts)


def told_path(turn: Turn, facts: PathsTold) -> Change:
    """The path of each item is kept beside its state.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    changes = [(each.item_id, partial(_tell_path, each.result)) for each in facts.items]
    return _changed(turn.request, changes)


def delivered(turn: Turn, facts: Delivered) -> Change:
    """Items are delivered, and with them what was preserved under the same name is disclosed.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    deliver = partial(_deliver, turn, facts.terms)
    change = _changed(turn.request, [(name, deliver) for name in facts.items])
    if change.objection is not None or turn.kept is None:
        return change
    disclose = partial(tracked, event=PreservationEvent.DISCLOSE)
    disclosed = applied(turn.kept, [(name, disclose) for name in facts.items])
    if disclosed.objection is not None:  # delivered all the same: nothing was held of it
        return change
    return replace(change, requests=(*change.requests, disclosed.request))


def advised(turn: Turn) -> Change:
    """The request as a whole is answered.

    Args:
        turn: The message and its thread.
    """
    change = _changed(turn.request, to_named(None, partial(changed, event=ItemEvent.ANSWER)))
    taken = tuple(
        no_longer_asked(replace(each, is_taken=True), turn.message.t_ms) for each in change.requests
    )
    return replace(change, requests=taken)


def executed(turn: Turn, facts: Executed) -> Change:
    """Items end without data: executed, nothing found, impossible.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    return _changed(
        turn.request,
        [(each.item_id, partial(changed, event=_RESULTS[each.outcome])) for each in facts.items],
    )


def _changed(request: Request, changes: ItemChanges) -> Change:
    done = applied(request, changes)
    if done.objection is not None:
        return Change(objection=done.objection, passed_over=done.passed_over)
    return Change(requests=(done.request,), passed_over=done.passed_over)


def _report(said: ReportedItem, item: Item) -> Item | None:
    data = reportable(item)
    if data is None:
        return None
    if said.at_ms is None or said.until_ms is None:
        failed = data.state is PreservationState.ORDERED and item.is_granted
        after = changed(item, ItemEvent.FAIL) if failed else None
        return None if after is None else replace(after, preservation=None)
    kept = reported(data, at_ms=said.at_ms, until_ms=said.until_ms)
    return None if kept is None else replace(item, preservation=kept)


def _reported_extension(turn: Turn, base: Request, facts: Reported) -> Change:
    """Report on what is preserved under an earlier request: both items must be able to take it."""
    kept = {item.item_id: item for item in base.items}
    asked = {item.item_id: item for item in turn.request.items}
    passed_over: list[str] = []
    for said in _by_name(facts.items, tuple(asked)):
        pair = _extend(said, asked.get(said.item_id), kept.get(said.item_id))
        if pair is None:
            passed_over.append(said.item_id)
        else:
            asked[said.item_id], kept[said.item_id] = pair
    missed = tuple(passed_over)
    request = replace(turn.request, items=tuple(asked.values()))
    after = replace(base, items=tuple(kept.values()))
    if (request, after) == (turn.request, base):
        refused = _not_later(base, facts) or objection(Reason.WRONG_ITEM_STATE, items=missed)
        return Change(objection=refused, passed_over=missed)
    return Change(requests=(request, after), passed_over=missed)


def _extend(said: ReportedItem, asked: Item | None, kept: Item | None) -> tuple[Item, Item] | None:
    """Return the item of the extension and the preserved one after a report on both."""
    if asked is None or kept is None:
        return None
    if said.at_ms is None:
        failed = changed(asked, ItemEvent.FAIL)
        return None if failed is None else (failed, kept)
    finished, longer = changed(asked, ItemEvent.FINISH), _report(said, kept)
    return None if finished is None or longer is None else (finished, longer)


def _by_name(items: Sequence[ReportedItem], names: Sequence[str]) -> Iterator[ReportedItem]:
    """Yield what is said of each item; what is said of `*` once for each name."""
    for item in items:
        if item.item_id == WHOLE_REQUEST and WHOLE_REQUEST not in names:
            yield from (replace(item, item_id=name) for name in names)
        else:
            yield item


def _not_later(request: Request, facts: Reported) -> Objection | None:
    """Tell whether a report changed nothing because its end is no later one."""
    ends = {each.item_id: each.until_ms for each in facts.items if each.until_ms is not None}
    for item in request.items:
        until_ms = ends.get(item.item_id, ends.get(WHOLE_REQUEST))
        held = None if item.preservation is None else item.preservation.until_ms
        if until_ms is not None and held is not None and until_ms <= held:
            return objection(Reason.NOT_LATER, items=(item.item_id,))
    return None


def _tell_path(result: str, item: Item) -> Item | None:
    granted = item.is_granted or item.state is ItemState.CONDITIONS_OFFERED
    return replace(item, path=result) if granted else None


def _deliver(turn: Turn, terms: Sequence[Terms], item: Item) -> Item | None:
    at_once = turn.request.asking is Asking.EMERGENCY
    after = changed(item, ItemEvent.DELIVER_AT_ONCE if at_once else ItemEvent.DELIVER)
    if after is None:
        return None
    known = {(each.kind, each.text) for each in after.conditions if each.binds}
    by, stated = turn.message.mid, ConditionState.STATED
    new = tuple(
        Condition(kind=each.kind, text=each.text, by=by, state=stated)
        for each in terms
        if (each.kind, each.text) not in known
    )
    return replace(
        after,
        conditions=(*after.conditions, *new),
        granted_ms=turn.message.t_ms if after.granted_ms is None else after.granted_ms,
    )
