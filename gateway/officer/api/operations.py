"""Long work: asked for with `Prefer: respond-async`, followed by its id, cancelled."""

from json import loads
from typing import Final

from aiohttp.web import Request, Response, RouteDef, delete, get

from gateway.officer.access import May, caller_of, may
from gateway.officer.api.reply import BASE, answer
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.officer.shapes.operations import OperationList, OperationView
from gateway.operating import OperationRow
from gateway.service.operations import Operations

ACCEPTED: Final = 202
_PREFER: Final = "respond-async"


class OperationApi:
    """The resource /operations.

    Args:
        operations: The use case.
    """

    __slots__ = ("_operations",)

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        one = f"{BASE}/operations/{{id}}"
        return [
            get(f"{BASE}/operations", self.list),
            get(one, self.show),
            delete(one, self.cancel),
        ]

    @may(May.SELF)
    async def list(self, request: Request) -> Response:
        """List long work that the asker began; operators see all."""
        rows = await self._operations.of(caller_of(request))
        return answer(OperationList(items=tuple(map(operation_view, rows))))

    @may(May.SELF)
    async def show(self, request: Request) -> Response:
        """Show how long work stands."""
        row = await self._operations.get(request.match_info["id"], by=caller_of(request))
        return answer(operation_view(row))

    @may(May.SELF)
    async def cancel(self, request: Request) -> Response:
        """End long work that runs; what has ended stays as it is."""
        row = await self._operations.cancel(request.match_info["id"], by=caller_of(request))
        return answer(operation_view(row))


def wants_operation(request: Request) -> bool:
    """Tell whether whoever asks would rather not wait (RFC 7240)."""
    return _PREFER in request.headers.get("Prefer", "")


def begun(row: OperationRow) -> Response:
    """Say that long work was begun, and where it is followed."""
    made = answer(operation_view(row), status=ACCEPTED)
    made.headers["Location"] = f"{BASE}/operations/{row.id}"
    made.headers["Preference-Applied"] = _PREFER
    return made


def operation_view(row: OperationRow) -> OperationView:
    """Return how long work stands."""
    return OperationView(
        id=row.id,
        kind=row.kind,
        by=row.who,
        state=row.state.value,
        done=row.done,
        total=row.total,
        unit=row.unit,
        started_at=instant(row.started_ms),
        ended_at=instant_or_none(row.ended_ms),
        problem=row.problem,
        result=None if row.result is None else loads(row.result),
    )
