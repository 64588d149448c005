"""What a desk notes beside its cases: readings, notes, calls, who has a case, its access record."""

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.casework import Access, Assignment, CaseNote, Casework, Filed, Hand, Seen
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, mid_of, read
from gateway.officer.api.uploads import request_key
from gateway.officer.ownership import record_of
from gateway.officer.shapes.casework import (
    AccessItem,
    AccessList,
    AssignmentView,
    AssignRequest,
    CaseDeskView,
    CloseRequest,
    FiledView,
    HandView,
    NoteItem,
    NoteList,
    NoteRequest,
    SeenItem,
    SeenList,
)
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.moments import instant
from gateway.service.consult import Consult


class CaseworkApi:
    """Resources below /threads/{thread}, and /messages/{mid}/seen.

    Args:
        casework: The use case.
        consult: Tells whether there is such a case.
    """

    __slots__ = ("_casework", "_consult")

    def __init__(self, casework: Casework, consult: Consult) -> None:
        self._casework = casework
        self._consult = consult

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        thread = f"{BASE}/threads/{{thread}}"
        return [
            get(f"{BASE}/messages/{{mid}}/seen", self.seen),
            get(f"{thread}/desk", self.desk),
            get(f"{thread}/notes", self.notes),
            post(f"{thread}/notes", self.note),
            post(f"{thread}/oral", self.log_call),
            post(f"{thread}/assign", self.assign),
            post(f"{thread}/close", self.close),
            get(f"{thread}/access-record", self.access_record),
        ]

    @may(May.SEE_LISTS)
    async def seen(self, request: Request) -> Response:
        """List who of the desk read a message."""
        mid = mid_of(request)
        await self._consult.show(mid)
        items = await self._casework.seen(mid)
        return answer(SeenList(items=tuple(map(_seen, items))))

    @may(May.SEE_LISTS)
    async def desk(self, request: Request) -> Response:
        """Show who has a case, and whether it was put away."""
        thread = mid_of(request, "thread")
        await self._consult.thread(thread)
        found = await self._casework.desk_of(thread)
        return answer(
            CaseDeskView(
                thread=str(thread),
                assignment=None if found.assignment is None else _assigned(found.assignment),
                filed=None if found.filed is None else _filed(found.filed),
                newest=found.newest,
            )
        )

    @may(May.READ_CONTENT)
    async def notes(self, request: Request) -> Response:
        """List the notes and calls beside a case."""
        thread = mid_of(request, "thread")
        await self._consult.thread(thread)
        items = await self._casework.notes(thread)
        return answer(NoteList(items=tuple(map(_note, items))))

    @may(May.READ_CONTENT)
    async def note(self, request: Request) -> Response:
        """Add a note beside a case."""
        thread = mid_of(request, "thread")
        asked = await read(request, NoteRequest)
        note = await self._casework.note(
            thread, asked.text, by=caller_of(request), request_key=request_key(request)
        )
        return answer(_note(note), status=201)

    @may(May.READ_CONTENT)
    async def log_call(self, request: Request) -> Response:
        """Log a telephone call beside a case."""
        thread = mid_of(request, "thread")
        asked = await read(request, NoteRequest)
        note = await self._casework.log_call(
            thread, asked.text, by=caller_of(request), request_key=request_key(request)
        )
        return answer(_note(note), status=201)

    @may(May.READ_CONTENT)
    async def assign(self, request: Request) -> Response:
        """Give a case to somebody, take it, or give it back."""
        thread = mid_of(request, "thread")
        asked = await read(request, AssignRequest)
        given = await self._casework.assign(thread, asked.person, by=caller_of(request))
        return answer(_assigned(given))

    @may(May.COMPOSE)
    async def close(self, request: Request) -> Response:
        """Put a case away, or take it up again."""
        thread = mid_of(request, "thread")
        asked = await read(request, CloseRequest)
        by = caller_of(request)
        filed = await self._casework.close(thread, on=asked.on, shown=asked.newest, by=by)
        return answer(_filed(filed))

    @may(May.TAKE_EVIDENCE)
    async def access_record(self, request: Request) -> Response:
        """List who did what with a case; who neither supervises nor audits sees their own cases.

        Raises:
            AccessDeniedError: The asker never did anything with it.
        """
        thread = mid_of(request, "thread")
        await self._consult.thread(thread)
        record = await record_of(self._casework, thread, caller_of(request))
        return answer(AccessList(items=tuple(map(_access, record))))


def hand_view(hand: Hand) -> HandView:
    """Return who did something."""
    return HandView(person=hand.person, who=hand.who, name=hand.name)


def _seen(one: Seen) -> SeenItem:
    return SeenItem(by=hand_view(one.by), at=instant(one.at_ms), last=instant(one.last_ms))


def _note(one: CaseNote) -> NoteItem:
    return NoteItem(
        number=one.number,
        kind=one.kind.value,
        text=one.text,
        by=hand_view(one.by),
        at=instant(one.at_ms),
    )


def _assigned(one: Assignment) -> AssignmentView:
    return AssignmentView(
        thread=str(one.thread), person=one.person, by=hand_view(one.by), at=instant(one.at_ms)
    )


def _filed(one: Filed) -> FiledView:
    return FiledView(
        thread=str(one.thread), closed=one.is_closed, by=hand_view(one.by), at=instant(one.at_ms)
    )


def _access(one: Access) -> AccessItem:
    log = None
    if one.origin is not None and one.index is not None:
        log = LogRef(origin=str(one.origin), index=one.index)
    return AccessItem(
        at=instant(one.at_ms),
        who=one.who,
        what=one.what,
        mid=None if one.mid is None else str(one.mid),
        log=log,
    )
