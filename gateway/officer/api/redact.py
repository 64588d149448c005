"""What lists and timelines show to those who may not read content.

An auditor sees lists, timelines and clocks without what a Party wrote into them; an operator ids,
states and peers alone. Everything else of an answer is this node's own words.

Source: docs/desk.md, "People".
"""

from typing import TypeVar

from gateway.officer.access import May, allows
from gateway.officer.shapes.models import MessageItem, ThreadView
from gateway.people import Caller

Item = TypeVar("Item", bound=MessageItem)


def shown_item(caller: Caller, item: Item) -> Item:
    """Return a message of a list as somebody may see it.

    Args:
        caller: Who asks.
        item: The whole.
    """
    if allows(caller, May.READ_CONTENT):
        return item
    less: dict[str, object] = {"reference": None}
    if not allows(caller, May.AUDIT):
        less |= {"type": None, "handling": None}
    return item.model_copy(update=less)


def shown_thread(caller: Caller, view: ThreadView) -> ThreadView:
    """Return a case as somebody may see it.

    Args:
        caller: Who asks.
        view: The whole.
    """
    if allows(caller, May.READ_CONTENT):
        return view
    items = tuple(shown_item(caller, item) for item in view.items)
    if not allows(caller, May.AUDIT):
        return view.model_copy(
            update={"items": items, "requests": (), "clocks": (), "sendable": ()}
        )
    return view.model_copy(
        update={
            "items": items,
            "requests": tuple(each.model_copy(update={"items": ()}) for each in view.requests),
            "clocks": tuple(each.model_copy(update={"item_id": None}) for each in view.clocks),
        }
    )
