"""A message applied to the items that it names: to each what it says, as the item's state allows.

`*` stands for all items; those of them that cannot take the change are left out silently. An
item that is named and cannot take it is passed over and reported; a message that changes no
item at all has no effect.

Source: docs/domain.md, sections 6 and 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.cases.items import Item, ItemChange
from protocol.cases.objection import Objection, Reason, objection
from protocol.cases.request import Pause, Request, Wait, WaitFor
from protocol.requests.replies import WHOLE_REQUEST

ItemChanges = Sequence[tuple[str, ItemChange]]
"""Names of items, `*` for all, each with what happens to it."""

_ASKED = frozenset({WaitFor.INFORMATION, WaitFor.DETERMINATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of it.

    Args:
        request: With its items after the message.
        passed_over: Names of items that could not take what was said of them.
        objection: Why nothing changed, or None when something did.
    """

    request: Request
    passed_over: tuple[str, ...]
    objection: Objection | None


def applied(request: Request, changes: ItemChanges) -> Applied:
    """Apply a message to the items that it names.

    Args:
        request: Whose items they are.
        changes: By name; in the message's order.
    """
    request = _with_names(request, [name for name, _ in changes])
    items = {item.item_id: item for item in request.items}
    passed_over: list[str] = []
    for name, change in changes:
        changed = _changed(items, name, change)
        if changed:
            items |= changed
        else:
            passed_over.append(name)
    missed = tuple(passed_over)
    refused = None
    if len(missed) == len(changes):
        known = any(name in items or name == WHOLE_REQUEST for name in missed)
        reason = Reason.WRONG_ITEM_STATE if known else Reason.NO_SUCH_ITEM
        refused = objection(reason, items=missed)
    after = replace(request, items=tuple(items.values()))
    return Applied(request=after, passed_over=missed, objection=refused)


def to_named(names: tuple[str, ...] | None, change: ItemChange) -> ItemChanges:
    """Return one change for the items that a message names, or for all.

    Args:
        names: None for all.
        change: What happens to each.
    """
    return [(name, change) for name in ((WHOLE_REQUEST,) if names is None else names)]


def with_waits(request: Request, waits: tuple[Wait, ...], t_ms: int) -> Request:
    """Return a request that waits for other things; policy clocks stop and go on accordingly.

    Args:
        request: As it is.
        waits: What it waits for from now on.
        t_ms: When that changed.
    """
    stood = any(wait.suspended for wait in request.waits)
    stands = any(wait.suspended for wait in waits)
    pauses = request.pauses
    if stands and not stood:
        pauses = (*pauses, Pause(start_ms=t_ms))
    elif stood and not stands:
        last = pauses[-1]
        pauses = (*pauses[:-1], replace(last, end_ms=max(t_ms, last.start_ms)))
    return replace(request, waits=waits, pauses=pauses)


def no_longer_asked(request: Request, t_ms: int) -> Request:
    """Return a request whose open questions are moot: it was decided or ended without them.

    Args:
        request: As it is.
        t_ms: When that happened.
    """
    kept = tuple(wait for wait in request.waits if wait.what not in _ASKED)
    return with_waits(request, kept, t_ms)


def _changed(items: dict[str, Item], name: str, change: ItemChange) -> dict[str, Item]:
    """Return the items that a change reaches, by name; empty if it reaches none."""
    chosen = (
        list(items.values()) if name == WHOLE_REQUEST else [items[name]] if name in items else []
    )
    found = {item.item_id: change(item) for item in chosen}
    return {known: item for known, item in found.items() if item is not None}


def _with_names(request: Request, names: list[str]) -> Request:
    """Return a request of unknown items with the names that the first answer gives them."""
    if not request.names_open or WHOLE_REQUEST in names:
        return request
    (whole,) = request.items
    items = tuple(replace(whole, item_id=name) for name in names)
    return replace(request, items=items, names_open=False)
