"""The search as a page: words of what was sent and opened, never in an address.

Words of a case are sent by a form, so that no history of a browser and no log holds them.
"""

from dataclasses import dataclass

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.casework import Hit, Searching, SearchQuery
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of

_WORDS_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was asked for, and what was found; `hits` is None before anything was asked."""

    words: str = ""
    hits: tuple[Hit, ...] | None = None
    error: str = ""


class SearchPages:
    """/search.

    Args:
        desk: What pages are built with.
        searching: The index.
    """

    __slots__ = ("_desk", "_searching")

    def __init__(self, desk: Desk, searching: Searching) -> None:
        self._desk = desk
        self._searching = searching

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get("/search", self.ask), post("/search", self.search)]

    @may(May.READ_CONTENT)
    async def ask(self, request: Request) -> Response:
        """Show the form."""
        return await self._desk.show(request, "search.html", found=Found())

    @may(May.READ_CONTENT)
    async def search(self, request: Request) -> Response:
        """Show what was found: at once, since an address would hold the words."""
        words = (await form_of(request)).get("words", "").strip()[:_WORDS_MOST]
        found = Found(words=words)
        if words:
            try:
                hits = await self._searching.search(
                    SearchQuery(words=words), viewer=caller_of(request)
                )
                found = Found(words=words, hits=hits)
            except DataError as error:
                found = Found(words=words, error=str(error))
        status = 422 if found.error else 200
        return await self._desk.show(request, "search.html", status=status, found=found)
