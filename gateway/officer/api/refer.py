"""Hands a request over to an authority inside the Party, and tells the requester."""

from datetime import UTC, datetime
from json import dumps

from aiohttp.web import Request, Response, RouteDef, post

from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, mid_of, read
from gateway.officer.api.uploads import request_key, sent
from gateway.officer.services import SubmitService
from gateway.officer.shapes.refer import ReferRequest
from gateway.ports import Clock
from gateway.service.consult import Consult
from gateway.service.shown import MessageContent
from protocol.encoding import Value
from protocol.identifiers import NodeId


class ReferApi:
    """The resource /messages/{mid}/refer.

    Args:
        node: This node, whose Party the authority is of.
        consult: Where the request is read.
        submit: What sends.
        clock: Today.
    """

    __slots__ = ("_clock", "_consult", "_node", "_submit")

    def __init__(self, node: NodeId, consult: Consult, submit: SubmitService, clock: Clock) -> None:
        self._node = node
        self._consult = consult
        self._submit = submit
        self._clock = clock

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(f"{BASE}/messages/{{mid}}/refer", self.refer)]

    @may(May.COMPOSE)
    async def refer(self, request: Request) -> Response:
        """Send the notice; the act of handing over is stated with it."""
        asked = await read(request, ReferRequest)
        message = await self._consult.content(mid_of(request))
        document = dumps(self._notice(message, asked), ensure_ascii=False).encode()
        submitted = await self._submit.queue(
            document, request_key=request_key(request), who=caller_of(request).who
        )
        return answer(sent(submitted), status=201)

    def _notice(self, message: MessageContent, asked: ReferRequest) -> dict[str, Value]:
        today = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date()
        asked_document = message.document
        body: dict[str, Value] = {
            "referred_to": _given(
                organisation=asked.organisation,
                kind=asked.kind,
                country=self._node.country,
                unit=asked.unit,
                address=asked.address,
                telephone=asked.telephone,
                email=asked.email,
            ),
            "referred_on": today.isoformat(),
            "scope": asked.scope,
            "expected_decision_by": asked.until,
        }
        body |= _given(their_reference=asked.reference, reason=asked.reason)
        if asked.items:
            body["item_ids"] = list(asked.items)
        notice: dict[str, Value] = {
            "type": "referral_notice",
            "to": str(message.sender),
            "in_reply_to": str(message.mid),
            "urgency": asked_document["urgency"],
            "handling_code": asked_document["handling_code"],
            "language": asked_document["language"],
            "body": body,
        }
        if "handling_text" in asked_document:
            notice["handling_text"] = asked_document["handling_text"]
        return notice


def _given(**fields: str | None) -> dict[str, Value]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
