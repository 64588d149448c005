"""The lists of drafts, and choosing what to write.

Source: docs/desk.md, "Writing a request".
"""

from dataclasses import dataclass
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post
from markupsafe import Markup

from gateway.drafting import DraftRow, DraftState
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import country, message
from gateway.officer.pages.addressbook import parties
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import in_language, type_name
from gateway.officer.pages.papers import (
    ID,
    draft_in,
    drafts_of,
    new_document,
    opening_types,
    spelling,
    written,
)
from gateway.officer.shapes.printed import Bilingual
from protocol.requests.catalogue import TYPES
from protocol.requests.forms import FieldKind
from protocol.requests.kinds import DocumentType
from protocol.requests.labels import FormLanguage, type_label

STATES: Final = {
    DraftState.EDITING: (message("being written"), "new"),
    DraftState.SUBMITTED: (message("waits for approval"), "wait"),
    DraftState.RETURNED: (message("returned"), "late"),
    DraftState.APPROVED: (message("approved"), "done"),
    DraftState.SENT: (message("sent"), "done"),
}
"""What a state is called, and how it looks."""

_NO_TYPE: Final = message("Choose what you want to write.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One type to choose.

    Args:
        kind: Of the catalogue.
        name: In the page's language.
        about: One sentence.
    """

    kind: DocumentType
    name: Markup
    about: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A draft as lists show it.

    Args:
        row: Its state.
        name: Of its type; empty while it names none.
        party: To whom it goes; empty while that is open.
        author: As the desk calls them.
        state: An id of `ui`.
        look: Of the state.
    """

    row: DraftRow
    name: Markup
    party: str
    author: str
    state: str
    look: str


async def lines_of(desk: Desk, rows: tuple[DraftRow, ...], language: str) -> tuple[Line, ...]:
    """Return drafts as lists show them.

    Args:
        desk: Knows its people by name.
        rows: In the order of the list.
        language: Of the page.
    """
    names = {one.number: one.name for one in await desk.people.all()}
    return tuple(
        Line(
            row=row,
            name=type_name(row.type or None, language),
            party=country(row.to[:2], language) if row.to else "",
            author=row.author_who if row.author is None else names.get(row.author, row.author_who),
            state=STATES[row.state][0],
            look=STATES[row.state][1],
        )
        for row in rows
    )


class DraftPages:
    """The pages /drafts and /drafts/new.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/drafts", self.index),
            get("/drafts/new", self.choose),
            post("/drafts/new", self.begin),
            post(f"/drafts/{ID}/discard", self.discard),
        ]

    @may(May.COMPOSE)
    async def index(self, request: Request) -> Response:
        """List the drafts of the desk."""
        caller = caller_of(request)
        rows = await drafts_of(self._desk).list(caller)
        lines = await lines_of(self._desk, rows, language_of(request, caller))
        return await self._desk.show(request, "drafts.html", lines=lines, me=caller.person)

    @may(May.COMPOSE)
    async def choose(self, request: Request) -> Response:
        """Show what can be written."""
        return await self._choice(request, to=request.query.get("to", ""))

    @may(May.COMPOSE)
    async def begin(self, request: Request) -> Response:
        """Begin a draft of the type that was chosen."""
        form = await form_of(request)
        typed = form.get("to", "").strip()
        kind = TYPES.get(form.get("type", ""))
        if kind is None or kind not in opening_types():
            return await self._choice(request, to=typed, error=_NO_TYPE)
        to = spelling().of(FieldKind.NODE, typed)
        document = new_document(self._desk, kind, to=to)
        row = await drafts_of(self._desk).create(written(document), by=caller_of(request))
        return self._desk.redirect(f"/drafts/{row.id}")

    @may(May.COMPOSE)
    async def discard(self, request: Request) -> Response:
        """Forget a draft with its files."""
        await drafts_of(self._desk).discard(draft_in(request), by=caller_of(request))
        return self._desk.redirect("/drafts")

    async def _choice(self, request: Request, *, to: str, error: str = "") -> Response:
        language = language_of(request, caller_of(request))
        return await self._desk.show(
            request,
            "draft_new.html",
            status=422 if error else 200,
            choices=tuple(_choice(kind, language) for kind in opening_types()),
            parties=parties(self._desk, language),
            to=to,
            error=error,
        )


def _choice(kind: DocumentType, language: str) -> Choice:
    english, french = (
        type_label(kind.name, each) for each in (FormLanguage.ENGLISH, FormLanguage.FRENCH)
    )
    return Choice(
        kind=kind,
        name=type_name(kind.name, language),
        about=in_language(Bilingual(english=english.help, french=french.help), language),
    )
