"""Bodies of leafing through our own log."""

from gateway.officer.shapes.models import Hex16, Shape


class EntryItem(Shape):
    """What one leaf says; None and empty where it does not say it, or the asker is not told."""

    index: int
    kind: str
    at: str | None
    what: str
    mid: Hex16 | None
    node: str | None
    who: str
    why: str
    erased: bool


class EntryList(Shape):
    """GET /log/entries: newest first; `next` is what to give as `before` for the next page."""

    items: tuple[EntryItem, ...]
    next: int | None
