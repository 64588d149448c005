"""Who cosigned our log."""

from datetime import UTC, datetime

from aiohttp.web import Request, Response, RouteDef, get

from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer
from gateway.officer.services import WitnessesService
from gateway.officer.shapes.witnesses import WitnessItem, WitnessList


class WitnessApi:
    """The resource /log/witnesses.

    Args:
        witnesses: The use case; None where nobody is asked.
    """

    __slots__ = ("_witnesses",)

    def __init__(self, witnesses: WitnessesService | None) -> None:
        self._witnesses = witnesses

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get(f"{BASE}/log/witnesses", self.show)]

    @may(May.SEE_LOG)
    async def show(self, _request: Request) -> Response:
        """List every witness, and how much of the log enough of them saw."""
        if self._witnesses is None:
            return answer(WitnessList(witnessed=0, items=()))
        items = tuple(
            WitnessItem(
                witness=each.witness,
                asked=each.is_asked,
                size=each.size,
                cosigned=None if each.cosigned_s is None else _utc(each.cosigned_s),
                failed=each.failed,
            )
            for each in await self._witnesses.states()
        )
        size = await self._witnesses.witnessed_size()
        return answer(WitnessList(witnessed=size, items=items))


def _utc(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
