"""Our own log and those that were given up: where they stand, and the operator's two words."""

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import NoInputError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.services import RecoveryService
from gateway.officer.shapes.recovery import (
    AcceptedView,
    ClosedItem,
    HoldingItem,
    ReasonRequest,
    RecoveryView,
)
from protocol.errors import MalformedError
from protocol.identifiers import NodeId


class RecoveryApi:
    """The resource /recovery, and accepting a node after two histories.

    Args:
        recovery: The use case.
        operator: In whose name the words are recorded of whoever has no number of their own.
    """

    __slots__ = ("_operator", "_recovery")

    def __init__(self, recovery: RecoveryService, *, operator: str) -> None:
        self._recovery = recovery
        self._operator = operator

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/recovery", self.show),
            post(f"{BASE}/recovery/keep-log", self.keep_log),
            post(f"{BASE}/peers/{{country}}/{{number}}/accept", self.accept),
        ]

    @may(May.SEE_LOG)
    async def show(self, _request: Request) -> Response:
        """Show where the node stands with its log."""
        return answer(self._view())

    @may(May.ADMINISTER)
    async def keep_log(self, request: Request) -> Response:
        """Let the log go on before all have answered."""
        asked = await read(request, ReasonRequest)
        await self._recovery.keep_log(asked.reason, who=self._who(request))
        return answer(self._view())

    @may(May.ADMINISTER)
    async def accept(self, request: Request) -> Response:
        """Let a node with two histories go on in a new generation of its log."""
        node = _node_of(request)
        asked = await read(request, ReasonRequest)
        above = await self._recovery.accept(node, asked.reason, who=self._who(request))
        return answer(AcceptedView(node=str(node), above=above))

    def _who(self, request: Request) -> str:
        caller = caller_of(request)
        return self._operator if caller.person is None else caller.who

    def _view(self) -> RecoveryView:
        standpoint = self._recovery.standpoint()
        outlook = standpoint.outlook
        return RecoveryView(
            origin=str(standpoint.origin),
            phase=outlook.phase.value,
            state=standpoint.state,
            why=outlook.why,
            size=outlook.size,
            signed=outlook.signed,
            missing=standpoint.missing,
            peers=outlook.peers,
            answered=outlook.answered,
            needed=outlook.needed,
            advice=standpoint.advice,
            holdings=tuple(
                HoldingItem(node=str(node), told=held.told.value, size=held.size)
                for node, held in sorted(outlook.holdings.items())
            ),
            closed=tuple(
                ClosedItem(log=str(one.origin), successor=str(one.successor), short=one.is_short)
                for one in standpoint.closed
            ),
            forks=tuple(map(str, standpoint.forks)),
        )


def _node_of(request: Request) -> NodeId:
    """Read the node in the path.

    Raises:
        NoInputError: Not a node's name.
    """
    info = request.match_info
    try:
        return NodeId.parse(f"{info['country']}/{info['number']}")
    except MalformedError as error:
        raise NoInputError("a node is named CC/n") from error
