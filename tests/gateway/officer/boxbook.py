"""The lists' part of the store over the messages of a test."""

from collections.abc import Mapping, Sequence

from gateway.boxes import Box, Outline
from gateway.records import Direction
from gateway.rows import MessageRow
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId
from tests.gateway.officer.world import Book


class BoxShelf:
    """Implements boxes.BoxReads and conditions.Emergencies.

    A message's number is its place in the book.

    Args:
        book: The messages.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.filed: set[MessageId] = set()
        self.opened: list[int] = []

    async def outlines(self, box: Box, *, limit: int) -> tuple[Outline, ...]:
        """Return the messages of a list, the newest first."""
        found = [
            Outline(
                number=number,
                direction=row.direction,
                party=row.sender if row.direction is Direction.IN else row.recipient,
                is_reply=row.re is not None,
                cls=row.cls,
                state=row.state,
                t_ms=row.t_ms,
                is_filed=row.thread in self.filed,
            )
            for number, row in enumerate(self._book.rows)
            if self._box_of(row) is box
        ]
        return tuple(sorted(found, key=lambda one: -one.t_ms)[:limit])

    async def boxes_version(self) -> tuple[int, ...]:
        """Return what changes with every message and step."""
        return (
            len(self._book.rows),
            len(self._book.log),
            len(self.filed),
            hash(str(self._book.rows)),
        )

    async def summaries(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return the summaries of some messages."""
        self.opened.extend(numbers)
        rows = {number: self._book.rows[number].summary for number in numbers}
        return {number: summary for number, summary in rows.items() if summary is not None}

    async def messages_of(self, numbers: Sequence[int]) -> tuple[MessageRow, ...]:
        """Return messages whole."""
        return tuple(self._book.rows[number] for number in numbers)

    async def waiting_emergencies(self) -> tuple[MessageRow, ...]:
        """Return the received emergencies that nobody has opened, oldest first."""
        return tuple(
            row
            for row in self._book.rows
            if row.direction is Direction.IN
            and row.cls is Urgency.P0
            and row.state is MessageState.CONSIGNED
        )

    def _box_of(self, row: MessageRow) -> Box:
        over = is_over(row.state) or reached(row.state, MessageState.DECLINED)
        if over or row.thread in self.filed:
            return Box.CLOSED
        return Box.INBOX if row.direction is Direction.IN else Box.OUTBOX
