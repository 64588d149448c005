"""Other nodes, as this one sees them."""

from aiohttp.web import Request, Response, RouteDef, get

from gateway.officer.access import May, may
from gateway.officer.api.lateviews import peer_item
from gateway.officer.api.reply import BASE, answer
from gateway.officer.services import PeersService
from gateway.officer.shapes.delivery import PeerList


class PeersApi:
    """The resource /peers.

    Args:
        peers: The table of nodes.
    """

    __slots__ = ("_peers",)

    def __init__(self, peers: PeersService) -> None:
        self._peers = peers

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(f"{BASE}/peers", self.table)]

    @may(May.SEE_LISTS)
    async def table(self, _request: Request) -> Response:
        """List every other active node."""
        states = await self._peers.table()
        return answer(PeerList(items=tuple(map(peer_item, states))))
