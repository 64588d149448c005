"""The lists of messages as pages: inbox, outbox, closed; fifty rows, filters, what waits first.

Reading a list tells nobody anything and is no act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp.web import Request, Response, RouteDef, get
from markupsafe import Markup

from gateway.boxes import Box
from gateway.casework import Casework
from gateway.errors import DataError, GatewayError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.inboxview import (
    PAGE_ROWS,
    BoxRow,
    Sight,
    is_readable,
    rows_of,
    sight_of,
)
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import subject_of, type_name
from gateway.officer.pages.tags import OVERDUE, state_tag
from gateway.people import Caller
from gateway.records import Direction
from gateway.service.boxes import MOST, Boxes, BoxQuery, all_articles
from gateway.service.shown import MessageLine
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId

_OVERDUE: Final = "overdue"
_TITLES: Final[Mapping[Box, str]] = {
    Box.INBOX: message("Inbox"),
    Box.OUTBOX: message("Outbox"),
    Box.CLOSED: message("Closed"),
}
_S: Final = MessageState
_STATES: Final[Mapping[Box, tuple[MessageState, ...]]] = {
    Box.INBOX: (_S.CONSIGNED, _S.OPENED, _S.ACKNOWLEDGED),
    Box.OUTBOX: (_S.QUEUED, _S.ACCEPTED, _S.CONSIGNED, _S.OPENED, _S.ACKNOWLEDGED),
    Box.CLOSED: (_S.ANSWERED, _S.DECLINED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row with the words of the page's language."""

    row: BoxRow
    type: Markup
    subject: Markup
    seen_by: tuple[str, ...]


class InboxPages:
    """/inbox, /outbox and /closed.

    Args:
        desk: What pages are built with.
        boxes: The lists.
        casework: Who read what.
    """

    __slots__ = ("_boxes", "_casework", "_desk")

    def __init__(self, desk: Desk, boxes: Boxes, casework: Casework) -> None:
        self._desk = desk
        self._boxes = boxes
        self._casework = casework

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/inbox", self.inbox),
            get("/outbox", self.outbox),
            get("/closed", self.closed),
        ]

    @may(May.SEE_LISTS)
    async def inbox(self, request: Request) -> Response:
        """Show what was received."""
        return await self._list(request, Box.INBOX)

    @may(May.SEE_LISTS)
    async def outbox(self, request: Request) -> Response:
        """Show what was sent."""
        return await self._list(request, Box.OUTBOX)

    @may(May.SEE_LISTS)
    async def closed(self, request: Request) -> Response:
        """Show what is over or was put away."""
        return await self._list(request, Box.CLOSED)

    async def _list(self, request: Request, box: Box) -> Response:
        caller = caller_of(request)
        sight = sight_of(caller)
        query = query_of(request, box, sight)
        found = await self._boxes.page(query)
        rows = await self._rows(found.lines, caller, language_of(request, caller))
        return await self._desk.show(
            request,
            "box.html",
            box=box,
            title=_TITLES[box],
            rows=rows,
            total=found.total,
            most=MOST,
            first=query.after + 1,
            query=query,
            state=request.query.get("state", ""),
            states=_state_choices(box, sight),
            articles=all_articles() if sight is not Sight.STATES else (),
            is_filtered=_is_filtered(query),
            sight=sight,
            may_search=self._desk.services.searching is not None,
            previous=_address(request, query.after - PAGE_ROWS) if query.after else "",
            next=_address(request, query.after + PAGE_ROWS)
            if query.after + PAGE_ROWS < found.total
            else "",
        )

    async def _rows(
        self, lines: Sequence[MessageLine], caller: Caller, language: str
    ) -> list[ShownRow]:
        sight = sight_of(caller)
        seen = await self._casework.seen_by([line.row.mid for line in lines])
        names = {
            mid: tuple(one.by.name if sight is Sight.CONTENT else one.by.who for one in readings)
            for mid, readings in seen.items()
        }
        shown = []
        for line, row in zip(lines, rows_of(lines, seen=names, sight=sight), strict=True):
            subject = Markup()
            if sight is Sight.CONTENT:
                subject = await self._subject(line, language)
            shown.append(
                ShownRow(
                    row=row,
                    type=type_name(row.type, language),
                    subject=subject,
                    seen_by=row.seen_by,
                )
            )
        return shown

    async def _subject(self, line: MessageLine, language: str) -> Markup:
        """Return what is asked for, once somebody of the desk has opened the message."""
        if not is_readable(line):
            return Markup()
        document = await self._document(line.row.mid, is_gone=line.row.erased_ms is not None)
        return Markup() if document is None else subject_of(document, language)

    async def _document(self, mid: MessageId, *, is_gone: bool) -> Mapping[str, object] | None:
        if is_gone:
            return None
        try:
            return (await self._desk.services.consult.content(mid)).document
        except GatewayError:
            return None  # refused, or of a later version: the row stands without a subject


def query_of(request: Request, box: Box, sight: Sight) -> BoxQuery:
    """Read which part of a list an address asks for; what it says wrongly counts as not said.

    Args:
        request: With `country`, `article`, `state` and `after` in its query.
        box: The list.
        sight: Whoever sees no types cannot ask for them either.

    Raises:
        DataError: `after` is no number.
    """
    asked = request.query
    country = asked.get("country", "").strip().upper()
    article, state = asked.get("article", ""), asked.get("state", "")
    states = frozenset(each for each in _STATES[box] if each.value == state)
    return BoxQuery(
        box=box,
        country=country or None,
        article=article if article in all_articles() and sight is not Sight.STATES else None,
        states=states,
        overdue=state == _OVERDUE and sight is not Sight.STATES,
        after=_number(asked.get("after", "0")),
        limit=PAGE_ROWS,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):  # noqa: PLR2004  above MOST
        raise DataError("after is a number of at most six digits", code="invalid_body")
    return int(text)


def _state_choices(box: Box, sight: Sight) -> list[tuple[str, str]]:
    direction = Direction.IN if box is Box.INBOX else Direction.OUT
    late = [] if sight is Sight.STATES or box is Box.CLOSED else [(_OVERDUE, OVERDUE.word)]
    return [*late, *((state.value, state_tag(state, direction).word) for state in _STATES[box])]


def _is_filtered(query: BoxQuery) -> bool:
    return bool(query.country or query.article or query.states or query.overdue)


def _address(request: Request, after: int) -> str:
    query = request.query
    kept = {name: query[name] for name in ("country", "article", "state") if query.get(name)}
    return f"{request.path}?{urlencode(kept | {'after': str(max(0, after))})}"
