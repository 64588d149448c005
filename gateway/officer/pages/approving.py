"""The second person's pages: what waits for approval, and one draft exactly as it would be sent.

What is shown is the frozen text, and an approval counts for its bytes and no others. Nobody
approves a draft of their own; a password counts, and is recorded and shown as the weaker kind.

Source: docs/desk.md, "Drafts and second persons".
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from json import dumps, loads
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.drafting import (
    ApprovalOptions,
    Assertion,
    DeskDrafts,
    DraftRow,
    DraftState,
)
from gateway.errors import DataError, GatewayError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.addressbook import address_card
from gateway.officer.pages.checking import WHY
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.drafts import STATES, lines_of
from gateway.officer.pages.forms.arranging import arrange
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.printing import printed
from gateway.officer.pages.forms.wording import Wording
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.layout import SECURITY, language_of
from gateway.officer.pages.naming import type_name
from gateway.officer.pages.papers import ID, Paper, draft_in, drafts_of, kind_of, paper_of
from gateway.officer.pages.pending import is_waiting
from gateway.people import Caller
from protocol.requests.labels import FormLanguage

_COMMENT_MISSING: Final = message("Say what is to be changed.")
PASSWORD_MISSING: Final = message("Use your passkey, or type your password.")
REFUSED: Final = {
    "own_draft": message("Nobody approves a draft of their own."),
    "fresh_sign_in_needed": message("This was not accepted. Show your passkey again."),
    "approval_stale": message("The draft has changed. It must be submitted again."),
    "proof_failed": message("The passkey did not sign these bytes."),
    "not_permitted": message("This was not accepted."),
}
"""What refusals of an approval are told as on the page itself."""


class ApprovePages:
    """The pages /approve and /approve/{id}.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/approve", self.index),
            get(f"/approve/{ID}", self.show),
            post(f"/approve/{ID}", self.approve),
            post(f"/approve/{ID}/options", self.options),
            post(f"/approve/{ID}/return", self.give_back),
        ]

    @property
    def _drafts(self) -> DeskDrafts:
        return drafts_of(self._desk)

    @may(May.APPROVE)
    async def index(self, request: Request) -> Response:
        """List what waits for a second person."""
        caller = caller_of(request)
        rows = tuple(row for row in await self._drafts.list(caller) if is_waiting(row))
        lines = await lines_of(self._desk, rows, language_of(request, caller))
        return await self._desk.show(request, "approve_list.html", lines=lines, me=caller.person)

    @may(May.APPROVE)
    async def show(self, request: Request) -> Response:
        """Show a draft as it would be sent."""
        return await self._page(request)

    @may(May.APPROVE)
    async def options(self, request: Request) -> Response:
        """Give the browser what it asks a passkey: a challenge that is bound to the bytes."""
        shown = shown_in(await form_of(request))
        return asking(
            await self._drafts.approval_options(
                draft_in(request), by=caller_of(request), shown=shown
            )
        )

    @may(May.APPROVE)
    async def approve(self, request: Request) -> Response:
        """Approve the frozen bytes, and send them if that is all they waited for.

        Raises:
            GatewayError: It failed for another reason than that it was not accepted.
        """
        form, caller, draft = await form_of(request), caller_of(request), draft_in(request)
        assertion, password = form.get("assertion", ""), form.get("password", "")
        if not assertion and not password:
            return await self._page(request, status=422, errors={"password": PASSWORD_MISSING})
        try:
            row = await self._drafts.approve(
                draft,
                by=caller,
                assertion=assertion_of(assertion) if assertion else None,
                password=None if assertion else password,
                comment=form.get("comment", ""),
                shown=shown_in(form),
            )
        except GatewayError as error:
            if error.code not in REFUSED:
                raise
            why = {"password": REFUSED[error.code]}
            return await self._page(request, status=403, errors=why)
        return await self._approved(row, caller)

    @may(May.APPROVE)
    async def give_back(self, request: Request) -> Response:
        """Return a draft to its author with a comment.

        Raises:
            GatewayError: It failed for another reason than that other bytes were shown.
        """
        form = await form_of(request)
        comment = form.get("comment", "")
        if not comment.strip():
            return await self._page(request, status=422, errors={"comment": _COMMENT_MISSING})
        try:
            await self._drafts.give_back(
                draft_in(request), by=caller_of(request), comment=comment, shown=shown_in(form)
            )
        except GatewayError as error:
            if error.code not in REFUSED:
                raise
            why = {"comment": REFUSED[error.code]}
            return await self._page(request, status=403, errors=why)
        return self._desk.redirect("/approve")

    async def _approved(self, row: DraftRow, caller: Caller) -> Response:
        """Send what is approved; a draft that is out already was only confirmed."""
        if row.state is not DraftState.APPROVED or row.mid is None:
            return self._desk.redirect("/approve")
        sent = await self._drafts.send(row.id, by=caller, request_key=row.id)
        return self._desk.redirect(f"/messages/{sent.mid}")

    async def _page(
        self, request: Request, *, status: int = 200, errors: dict[str, str] | None = None
    ) -> Response:
        paper = paper_of(await self._drafts.get(draft_in(request)))
        row, caller = paper.row, caller_of(request)
        if row.state is DraftState.SENT and not row.pending:
            return self._desk.redirect(f"/messages/{row.mid}")
        language = language_of(request, caller)
        lines = await lines_of(self._desk, (row,), language)
        return await self._desk.show(
            request,
            "approve.html",
            status=status,
            draft=row,
            line=lines[0],
            why=tuple(WHY[need] for need in sorted(row.why)),
            state=STATES[row.state],
            is_own=row.author is not None and row.author == caller.person,
            can_act=is_waiting(row),
            errors=errors or {},
            **await self._text(paper, language),
        )

    async def _text(self, paper: Paper, language: str) -> dict[str, object]:
        """Return what the page shows of the text; of one that was sent, nothing but its type."""
        if paper.row.state is DraftState.SENT:
            name = type_name(paper.row.type or None, language)
            return {"title": name, "sections": (), "is_compared": False, "card": None}
        kind = kind_of(paper)
        before = await self._drafts.returned(paper.row.id)
        earlier = None if before is None else build(kind, loads(before))
        sections = arrange(kind, build(kind, paper.document))
        return {
            "title": type_name(kind.name, language),
            "sections": printed(sections, self._both(language), earlier),
            "is_compared": earlier is not None,
            "card": await address_card(self._desk, paper.document.get("to"), kind, language),
        }

    def _both(self, language: str) -> tuple[Wording, ...]:
        """Return the words of both official languages, that of the page first."""
        languages = self._desk.templates.languages
        own = Wording.of(languages, language)
        other = next(each for each in FormLanguage if each is not own.language)
        return (own, Wording(languages=languages, page=language, language=other))


def asking(options: ApprovalOptions) -> Response:
    """Return what a browser asks a passkey."""
    public_key = {
        "challenge": _text64(options.challenge),
        "userVerification": "required",
        "allowCredentials": [
            {"type": "public-key", "id": _text64(each)} for each in options.credentials
        ],
    }
    return Response(
        text=dumps({"publicKey": public_key}), content_type="application/json", headers=SECURITY
    )


def assertion_of(text: str) -> Assertion:
    """Read what a browser returned from a passkey.

    Args:
        text: JSON of a PublicKeyCredential, its bytes in base64url.

    Raises:
        DataError: It is none.
    """
    try:
        found = loads(text)
        answer = found["response"]
        return Assertion(
            credential=_bytes64(found["rawId"]),
            authenticator_data=_bytes64(answer["authenticatorData"]),
            client_data=_bytes64(answer["clientDataJSON"]),
            signature=_bytes64(answer["signature"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError("no answer of a passkey", code="invalid_body") from error


def shown_in(form: Mapping[str, str]) -> bytes:
    """Return the digest of what the page showed: it may have changed before somebody pressed.

    Raises:
        DataError: The form names none.
    """
    try:
        return bytes.fromhex(form.get("digest", ""))
    except ValueError as error:
        raise DataError("no digest of what was shown", code="invalid_body") from error


def _text64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes64(text: str) -> bytes:
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
