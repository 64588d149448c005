"""The page of statistics: bars drawn by hand, the same numbers as a table, and as a file.

Counts and times of requests; never a reference, a subject or a person.

Source: docs/desk.md, "The house".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get

from gateway.casework import By, Counting, Statistics, StatisticsRow
from gateway.errors import UnavailableError
from gateway.officer.access import May, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.wording import said
from gateway.officer.shapes.cells import MEDIA_TYPE, Cell, table

_DAYS: Final = 90
_MOST_DAYS: Final = 3_660
_BAR_WIDTH: Final = 300
_COLUMNS: Final = (
    "key", "sent", "received", "acknowledge_p50_ms", "acknowledge_p90_ms", "answer_p50_ms",
    "answer_p90_ms", "overdue", "refused", "lapsed",
)  # fmt: skip
_WRONG_DAYS: Final = message("The first day must come before the last, at most ten years.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One pair of bars, in the units of the drawing.

    Attributes:
        label: Of the row.
        value: How many were received.
        other: How many were sent.
        width: Of the first bar.
        second: Of the other bar.
    """

    label: str
    value: int
    other: int
    width: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days that are asked for, both included."""

    first: date
    last: date

    @property
    def from_ms(self) -> int:
        """Their beginning, ms since 1970 UTC."""
        return _ms(self.first)

    @property
    def to_ms(self) -> int:
        """Their end, which is not in it."""
        return _ms(self.last + timedelta(days=1))


def bars_of(rows: Sequence[StatisticsRow]) -> tuple[Bar, ...]:
    """Return the volumes as bars, received in front of sent, the longest as wide as the drawing.

    Args:
        rows: Of the statistics.
    """
    most = max((max(row.received, row.sent) for row in rows), default=0) or 1
    return tuple(
        Bar(
            label=row.key,
            value=row.received,
            other=row.sent,
            width=_BAR_WIDTH * row.received // most,
            second=_BAR_WIDTH * row.sent // most,
        )
        for row in rows
    )


def in_words(span_ms: int | None) -> str:
    """Return a length of time in two parts at most: `3 h 10 min`; `-` for what was not measured.

    Args:
        span_ms: Milliseconds.
    """
    if span_ms is None:
        return "-"
    seconds = span_ms // 1000
    parts = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"),
             (seconds % 60, "s"))  # fmt: skip
    shown = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0 s"


def statistics_csv(found: Statistics) -> bytes:
    """Return statistics as a table, the total last.

    Args:
        found: The numbers.
    """
    return b"".join(table(_COLUMNS, map(_cells, (*found.rows, found.total))))


def _cells(row: StatisticsRow) -> tuple[Cell, ...]:
    return (
        row.key, row.sent, row.received, row.acknowledge_p50_ms, row.acknowledge_p90_ms,
        row.answer_p50_ms, row.answer_p90_ms, row.overdue, row.refused, row.lapsed,
    )  # fmt: skip


class StatisticsPages:
    """The page /statistics.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get("/statistics", self.show), get("/statistics.csv", self.as_csv)]

    @may(May.SEE_STATISTICS)
    async def show(self, request: Request) -> Response:
        """Show the numbers of a span of days."""
        usual = self._usual()
        span = _span(request, usual)
        faults = {} if span else {"from": _WRONG_DAYS}
        shown = span or usual
        by = _by(request)
        found = await self._counting().statistics(from_ms=shown.from_ms, to_ms=shown.to_ms, by=by)
        return await self._desk.show(
            request,
            "statistics.html",
            status=422 if faults else 200,
            found=found,
            bars=bars_of(found.rows),
            times=[
                (row.key, *map(in_words, (row.acknowledge_p50_ms, row.acknowledge_p90_ms,
                                          row.answer_p50_ms, row.answer_p90_ms)))
                for row in (*found.rows, found.total)
            ],
            span=shown,
            by=by.value,
            errors=said(self._desk, request, faults),
        )  # fmt: skip

    @may(May.SEE_STATISTICS)
    async def as_csv(self, request: Request) -> Response:
        """Give the same numbers as a file."""
        span = _span(request, self._usual()) or self._usual()
        found = await self._counting().statistics(
            from_ms=span.from_ms, to_ms=span.to_ms, by=_by(request)
        )
        return download(statistics_csv(found), "statistics.csv", MEDIA_TYPE)

    def _usual(self) -> Span:
        """Return the last ninety days."""
        today = datetime.fromtimestamp(self._desk.clock.now_ms() / 1000, UTC).date()
        return Span(first=today - timedelta(days=_DAYS), last=today)

    def _counting(self) -> Counting:
        """Return what counts.

        Raises:
            UnavailableError: This desk was built without it.
        """
        if self._desk.services.counting is None:
            raise UnavailableError("this desk keeps no statistics")
        return self._desk.services.counting


def _span(request: Request, usual: Span) -> Span | None:
    """Return the days that the address names, the usual ones for a gap; None if they make none."""
    try:
        first = date.fromisoformat(request.query.get("from", "") or usual.first.isoformat())
        last = date.fromisoformat(request.query.get("to", "") or usual.last.isoformat())
    except ValueError:
        return None
    if not timedelta() <= last - first <= timedelta(days=_MOST_DAYS) or last == date.max:
        return None
    return Span(first=first, last=last)


def _by(request: Request) -> By:
    text = request.query.get("by", By.ARTICLE.value)
    return By(text) if text in set(By) else By.ARTICLE


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
