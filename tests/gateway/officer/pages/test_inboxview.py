"""Rows of lists: how a message stands, when it is due, and what each role may see of it."""

import asyncio
from dataclasses import replace

import pytest

from gateway.officer.pages.inboxview import (
    Sight,
    concealed,
    is_late,
    is_new,
    row_of,
    rows_of,
    sight_of,
)
from gateway.people import Role
from gateway.records import Direction
from gateway.service.shown import MessageLine
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.world import NOW_MS, World, content_of, mid
from tests.gateway.officer.world import row_of as message_row

HOUR_MS = 60 * 60_000


def line(
    state: MessageState = MessageState.CONSIGNED,
    direction: Direction = Direction.IN,
    *,
    cls: Urgency = Urgency.P1,
    kind: str = "subscriber_information_request",
    age_ms: int = 0,
) -> MessageLine:
    """Return the line of a message of this age."""
    world = World()
    row = message_row(mid(1), direction, state=state, content=content_of(mid(1), kind=kind))
    world.book.put(replace(row, cls=cls, t_ms=NOW_MS - age_ms))
    return asyncio.run(world.services().consult.show(mid(1))).line


def test_new_message_is_bold_and_has_both_clocks() -> None:
    """The two clocks stand side by side: take it on, decide on it."""
    row = row_of(line(), seen_by=["Officer 3"])
    assert (row.is_new, row.waits, row.is_emergency) == (True, True, False)
    assert [tag.word for tag in row.tags] == ["New"]
    assert row.acknowledge is not None
    assert row.answer is not None
    assert row.acknowledge.due_ms < row.answer.due_ms
    assert (row.reference, row.handling) == ("FR-26-1102", "H1")
    assert (row.type, row.article) == ("subscriber_information_request", "31")
    assert row.seen_by == ("Officer 3",)


def test_late_message_says_so_first_in_a_word() -> None:
    """Colour alone tells nothing to many people."""
    late = line(age_ms=2 * HOUR_MS)
    assert is_late(late)
    assert [tag.word for tag in row_of(late).tags] == ["Overdue", "New"]
    cell = row_of(late).acknowledge
    assert cell is not None
    assert cell.is_late


def test_met_clock_says_so_and_a_void_one_is_left_out() -> None:
    """Nothing is due of what ended."""
    taken = row_of(line(MessageState.ACKNOWLEDGED)).acknowledge
    assert taken is not None
    assert taken.is_met
    ended = row_of(line(MessageState.EXPIRED))
    assert (ended.acknowledge, ended.answer, ended.waits) == (None, None, False)


def test_sent_message_is_never_new() -> None:
    """We wrote it."""
    assert not is_new(line(direction=Direction.OUT))


@pytest.mark.parametrize(
    ("role", "sight"),
    [
        (Role.OFFICER, Sight.CONTENT),
        (Role.APPROVER, Sight.CONTENT),
        (Role.SUPERVISOR, Sight.CONTENT),
        (Role.AUDITOR, Sight.LISTS),
        (Role.OPERATOR, Sight.STATES),
    ],
)
def test_each_role_sees_as_much_as_the_table_says(role: Role, sight: Sight) -> None:
    """Auditors see no subject, operators ids, states and peers alone."""
    assert sight_of(somebody(role)) is sight


def test_what_may_not_be_seen_is_gone_before_a_row_is_made() -> None:
    """No template can show what it was not given."""
    whole = line()
    lists, states = (row_of(concealed(whole, each)) for each in (Sight.LISTS, Sight.STATES))
    assert (lists.reference, lists.handling) == (None, "H1")
    assert lists.due_ms is not None
    assert (states.type, states.handling, states.article) == (None, None, "")
    assert (states.due_ms, states.acknowledge) == (None, None)
    assert concealed(whole, Sight.CONTENT) is whole
    unread = replace(whole, summary=None)
    assert concealed(unread, Sight.LISTS).summary is None


def test_rows_keep_the_order_and_name_who_read_what() -> None:
    """The list is in order already."""
    rows = rows_of([line(), line()], seen={mid(1): ["Officer 3"]}, sight=Sight.CONTENT)
    assert [row.seen_by for row in rows] == [("Officer 3",), ("Officer 3",)]
