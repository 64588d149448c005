"""The search: by POST, so that words of a case stand in no address and no log."""

from aiohttp.web import Request, Response, RouteDef, post

from gateway.casework import Hit, Searching, SearchQuery
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.shapes.moments import instant
from gateway.officer.shapes.searching import HitItem, HitList, SearchRequest
from protocol.delivery.reference import code_of


class SearchApi:
    """The resource /searches.

    Args:
        searching: The use case.
    """

    __slots__ = ("_searching",)

    def __init__(self, searching: Searching) -> None:
        self._searching = searching

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(f"{BASE}/searches", self.search)]

    @may(May.READ_CONTENT)
    async def search(self, request: Request) -> Response:
        """Search what this desk sent and opened."""
        asked = await read(request, SearchRequest)
        hits = await self._searching.search(
            SearchQuery(
                words=asked.q,
                box=asked.filters.box,
                party=asked.filters.party,
                type=asked.filters.type,
                limit=asked.limit,
            ),
            viewer=caller_of(request),
        )
        return answer(HitList(items=tuple(map(_item, hits))))


def _item(hit: Hit) -> HitItem:
    return HitItem(
        mid=str(hit.mid),
        code=code_of(hit.mid),
        thread=None if hit.thread is None else str(hit.thread),
        sender=str(hit.sender),
        where=hit.where,
        snippet=hit.snippet,
        at=instant(hit.t_ms),
    )
