"""Comparing logs with a peer, by calling it now."""

from aiohttp.web import Request, Response, RouteDef, post

from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.shapes.verifying import ComparisonRequest, ComparisonView
from gateway.service.comparing import Comparing
from protocol.identifiers import NodeId


class ComparisonApi:
    """The resource /log/comparisons.

    Args:
        comparing: The use case.
    """

    __slots__ = ("_comparing",)

    def __init__(self, comparing: Comparing) -> None:
        self._comparing = comparing

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(f"{BASE}/log/comparisons", self.compare)]

    @may(May.SEE_LOG)
    async def compare(self, request: Request) -> Response:
        """Call a peer, and tell how its log and ours stand to each other then.

        Raises:
            NoInputError: There is no such active node.
        """
        asked = await read(request, ComparisonRequest)
        found = await self._comparing.compare(NodeId.parse(asked.peer))
        return answer(
            ComparisonView(
                peer=str(found.node),
                verdict=found.verdict.value,
                our_log=found.our_log,
                their_log=found.their_log,
            )
        )
