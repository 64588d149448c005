"""Keys of Parties that wait, and the word of two people that ends the wait."""

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.services import KeyChangeService
from gateway.officer.shapes.keychange import (
    AcceptedKeysView,
    AcceptKeysRequest,
    WaitingKey,
    WaitingParty,
    WaitingView,
)


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
            post(f"{BASE}/keys/waiting/{{country}}/accept", self.accept),
        ]

    @may(May.SEE_ADMINISTRATION)
    async def show(self, _request: Request) -> Response:
        """Show which keys wait."""
        found = self._service.waiting()
        parties = [
            WaitingParty(party=country, keys=tuple(map(_key, found[country])))
            for country in sorted(found)
        ]
        return answer(WaitingView(items=tuple(parties)))

    @may(May.ADMINISTER)
    async def accept(self, request: Request) -> Response:
        """Let the keys of a Party count."""
        country = request.match_info["country"]
        asked = await read(request, AcceptKeysRequest)
        people = (asked.first, asked.second)
        accepted = await self._service.accept(country, people=people, reason=asked.reason)
        return answer(AcceptedKeysView(party=country, accepted=accepted))


def _key(name: str) -> WaitingKey:
    node, kind, fingerprint = name.split(" ")
    return WaitingKey(node=node, kind=kind, fingerprint=fingerprint)
