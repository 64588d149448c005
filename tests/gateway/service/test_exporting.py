"""Exports of what may be used under conditions only: whoever takes it must say that they know."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from gateway.casework import Hand
from gateway.people import Role
from gateway.records import Direction, SignedHead
from gateway.service.case import Case
from gateway.service.exporting import Exporting, ExportQuery, ExportRow, NotConfirmedError
from protocol.cases.conditions import Condition, ConditionState
from protocol.cases.items import Item
from protocol.cases.ladder import MessageState
from protocol.cases.request import Asking, Request
from protocol.cases.state import Thread
from protocol.identifiers import MessageId
from protocol.log.deed import Act
from protocol.log.statement import Statement
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.world import NOW_MS, Book, World, content_of, mid, row_of

OFFICER = somebody(Role.OFFICER)
WHOLE = ExportQuery(thread=None, from_ms=0, to_ms=NOW_MS * 2, form="json")


class LoggingBook(Book):
    """The messages of a test, with a log that keeps what was stated."""

    def __init__(self) -> None:
        super().__init__()
        self.stated: list[Statement] = []

    def head(self) -> SignedHead | None:
        """Return nothing: it is not signed."""
        return None

    async def state(self, statements: Sequence[Statement], *, must_leave: bool) -> int:
        """Keep statements."""
        del must_leave
        self.stated += statements
        return len(self.stated) - 1


@dataclass(frozen=True, slots=True)
class Bound:
    """Cases in each of which one condition stands."""

    state: ConditionState
    asked: list[MessageId] = field(default_factory=list)

    async def case(self, thread: MessageId) -> Case:
        """Return a case."""
        self.asked.append(thread)
        condition = Condition(kind="confidential", text="canary", by=thread, state=self.state)
        request = Request(
            mid=thread,
            type="stored_data_request",
            asking=Asking.DATA,
            urgency="routine",
            t_ms=NOW_MS,
            items=(Item(item_id="1", conditions=(condition,)),),
        )
        return Case(
            thread=Thread(thread=thread, requests={thread: request}),
            side=None,
            deadlines=(),
            sendable=(),
        )


def exported(book: LoggingBook, cases: Bound, *, is_confirmed: bool) -> list[ExportRow]:
    """Export all; return the rows."""

    async def play() -> list[ExportRow]:
        world = World()
        world.book = book
        consult = world.services().consult
        exporting = Exporting(book, consult, cases, world.clock)  # type: ignore[arg-type]
        export = await exporting.begin(WHOLE, by=OFFICER, is_confirmed=is_confirmed)
        return [row async for row in export.rows]

    return asyncio.run(play())


def book_of(count: int) -> LoggingBook:
    """Return a book with so many answered requests of ours in one case."""
    book = LoggingBook()
    for number in range(1, count + 1):
        content = content_of(mid(number))
        row = row_of(
            mid(number), Direction.OUT, state=MessageState.ANSWERED, thread=mid(1), content=content
        )
        book.put(row, content)
    return book


def test_conditions_are_asked_about_before_anything_is_stated() -> None:
    """The second time it is confirmed, and each row says which conditions bind."""
    book, cases = book_of(3), Bound(ConditionState.STATED)
    with pytest.raises(NotConfirmedError) as refused:
        exported(book, cases, is_confirmed=False)
    assert (refused.value.code, refused.value.exit_code) == ("conditions_apply", 65)
    assert book.stated == []
    rows = exported(book, cases, is_confirmed=True)
    assert [row.conditions for row in rows] == [("confidential",)] * 3
    assert all(row.document is not None for row in rows)
    [statement] = book.stated
    assert Act.decode(statement.preimage).who == Hand.of(OFFICER).who
    assert len(cases.asked) == 2


def test_condition_that_does_not_bind_is_no_matter() -> None:
    """What was offered and not taken says nothing of the data."""
    rows = exported(book_of(1), Bound(ConditionState.OFFERED), is_confirmed=False)
    assert [row.conditions for row in rows] == [()]


def test_content_that_is_gone_leaves_its_row() -> None:
    """A message whose content is not held any more was there all the same."""
    book = book_of(1)
    book.inners.clear()
    [row] = exported(book, Bound(ConditionState.OFFERED), is_confirmed=True)
    assert row.document is None
