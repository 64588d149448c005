"""Leafing through our own log: every leaf, or acts alone, the newest first."""

from typing import Final

from aiohttp.web import Request, Response, RouteDef, get

from gateway.errors import NoInputError
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.api.reply import BASE, answer, index_of, number_of
from gateway.officer.shapes.entries import EntryItem, EntryList
from gateway.officer.shapes.moments import instant_or_none
from gateway.people import Caller
from gateway.service.leafing import MOST, Leaf, Leafing

_DEFAULT: Final = 50
_FAR: Final = 2**53 - 1


class EntryApi:
    """The resources /log/entries and /log/acts.

    Args:
        leafing: The use case.
    """

    __slots__ = ("_leafing",)

    def __init__(self, leafing: Leafing) -> None:
        self._leafing = leafing

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/log/entries", self.entries),
            get(f"{BASE}/log/entries/{{i}}", self.entry),
            get(f"{BASE}/log/acts", self.acts),
        ]

    @may(May.SEE_LOG)
    async def entries(self, request: Request) -> Response:
        """List what our log says, newest first."""
        before, limit = _place(request)
        page = await self._leafing.page(before=before, limit=limit)
        items = tuple(_item(leaf, caller_of(request)) for leaf in page.items)
        return answer(EntryList(items=items, next=page.before))

    @may(May.SEE_LOG)
    async def entry(self, request: Request) -> Response:
        """Show what one leaf of our log says.

        Raises:
            NoInputError: The log has no such leaf.
        """
        index = index_of(request, "i")
        page = await self._leafing.page(before=index + 1, limit=1)
        if not page.items or page.items[0].index != index:
            raise NoInputError("our log has no such entry")
        return answer(_item(page.items[0], caller_of(request)))

    @may(May.AUDIT)
    async def acts(self, request: Request) -> Response:
        """List what people did, newest first."""
        before, limit = _place(request)
        page = await self._leafing.acts(before=before, limit=limit)
        items = tuple(_item(leaf, caller_of(request)) for leaf in page.items)
        return answer(EntryList(items=items, next=page.before))


def _place(request: Request) -> tuple[int | None, int]:
    before = number_of(request, "before", default=_FAR, most=_FAR)
    limit = max(1, number_of(request, "limit", default=_DEFAULT, most=MOST))
    return (None if before == _FAR else before), limit


def _item(leaf: Leaf, caller: Caller) -> EntryItem:
    # A reason may have words of a case in it.
    is_told = allows(caller, May.AUDIT) or allows(caller, May.READ_CONTENT)
    return EntryItem(
        index=leaf.index,
        kind=leaf.kind.name.lower(),
        at=instant_or_none(leaf.at_ms),
        what=leaf.what,
        mid=None if leaf.mid is None else str(leaf.mid),
        node=None if leaf.node is None else str(leaf.node),
        who=leaf.who,
        why=leaf.why if is_told else "",
        erased=leaf.is_erased,
    )
