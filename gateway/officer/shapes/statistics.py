"""Bodies of the statistics."""

from gateway.officer.shapes.models import Shape


class StatisticsItem(Shape):
    """The numbers of one article, type or Party; times in milliseconds, None where unmeasured."""

    key: str
    sent: int
    received: int
    acknowledge_p50_ms: int | None
    acknowledge_p90_ms: int | None
    answer_p50_ms: int | None
    answer_p90_ms: int | None
    overdue: int
    refused: int
    lapsed: int


class StatisticsView(Shape):
    """GET /statistics: requests of a span of time; `begins` is in it, `ends` is not."""

    begins: str
    ends: str
    by: str
    items: tuple[StatisticsItem, ...]
    total: StatisticsItem
    grounds: dict[str, int]
