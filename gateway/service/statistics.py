"""Numbers over the requests of a span of time: how many, how fast, how many late, why refused.

Read from messages alone, each time anew. A request was acknowledged and answered when the first
message that does so was written; what is late is late by the clocks of `gateway.service.clocks`.

Source: docs/desk.md, "Statistics".
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.casework import By, Statistics, StatisticsRow
from gateway.errors import DataError
from gateway.ports import Clock
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.case import Cases
from gateway.service.clocks import step_clocks
from gateway.service.contents import content_of, legible_inner
from gateway.service.waiting import summary_of
from gateway.store import Casebook
from protocol.cases.ladder import MessageState
from protocol.cases.preservation import PreservationState
from protocol.delivery.escalation import Budgets
from protocol.encoding import Value
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.identifiers import MessageId
from protocol.requests.catalogue import TYPES
from protocol.requests.kinds import DocumentType, LadderEffect

ALL: Final = "all"
DECISION: Final = "decision"
PROCEDURE: Final = "procedure"
"""The article of a request that rests on none."""

_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message that answers another one."""

    row: MessageRow
    kind: DocumentType


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One request, as it is counted.

    `acknowledged_ms` and `answered_ms` say how long it took, None if it has not come yet.
    """

    row: MessageRow
    kind: DocumentType
    acknowledged_ms: int | None
    answered_ms: int | None
    is_overdue: bool
    grounds: tuple[str, ...]
    is_refused: bool
    lapsed: int


class StatisticsDesk:
    """Implements casework.Counting.

    Args:
        casebook: The messages.
        cases: Where preservation stands.
        clock: The present time.
        budgets: How long a step may take at this node.
    """

    def __init__(self, casebook: Casebook, cases: Cases, clock: Clock, *, budgets: Budgets) -> None:
        self._casebook = casebook
        self._cases = cases
        self._clock = clock
        self._budgets = budgets

    async def statistics(self, *, from_ms: int, to_ms: int, by: By) -> Statistics:
        """Return the numbers of requests that were sent or received in a span of time.

        Args:
            from_ms: In it, ms since 1970 UTC.
            to_ms: Not in it.
            by: What the rows are told apart by.

        Raises:
            DataError: The span ends before it begins.
        """
        if not 0 <= from_ms < to_ms:
            raise DataError("the span ends before it begins", code="invalid_body")
        requests: list[tuple[MessageRow, DocumentType]] = []
        replies: dict[MessageId, list[Reply]] = {}
        async for row, kind in self._rows(from_ms):
            if kind.is_request and row.t_ms < to_ms:
                requests.append((row, kind))
            if row.re is not None and kind.ladder_effect is not None:
                replies.setdefault(row.re, []).append(Reply(row=row, kind=kind))
        counted = [await self._count(row, kind, replies.get(row.mid, ())) for row, kind in requests]
        rows: dict[str, list[Counted]] = {}
        for one in counted:
            rows.setdefault(_key(one, by), []).append(one)
        return Statistics(
            from_ms=from_ms,
            to_ms=to_ms,
            by=by,
            rows=tuple(_row(key, rows[key]) for key in sorted(rows)),
            total=_row(ALL, counted),
            grounds=dict(sorted(Counter(each for one in counted for each in one.grounds).items())),
        )

    async def _rows(self, from_ms: int) -> AsyncIterator[tuple[MessageRow, DocumentType]]:
        for direction in Direction:
            before: int | None = None
            while True:
                page = await self._casebook.messages(direction, limit=_PAGE, before=before)
                for row in page:
                    kind = _kind(row)
                    if kind is not None and row.t_ms >= from_ms:
                        yield row, kind
                if not page or page[-1].t_ms < from_ms:
                    break
                before = page[-1].t_ms
                await self._clock.sleep(0)  # others go on meanwhile

    async def _count(
        self, row: MessageRow, kind: DocumentType, replies: Sequence[Reply]
    ) -> Counted:
        # A reply counts only from the other side.
        replies = [each for each in replies if each.row.sender != row.sender]
        answered = _first(replies, {LadderEffect.ANSWERED})
        acknowledged = _first(replies, set(LadderEffect))
        decisions = [each.row for each in replies if each.kind.name == DECISION]
        outcomes = [item for each in decisions for item in await self._items(each)]
        refused = [item for item in outcomes if item.get("outcome") == "refused"]
        return Counted(
            row=row,
            kind=kind,
            acknowledged_ms=None if acknowledged is None else max(acknowledged - row.t_ms, 0),
            answered_ms=None if answered is None else max(answered - row.t_ms, 0),
            is_overdue=self._is_overdue(row, acknowledged, answered),
            grounds=tuple(ground for item in refused for ground in _grounds(item)),
            is_refused=bool(refused),
            lapsed=await self._lapsed(row) if kind.preserves else 0,
        )

    def _is_overdue(self, row: MessageRow, acknowledged: int | None, answered: int | None) -> bool:
        """Tell whether a step was met late, or is still waited for after its time."""
        summary = summary_of(row)
        clocks = step_clocks(
            state=MessageState.QUEUED,  # its times are asked for, not how they stand
            cls=row.cls,
            urgency="" if summary is None else summary.urgency,
            t_ms=row.t_ms,
            is_request=True,
            now_ms=row.t_ms,
            budgets=self._budgets,
        )
        met = {MessageState.ACKNOWLEDGED: acknowledged, MessageState.ANSWERED: answered}
        now_ms = self._clock.now_ms()
        return any(
            clock.step in met and _or(met[clock.step], now_ms) > clock.due_ms for clock in clocks
        )

    async def _items(self, row: MessageRow) -> list[Mapping[str, Value]]:
        """Return what a decision says of each item; nothing of one that cannot be read."""
        inner = await legible_inner(self._casebook, row)
        if inner is None:
            return []
        try:
            body = content_of(inner).body.get("body")
        except (RemoteProtocolError, LocalProtocolError):
            return []
        items = body.get("items") if isinstance(body, dict) else None
        return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []

    async def _lapsed(self, row: MessageRow) -> int:
        """Return how many items of a request have lapsed."""
        if row.thread is None:
            return 0
        found = (await self._cases.case(row.thread)).thread.requests.get(row.mid)
        items = () if found is None else found.items
        return sum(
            item.preservation is not None and item.preservation.state is PreservationState.LAPSED
            for item in items
        )


def percentile(times: Iterable[int | None], share: int) -> int | None:
    """Return the value that this share of some values does not exceed; None if there is none.

    Args:
        times: None counts as no value.
        share: Per cent, 1 to 100.
    """
    known = sorted(each for each in times if each is not None)
    return known[(len(known) * share + 99) // 100 - 1] if known else None


def _row(key: str, counted: Sequence[Counted]) -> StatisticsRow:
    acknowledged = [one.acknowledged_ms for one in counted]
    answered = [one.answered_ms for one in counted]
    sent = sum(one.row.direction is Direction.OUT for one in counted)
    return StatisticsRow(
        key=key,
        sent=sent,
        received=len(counted) - sent,
        acknowledge_p50_ms=percentile(acknowledged, 50),
        acknowledge_p90_ms=percentile(acknowledged, 90),
        answer_p50_ms=percentile(answered, 50),
        answer_p90_ms=percentile(answered, 90),
        overdue=sum(one.is_overdue for one in counted),
        refused=sum(one.is_refused for one in counted),
        lapsed=sum(one.lapsed for one in counted),
    )


def _key(one: Counted, by: By) -> str:
    match by:
        case By.ARTICLE:
            return one.kind.article or PROCEDURE
        case By.TYPE:
            return one.kind.name
        case By.PARTY:
            ours = one.row.direction is Direction.OUT
            return (one.row.recipient if ours else one.row.sender).country


def _kind(row: MessageRow) -> DocumentType | None:
    summary = summary_of(row)
    return None if summary is None else TYPES.get(summary.type)


def _first(replies: Iterable[Reply], effects: set[LadderEffect]) -> int | None:
    times = [each.row.t_ms for each in replies if each.kind.ladder_effect in effects]
    return min(times, default=None)


def _grounds(item: Mapping[str, Value]) -> Iterator[str]:
    grounds = item.get("grounds")
    for ground in grounds if isinstance(grounds, list) else ():
        code = ground.get("code") if isinstance(ground, dict) else None
        if isinstance(code, str):
            yield code


def _or(value: int | None, other: int) -> int:
    return other if value is None else value
