"""The evidence of a log with two histories, to be taken on the page of our log: an act."""

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.errors import NoInputError
from gateway.evidence.forks import FoundFork
from gateway.officer.access import May, caller_of, may
from gateway.officer.download import send_bundle
from gateway.officer.pages.desk import Desk
from gateway.officer.spool import open_spool
from protocol.identifiers import LogOrigin, NodeId


class ForkPages:
    """What a button beside each such log gives.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        log = "{country:[A-Z]{2}}/{number:[1-9][0-9]{0,2}}/{generation:[1-9][0-9]{0,8}}"
        return [post(f"/log/forks/{log}/evidence", self.evidence)]

    @may(May.SEE_LOG)
    async def evidence(self, request: Request) -> StreamResponse:
        """Give both signed heads as a file that anybody can verify.

        Raises:
            NoInputError: This desk takes no evidence, or nothing is held against this log.
        """
        service = self._desk.services.evidence
        if service is None or service.forks is None:
            raise NoInputError("this desk takes no evidence")
        info = request.match_info
        node = NodeId(info["country"], int(info["number"]))
        origin = LogOrigin(node, int(info["generation"]))
        with open_spool() as held:
            await service.forks.export(origin, held, who=caller_of(request).who)
            return await send_bundle(request, held, f"{str(origin).replace('/', '-')}.zip", {})


async def forks_of(desk: Desk) -> tuple[FoundFork, ...]:
    """Return the logs with two histories, proven or feared.

    Args:
        desk: What pages are built with.
    """
    service = desk.services.evidence
    return () if service is None or service.forks is None else await service.forks.found()
