"""Pages of pings: asking nodes and the people at them, answering, availability, telephone list.

Both legs are told apart on every page: a machine that answers says nothing about people.

Source: docs/desk.md, "The house"; docs/delivery.md, "Pings".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import DataError, GatewayError, NoInputError, UnavailableError
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.wording import kept, said
from gateway.officer.shapes.cells import MEDIA_TYPE, Cell, table
from gateway.ports import Directory
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.advice import Card, card_of
from gateway.service.availability import DAY_MS
from gateway.service.contact import Contact
from gateway.service.pingboard import Board, Outcome, report_json
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId

_ROUNDS: Final = 100
_HOUR_MS: Final = 3_600_000
_DAYS: Final = 14
_MOST_HOURS: Final = 168
_HOURS: Final = 24
_COLUMNS: Final = (
    "node", "node_ok", "node_ms", "human_ok", "human_seconds", "details_valid", "why",
)  # fmt: skip
_HOURS_WRONG: Final = message("Give a number of hours from 1 to 168.")
_NOBODY: Final = message("The directory has no active node of this name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many, for both legs."""

    asked: int
    nodes: int
    people: int
    waiting: int

    @property
    def nodes_percent(self) -> int:
        """Machines that answered, of a hundred."""
        return 100 * self.nodes // self.asked if self.asked else 0

    @property
    def people_percent(self) -> int:
        """Desks that answered, of a hundred."""
        return 100 * self.people // self.asked if self.asked else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCell:
    """One node on one day; None where nobody called it."""

    called: int
    answered: int

    @property
    def kind(self) -> str:
        """`done`, `wait` or `late`: as tags have it."""
        if self.answered == self.called:
            return "done"
        return "wait" if self.answered else "late"


def share_of(outcomes: Sequence[Outcome]) -> Share:
    """Return the numbers of a round.

    Args:
        outcomes: Of its nodes.
    """
    return Share(
        asked=len(outcomes),
        nodes=sum(1 for one in outcomes if one.node_ok),
        people=sum(1 for one in outcomes if one.human_ok),
        waiting=sum(1 for one in outcomes if one.node_ok is None or one.human_ok is None),
    )


def silent_cards(directory: Directory, outcomes: Sequence[Outcome]) -> tuple[Card, ...]:
    """Return whom to call: the desks that did not answer, or said that something is wrong.

    Args:
        directory: The one in use.
        outcomes: Of a round.
    """
    wanted = (one.node for one in outcomes if one.human_ok is not True or not one.details_valid)
    found = (card_of(directory, node) for node in wanted)
    return tuple(card for card in found if card is not None)


def report_csv(outcomes: Sequence[Outcome]) -> bytes:
    """Return the report of a round as a table for people.

    Args:
        outcomes: Of its nodes.
    """
    return b"".join(table(_COLUMNS, map(_cells, outcomes)))


def _cells(one: Outcome) -> tuple[Cell, ...]:
    return (
        str(one.node), one.node_ok, one.node_ms, one.human_ok, one.human_seconds,
        one.details_valid, one.why,
    )  # fmt: skip


class PingPages:
    """The pages below /pings.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/pings", self.rounds),
            post("/pings", self.begin),
            post("/pings/answers", self.answer),
            get("/pings/availability", self.availability),
            get("/pings/{number:[0-9]{1,9}}", self.board),
            post("/pings/{number:[0-9]{1,9}}/pause", self.pause),
            post("/pings/{number:[0-9]{1,9}}/resume", self.resume),
            post("/pings/{number:[0-9]{1,9}}/close", self.close),
            get("/pings/{number:[0-9]{1,9}}/report.csv", self.as_csv),
            get("/pings/{number:[0-9]{1,9}}/report.json", self.as_json),
        ]

    @may(May.SEE_LISTS)
    async def rounds(self, request: Request) -> Response:
        """List rounds and campaigns, and offer to begin one."""
        return await self._rounds(request, {}, {"hours": str(_HOURS)})

    @may(May.START_CAMPAIGN)
    async def begin(self, request: Request) -> Response:
        """Begin a round, or a campaign if it has a name."""
        form = await form_of(request)
        contact = self._contact()
        hours = form.get("hours", "").strip()
        if not hours.isascii() or not hours.isdecimal() or not 1 <= int(hours) <= _MOST_HOURS:
            return await self._rounds(request, {"hours": _HOURS_WRONG}, form)
        try:
            begun = await contact.pings.begin(
                self._nodes(form.get("nodes", "")),
                name=form.get("campaign", "").strip() or None,
                open_ms=int(hours) * _HOUR_MS,
                who=caller_of(request).who,
            )
        except (DataError, NoInputError):
            return await self._rounds(request, {"nodes": _NOBODY}, form)
        return self._desk.redirect(f"/pings/{begun.number}")

    @may(May.SEE_LISTS)
    async def board(self, request: Request) -> Response:
        """Show what a round came to so far."""
        board = await self._board(request)
        reads = allows(caller_of(request), May.READ_CONTENT)
        return await self._desk.show(
            request,
            "ping.html",
            board=board,
            notes=await self._contact().pings.notes(board) if reads else {},
            share=share_of(board.outcomes),
            cards=silent_cards(self._desk.services.directory, board.outcomes),
        )

    @may(May.START_CAMPAIGN)
    async def pause(self, request: Request) -> Response:
        """Ask nobody further."""
        return await self._paused(request, on=True)

    @may(May.START_CAMPAIGN)
    async def resume(self, request: Request) -> Response:
        """Go on asking."""
        return await self._paused(request, on=False)

    @may(May.START_CAMPAIGN)
    async def close(self, request: Request) -> Response:
        """End a round now; what it came to is stated in our log."""
        board = await self._contact().pings.close(int(request.match_info["number"]))
        return self._desk.redirect(f"/pings/{board.round.number}")

    async def _paused(self, request: Request, *, on: bool) -> Response:
        board = await self._contact().pings.pause(int(request.match_info["number"]), on=on)
        return self._desk.redirect(f"/pings/{board.round.number}")

    @may(May.SEE_LISTS)
    async def as_csv(self, request: Request) -> Response:
        """Give the report as a table."""
        board = await self._board(request)
        return download(report_csv(board.outcomes), f"{_name(board)}.csv", MEDIA_TYPE)

    @may(May.SEE_LISTS)
    async def as_json(self, request: Request) -> Response:
        """Give the report in the bytes whose digest the log states."""
        board = await self._board(request)
        return download(report_json(board.outcomes), f"{_name(board)}.json", "application/json")

    @may(May.SEE_LISTS)
    async def availability(self, request: Request) -> Response:
        """Show how often each node answered, day by day."""
        found = await self._contact().availability.matrix(days=_DAYS)
        today = self._desk.clock.now_ms() // DAY_MS
        days = range(today - _DAYS + 1, today + 1)
        rows = [
            (str(node), [_cell(counts.get(day)) for day in days])
            for node, counts in sorted(
                (node, {each.day: (each.called, each.answered) for each in row})
                for node, row in found.items()
            )
        ]
        dates = [datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()[5:]
                 for day in days]  # fmt: skip
        return await self._desk.show(request, "availability.html", days=dates, rows=rows)

    @may(May.COMPOSE)
    async def answer(self, request: Request) -> Response:
        """Answer a ping by its code; an act and a reply to who asks."""
        form = await form_of(request)
        code = "".join(form.get("code", "").split())
        try:
            _, reply = await self._contact().desk.answer(
                code,
                details_valid=form.get("details") != "change",
                note=form.get("note", "").strip() or None,
                who=caller_of(request).who,
            )
        except (DataError, NoInputError) as error:
            return await self._desk.show(
                request,
                "ping_answer.html",
                status=422,
                errors=said(self._desk, request, {"code": _fault(error)}),
                code=code,
            )
        return self._desk.redirect(f"/pings?answered={reply.mid}")

    async def _answered(self, request: Request) -> MessageRow | None:
        """Return the answer that this page was led to from, None without one."""
        try:
            rows = await self._desk.services.store.message(
                MessageId.parse(request.query.get("answered", ""))
            )
        except MalformedError:
            return None
        return next((row for row in rows if row.direction is Direction.OUT), None)

    async def _rounds(
        self, request: Request, faults: Mapping[str, str], form: Mapping[str, str]
    ) -> Response:
        rows = await self._contact().pings.rounds(limit=_ROUNDS)
        return await self._desk.show(
            request,
            "pings.html",
            status=422 if faults else 200,
            rounds=rows,
            answered=await self._answered(request),
            errors=said(self._desk, request, faults),
            form=kept(form, "campaign", "nodes", "hours"),
        )

    async def _board(self, request: Request) -> Board:
        return await self._contact().pings.board(int(request.match_info["number"]))

    def _contact(self) -> Contact:
        """Return what keeps contact.

        Raises:
            UnavailableError: This desk was built without it.
        """
        contact = self._desk.services.contact
        if contact is None:
            raise UnavailableError("this desk keeps no contact with other nodes")
        return contact

    def _nodes(self, text: str) -> list[NodeId]:
        """Return the active nodes that some names mean; all without a name.

        Raises:
            NoInputError: A name means none.
        """
        active = [entry.node_id for entry in self._desk.services.directory.nodes()]
        names = text.replace(",", " ").upper().split()
        chosen = [node for node in active if not names or {str(node), node.country} & set(names)]
        if any(all(name not in {str(node), node.country} for node in active) for name in names):
            raise NoInputError("the directory has no active node of this name")
        return chosen


def _cell(count: tuple[int, int] | None) -> DayCell | None:
    return None if count is None else DayCell(called=count[0], answered=count[1])


def _name(board: Board) -> str:
    """Return the name of a report's file: the round's number, nothing that anybody typed."""
    return f"pings-{board.round.number}"


def _fault(error: GatewayError) -> str:
    if error.code == "ambiguous_code":
        return message("Several pings have this code. Wait for the next one that they send.")
    if isinstance(error, NoInputError):
        return message("No ping that waits has this code. Read it once more.")
    return message("The note is too long, or holds signs that are not allowed.")
