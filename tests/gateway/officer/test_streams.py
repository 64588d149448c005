"""Following events: read as they are written, taken up again after a cut, each of them once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from aiohttp.web import AppRunner, UnixSite
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UnavailableError
from gateway.officer.client import Client
from gateway.officer.server import build_officer_app
from gateway.officer.shapes.models import Event
from gateway.officer.streams import events_of
from gateway.records import Direction
from protocol.cases.ladder import MessageState
from tests.gateway.officer.world import World, mid, row_of

EVENT = b'id: 7\nevent: receipt\ndata: {"at":"2026-11-21T14:00:00.000Z","what":"opened"}\n\n'


async def lines(*whole: bytes) -> AsyncIterator[bytes]:  # noqa: RUF029  as a stream gives them
    """Yield the lines of some bytes."""
    for line in b"".join(whole).splitlines(keepends=True):
        yield line


def read(*whole: bytes) -> list[Event]:
    """Return the events in some bytes."""

    async def collect() -> list[Event]:
        return [event async for event in events_of(lines(*whole))]

    return asyncio.run(collect())


def test_event_is_read_with_its_number_and_the_streams_own_are_passed_over() -> None:
    """Comments, ticks and the greeting are for browsers."""
    [event] = read(b"retry: 2000\nevent: hello\ndata: {}\n\n", b": beat\nevent: tick\n\n", EVENT)
    assert (event.id, event.event, event.what) == (7, "receipt", "opened")
    [reset] = read(b'event: reset\ndata: {"at":"2026-11-21T14:00:00.000Z"}\n\n')
    assert (reset.id, reset.event) == (0, "reset")


def test_half_an_event_is_none() -> None:
    """A cut in the middle loses nothing: it is asked for again."""
    assert read(EVENT[:-1]) == []


@pytest.mark.parametrize(
    "wrong",
    [b"id: x\nevent: receipt\ndata: {}\n\n", b"id: 1\ndata: no json\n\n", b"id: 1\ndata: 7\n\n"],
)
def test_what_no_node_writes_is_not_taken(wrong: bytes) -> None:
    """Whoever listens on the socket instead is no node."""
    with pytest.raises(UnavailableError):
        read(wrong)
    with pytest.raises(UnavailableError):
        read(b"".join(b"f%d: x\n" % number for number in range(20)))


@given(st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_events_or_refused(noise: bytes) -> None:
    """Nothing else comes out of the reader."""
    try:
        read(noise)
    except UnavailableError:
        return


def test_follower_goes_on_after_a_kill_without_gap_or_repeat(tmp_path: Path) -> None:
    """D14: the node dies in the middle and comes back; what happened meanwhile is not missed."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    steps = [MessageState.ACCEPTED, MessageState.CONSIGNED, MessageState.OPENED]
    steps += [MessageState.ACKNOWLEDGED, MessageState.ANSWERED]

    def happen(count: int) -> None:
        for step in islice(iter(steps), count):
            world.book.happen(world.book.rows[0], step.value)
        del steps[:count]

    async def serve() -> AppRunner:
        runner = AppRunner(build_officer_app(world.services()), shutdown_timeout=0.01)
        await runner.setup()
        await UnixSite(runner, str(tmp_path / "control")).start()
        return runner

    async def play() -> list[int]:
        seen: list[int] = []
        runner = await serve()
        async with Client(tmp_path, clock=world.clock) as desk, aclosing(desk.events()) as events:
            happen(2)
            seen += [(await anext(events)).id, (await anext(events)).id]
            await runner.cleanup()
            happen(2)
            runner = await serve()
            seen += [(await anext(events)).id, (await anext(events)).id]
            world.book.log = world.book.log[3:]
            world.book.first_event = 4
            happen(1)
            seen.append((await anext(events)).id)
        await runner.cleanup()
        return seen

    assert asyncio.run(play()) == [1, 2, 3, 4, 5]


def test_reader_that_is_ahead_or_behind_is_told_to_look_anew(tmp_path: Path) -> None:
    """Older events are gone, or the node was restored to a time before."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    for step in ("accepted", "consigned", "opened"):
        world.book.happen(world.book.rows[0], step)
    world.book.log = world.book.log[1:]

    async def first(after: int) -> Event:
        async with Client(tmp_path) as desk, aclosing(desk.events(after)) as events:
            return await anext(events)

    async def play() -> list[str]:
        runner = AppRunner(build_officer_app(world.services()), shutdown_timeout=0.01)
        await runner.setup()
        await UnixSite(runner, str(tmp_path / "control")).start()
        world.book.log[0] = replace(world.book.log[0], number=5)
        found = [(await first(2)).event, (await first(99)).event]
        async with Client(tmp_path) as desk:
            news = await desk.node.events(99)
        assert (news.reset, news.items) == (True, ())
        await runner.cleanup()
        return found

    assert asyncio.run(play()) == ["reset", "reset"]
