"""Writing a draft: its form, saved as it is typed, with every fault at its field.

Nothing typed is lost: what cannot be read is kept as it was typed, and where somebody else saved
in between, both texts are shown side by side. All of it works without a script but uploading.

Source: docs/desk.md, "Writing a request".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp.web import Request, Response, RouteDef, get, patch, post

from gateway.drafting import Checked, DeskDrafts, DraftRow
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.pages.addressbook import address_card, parties
from gateway.officer.pages.asking import items_asked
from gateway.officer.pages.attaching import with_files, without_file
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms.arranging import arrange, names_in_order
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.changing import Change, change
from gateway.officer.pages.forms.faulting import Faults, place
from gateway.officer.pages.forms.moments import zone_names
from gateway.officer.pages.forms.nodes import Suggestions
from gateway.officer.pages.forms.printing import differences, printed
from gateway.officer.pages.forms.reading import read
from gateway.officer.pages.forms.showing import Shown
from gateway.officer.pages.forms.wording import Wording
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.layout import SECURITY, language_of
from gateway.officer.pages.naming import type_name
from gateway.officer.pages.papers import (
    ID,
    Paper,
    checked,
    countries_in,
    draft_in,
    drafts_of,
    kind_of,
    paper_of,
    spelling,
    tongues_in,
    written,
)
from protocol.requests.faults import FaultCode, Finding

_OVERTAKEN: Final = frozenset({"draft_changed", "not_allowed"})
"""Somebody saved it, or submitted it, since the page was shown."""

_TOO_LARGE: Final = "too_large"
_ACTION: Final = "action"
_VERSION: Final = "version"
_CHECK: Final = "check"
_UNFILE: Final = "unfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came from the page.

    Args:
        document: As it was entered.
        version: Of the draft that the page showed.
        action: What the button said.
        about: What it is about: the name of a list or an entry, the number of a file.
        form: Every control, to be shown again.
    """

    document: dict[str, Any]
    version: int
    action: str
    about: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _After:
    """What a button makes of what was typed.

    Args:
        document: To be saved.
        in_view: Where the page goes on, as the end of its address.
        gone: The number of a file to be removed; None for none.
    """

    document: dict[str, Any]
    in_view: str = ""
    gone: int | None = None


class ComposePages:
    """The pages of one draft while it is written.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"/drafts/{ID}", self.show),
            post(f"/drafts/{ID}", self.save),
            patch(f"/drafts/{ID}", self.keep),
            get(f"/drafts/{ID}/theirs", self.theirs),
        ]

    @property
    def _drafts(self) -> DeskDrafts:
        return drafts_of(self._desk)

    @may(May.COMPOSE)
    async def show(self, request: Request) -> Response:
        """Show the form; with `check` in the address with everything that is wrong."""
        paper = paper_of(await self._drafts.get(draft_in(request)))
        if not paper.row.is_editable:
            return self._desk.redirect(f"/drafts/{paper.row.id}/check")
        return await self._page(request, paper, is_checked=_CHECK in request.query)

    @may(May.COMPOSE)
    async def save(self, request: Request) -> Response:
        """Save what was typed, and do what the button says.

        Raises:
            DataError: It is refused for a reason that no field can mend.
        """
        paper, typed = await self._typed(request)
        after = _after(paper, typed)
        try:
            row = await self._kept(request, paper, after.document, typed.version)
        except DataError as error:
            if error.code != _TOO_LARGE:
                raise
            return await self._refused(request, replace(paper, document=after.document))
        if row is None:
            return await self._conflict(request, typed)
        if after.gone is not None:
            await self._drafts.remove_file(row.id, after.gone, by=caller_of(request))
        if typed.action == _CHECK:
            return await self._checked(request, row.id)
        return self._desk.redirect(f"/drafts/{row.id}{after.in_view}")

    @may(May.COMPOSE)
    async def keep(self, request: Request) -> Response:
        """Save what was typed so far, called by the page itself."""
        paper, typed = await self._typed(request)
        shown = request.headers.get("If-Match", "").removeprefix("W/").strip('"')
        version = _number(shown) or typed.version
        row = await self._kept(request, paper, typed.document, version)
        if row is None:
            return Response(status=412, headers=SECURITY)
        return Response(status=204, headers={**SECURITY, "ETag": f'"{row.version}"'})

    async def _kept(
        self, request: Request, paper: Paper, document: Mapping[str, Any], version: int
    ) -> DraftRow | None:
        """Save a text; return None where somebody else saved or submitted one in between.

        Raises:
            DataError: It is refused for another reason.
        """
        try:
            return await self._drafts.save(
                paper.row.id, written(document), version=version, by=caller_of(request)
            )
        except DataError as error:
            if error.code not in _OVERTAKEN:
                raise
            return None

    @may(May.COMPOSE)
    async def theirs(self, request: Request) -> Response:
        """Show the text that is saved, for the page to put beside what is typed in it."""
        paper = paper_of(await self._drafts.get(draft_in(request)))
        kind = kind_of(paper)
        rows = printed(arrange(kind, build(kind, paper.document)), [await self._words(request)])
        return await self._desk.show(request, "draft_theirs.html", draft=paper.row, sections=rows)

    async def _typed(self, request: Request) -> tuple[Paper, Typed]:
        """Read the form of a draft.

        Raises:
            NoInputError: There is no such draft, or it names no type.
        """
        form = await form_of(request)
        paper = paper_of(await self._drafts.get(draft_in(request)))
        action, _, about = form.get(_ACTION, "").partition(":")
        return paper, Typed(
            document=read(kind_of(paper), form, spelling()),
            version=_number(form.get(_VERSION, "")),
            action=action,
            about=about,
            form={name: text for name, text in form.items() if name not in {_ACTION, _VERSION}},
        )

    async def _checked(self, request: Request, draft: str) -> Response:
        """Go on to the check if nothing is wrong, else show what is."""
        paper = paper_of(await self._drafts.get(draft))
        found = await checked(self._desk, paper)
        if not found.errors:
            return self._desk.redirect(f"/drafts/{draft}/check")
        return await self._page(request, paper, is_checked=True, status=422)

    async def _refused(self, request: Request, paper: Paper) -> Response:
        """Show a text again that is too large to be saved; nothing was."""
        fault = Finding(path="", code=FaultCode.TOO_LARGE, message="")
        found = Checked(errors=(fault,), warnings=())
        return await self._page(request, paper, is_checked=True, status=413, found=found)

    async def _conflict(self, request: Request, typed: Typed) -> Response:
        """Show both texts side by side; nothing was saved."""
        paper = paper_of(await self._drafts.get(draft_in(request)))
        kind = kind_of(paper)
        rows = differences(
            build(kind, typed.document), build(kind, paper.document), await self._words(request)
        )
        return await self._desk.show(
            request, "draft_conflict.html", status=412, draft=paper.row, rows=rows, typed=typed.form
        )

    async def _page(
        self,
        request: Request,
        paper: Paper,
        *,
        is_checked: bool,
        status: int = 200,
        found: Checked | None = None,
    ) -> Response:
        kind, words = kind_of(paper), await self._words(request)
        root = build(
            kind,
            with_files(paper.document, paper.row.files),
            await items_asked(self._desk, paper.document, words.page),
        )
        found = await checked(self._desk, paper) if found is None else found
        faults = place(root, found.errors) if is_checked else Faults()
        sections = arrange(kind, root, faults.names)
        return await self._desk.show(
            request,
            "compose.html",
            status=status,
            draft=paper.row,
            saved_at=self._hour(paper.row.saved_ms),
            kind=kind,
            title=type_name(kind.name, words.page),
            root=root,
            sections=sections,
            ui=Shown(
                words=words,
                faults=faults,
                others=place(root, found.warnings),
                order=tuple(name for each in sections for name in names_in_order(each.nodes)),
            ),
            card=await address_card(self._desk, paper.document.get("to"), kind, words.page),
            files={file.name: file for file in paper.row.files},
            lists=self._lists(paper, words.page),
        )

    def _hour(self, at_ms: int) -> str:
        """Return the time of day at the desk, with its seconds."""
        zone = ZoneInfo(self._desk.services.config.duty.time_zone or "UTC")
        return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%H:%M:%S")

    def _lists(self, paper: Paper, language: str) -> dict[str, tuple[tuple[str, str], ...]]:
        """Return what lines are chosen from, by the name of the list."""
        return {
            Suggestions.PARTIES: parties(self._desk, language),
            Suggestions.COUNTRIES: countries_in(language),
            Suggestions.LANGUAGES: tongues_in(language),
            Suggestions.ZONES: tuple((zone, "") for zone in zone_names()),
            Suggestions.PROVIDERS: _providers(paper.document),
        }

    async def _words(self, request: Request) -> Wording:
        language = language_of(request, caller_of(request))
        return Wording.of(self._desk.templates.languages, language)


def _after(paper: Paper, typed: Typed) -> _After:
    document = with_files(typed.document, paper.row.files)
    if typed.action == _UNFILE:
        for file in paper.row.files:
            if str(file.n) == typed.about:
                document = without_file(document, file.name)
                return _After(document=document, in_view="#files", gone=file.n)
    if typed.action in set(Change):
        changed = change(kind_of(paper), document, Change(typed.action), typed.about)
        if changed is not None:
            in_view = f"#f-{quote(changed.name, safe='[].')}"
            return _After(document=changed.document, in_view=in_view)
    return _After(document=document)


def _providers(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the providers of a document by their short names."""
    body = document.get("body")
    entries = body.get("providers") if isinstance(body, dict) else None
    return tuple(
        (each["provider_id"], str(each.get("name") or ""))
        for each in (entries if isinstance(entries, list) else ())
        if isinstance(each, dict) and isinstance(each.get("provider_id"), str)
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
