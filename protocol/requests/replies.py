"""What all answers have in common: they speak of items of the request by their names.

Source: docs/domain.md, section 6 (introduction).
"""

from collections.abc import Iterator
from typing import Any

from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.part import Distinct, Many, Part
from protocol.requests.rules import scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import Id, ItemRef

WHOLE_REQUEST = "*"
"""Stands for all that was asked, in place of the name of an item."""


class AboutItem(Part):
    """What an answer says of one item."""

    item_id: ItemRef


class ByItem(Part):
    """An answer with an entry for each item that it is about."""

    items: Many[AboutItem]

    @scene_rule
    def names_items_of_the_request(self, scene: Scene) -> Iterator[Fault]:
        """Each item is one of the request; `*` stands alone (section 6)."""
        known = None if scene.asked is None else scene.asked.item_ids
        for index, item in enumerate(self.items):
            name: Any = UNSOUND if item is UNSOUND else item.item_id
            if not isinstance(name, str):
                continue
            if name == WHOLE_REQUEST:
                if len(self.items) > 1:
                    text = "`*` means the whole request and stands alone. Name the items instead."
                    yield Fault(("items", index, "item_id"), FaultCode.NOT_ALLOWED_HERE, text)
            elif known is not None and name not in known:
                yield Fault(("items", index, "item_id"), FaultCode.UNKNOWN_ITEM)


class OnItems(Part):
    """A document that may be about some items only; without `item_ids` it is about all."""

    item_ids: Distinct[Id] | None = None

    @scene_rule
    def names_items_of_the_request(self, scene: Scene) -> Iterator[Fault]:
        """Each item is one of the request (section 6)."""
        if scene.asked is None or scene.asked.item_ids is None:
            return
        for index, name in enumerate(self.item_ids or ()):
            if name is not UNSOUND and name not in scene.asked.item_ids:
                yield Fault(("item_ids", index), FaultCode.UNKNOWN_ITEM)
