"""Lists for programs: newest first, by filters, page after page without a gap or a repeat."""

import asyncio
from dataclasses import replace

import pytest

from gateway.records import Direction
from gateway.service.boxes import Boxes
from gateway.service.casework import CaseworkDesk
from gateway.service.listing import Listing, ListQuery
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId
from tests.gateway.officer.boxbook import BoxShelf
from tests.gateway.officer.world import DAY_MS, NOW_MS, World, content_of, mid, row_of
from tests.gateway.service.notebook import Notebook

IN = Direction.IN


def world_of(count: int, *, spread: int = 1) -> World:
    """Return a desk with so many received requests, `spread` of them in each millisecond."""
    world = World()
    for number in range(1, count + 1):
        content = content_of(mid(number), kind="decision" if number % 7 == 0 else "note")
        row = row_of(mid(number), IN, state=MessageState.CONSIGNED, content=content)
        state = MessageState.OPENED if number % 3 == 0 else row.state
        sender = NodeId("DE", 2) if number % 5 == 0 else row.sender
        row = replace(row, t_ms=NOW_MS + number // spread, state=state, sender=sender)
        world.book.put(row, content)
    return world


def walk(
    world: World, query: ListQuery, *, limit: int = 10, seen: Notebook | None = None
) -> list[int]:
    """Return the numbers of the messages on all pages, in order."""

    async def turn() -> list[int]:
        services = world.services()
        shelf = BoxShelf(world.book)
        boxes = Boxes(shelf, shelf, services.consult, world.clock, budgets=Budgets())
        casework = None if seen is None else CaseworkDesk(seen, seen, world.clock)
        listing = Listing(services.consult, boxes, world.clock, readings=casework)
        found: list[int] = []
        before: int | None = None
        while True:
            page = await listing.page(query, limit=limit, before=before)
            found += [int.from_bytes(line.row.mid.value, "big") for line in page.lines]
            if page.following is None:
                return found
            before = page.following

    return asyncio.run(turn())


@pytest.mark.parametrize("limit", [1, 7, 200])
@pytest.mark.parametrize("spread", [1, 3])
def test_pages_together_are_the_whole_list(limit: int, spread: int) -> None:
    """Also where several messages were written in one millisecond."""
    found = walk(world_of(50, spread=spread), ListQuery(direction=IN, party="DE"), limit=limit)
    found += walk(world_of(50, spread=spread), ListQuery(direction=IN, party="FR"), limit=limit)
    assert len(found) == 50
    assert set(found) == set(range(1, 51))


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        (ListQuery(direction=IN, states=frozenset({MessageState.OPENED})), lambda n: n % 3 == 0),
        (ListQuery(direction=IN, party="DE"), lambda n: n % 5 == 0),
        (ListQuery(direction=IN, party="DE/2"), lambda n: n % 5 == 0),
        (ListQuery(direction=IN, party="DE/1"), lambda _n: False),
        (ListQuery(direction=IN, type="decision"), lambda n: n % 7 == 0),
        (ListQuery(direction=IN, type="decision", party="DE"), lambda n: n % 35 == 0),
        (ListQuery(direction=Direction.OUT), lambda _n: False),
    ],
)
def test_filters_keep_what_fits_on_every_page(query: ListQuery, keeps: object) -> None:
    """A page is full although most of what lies between does not fit."""
    assert callable(keeps)
    wanted = [number for number in range(250, 0, -1) if keeps(number)]
    assert walk(world_of(250), query, limit=4) == wanted


def test_overdue_is_told_by_the_clocks_of_the_desk() -> None:
    """What waits in time and what is late are two halves of the list."""
    world = world_of(6)
    for number, row in enumerate(world.book.rows):
        if number % 2:
            world.book.rows[number] = replace(row, t_ms=row.t_ms - 9 * DAY_MS, cls=Urgency.P1)
    late = walk(world, ListQuery(direction=IN, is_overdue=True))
    assert late
    rest = walk(world, ListQuery(direction=IN, is_overdue=False))
    assert sorted(late + rest) == [1, 2, 3, 4, 5, 6]


def test_seen_is_what_somebody_of_the_desk_read() -> None:
    """A colleague's reading counts for all."""
    world, notebook = world_of(4), Notebook()
    notebook.read[mid(2)] = notebook.read[mid(3)] = ()
    assert walk(world, ListQuery(direction=IN, is_seen=True), seen=notebook) == [3, 2]
    assert walk(world, ListQuery(direction=IN, is_seen=False), seen=notebook) == [4, 1]
    assert walk(world, ListQuery(direction=IN, is_seen=True)) == []
