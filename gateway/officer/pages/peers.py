"""Pages of administration: other nodes, keys that wait, receivers of calls, the node's health.

Ids and states; never content. What changes something names a person and is an act in the log.

Source: docs/desk.md, "The house"; docs/operations.md.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forks import forks_of
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.wording import said
from gateway.service.advice import card_of
from protocol.errors import MalformedError, NotAllowedError
from protocol.identifiers import NodeId

_MOST_REASON: Final = 500
_NO_REASON: Final = message("Say why, in at most 500 signs: it stands in the log.")
_NOT_ACCEPTED: Final = message("Nothing was accepted: there is nothing of this to accept now.")


class PeerPages:
    """The pages below /admin that are about the network.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/admin", self.index),
            get("/admin/peers", self.peers),
            post("/admin/peers/{country:[A-Z]{2}}/{number:[0-9]{1,3}}/accept", self.accept),
            post("/admin/keys/{country:[A-Z]{2}}/accept", self.accept_keys),
            get("/admin/webhooks", self.webhooks),
        ]

    @may(May.SEE_ADMINISTRATION)
    async def index(self, request: Request) -> Response:
        """Show the node's health, and where the rest is."""
        return await self._desk.show(
            request, "admin.html", checks=self._desk.services.health.report()
        )

    @may(May.SEE_ADMINISTRATION)
    async def peers(self, request: Request) -> Response:
        """Show how this node stands with every other one."""
        return await self._peers(request, {})

    @may(May.ADMINISTER)
    async def accept(self, request: Request) -> Response:
        """Let a node whose log has two histories go on above a generation; an act."""
        recovery = self._desk.services.recovery
        reason = (await form_of(request)).get("reason", "").strip()
        if recovery is None or not reason or len(reason) > _MOST_REASON:
            return await self._peers(request, {"reason": _NO_REASON})
        try:
            node = NodeId(request.match_info["country"], int(request.match_info["number"]))
            await recovery.accept(node, reason, who=caller_of(request).who)
        except (DataError, NoInputError, NotAllowedError, MalformedError):
            return await self._peers(request, {"reason": _NOT_ACCEPTED})
        return self._desk.redirect("/admin/peers")

    @may(May.ADMINISTER)
    async def accept_keys(self, request: Request) -> Response:
        """Let a Party's new keys count, because two people compared them; an act.

        At a desk with people, who asks proposes it, and another one confirms it at /keys.

        Raises:
            UnavailableError: This desk was built without it.
        """
        keychange = self._desk.services.keychange
        if keychange is None:
            raise UnavailableError("this desk cannot accept keys")
        form = await form_of(request)
        people = (form.get("first", ""), form.get("second", ""))
        reason = form.get("reason", "").strip()
        if not reason or len(reason) > _MOST_REASON:
            return await self._peers(request, {"reason": _NO_REASON})
        country = request.match_info["country"]
        try:
            accepted = await keychange.accept(
                country, by=caller_of(request), people=people, reason=reason
            )
        except NotAllowedError:
            return await self._peers(request, {"reason": _NOT_ACCEPTED})
        return self._desk.redirect(f"/directory/{country}/keys" if accepted else "/keys")

    @may(May.SEE_ADMINISTRATION)
    async def webhooks(self, request: Request) -> Response:
        """Show which programs are told of events, and whether they take the calls."""
        services = self._desk.services
        checks = [check for check in services.health.report() if check.name == "webhooks"]
        return await self._desk.show(
            request, "webhooks.html", hooks=services.config.webhook, checks=checks
        )

    async def _peers(self, request: Request, faults: Mapping[str, str]) -> Response:
        services = self._desk.services
        states = await services.peers.table()
        keychange = services.keychange
        return await self._desk.show(
            request,
            "peers.html",
            status=422 if faults else 200,
            rows=[(state, card_of(services.directory, state.node)) for state in states],
            forks=await forks_of(self._desk),
            waiting={} if keychange is None else keychange.waiting(),
            must_confirm=keychange is not None and await keychange.must_confirm(),
            errors=said(self._desk, request, faults),
        )
