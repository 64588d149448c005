"""Pings: asking other nodes and the people at them, answering those who ask, availability."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import NoInputError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, index_of, number_of, read
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.officer.shapes.pings import (
    MAX_DAYS,
    AskedItem,
    AskedList,
    AvailabilityView,
    DayItem,
    DetailsView,
    NodeDays,
    OutcomeItem,
    PingAnswered,
    PingAnswerRequest,
    PingRequest,
    RoundItem,
    RoundList,
    RoundView,
)
from gateway.pinging import RoundRow
from gateway.ports import Clock, Directory
from gateway.service.availability import DAY_MS
from gateway.service.contact import Contact
from gateway.service.pingboard import Board
from gateway.service.pingdesk import Asked
from protocol.directory import ContactPoint
from protocol.identifiers import NodeId

_ROUNDS: Final = 200
_HOUR_MS: Final = 3_600_000
_DAYS: Final = 14


class PingApi:
    """The resources /pings and /availability.

    Args:
        contact: The use cases.
        directory: Who there is.
        clock: The present time.
    """

    __slots__ = ("_clock", "_contact", "_directory")

    def __init__(self, contact: Contact, directory: Directory, clock: Clock) -> None:
        self._contact = contact
        self._directory = directory
        self._clock = clock

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/pings", self.rounds),
            post(f"{BASE}/pings", self.begin),
            get(f"{BASE}/pings/asked", self.asked),
            post(f"{BASE}/pings/answers", self.answer),
            get(f"{BASE}/pings/{{number}}", self.board),
            post(f"{BASE}/pings/{{number}}/pause", self.pause),
            post(f"{BASE}/pings/{{number}}/resume", self.resume),
            post(f"{BASE}/pings/{{number}}/close", self.close),
            get(f"{BASE}/availability", self.availability),
        ]

    @may(May.SEE_LISTS)
    async def rounds(self, _request: Request) -> Response:
        """List the newest rounds."""
        rows = await self._contact.pings.rounds(limit=_ROUNDS)
        return answer(
            RoundList(
                items=tuple(
                    RoundItem(
                        number=row.number,
                        campaign=row.name,
                        began=instant(row.began_ms),
                        expires=instant(row.expires_ms),
                        closed=instant_or_none(row.closed_ms),
                        paused=instant_or_none(row.paused_ms),
                    )
                    for row in rows
                )
            )
        )

    @may(May.START_CAMPAIGN)
    async def begin(self, request: Request) -> Response:
        """Begin a round, or go on with the campaign of this name."""
        asked = await read(request, PingRequest)
        begun = await self._contact.pings.begin(
            self._nodes(asked.nodes),
            name=asked.campaign,
            open_ms=asked.hours * _HOUR_MS,
            who=caller_of(request).who,
        )
        return answer(_view(await self._contact.pings.board(begun.number)))

    @may(May.SEE_LISTS)
    async def board(self, request: Request) -> Response:
        """Show what a round came to so far."""
        return answer(_view(await self._contact.pings.board(index_of(request, "number"))))

    @may(May.START_CAMPAIGN)
    async def pause(self, request: Request) -> Response:
        """Ask nobody further in a round; the answers of those who were asked still count."""
        number = index_of(request, "number")
        return answer(_view(await self._contact.pings.pause(number, on=True)))

    @may(May.START_CAMPAIGN)
    async def resume(self, request: Request) -> Response:
        """Let a round that is paused go on."""
        number = index_of(request, "number")
        return answer(_view(await self._contact.pings.pause(number, on=False)))

    @may(May.START_CAMPAIGN)
    async def close(self, request: Request) -> Response:
        """End a round now: what it came to is stated in our log."""
        return answer(_view(await self._contact.pings.close(index_of(request, "number"))))

    @may(May.SEE_LISTS)
    async def asked(self, _request: Request) -> Response:
        """List what other desks wait for."""
        desk = self._contact.desk
        return answer(
            AskedList(
                items=tuple(map(_asked, await desk.asked())), details=_details(desk.details())
            )
        )

    @may(May.COMPOSE)
    async def answer(self, request: Request) -> Response:
        """Answer a ping by its code."""
        asked = await read(request, PingAnswerRequest)
        ping, reply = await self._contact.desk.answer(
            asked.code,
            details_valid=asked.details_valid,
            note=asked.note,
            who=caller_of(request).who,
        )
        return answer(PingAnswered(node=str(ping.sender), mid=str(ping.mid), reply=str(reply.mid)))

    @may(May.SEE_LISTS)
    async def availability(self, request: Request) -> Response:
        """Show how often each node answered on the last days."""
        days = max(1, number_of(request, "days", default=_DAYS, most=MAX_DAYS))
        found = await self._contact.availability.matrix(days=days)
        today = self._clock.now_ms() // DAY_MS
        return answer(
            AvailabilityView(
                days=tuple(_day(day) for day in range(today - days + 1, today + 1)),
                items=tuple(
                    NodeDays(
                        node=str(node),
                        days=tuple(
                            DayItem(
                                day=_day(count.day), called=count.called, answered=count.answered
                            )
                            for count in counts
                        ),
                    )
                    for node, counts in found.items()
                ),
            )
        )

    def _nodes(self, names: Sequence[str]) -> list[NodeId]:
        """Return the active nodes that some names mean; all without a name.

        Raises:
            NoInputError: A name means none.
        """
        active = [entry.node_id for entry in self._directory.nodes()]
        if not names:
            return active
        chosen: list[NodeId] = []
        for name in names:
            meant = [node for node in active if name in {str(node), node.country}]
            if not meant:
                raise NoInputError(
                    f"the directory has no active node for {name}",
                    hint="see who there is with: a35 directory search",
                )
            chosen += meant
        return chosen


def _view(board: Board) -> RoundView:
    row = board.round
    return RoundView(
        number=row.number,
        campaign=row.name,
        began=instant(row.began_ms),
        expires=instant(row.expires_ms),
        closed=instant_or_none(row.closed_ms),
        paused=instant_or_none(row.paused_ms),
        log=_leaf(row),
        items=tuple(
            OutcomeItem(
                node=str(one.node),
                node_ok=one.node_ok,
                node_ms=one.node_ms,
                human_ok=one.human_ok,
                human_seconds=one.human_seconds,
                details_valid=one.details_valid,
                why=one.why,
            )
            for one in board.outcomes
        ),
    )


def _leaf(row: RoundRow) -> LogRef | None:
    if row.origin is None or row.index is None:
        return None
    return LogRef(origin=row.origin, index=row.index)


def _asked(ping: Asked) -> AskedItem:
    return AskedItem(
        mid=str(ping.mid),
        node=str(ping.sender),
        code=ping.code,
        campaign=ping.campaign,
        asked=instant(ping.t_ms),
        expires=instant(ping.expires_ms),
    )


def _details(point: ContactPoint | None) -> DetailsView | None:
    if point is None:
        return None
    return DetailsView(
        name=point.name,
        remit=point.remit,
        hours=point.hours,
        time_zone=point.time_zone,
        languages=point.languages,
        telephones=tuple(each.number for each in point.telephones),
        email=point.email,
    )


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()
