"""Messages and threads: lists, one message, opening, reading, acknowledging, attempts."""

from collections.abc import Sequence
from typing import Final

from aiohttp.web import Request, Response, RouteDef, StreamResponse, get, post

from gateway.casework import Casework
from gateway.errors import AccessDeniedError, DataError
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.acknowledging import Acknowledger
from gateway.officer.api.caseview import thread_view
from gateway.officer.api.redact import shown_item, shown_thread
from gateway.officer.api.reply import (
    BASE,
    answer,
    index_of,
    mid_of,
    number_of,
    read,
)
from gateway.officer.api.uploads import request_key, sent
from gateway.officer.api.views import (
    content_view,
    explain_view,
    message_item,
    message_view,
    opened_view,
)
from gateway.officer.download import send_file
from gateway.officer.services import ActService
from gateway.officer.shapes.models import AcknowledgeRequest, MessageList
from gateway.records import Direction
from gateway.service.consult import Consult
from gateway.service.listing import Listing, ListQuery
from gateway.service.shown import MessageLine
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
_MAX_POSITION: Final = 2**53 - 1
_PARAMETERS: Final = frozenset({
    "box",
    "state",
    "party",
    "type",
    "overdue",
    "seen",
    "limit",
    "before",
})  # fmt: skip


class MessageApi:
    """The resources /messages and /threads.

    Args:
        consult: What may be looked up.
        act: Acts on received messages.
        acknowledger: Writes acknowledgements for the desk.
        listing: Gives pages of messages.
        casework: Notes who read what; None where nobody does.
    """

    __slots__ = ("_acknowledger", "_act", "_casework", "_consult", "_listing")

    def __init__(
        self,
        consult: Consult,
        act: ActService,
        acknowledger: Acknowledger,
        *,
        listing: Listing,
        casework: Casework | None = None,
    ) -> None:
        self._casework = casework
        self._consult = consult
        self._act = act
        self._acknowledger = acknowledger
        self._listing = listing

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        message = f"{BASE}/messages/{{mid}}"
        return [
            get(f"{BASE}/messages", self.messages),
            get(message, self.show),
            post(f"{message}/open", self.open),
            post(f"{message}/acknowledge", self.acknowledge),
            get(f"{message}/content", self.content),
            get(f"{message}/files/{{n}}", self.file),
            get(f"{message}/attempts", self.attempts),
            get(f"{BASE}/threads/{{mid}}", self.thread),
            get(f"{BASE}/codes/{{code}}", self.coded),
        ]

    @may(May.SEE_LISTS)
    async def messages(self, request: Request) -> Response:
        """List one box, newest first."""
        limit = max(1, number_of(request, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT))
        before = number_of(request, "before", default=_MAX_POSITION, most=_MAX_POSITION)
        page = await self._listing.page(
            _query(request), limit=limit, before=None if before == _MAX_POSITION else before
        )
        return answer(_list(request, page.lines, page.following))

    @may(May.SEE_LISTS)
    async def coded(self, request: Request) -> Response:
        """List the messages, sent and received, that a short code names."""
        lines = await self._consult.coded(request.match_info["code"])
        return answer(_list(request, lines, None))

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show one message."""
        view = message_view(await self._consult.show(mid_of(request)))
        return answer(shown_item(caller_of(request), view))

    @may(May.COMPOSE)
    async def open(self, request: Request) -> Response:
        """Open a message: an act, and a receipt to its sender."""
        mid = mid_of(request)
        opened = await self._act.open(mid, who=caller_of(request).who)
        await self._saw(request, mid)
        return answer(opened_view(opened))

    @may(May.COMPOSE)
    async def acknowledge(self, request: Request) -> Response:
        """Send an acknowledgement in the desk's name."""
        asked = await read(request, AcknowledgeRequest)
        submitted = await self._acknowledger.acknowledge(
            mid_of(request),
            asked,
            request_key=request_key(request),
            who=caller_of(request).who,
        )
        return answer(sent(submitted), status=201)

    @may(May.READ_CONTENT)
    async def content(self, request: Request) -> Response:
        """Read a message that was opened."""
        mid = mid_of(request)
        detail = await self._consult.show(mid)
        content = await self._consult.content(mid)
        await self._saw(request, mid)
        return answer(content_view(content, detail.line.row.state))

    @may(May.READ_CONTENT)
    async def file(self, request: Request) -> StreamResponse:
        """Download an attachment, decrypted and checked whole before its first byte."""
        mid, index = mid_of(request), index_of(request, "n")
        return await send_file(request, self._act, mid, index, note=lambda: self._saw(request, mid))

    async def _saw(self, request: Request, mid: MessageId) -> None:
        if self._casework is not None:
            await self._casework.saw(mid, by=caller_of(request))

    @may(May.SEE_LISTS)
    async def attempts(self, request: Request) -> Response:
        """Show every attempt to deliver a message."""
        return answer(explain_view(await self._consult.explain(mid_of(request))))

    @may(May.SEE_LISTS)
    async def thread(self, request: Request) -> Response:
        """Show a case: its messages, where it stands, its clocks, what may be sent."""
        thread = mid_of(request)
        lines = await self._consult.thread(thread)
        view = thread_view(thread, lines, await self._consult.case(thread))
        return answer(shown_thread(caller_of(request), view))


def _list(request: Request, lines: Sequence[MessageLine], following: int | None) -> MessageList:
    caller = caller_of(request)
    return MessageList(
        items=tuple(shown_item(caller, message_item(line)) for line in lines), next=following
    )


def _query(request: Request) -> ListQuery:
    """Read which messages are asked for.

    Raises:
        AccessDeniedError: By a type, which the asker is not shown.
        DataError: A parameter that is not known, or not one of its values.
    """
    asked = request.query
    if not _PARAMETERS.issuperset(asked):
        raise DataError(
            f"messages are asked for by {', '.join(sorted(_PARAMETERS))}", code="invalid_body"
        )
    caller = caller_of(request)
    if asked.get("type") is not None and not (
        allows(caller, May.READ_CONTENT) or allows(caller, May.AUDIT)
    ):
        raise AccessDeniedError("your role is shown no types", code="forbidden_role")
    try:
        return ListQuery(
            direction=Direction(asked.get("box", Direction.IN.value)),
            states=frozenset(map(MessageState, asked.getall("state", []))),
            party=asked.get("party"),
            type=asked.get("type"),
            is_overdue=_truth(asked.get("overdue")),
            is_seen=_truth(asked.get("seen")),
        )
    except (ValueError, KeyError) as error:
        raise DataError(
            "box is in or out, state a step of the ladder, overdue and seen true or false",
            code="invalid_body",
        ) from error


def _truth(text: str | None) -> bool | None:
    return None if text is None else {"true": True, "false": False}[text]
