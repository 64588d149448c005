"""Two histories of other nodes' logs: the list of what was found, and each as a file."""

from typing import Final

from aiohttp.web import Request, Response, RouteDef, StreamResponse, get, post

from gateway.errors import NoInputError
from gateway.evidence.forks import FoundFork
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer
from gateway.officer.download import send_bundle
from gateway.officer.services import ForkService
from gateway.officer.shapes.evidence import ForkItem, ForkList
from gateway.officer.shapes.moments import instant
from gateway.officer.spool import open_spool
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin

_LOG: Final = f"{BASE}/forks/{{country}}/{{number}}/{{generation}}"


class ForkApi:
    """The resource /forks.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: ForkService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/forks", self.list),
            post(f"{_LOG}/evidence", self.export),
        ]

    @may(May.SEE_LOG)
    async def list(self, _request: Request) -> Response:
        """List what was found."""
        return answer(ForkList(items=tuple(_item(one) for one in await self._service.found())))

    @may(May.SEE_LOG)
    async def export(self, request: Request) -> StreamResponse:
        """Export the exhibit of one log."""
        origin = _origin_of(request)
        with open_spool() as held:
            done = await self._service.export(origin, held, who=caller_of(request).who)
            name = str(origin).replace("/", "-")
            headers = {"A35-Manifest": done.digest.hex()}
            return await send_bundle(request, held, f"{name}.zip", headers)


def _item(one: FoundFork) -> ForkItem:
    fork = one.fork
    return ForkItem(
        log=str(fork.origin),
        shows=one.shows.value,
        refused=one.is_refused,
        found=instant(fork.found_ms),
        shown_by=str(fork.origin.node if fork.by is None else fork.by),
        held_size=one.held.size,
        offered_size=one.offered.size,
    )


def _origin_of(request: Request) -> LogOrigin:
    """Read the log in the path.

    Raises:
        NoInputError: Not a log's name.
    """
    info = request.match_info
    try:
        return LogOrigin.parse(f"a35/{info['country']}/{info['number']}/log/{info['generation']}")
    except MalformedError as error:
        raise NoInputError("a log is named a35/CC/n/log/g") from error
