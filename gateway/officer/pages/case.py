"""A case as a page: clocks, items, timeline, messages, and what the desk notes beside it.

Reading is no act. Notes, calls, who has the case and putting it away stay at this desk: no other
Party hears of them, and none of them changes the case.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.casework import CaseDesk, Casework
from gateway.drafting import DraftRow
from gateway.errors import DataError
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.ownership import record_of
from gateway.officer.pages.casefile import case_file
from gateway.officer.pages.caseview import case_view
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.inboxview import sight_of
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import code_names, mid_in, peer_zone, type_name
from gateway.officer.pages.saying import objected
from gateway.officer.pages.timeline import is_silence
from gateway.officer.pages.waiting import Waiting
from gateway.people import Caller, Role
from protocol.delivery.reference import code_of, spoken
from protocol.identifiers import MessageId
from protocol.requests.items import DataItem
from protocol.requests.parts import Condition

_WORK_ON_CASES: Final = frozenset({Role.OFFICER, Role.SUPERVISOR})
_NUMBER_MOST: Final = 9
"""Digits of the number of a person."""

_NEWEST_MOST: Final = 15
"""Digits of the number of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCase:
    """Who has a case at this desk, and what somebody may do about that.

    Attributes:
        person: Whose it is, by number; None if it is the desk's.
        name: What they are called; empty likewise.
        is_mine: It is the caller's.
        is_filed: It was put away.
        newest: The number of the newest message that the page shows.
        colleagues: To whom the caller may give it: number and name.
        may_take: The caller may take it.
        myself: The caller's own number; None for the control socket.
    """

    person: int | None
    name: str
    is_mine: bool
    is_filed: bool
    newest: int
    colleagues: tuple[tuple[int, str], ...]
    may_take: bool
    myself: int | None


class CasePages:
    """/cases/{thread} and what is noted there.

    Args:
        desk: What pages are built with.
        casework: What is noted beside cases.
        waiting: Which nodes' logs show two histories.
    """

    __slots__ = ("_casework", "_desk", "_waiting")

    def __init__(self, desk: Desk, casework: Casework, waiting: Waiting) -> None:
        self._desk = desk
        self._casework = casework
        self._waiting = waiting

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        here = "/cases/{thread}"
        return [
            get(here, self.show),
            get(f"{here}/access", self.access),
            post(f"{here}/notes", self.note),
            post(f"{here}/calls", self.log_call),
            post(f"{here}/assign", self.assign),
            post(f"{here}/close", self.close),
        ]

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show a case."""
        caller, thread = caller_of(request), mid_in(request, "thread")
        services, sight = self._desk.services, sight_of(caller)
        file = await case_file(services, self._casework, thread)
        view = case_view(
            thread,
            [detail.line for detail in file.details],
            file.case,
            seen=file.seen_by(sight),
            acknowledged_ms=file.taken_ms,
            sight=sight,
        )
        lines = file.lines(sight, us=services.config.node_id)
        language = language_of(request, caller)
        names = {each.row.type for each in view.messages} | {each.type for each in view.requests}
        return await self._desk.show(
            request,
            "case.html",
            case=view,
            objected=partial(objected, self._desk.templates.languages, language),
            types={name or "": type_name(name, language) for name in names},
            categories=dict(code_names(DataItem, "data_category", None, language)),
            conditions=dict(code_names(Condition, "kind", None, language)),
            lines=lines,
            is_silent=is_silence(lines),
            peer_zone=peer_zone(services.directory, file.party),
            fork=await self._waiting.is_forked(file.party),
            reach=file.reach,
            card=file.card,
            code=code_of(thread),
            spoken=spoken(thread),
            reply_to=file.to_answer,
            desk_case=await self._beside(file.beside, caller),
            pending=await self._pending(caller, thread),
        )

    @may(May.TAKE_EVIDENCE)
    async def access(self, request: Request) -> Response:
        """Show who did what with a case; who neither supervises nor audits sees their own cases.

        Raises:
            AccessDeniedError: The asker never did anything with it.
        """
        caller, thread = caller_of(request), mid_in(request, "thread")
        await self._desk.services.consult.thread(thread)
        record = await record_of(self._casework, thread, caller)
        return await self._desk.show(request, "access.html", thread=thread, record=record)

    @may(May.READ_CONTENT)
    async def note(self, request: Request) -> Response:
        """Add a note beside a case."""
        thread, form = mid_in(request, "thread"), await form_of(request)
        await self._casework.note(thread, form.get("note", ""), by=caller_of(request))
        return self._desk.redirect(f"/cases/{thread}#timeline")

    @may(May.READ_CONTENT)
    async def log_call(self, request: Request) -> Response:
        """Log a telephone call beside a case."""
        thread, form = mid_in(request, "thread"), await form_of(request)
        await self._casework.log_call(thread, form.get("call", ""), by=caller_of(request))
        return self._desk.redirect(f"/cases/{thread}#timeline")

    @may(May.READ_CONTENT)
    async def assign(self, request: Request) -> Response:
        """Give a case to somebody, take it, or give it back.

        Raises:
            DataError: What was sent names nobody.
        """
        thread, form = mid_in(request, "thread"), await form_of(request)
        text = form.get("person", "")
        if text and not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_MOST):
            raise DataError("a person is named by their number", code="invalid_body")
        person = int(text) if text else None
        await self._casework.assign(thread, person, by=caller_of(request))
        return self._desk.redirect(f"/cases/{thread}")

    @may(May.COMPOSE)
    async def close(self, request: Request) -> Response:
        """Put a case away up to what its page showed, or take it up again: for this desk alone.

        Raises:
            DataError: It does not say what the page showed.
        """
        thread, form = mid_in(request, "thread"), await form_of(request)
        is_on, text = form.get("on", "yes") == "yes", form.get("newest", "")
        if is_on and not (text.isascii() and text.isdigit() and len(text) <= _NEWEST_MOST):
            raise DataError(
                "a case is put away up to a message",
                code="invalid_body",
                hint="open the page of the case again, and press there",
            )
        shown = int(text) if is_on else None
        await self._casework.close(thread, on=is_on, shown=shown, by=caller_of(request))
        return self._desk.redirect(f"/cases/{thread}")

    async def _beside(self, beside: CaseDesk, caller: Caller) -> DeskCase:
        """Return who has a case, and what the caller may do about that."""
        people = await self._desk.people.all() if allows(caller, May.READ_CONTENT) else ()
        names = {person.number: person.name for person in people}
        person = None if beside.assignment is None else beside.assignment.person
        may_give = allows(caller, May.SUPERVISE)
        return DeskCase(
            person=person,
            name="" if person is None else names.get(person, str(person)),
            is_mine=person is not None and person == caller.person,
            is_filed=beside.filed is not None and beside.filed.is_closed,
            newest=beside.newest,
            colleagues=tuple(
                (one.number, one.name)
                for one in people
                if may_give and not one.is_locked and not one.roles.isdisjoint(_WORK_ON_CASES)
            ),
            may_take=caller.person is not None and not caller.roles.isdisjoint(_WORK_ON_CASES),
            myself=caller.person,
        )

    async def _pending(self, caller: Caller, thread: MessageId) -> tuple[DraftRow, ...]:
        """Return what of a case was sent without a second person, and waits for one."""
        if self._desk.drafts is None or not allows(caller, May.READ_CONTENT):
            return ()
        rows = await self._desk.drafts.list(caller)
        return tuple(row for row in rows if row.pending and row.thread == thread)
