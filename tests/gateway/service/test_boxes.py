"""Lists: what waits first stands first, filters tell the truth, and nothing is opened twice."""

import asyncio
from dataclasses import replace

from gateway.boxes import Box
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.boxes import AT_ONCE, Boxes, BoxPage, BoxQuery, all_articles, articles_of
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId
from tests.gateway.officer.boxbook import BoxShelf
from tests.gateway.officer.world import NOW_MS, World, content_of, mid, row_of

DE = NodeId("DE", 1)
HOUR_MS = 60 * 60_000


class Desk:
    """A book and the lists over it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.world = World()
        self.shelf = BoxShelf(self.world.book)
        consult = self.world.services().consult
        self.boxes = Boxes(
            self.shelf, self.shelf, consult, self.world.clock, budgets=Budgets(), at_once=at_once
        )

    def put(
        self,
        number: int,
        *,
        state: MessageState = MessageState.CONSIGNED,
        cls: Urgency = Urgency.P2,
        direction: Direction = Direction.IN,
        kind: str = "subscriber_information_request",
        age_ms: int = 0,
        sender: NodeId | None = None,
        is_reply: bool = False,
    ) -> MessageRow:
        """Put a message into the book."""
        content = content_of(mid(number), kind=kind)
        row = replace(
            row_of(mid(number), direction, state=state, content=content),
            cls=cls,
            t_ms=NOW_MS - age_ms,
            re=mid(999) if is_reply else None,
        )
        row = row if sender is None else replace(row, sender=sender)
        self.world.book.put(row, content)
        return row

    def page(self, query: BoxQuery) -> BoxPage:
        """Ask for a page."""
        return asyncio.run(self.boxes.page(query))

    def numbers(self, query: BoxQuery) -> list[int]:
        """Return what stands on a page, by the numbers of the test."""
        return [int.from_bytes(line.row.mid.value, "big") for line in self.page(query).lines]


INBOX = BoxQuery(box=Box.INBOX)


def test_what_is_due_first_stands_first_and_the_rest_by_age() -> None:
    """At three in the morning the first row is the one to open."""
    desk = Desk()
    desk.put(1, age_ms=2 * HOUR_MS)  # a day to acknowledge
    desk.put(2, cls=Urgency.P0, age_ms=60_000)  # a quarter of an hour
    desk.put(3, kind="decision", is_reply=True, state=MessageState.OPENED, age_ms=5)
    desk.put(4, kind="note", is_reply=True, state=MessageState.OPENED, age_ms=1)
    desk.put(5, cls=Urgency.P1, state=MessageState.ACKNOWLEDGED, age_ms=HOUR_MS)  # three days
    desk.put(6, kind="decision", is_reply=True, age_ms=0)  # new, so to be opened
    assert desk.numbers(INBOX) == [2, 1, 6, 5, 4, 3]


def test_clock_of_the_order_is_that_of_the_line() -> None:
    """A row that says `in 5 min` must not stand below one that says `in 2 h`."""
    desk = Desk()
    for number, (state, cls, direction) in enumerate(
        (state, cls, direction)
        for state in (MessageState.QUEUED, MessageState.OPENED, MessageState.ACKNOWLEDGED)
        for cls in Urgency
        for direction in Direction
        if state is not MessageState.QUEUED or direction is Direction.OUT
    ):
        desk.put(number + 1, state=state, cls=cls, direction=direction, age_ms=HOUR_MS)
    for box in (Box.INBOX, Box.OUTBOX):
        dues = [line.due_ms for line in desk.page(BoxQuery(box=box)).lines]
        waiting = [due for due in dues if due is not None]
        assert waiting == sorted(waiting)
        assert dues[: len(waiting)] == waiting  # bulk, for which nobody waits, stands behind


def test_pages_follow_each_other_and_count_all() -> None:
    """Fifty at a time, none missing."""
    desk = Desk()
    for number in range(1, 8):
        desk.put(number, age_ms=number)
    first = desk.page(replace(INBOX, limit=3))
    assert first.total == 7
    seen = [*desk.numbers(replace(INBOX, limit=5)), *desk.numbers(replace(INBOX, after=5))]
    assert sorted(seen) == list(range(1, 8))


def test_filters_by_country_article_state_and_overdue() -> None:
    """Each alone and all together."""
    desk = Desk()
    desk.put(1, kind="preservation_request", sender=DE, age_ms=30 * HOUR_MS)
    desk.put(2, kind="preservation_request", state=MessageState.OPENED)
    desk.put(3, sender=DE)
    assert desk.numbers(replace(INBOX, country="DE")) == [1, 3]
    assert desk.numbers(replace(INBOX, article="29")) == [1, 2]
    assert desk.numbers(replace(INBOX, states=frozenset({MessageState.OPENED}))) == [2]
    assert desk.numbers(replace(INBOX, overdue=True)) == [1]
    whole = replace(INBOX, country="DE", article="29", overdue=True)
    assert desk.numbers(whole) == [1]
    assert desk.page(replace(whole, country="XX")).total == 0


def test_closed_list_is_newest_first_of_both_directions() -> None:
    """What was answered, what ended otherwise, what was put away."""
    desk = Desk()
    desk.put(1, state=MessageState.ANSWERED, age_ms=3)
    desk.put(2, state=MessageState.EXPIRED, direction=Direction.OUT, age_ms=1)
    desk.shelf.filed.add(mid(3))
    desk.put(3, age_ms=2)
    desk.put(4)
    assert desk.numbers(BoxQuery(box=Box.CLOSED)) == [2, 3, 1]


def test_counts_are_of_what_waits_and_emergencies_of_what_nobody_opened() -> None:
    """The number beside `Inbox` says how much there is to do."""
    desk = Desk()
    desk.put(1)
    desk.put(2, kind="note", is_reply=True, state=MessageState.OPENED)
    desk.put(3, cls=Urgency.P0)
    desk.put(4, cls=Urgency.P0, state=MessageState.OPENED)
    desk.put(5, direction=Direction.OUT, state=MessageState.QUEUED)
    desk.put(6, kind="ping", cls=Urgency.P0)
    assert asyncio.run(desk.boxes.counts()) == {Box.INBOX: 3, Box.OUTBOX: 1}
    (alone,) = asyncio.run(desk.boxes.emergencies())
    assert alone.row.mid == mid(3)


def test_emergency_that_nobody_opened_is_told_though_its_case_was_put_away() -> None:
    """It stands on every page until it is opened, the oldest on top; one that was sent never."""
    desk = Desk()
    desk.put(1, cls=Urgency.P0, age_ms=1)
    desk.put(2, cls=Urgency.P0, age_ms=2)
    desk.put(3, cls=Urgency.P0, direction=Direction.OUT)
    desk.shelf.filed |= {mid(1), mid(2)}
    assert desk.numbers(INBOX) == []
    told = asyncio.run(desk.boxes.emergencies())
    assert [line.row.mid for line in told] == [mid(2), mid(1)]


def test_type_is_opened_once_and_one_of_a_later_version_stays_in_its_list() -> None:
    """Ten thousand summaries are not opened at every page."""
    desk = Desk()
    row = desk.put(1)
    desk.world.book.rows[0] = replace(row, summary=b"\xff")
    assert desk.numbers(INBOX) == [1]
    assert desk.numbers(INBOX) == [1]
    assert desk.shelf.opened == [0]
    assert desk.numbers(replace(INBOX, article="29")) == []


def test_order_is_kept_until_something_happens() -> None:
    """Every page asks for it several times."""
    desk = Desk()
    row = desk.put(1)
    assert desk.numbers(INBOX) == [1]
    desk.world.book.happen(row, "answered")
    assert desk.numbers(INBOX) == []
    assert desk.numbers(BoxQuery(box=Box.CLOSED)) == [1]


def test_after_a_start_one_page_opens_the_newest_alone_and_the_next_go_on() -> None:
    """Ten thousand summaries would keep the first officer of the day waiting."""
    desk = Desk(at_once=2)
    for number in range(1, 6):
        desk.put(number, age_ms=number)
    for opened in (2, 4, 5, 5):
        desk.page(INBOX)
        desk.page(INBOX)  # of the same moment: one page asks several times
        assert len(desk.shelf.opened) == opened
        desk.world.clock.ms += 1_000
    fresh = Desk(at_once=2)
    for number in range(1, 6):
        fresh.put(number, kind="preservation_request")
    assert len(fresh.numbers(replace(INBOX, article="29"))) == 5  # a filter must not miss one


def test_articles_are_those_of_the_requests() -> None:
    """The filter offers what the catalogue knows."""
    assert articles_of("preservation_request") == ("29", "30")
    assert articles_of("ping") == ()
    assert articles_of("note") == ()
    assert {"29", "31", "2AP 9"} <= set(all_articles())
