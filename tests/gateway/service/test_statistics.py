"""The numbers: each request once, times by the first message that counts, late by clocks."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.casework import By, Statistics
from gateway.errors import DataError
from gateway.records import Direction
from gateway.service.case import Cases
from gateway.service.statistics import StatisticsDesk, percentile
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.encoding import Value
from tests.gateway.network import DAY_MS, START_MS, Network, Wire, network
from tests.gateway.officer.world import NOW_MS, World, content_of, mid, row_of
from tests.gateway.officer.world import RO as OURS
from tests.gateway.service.test_watch import preserved
from tests.gateway.service.world import (
    acknowledgement,
    decision,
    request,
    scenario,
    send,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
HOUR_MS = 3_600_000


def desk_of(net: Network, name: str) -> StatisticsDesk:
    """Return the use case of a node."""
    node = net[name]
    return StatisticsDesk(node.store, node.runtime.cases, node.clock, budgets=Budgets())


async def counted(net: Network, name: str, by: By = By.ARTICLE) -> Statistics:
    """Return the numbers of all that there is."""
    return await desk_of(net, name).statistics(
        from_ms=START_MS - DAY_MS, to_ms=START_MS + 40 * DAY_MS, by=by
    )


async def exchange(net: Network, *, refuse: bool) -> None:
    """Let RO/1 acknowledge a request of FR/1 after an hour and decide after two."""
    asked = request()
    sent = await send(net["FR/1"], asked)
    await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
    await net["RO/1"].runtime.act.open(sent.mid, who="RO/1 officer 3")
    await net.advance(HOUR_MS)
    await send(net["RO/1"], acknowledgement(asked, sent.mid))
    await until_state(net["FR/1"], sent.mid, MessageState.ACKNOWLEDGED)
    await net.advance(HOUR_MS)
    answer = await send(net["RO/1"], decision(asked, sent.mid, refuse=refuse))
    await until_state(net["FR/1"], answer.mid, MessageState.CONSIGNED)


@scenario
async def test_both_sides_count_the_same_times_and_grounds(tmp_path: Path) -> None:
    """A request, its acknowledgement, its decision: one row, at both desks."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, refuse=True)
        ours, theirs = await counted(net, "FR/1"), await counted(net, "RO/1")
        assert (ours.total.sent, ours.total.received) == (1, 0)
        assert (theirs.total.sent, theirs.total.received) == (0, 1)
        for found in (ours, theirs):
            [row] = found.rows
            assert row.acknowledge_p50_ms == pytest.approx(HOUR_MS, abs=60_000)
            assert row.answer_p90_ms == pytest.approx(2 * HOUR_MS, abs=60_000)
            assert (row.refused, row.lapsed, found.total.refused) == (1, 0, 1)
            assert list(found.grounds) == ["essential_interests"]
        assert [row.key for row in (await counted(net, "FR/1", By.PARTY)).rows] == ["RO"]
        assert [row.key for row in (await counted(net, "RO/1", By.TYPE)).rows] == [
            "subscriber_information_request"
        ]


@scenario
async def test_what_nobody_answered_is_overdue_once_its_time_is_over(tmp_path: Path) -> None:
    """Nothing is measured of it, and it is late."""
    async with network(tmp_path, NAMES, Wire()) as net:
        sent = await send(net["FR/1"], request())
        await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
        early = (await counted(net, "RO/1")).total
        assert (early.received, early.overdue, early.answer_p50_ms) == (1, 0, None)
        await net.advance(30 * DAY_MS)
        assert (await counted(net, "RO/1")).total.overdue == 1
        empty = await desk_of(net, "RO/1").statistics(from_ms=0, to_ms=1, by=By.TYPE)
        assert (empty.rows, empty.total.received) == ((), 0)
        with pytest.raises(DataError):
            await desk_of(net, "RO/1").statistics(from_ms=2, to_ms=2, by=By.TYPE)


def test_percentiles_are_values_that_were_measured() -> None:
    """No number between two of them."""
    assert percentile([], 50) is None
    assert percentile([None, 7], 90) == 7
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile(range(1, 101), 90) == 90


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_share_of_values_does_not_exceed_its_percentile(values: list[int], share: int) -> None:
    """What the word means."""
    found = percentile(values, share)
    assert found in values
    assert sum(each <= (found or 0) for each in values) * 100 >= share * len(values)


@scenario
async def test_items_whose_data_lapsed_are_counted(tmp_path: Path) -> None:
    """Nobody asked for the data in the time that they were preserved for."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await preserved(net)
        span = {"from_ms": START_MS - DAY_MS, "to_ms": START_MS + DAY_MS}
        for name in NAMES:
            desk = desk_of(net, name)
            assert (await desk.statistics(**span, by=By.TYPE)).total.lapsed == 0
        net.clock.ms = START_MS + 91 * DAY_MS
        for name in NAMES:
            [row] = (await desk_of(net, name).statistics(**span, by=By.TYPE)).rows
            assert (row.key, row.lapsed) == ("preservation_request", 3)


def test_decision_that_cannot_be_read_refuses_nothing() -> None:
    """A later version's words are no grounds of this one."""
    world = World()
    asked = content_of(mid(1))
    world.book.put(row_of(mid(1), Direction.OUT, content=asked), asked)
    bodies: list[tuple[int, dict[str, Value]]] = [
        (2, {"items": "many"}),
        (3, {"items": [{"outcome": "refused"}, 7]}),
    ]
    for number, body in bodies:
        answer = content_of(mid(number), kind="decision", body=body)
        row = row_of(mid(number), Direction.IN, thread=mid(1), content=answer)
        world.book.put(replace(row, re=mid(1)), answer)
    broken = row_of(
        mid(4), Direction.IN, thread=mid(1), content=content_of(mid(4), kind="decision")
    )
    world.book.put(replace(broken, re=mid(1)))
    world.book.put(replace(broken, mid=mid(5), re=mid(1)))
    world.book.inners[mid(5)] = b"no content"
    cases = Cases(node=OURS, casebook=world.book, clock=world.clock)
    desk = StatisticsDesk(world.book, cases, world.clock, budgets=Budgets())
    found = asyncio.run(desk.statistics(from_ms=0, to_ms=NOW_MS * 2, by=By.TYPE))
    assert (found.total.refused, dict(found.grounds)) == (1, {})
    assert found.total.answer_p50_ms == 1
