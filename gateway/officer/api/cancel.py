"""Taking back a message that this node sent."""

from aiohttp.web import Request, Response, RouteDef, post

from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, mid_of, read
from gateway.officer.services import CancelService
from gateway.officer.shapes.cancel import CancelAnswer, CancelRequest
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.moments import instant


class CancelApi:
    """The resource /messages/{mid}/cancel.

    Args:
        service: The use case.
    """

    __slots__ = ("_service",)

    def __init__(self, service: CancelService) -> None:
        self._service = service

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [post(f"{BASE}/messages/{{mid}}/cancel", self.cancel)]

    @may(May.COMPOSE)
    async def cancel(self, request: Request) -> Response:
        """Take a message back."""
        mid = mid_of(request)
        asked = await read(request, CancelRequest)
        cancelled = await self._service.cancel(mid, asked.reason, who=caller_of(request).who)
        row = cancelled.row
        return answer(
            CancelAnswer(
                mid=str(mid),
                state=cancelled.state.value,
                may_have_arrived=row.may_have_left,
                repeated=cancelled.repeated,
                at=instant(row.at_ms),
                log=LogRef(origin=row.origin, index=row.index),
                withdrawal=None if row.withdrawal is None else str(row.withdrawal),
                copies=tuple(map(str, cancelled.copies)),
            )
        )
