"""Finding points of contact in the directory in use."""

from aiohttp.web import Request, Response, RouteDef, get

from gateway.errors import DataError
from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer
from gateway.officer.shapes.finding import PointItem, PointList
from gateway.officer.shapes.moments import instant_or_none
from gateway.service.finding import Finder, Found, Query
from protocol.identifiers import NodeId

_NAMES = frozenset({"q", "country", "function", "article", "language", "available"})
_MAX_TEXT = 200


class FindingApi:
    """The resource /directory/search.

    Args:
        finder: The use case.
    """

    __slots__ = ("_finder",)

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(f"{BASE}/directory/search", self.search)]

    @may(May.SEE_LISTS)
    async def search(self, request: Request) -> Response:
        """List the points of contact that fit.

        Raises:
            DataError: A parameter that is not known, or too long.
        """
        asked = request.query
        if not _NAMES.issuperset(asked) or any(len(each) > _MAX_TEXT for each in asked.values()):
            raise DataError(
                "search takes q, country, function, article, language and available",
                code="invalid_body",
            )
        found = await self._finder.find(
            Query(
                words=asked.get("q", ""),
                country=asked.get("country"),
                function=asked.get("function"),
                article=asked.get("article"),
                language=asked.get("language"),
                available=asked.get("available") == "true",
            )
        )
        return answer(PointList(items=tuple(map(_item, found))))


def _item(one: Found) -> PointItem:
    point = one.point
    return PointItem(
        node=str(NodeId(one.party.party, point.number)),
        party_name=one.party.name,
        name=point.name,
        remit=point.remit,
        hours=point.hours,
        time_zone=point.time_zone,
        languages=one.languages,
        telephones=tuple(each.number for each in point.telephones),
        articles=one.articles,
        equivalent=point.equivalent,
        active=one.is_active,
        available=one.available,
        last_contact=instant_or_none(one.met_ms),
        last_answer=instant_or_none(one.answered_ms),
    )
