"""The page of acts: who did what at this desk, and who had to do with a case.

For supervisors and auditors. It shows numbers of people, ids and our own words, never content.

Source: docs/desk.md, "The house".
"""

from collections.abc import Callable
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.casework import Access
from gateway.errors import NoInputError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.log import leafing_of, place_of
from gateway.officer.pages.timewords import LOGGED
from gateway.officer.pages.wording import said
from gateway.officer.shapes.cells import MEDIA_TYPE, table
from gateway.officer.shapes.moments import instant_or_none
from gateway.service.leafing import Leaf
from protocol.errors import MalformedError
from protocol.identifiers import MessageId

_PAGE: Final = 50
_MOST_SIGNS: Final = 200
_NO_CASE: Final = message("No case of this id is here: 32 letters and digits, as in its address.")
_COLUMNS: Final = ("log_index", "at", "who", "act", "message", "reason")


class AuditPages:
    """The pages below /audit.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get("/audit", self.show), post("/audit/acts.csv", self.as_csv)]

    @may(May.AUDIT)
    async def show(self, request: Request) -> Response:
        """Show acts, newest first, and the access record of a case if one is named."""
        who, act = _asked(request, "who"), _asked(request, "act")
        acts = await leafing_of(self._desk).acts(
            before=place_of(request, "before"), limit=_PAGE, wanted=_wanted(who, act)
        )
        thread = _asked(request, "thread")
        record, is_known = await self._record(thread)
        faults = {} if is_known else {"thread": _NO_CASE}
        return await self._desk.show(
            request,
            "audit.html",
            status=422 if faults else 200,
            acts=acts,
            logged=LOGGED,
            who=who,
            act=act,
            thread=thread,
            record=record,
            combined=self._desk.services.config.desk.combined_roles,
            errors=said(self._desk, request, faults),
        )

    @may(May.AUDIT)
    async def as_csv(self, request: Request) -> Response:
        """Give the acts of one page as a table; an act, as every export is.

        Raises:
            StorageError: The act was not committed; nothing is given.
        """
        leafing, who, act = leafing_of(self._desk), _asked(request, "who"), _asked(request, "act")
        before = place_of(request, "before")
        acts = await leafing.acts(before=before, limit=_PAGE, wanted=_wanted(who, act))
        words = f"csv: {len(acts.items)} acts, who: {who or 'any'}, act: {act or 'any'}"
        await leafing.export(words, by=caller_of(request), now_ms=self._desk.clock.now_ms())
        rows = (
            (
                leaf.index,
                instant_or_none(leaf.at_ms),
                leaf.who,
                leaf.what,
                None if leaf.mid is None else str(leaf.mid),
                leaf.why,
            )
            for leaf in acts.items
        )
        return download(b"".join(table(_COLUMNS, rows)), "acts.csv", MEDIA_TYPE)

    async def _record(self, thread: str) -> tuple[tuple[Access, ...], bool]:
        """Return the access record of a case, and whether there is such a case."""
        casework = self._desk.services.casework
        if not thread or casework is None:
            return (), not thread
        try:
            return await casework.access_record(MessageId.parse(thread)), True
        except (MalformedError, NoInputError):
            return (), False


def _asked(request: Request, name: str) -> str:
    return request.query.get(name, "").strip()[:_MOST_SIGNS]


def _wanted(who: str, act: str) -> Callable[[Leaf], bool]:
    """Return what tells whether an act is looked for."""

    def fits(leaf: Leaf) -> bool:
        return (not who or who.casefold() in leaf.who.casefold()) and (not act or act == leaf.what)

    return fits
