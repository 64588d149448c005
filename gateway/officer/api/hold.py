"""Holding a thread against retention."""

from typing import Protocol

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, mid_of, read
from gateway.officer.shapes.hold import HoldAnswer, HoldRequest
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.moments import instant
from gateway.retaining import HoldRow
from protocol.identifiers import MessageId


class HoldService(Protocol):
    """Holds threads."""

    async def hold(self, thread: MessageId, *, on: bool, reason: str, who: str) -> HoldRow:
        """Hold a thread or release it; the same again for every repeat."""

    async def held(self, thread: MessageId) -> HoldRow:
        """Return how a thread stands."""


class HoldApi:
    """The resource /threads/{thread}/hold.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: HoldService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        address = f"{BASE}/threads/{{thread}}/hold"
        return [get(address, self.show), post(address, self.hold)]

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show whether a thread is held."""
        return answer(_view(await self._service.held(mid_of(request, "thread"))))

    @may(May.SUPERVISE)
    async def hold(self, request: Request) -> Response:
        """Hold a thread or release it."""
        thread = mid_of(request, "thread")
        asked = await read(request, HoldRequest)
        who = caller_of(request).who
        row = await self._service.hold(thread, on=asked.on, reason=asked.reason, who=who)
        return answer(_view(row))


def _view(row: HoldRow) -> HoldAnswer:
    return HoldAnswer(
        thread=str(row.thread),
        on=row.is_on,
        at=instant(row.at_ms),
        by=row.by,
        log=LogRef(origin=row.origin, index=row.index),
    )
