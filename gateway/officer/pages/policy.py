"""The page of second persons: for which types somebody else must approve before sending.

A supervisor decides; where the law asks for a second person, nobody can switch it off. Each
change is an act in the log.

Source: docs/desk.md, "The house"; docs/domain.md, section 10.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.drafting import DeskDrafts
from gateway.errors import DataError, UnavailableError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import choices_of, form_of
from gateway.officer.pages.wording import said
from gateway.officer.shapes.printed import type_title

_CHANGED: Final = message("Somebody else changed the policy: look at it, then choose again.")
_REFUSED: Final = message("For one of these types the law asks for a second person.")


class PolicyPages:
    """The page /policy.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get("/policy", self.show), post("/policy", self.save)]

    @may(May.SUPERVISE)
    async def show(self, request: Request) -> Response:
        """Show every type, and whether a second person must approve it."""
        return await self._show(request, {})

    @may(May.SUPERVISE)
    async def save(self, request: Request) -> Response:
        """Change it; an act."""
        drafts = self._drafts()
        chosen = set(await choices_of(request, "types"))
        version = (await form_of(request)).get("version", "")
        before = await drafts.policy()
        changes = {
            name: name in chosen for name, must in before.types.items() if must != (name in chosen)
        }
        if version != str(before.version):
            return await self._show(request, {"types": _CHANGED})
        try:
            if changes:
                await drafts.set_policy(changes, version=before.version, by=caller_of(request))
        except DataError as error:
            is_old = error.code == "draft_changed"
            return await self._show(request, {"types": _CHANGED if is_old else _REFUSED})
        return self._desk.redirect("/policy")

    async def _show(self, request: Request, faults: Mapping[str, str]) -> Response:
        policy = await self._drafts().policy()
        titles = {name: type_title(name) for name in policy.types}
        return await self._desk.show(
            request,
            "policy.html",
            status=422 if faults else 200,
            version=policy.version,
            types=[(name, titles[name], must) for name, must in sorted(policy.types.items())],
            errors=said(self._desk, request, faults),
        )

    def _drafts(self) -> DeskDrafts:
        """Return what keeps drafts.

        Raises:
            UnavailableError: This desk was built without it.
        """
        if self._desk.drafts is None:
            raise UnavailableError("this desk keeps no drafts")
        return self._desk.drafts
