"""Keys of Parties that wait, and the word of two persons that ends the wait."""

from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.officer.access import May, caller_of, may
from gateway.officer.api.approvals import assertion_of
from gateway.officer.api.draftviews import options_view
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.services import KeyChangeService
from gateway.officer.shapes.keychange import (
    AcceptedKeysView,
    AcceptKeysRequest,
    ConfirmKeysRequest,
    KeyOptionsRequest,
    ProposedView,
    WaitingKey,
    WaitingParty,
    WaitingView,
)
from gateway.officer.shapes.moments import instant
from gateway.service.keyapproval import Proposal

_PARTY: Final = f"{BASE}/keys/waiting/{{country}}"


class KeyChangeApi:
    """The resource /keys/waiting.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: KeyChangeService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/keys/waiting", self.show),
            post(f"{_PARTY}/accept", self.accept),
            post(f"{_PARTY}/approval-options", self.options),
            post(f"{_PARTY}/approvals", self.confirm),
        ]

    @may(May.SEE_ADMINISTRATION)
    async def show(self, _request: Request) -> Response:
        """Show which keys wait."""
        found, proposed = self._service.waiting(), self._service.proposed()
        parties = [
            WaitingParty(
                party=country,
                keys=tuple(map(_key, found[country])),
                proposed=_proposal(proposed.get(country)),
            )
            for country in sorted(found)
        ]
        return answer(WaitingView(items=tuple(parties)))

    @may(May.ADMINISTER)
    async def accept(self, request: Request) -> Response:
        """Let the keys of a Party count; at a desk with people, propose it."""
        country = request.match_info["country"]
        asked = await read(request, AcceptKeysRequest)
        people = (asked.first, asked.second)
        accepted = await self._service.accept(
            country, by=caller_of(request), people=people, reason=asked.reason
        )
        return answer(AcceptedKeysView(party=country, accepted=accepted))

    @may(May.CONFIRM_KEYS)
    async def options(self, request: Request) -> Response:
        """Give what the browser asks the passkey of the second person."""
        asked = await read(request, KeyOptionsRequest)
        options = await self._service.options(
            request.match_info["country"],
            by=caller_of(request),
            shown=bytes.fromhex(asked.digest),
        )
        return answer(options_view(options))

    @may(May.CONFIRM_KEYS)
    async def confirm(self, request: Request) -> Response:
        """Confirm what somebody else proposed: the keys count from now on."""
        country, asked = request.match_info["country"], await read(request, ConfirmKeysRequest)
        accepted = await self._service.confirm(
            country,
            by=caller_of(request),
            shown=bytes.fromhex(asked.digest),
            assertion=None if asked.assertion is None else assertion_of(asked.assertion),
            password=asked.password,
        )
        return answer(AcceptedKeysView(party=country, accepted=accepted))


def _proposal(proposal: Proposal | None) -> ProposedView | None:
    if proposal is None:
        return None
    return ProposedView(
        who=proposal.who,
        reason=proposal.reason,
        at=instant(proposal.at_ms),
        digest=proposal.digest.hex(),
    )


def _key(name: str) -> WaitingKey:
    node, kind, fingerprint = name.split(" ")
    return WaitingKey(node=node, kind=kind, fingerprint=fingerprint)
