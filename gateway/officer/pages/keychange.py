"""The page on which a second person confirms new keys of a Party that somebody proposed.

What is confirmed are exactly the keys that the page shows; a password counts, and is the weaker
kind. Nobody confirms what they proposed themselves.

Source: docs/desk.md, "Drafts and second persons"; docs/wire-format.md, rule 29.
"""

from collections.abc import Mapping

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import GatewayError, UnavailableError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.approving import (
    PASSWORD_MISSING,
    REFUSED,
    asking,
    assertion_of,
    shown_in,
)
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.wording import said
from gateway.officer.services import KeyChangeService
from protocol.errors import NotAllowedError

_PARTY = "/keys/{country:[A-Z]{2}}"
_REFUSED = REFUSED | {
    "own_draft": message("Nobody confirms what they proposed themselves."),
    "approval_stale": message("Other keys are proposed now. Look at them again."),
}


class KeyPages:
    """The pages below /keys.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/keys", self.show),
            post(_PARTY, self.confirm),
            post(f"{_PARTY}/options", self.options),
        ]

    @may(May.CONFIRM_KEYS)
    async def show(self, request: Request) -> Response:
        """Show what waits for a second person."""
        return await self._page(request, {})

    @may(May.CONFIRM_KEYS)
    async def options(self, request: Request) -> Response:
        """Give the browser what it asks a passkey: a challenge that is bound to these keys."""
        options = await self._keys.options(
            request.match_info["country"],
            by=caller_of(request),
            shown=shown_in(await form_of(request)),
        )
        return asking(options)

    @may(May.CONFIRM_KEYS)
    async def confirm(self, request: Request) -> Response:
        """Let the keys that were shown count; an act.

        Raises:
            GatewayError: It failed for another reason than that it was not accepted.
        """
        form, country = await form_of(request), request.match_info["country"]
        assertion, password = form.get("assertion", ""), form.get("password", "")
        if not assertion and not password:
            return await self._page(request, {"password": PASSWORD_MISSING})
        try:
            await self._keys.confirm(
                country,
                by=caller_of(request),
                shown=shown_in(form),
                assertion=assertion_of(assertion) if assertion else None,
                password=None if assertion else password,
            )
        except NotAllowedError:
            return await self._page(request, {"password": _REFUSED["approval_stale"]})
        except GatewayError as error:
            if error.code not in _REFUSED:
                raise
            return await self._page(request, {"password": _REFUSED[error.code]}, status=403)
        return self._desk.redirect(f"/directory/{country}/keys")

    @property
    def _keys(self) -> KeyChangeService:
        keys = self._desk.services.keychange
        if keys is None:
            raise UnavailableError("this desk cannot accept keys")
        return keys

    async def _page(
        self, request: Request, faults: Mapping[str, str], *, status: int = 422
    ) -> Response:
        return await self._desk.show(
            request,
            "keys.html",
            status=status if faults else 200,
            proposals=sorted(self._keys.proposed().values(), key=lambda each: each.country),
            me=caller_of(request).person,
            errors=said(self._desk, request, faults),
        )
