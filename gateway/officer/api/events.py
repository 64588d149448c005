"""The node's events, as a stream (SSE) or by long poll: numbered, durable, never content.

`GET /events` with `Accept: text/event-stream` streams from `Last-Event-ID` or `after`; otherwise
it answers as soon as there is an event above `after`, at the latest after `wait` seconds. When
older events than asked for are gone, the stream sends `reset` and the poll says so: reload.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiohttp.web import Request, Response, RouteDef, StreamResponse, get

from gateway.errors import RateLimitedError
from gateway.officer.access import SEAT, May, allows, caller_of, may
from gateway.officer.api.reply import BASE, answer, number_of
from gateway.officer.api.views import event_view
from gateway.officer.guards import is_left
from gateway.officer.services import Told
from gateway.officer.shapes.models import Event, EventList
from gateway.officer.shapes.moments import instant
from gateway.people import Caller
from gateway.ports import Clock
from gateway.rows import (
    EventRow,
)
from gateway.service.sessions import Sessions
from gateway.service.tokens import Tokens
from gateway.store import Casebook

PAGE: Final = 200
BEAT_S: Final = 15.0
MAX_WAIT_S: Final = 60
_LOOK_EVERY_S: Final = 0.5
MAX_STREAMS: Final = 64
_MAX_ID: Final = 2**53 - 1
_MAX_DIGITS: Final = 16


_NEEDS: Final = {"draft": May.READ_CONTENT, "approval": May.READ_CONTENT}
"""What a kind of event asks for besides seeing lists, by its first word."""

_WAY: Final = "the event stream of the desk"


class EventApi:
    """The resource /events.

    Args:
        casebook: Where events are kept.
        clock: The server's time for `tick`.
        told: Hears of what the stream wrote; a poll tells nothing, since programs that wait for
            something else poll as well.
        stands: Tells whether whoever asked may still be here; a stream ends with its session.
    """

    __slots__ = ("_casebook", "_clock", "_open", "_stands", "_told")

    def __init__(
        self,
        casebook: Casebook,
        clock: Clock,
        *,
        told: Told | None = None,
        stands: Callable[[Request], Awaitable[bool]] | None = None,
    ) -> None:
        self._stands = stands
        self._casebook = casebook
        self._clock = clock
        self._told = told
        self._open = 0

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(f"{BASE}/events", self.events)]

    @may(May.SEE_LISTS)
    async def events(self, request: Request) -> StreamResponse:
        """Give events above a number.

        Raises:
            DataError: A number is malformed.
            RateLimitedError: Too many streams are open.
        """
        after = number_of(request, "after", default=0, most=_MAX_ID)
        if "text/event-stream" not in request.headers.get("Accept", ""):
            wait_s = number_of(request, "wait", default=0, most=MAX_WAIT_S)
            return await self._poll(caller_of(request), after, float(wait_s))
        if self._open >= MAX_STREAMS:
            raise RateLimitedError("too many event streams are open", retry_s=int(BEAT_S))
        last = request.headers.get("Last-Event-ID", "")
        self._open += 1
        try:
            is_number = last.isascii() and last.isdigit() and len(last) <= _MAX_DIGITS
            return await self._stream(request, int(last) if is_number else after)
        finally:
            self._open -= 1

    async def _poll(self, caller: Caller, after: int, wait_s: float) -> Response:
        newest = self._casebook.newest_event
        if after > newest:
            return answer(EventList(items=(), next=newest, reset=True))
        rows = await self._casebook.events(after=after, limit=PAGE)
        if not rows and wait_s > 0:
            await self._casebook.wait_for_events(after, wait_s)
            rows = await self._casebook.events(after=after, limit=PAGE)
        return answer(
            EventList(
                items=tuple(event_view(row) for row in rows if is_shown(row, caller)),
                next=rows[-1].number if rows else after,
                reset=_is_gap(rows, after),
            )
        )

    async def _stream(self, request: Request, after: int) -> StreamResponse:
        response = StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        with suppress(ConnectionResetError):  # the reader went; it resumes after the last id it saw
            await response.prepare(request)
            await self._follow(request, response, after)
        return response

    async def _follow(self, request: Request, response: StreamResponse, after: int) -> None:
        """Write events until the session ends.

        Raises:
            ConnectionResetError: The reader has gone.
        """
        caller = caller_of(request)
        await response.write(b"retry: 2000\n" + self._own("hello"))
        if after > self._casebook.newest_event:
            # The node was restored to a state before what this reader saw.
            after = self._casebook.newest_event
            await response.write(self._own("reset"))
        while self._stands is None or await self._stands(request):
            rows = await self._casebook.events(after=after, limit=PAGE)
            if _is_gap(rows, after):
                await response.write(self._own("reset"))
            if rows:
                shown = [event_view(row) for row in rows if is_shown(row, caller)]
                await response.write(b"".join(map(_lines, shown)))
                after = rows[-1].number
                if self._told is not None:
                    await self._told(rows, _WAY)
                continue
            await self._pause(request, after)
            await response.write(b": beat\n" + self._own("tick"))
        await response.write(self._own("session.ending"))
        await response.write_eof()

    async def _pause(self, request: Request, after: int) -> None:
        """Return at the next event, at the latest after a beat.

        Who turns pages leaves a stream behind with each: its place is free at once, not only when
        the next beat cannot be written.

        Raises:
            ConnectionResetError: The reader has gone.
        """
        for _ in range(int(BEAT_S / _LOOK_EVERY_S)):
            await self._casebook.wait_for_events(after, _LOOK_EVERY_S)
            if is_left(request):
                raise ConnectionResetError
            if self._casebook.newest_event > after:
                return

    def _own(self, name: str) -> bytes:
        """Write an event of the stream itself: without a number, it is not resumed from."""
        return f'event: {name}\ndata: {{"at":"{instant(self._clock.now_ms())}"}}\n\n'.encode()


def is_shown(row: EventRow, caller: Caller) -> bool:
    """Tell whether somebody is told of an event; ids of others are left out, which is no gap.

    Args:
        row: The event.
        caller: Who follows.
    """
    need = _NEEDS.get(row.kind.partition(".")[0], May.SEE_LISTS)
    return allows(caller, need)


def _is_gap(rows: tuple[EventRow, ...], after: int) -> bool:
    """Tell whether events between are gone; the first call of all, from 0, has missed nothing."""
    return bool(rows) and after > 0 and rows[0].number != after + 1


def _lines(event: Event) -> bytes:
    data = event.model_dump_json(exclude={"id", "event"})
    return f"id: {event.id}\nevent: {event.event}\ndata: {data}\n\n".encode()


def still_seated(sessions: Sessions, tokens: Tokens) -> Callable[[Request], Awaitable[bool]]:
    """Return what tells whether that goes on with which a stream was asked for.

    Args:
        sessions: Of the desk; one must not be locked.
        tokens: Of programs. A call with neither stands as long as its connection.
    """

    async def stands(request: Request) -> bool:
        seat = request.get(SEAT)
        if seat is None:
            caller = caller_of(request)
            if caller.token is None or caller.person is None:
                return True
            return any(row.number == caller.token for row in await tokens.of(caller.person))
        rows = await sessions.of(seat.person.number)
        return any(row.number == seat.session.number and not row.is_locked for row in rows)

    return stands
