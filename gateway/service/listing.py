"""What was received or sent, newest first, by filters and pages: for programs and `a35 inbox`.

Filters go by outlines, which open nothing; only what is on the page is read whole.

Source: docs/desk.md, "The API".
"""

from dataclasses import dataclass
from typing import Protocol

from gateway.errors import DataError
from gateway.ports import Clock
from gateway.records import Direction
from gateway.service.boxes import Boxes, Waiting
from gateway.service.consult import Consult
from gateway.service.shown import MessageLine
from protocol.cases.ladder import MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which messages are asked for; None and nothing stand for all.

    Args:
        direction: Received or sent.
        states: How far they got.
        party: Two letters, or a node CC/n.
        type: The document's type.
        is_overdue: Whether a step of theirs is overdue now.
        is_seen: Whether somebody of the desk read them.
    """

    direction: Direction
    states: frozenset[MessageState] = frozenset()
    party: str | None = None
    type: str | None = None
    is_overdue: bool | None = None
    is_seen: bool | None = None


class Readings(Protocol):
    """Who read what."""

    async def read_messages(self) -> frozenset[int]:
        """Return the numbers of the messages that somebody of the desk read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page, and where the next one begins; None at the end."""

    lines: tuple[MessageLine, ...]
    following: int | None


class Listing:
    """Pages of messages.

    Args:
        consult: Gives pages without a filter.
        boxes: Gives what filters go by; None where there are no filters.
        clock: The present time.
        readings: Who read what; None where nobody notes it.
    """

    def __init__(
        self, consult: Consult, boxes: Boxes | None, clock: Clock, *, readings: Readings | None
    ) -> None:
        self._consult = consult
        self._boxes = boxes
        self._clock = clock
        self._readings = readings

    async def page(self, query: ListQuery, *, limit: int, before: int | None) -> ListPage:
        """Return one page.

        Args:
            query: Which messages.
            limit: At most so many; a few more where several were written in one millisecond.
            before: Only those written before, ms since 1970 UTC.

        Raises:
            DataError: This desk has no filters.
        """
        if query == ListQuery(direction=query.direction):
            lines = await self._consult.messages(query.direction, limit=limit, before=before)
            return ListPage(
                lines=lines, following=lines[-1].row.t_ms if len(lines) >= limit else None
            )
        if self._boxes is None:
            raise DataError("this desk has no filters", code="invalid_body")
        bound = 2**62 if before is None else before
        known = await self._boxes.known(query.direction)
        seen = await self._seen(query)
        found = [
            each.outline
            for each in known
            if each.outline.t_ms < bound and self._fits(query, each, seen)
        ]
        # Messages of one moment stay together: the next page begins below it.
        last_ms = found[limit - 1].t_ms if len(found) > limit else None
        taken = found if last_ms is None else [one for one in found if one.t_ms >= last_ms]
        lines = await self._boxes.lines([one.number for one in taken])
        return ListPage(lines=lines, following=last_ms if len(taken) < len(found) else None)

    async def _seen(self, query: ListQuery) -> frozenset[int]:
        if query.is_seen is None or self._readings is None:
            return frozenset()
        return await self._readings.read_messages()

    def _fits(self, query: ListQuery, each: Waiting, seen: frozenset[int]) -> bool:
        outline = each.outline
        is_late = each.due_ms is not None and each.due_ms < self._clock.now_ms()
        return (
            (not query.states or outline.state in query.states)
            and (query.party is None or query.party in {outline.party.country, str(outline.party)})
            and (query.type is None or query.type == each.kind.type)
            and (query.is_overdue is None or query.is_overdue == is_late)
            and (query.is_seen is None or query.is_seen == (outline.number in seen))
        )
