"""Before sending: all answers in one list, what the receiver will ask for, who must approve.

Submitting fixes the bytes; what needs no second person is sent at once. Each button names the
version that the page shows: if the text was changed since, the page is shown anew. A lone officer
may send an emergency without a second person, with a reason, and that stands on the case until
somebody confirms.

Source: docs/desk.md, "Writing a request".
"""

from collections.abc import Mapping
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.drafting import Checked, DeskDrafts, DraftRow, DraftState, Need
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.addressbook import address_card
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.drafts import STATES
from gateway.officer.pages.forms.arranging import arrange, names_in_order
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.faulting import place
from gateway.officer.pages.forms.printing import printed
from gateway.officer.pages.forms.showing import Shown
from gateway.officer.pages.forms.wording import Wording
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import type_name
from gateway.officer.pages.papers import ID, checked, draft_in, drafts_of, kind_of, paper_of
from gateway.people import Role

WHY: Final = {
    Need.EMERGENCY: message("an emergency is sent"),
    Need.REFUSAL: message("something is refused"),
    Need.DATA_DELIVERY: message("data are handed over"),
    Need.POLICY: message("this desk asks for it for this type"),
}
"""Why a second person must approve."""

_REASON_MISSING: Final = message("Give the reason: it is stated in the log.")
_CHANGED: Final = message(
    "Somebody changed this draft after this page was shown to you. Nothing was done: read it "
    "again, then decide."
)
_DRAFT_CHANGED: Final = "draft_changed"
_VERSION_MOST: Final = 15
"""Digits of a version."""


async def approvers(desk: Desk, row: DraftRow) -> tuple[str, ...]:
    """Return the names of those who may approve a draft.

    Args:
        desk: Knows its people.
        row: Its author is left out.
    """
    people = await desk.people.holding(Role.APPROVER)
    return tuple(one.name for one in people if one.number != row.author)


class CheckPages:
    """The page of a draft before it is sent, and what is done from there.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"/drafts/{ID}/check", self.show),
            post(f"/drafts/{ID}/submit", self.submit),
            post(f"/drafts/{ID}/override", self.override),
            post(f"/drafts/{ID}/send", self.send),
            post(f"/drafts/{ID}/take-back", self.take_back),
        ]

    @property
    def _drafts(self) -> DeskDrafts:
        return drafts_of(self._desk)

    @may(May.COMPOSE)
    async def show(self, request: Request) -> Response:
        """Show all answers, what is wrong, and what can be done now."""
        return await self._page(request)

    @may(May.COMPOSE)
    async def submit(self, request: Request) -> Response:
        """Fix the bytes; send them at once where nobody must approve.

        Raises:
            DataError: It cannot be submitted.
        """
        version = _version(await form_of(request))
        try:
            row = await self._drafts.submit(
                draft_in(request), by=caller_of(request), version=version
            )
        except DataError as error:
            return await self._overtaken(request, error)
        if row.needs > len(row.approvals):
            return self._desk.redirect(f"/drafts/{row.id}/check")
        return await self._sent(request, row.id)

    @may(May.COMPOSE)
    async def send(self, request: Request) -> Response:
        """Send what was approved."""
        draft, version = draft_in(request), _version(await form_of(request))
        row = (await self._drafts.get(draft)).row
        if row.state is not DraftState.SENT and row.version != version:
            return await self._page(request, status=412, is_changed=True)
        return await self._sent(request, draft)

    @may(May.COMPOSE)
    async def override(self, request: Request) -> Response:
        """Send an emergency without a second person, for a reason.

        Raises:
            DataError: It cannot be sent.
        """
        form, draft = await form_of(request), draft_in(request)
        reason, version = form.get("reason", ""), _version(form)
        if not reason.strip():
            return await self._page(request, status=422, reason_error=_REASON_MISSING)
        caller = caller_of(request)
        row = (await self._drafts.get(draft)).row
        try:
            if row.is_editable:
                row = await self._drafts.submit(draft, by=caller, version=version)
                version = row.version
            sent = await self._drafts.override(
                draft, by=caller, reason=reason, request_key=draft, version=version
            )
        except DataError as error:
            return await self._overtaken(request, error, reason=reason)
        return self._desk.redirect(f"/messages/{sent.mid}")

    @may(May.COMPOSE)
    async def take_back(self, request: Request) -> Response:
        """Make a submitted draft editable again."""
        row = await self._drafts.take_back(draft_in(request), by=caller_of(request))
        return self._desk.redirect(f"/drafts/{row.id}")

    async def _sent(self, request: Request, draft: str) -> Response:
        # The draft's own id is the key: pressing twice queues once.
        sent = await self._drafts.send(draft, by=caller_of(request), request_key=draft)
        return self._desk.redirect(f"/messages/{sent.mid}")

    async def _overtaken(self, request: Request, error: DataError, *, reason: str = "") -> Response:
        """Show the page anew if somebody changed the draft since it was shown.

        Raises:
            DataError: It was refused for another reason.
        """
        if error.code != _DRAFT_CHANGED:
            raise error
        return await self._page(request, status=412, is_changed=True, reason=reason)

    async def _page(
        self,
        request: Request,
        *,
        status: int = 200,
        reason: str = "",
        reason_error: str = "",
        is_changed: bool = False,
    ) -> Response:
        paper = paper_of(await self._drafts.get(draft_in(request)))
        if paper.row.state is DraftState.SENT:
            return self._desk.redirect(f"/messages/{paper.row.mid}")
        kind, caller = kind_of(paper), caller_of(request)
        words = Wording.of(self._desk.templates.languages, language_of(request, caller))
        root = build(kind, paper.document)
        sections = arrange(kind, root)
        nothing = Checked(errors=(), warnings=())
        found = await checked(self._desk, paper) if paper.row.is_editable else nothing
        return await self._desk.show(
            request,
            "draft_check.html",
            status=status,
            draft=paper.row,
            kind=kind,
            title=type_name(kind.name, words.page),
            sections=printed(sections, [words]),
            ui=Shown(
                words=words,
                faults=place(root, found.errors),
                others=place(root, found.warnings),
                order=tuple(name for each in sections for name in names_in_order(each.nodes)),
            ),
            card=await address_card(self._desk, paper.document.get("to"), kind, words.page),
            approvers=await approvers(self._desk, paper.row),
            why=tuple(WHY[need] for need in sorted(paper.row.why)),
            state=STATES[paper.row.state],
            is_emergency=paper.document.get("urgency") == "emergency",
            reason=reason,
            reason_error=reason_error,
            changed=_CHANGED if is_changed else "",
        )


def _version(form: Mapping[str, str]) -> int:
    """Return which version of the draft the page showed; 0, which none has, if it does not say."""
    text = form.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= _VERSION_MOST
    return int(text) if is_number else 0
