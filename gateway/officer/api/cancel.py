"""Taking back a message that this node sent."""

from typing import Protocol

from aiohttp.web import Request, Response, RouteDef, post

from gateway.officer.api.reply import BASE, answer, mid_of, read
from gateway.officer.shapes.cancel import CancelAnswer, CancelRequest
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.moments import instant
from gateway.service.cancel import Cancelled
from protocol.identifiers import MessageId


class CancelService(Protocol):
    """Takes messages back."""

    async def cancel(self, mid: MessageId, reason: str, *, who: str) -> Cancelled:
        """Take one back; the same again for every repeat."""


class CancelApi:
    """The resource /messages/{mid}/cancel.

    Args:
        service: The use case.
        who: Who acts, as the log and the peer see it.
    """

    __slots__ = ("_service", "_who")

    def __init__(self, service: CancelService, *, who: str) -> None:
        self._service = service
        self._who = who

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [post(f"{BASE}/messages/{{mid}}/cancel", self.cancel)]

    async def cancel(self, request: Request) -> Response:
        """Take a message back."""
        mid = mid_of(request)
        asked = await read(request, CancelRequest)
        cancelled = await self._service.cancel(mid, asked.reason, who=self._who)
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
