"""Numbers over the requests of a span of time."""

from typing import Final

from aiohttp.web import Request, Response, RouteDef, get

from gateway.casework import By, Counting, StatisticsRow
from gateway.errors import DataError
from gateway.officer.access import May, may
from gateway.officer.api.reply import BASE, answer, span_of
from gateway.officer.shapes.moments import instant
from gateway.officer.shapes.statistics import StatisticsItem, StatisticsView
from gateway.ports import Clock

_SPAN_MS: Final = 30 * 24 * 60 * 60 * 1000


class StatisticsApi:
    """The resource /statistics.

    Args:
        counting: The use case.
        clock: For a span that ends now.
    """

    __slots__ = ("_clock", "_counting")

    def __init__(self, counting: Counting, clock: Clock) -> None:
        self._counting = counting
        self._clock = clock

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [get(f"{BASE}/statistics", self.show)]

    @may(May.SEE_STATISTICS)
    async def show(self, request: Request) -> Response:
        """Show the numbers, of the last 30 days unless asked otherwise.

        Raises:
            DataError: A parameter that is not known, or not one of its values.
        """
        from_ms, to_ms = span_of(request, now_ms=self._clock.now_ms(), span_ms=_SPAN_MS)
        try:
            by = By(request.query.get("by", By.ARTICLE.value))
        except ValueError as error:
            raise DataError("by is article, type or party", code="invalid_body") from error
        found = await self._counting.statistics(from_ms=from_ms, to_ms=to_ms, by=by)
        return answer(
            StatisticsView(
                begins=instant(found.from_ms),
                ends=instant(found.to_ms),
                by=found.by.value,
                items=tuple(map(_item, found.rows)),
                total=_item(found.total),
                grounds=dict(found.grounds),
            )
        )


def _item(row: StatisticsRow) -> StatisticsItem:
    return StatisticsItem(
        key=row.key,
        sent=row.sent,
        received=row.received,
        acknowledge_p50_ms=row.acknowledge_p50_ms,
        acknowledge_p90_ms=row.acknowledge_p90_ms,
        answer_p50_ms=row.answer_p50_ms,
        answer_p90_ms=row.answer_p90_ms,
        overdue=row.overdue,
        refused=row.refused,
        lapsed=row.lapsed,
    )
