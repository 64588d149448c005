"""Events come in order, once, with the numbers to resume by; what is gone is said."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError, ClientResponse, ClientSession
from aiohttp.abc import AbstractStreamWriter
from aiohttp.test_utils import make_mocked_request
from typing_extensions import override

from gateway.officer.access import CALLER
from gateway.officer.api.events import BEAT_S, MAX_STREAMS, EventApi
from gateway.people import Caller, Role, Way
from gateway.records import Direction
from gateway.rows import EventRow
from tests.gateway.officer.api.test_reply import connected
from tests.gateway.officer.world import World, mid, row_of, served

STREAM = {"Accept": "text/event-stream"}
URL = "http://localhost/api/v1/events"


def test_poll_returns_what_came_after() -> None:
    """A program that was away catches up."""
    world = happened("accepted", "consigned", "opened")

    async def look(session: ClientSession) -> None:
        first = await poll(session, "after=0")
        assert [(item["id"], item["what"]) for item in first["items"]] == [
            (1, "accepted"),
            (2, "consigned"),
            (3, "opened"),
        ]
        assert (first["next"], first["reset"]) == (3, False)
        assert first["items"][0]["log"] == {"origin": "a35/FR/1/log/1", "index": 8801}
        later = await poll(session, "after=2")
        assert [item["id"] for item in later["items"]] == [3]
        assert (await poll(session, "after=3"))["next"] == 3

    with_session(world, look)


def test_poll_waits_for_the_next_event() -> None:
    """Nobody has to ask again and again."""
    world = happened("accepted")

    async def look(session: ClientSession) -> None:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(poll(session, "after=1&wait=25"))
            await poll(session, "after=0")
            world.book.happen(world.book.rows[0], "consigned")
        assert [item["id"] for item in waiting.result()["items"]] == [2]

    with_session(world, look)


def test_poll_says_when_older_events_are_gone() -> None:
    """A reader that missed some must read its lists anew."""
    world = happened("accepted", "consigned", "opened")
    world.book.log = world.book.log[2:]

    async def look(session: ClientSession) -> None:
        assert (await poll(session, "after=1"))["reset"] is True
        assert (await poll(session, "after=0"))["reset"] is False

    with_session(world, look)


def test_stream_resumes_after_the_last_id() -> None:
    """What a browser does by itself after a cut."""
    world = happened("accepted", "consigned")

    async def look(session: ClientSession) -> None:
        async with session.get(URL, headers=STREAM | {"Last-Event-ID": "1"}) as response:
            assert response.content_type == "text/event-stream"
            assert await block(response) == ["retry: 2000", "event: hello", hello(world)]
            lines = await block(response)
            assert lines[:2] == ["id: 2", "event: message.state"]
            data = json.loads(lines[2].removeprefix("data: "))
            assert (data["what"], data["mid"], data["by"]) == ("consigned", str(mid(1)), "FR/1")
            world.book.happen(world.book.rows[0], "opened")
            assert (await block(response))[:2] == [": beat", "event: tick"]
            assert (await block(response))[0] == "id: 3"

    with_session(world, look)


def test_stream_says_when_older_events_are_gone() -> None:
    """As the poll does."""
    world = happened("accepted", "consigned", "opened")
    world.book.log = world.book.log[2:]

    async def look(session: ClientSession) -> None:
        async with session.get(f"{URL}?after=1", headers=STREAM) as response:
            await block(response)
            assert (await block(response))[0] == "event: reset"

    with_session(world, look)


def test_what_the_stream_wrote_is_told_and_what_a_poll_gave_is_not() -> None:
    """A program that waits for something else polls as well."""
    world = happened("accepted", "consigned")
    heard: list[tuple[list[int], str]] = []

    async def told(events: Sequence[EventRow], way: str) -> None:
        await asyncio.sleep(0)
        heard.append(([event.number for event in events], way))

    world.told = told

    async def look(session: ClientSession) -> None:
        await poll(session, "after=0")
        assert heard == []
        async with session.get(f"{URL}?after=1", headers=STREAM) as response:
            await block(response)
            assert (await block(response))[0] == "id: 2"
        assert heard == [([2], "the event stream of the desk")]

    with_session(world, look)


def test_streams_are_bounded() -> None:
    """Each holds a connection and a task of the node."""
    world = World()

    async def look(session: ClientSession) -> None:
        held = [await session.get(URL, headers=STREAM) for _ in range(MAX_STREAMS)]
        async with session.get(URL, headers=STREAM) as refused:
            assert refused.status == 429
            assert refused.headers["Retry-After"] == "15"
        for response in held:
            response.close()

    with_session(world, look)


def test_reader_that_went_leaves_its_place_before_the_next_beat() -> None:
    """Who turns pages leaves a stream behind with each."""
    world = World()

    async def look(session: ClientSession) -> None:
        for response in [await session.get(URL, headers=STREAM) for _ in range(MAX_STREAMS)]:
            response.close()
        async with asyncio.timeout(BEAT_S - 1):
            while True:
                async with session.get(URL, headers=STREAM) as answered:
                    if answered.status == 200:
                        return
                await asyncio.sleep(0.1)

    with_session(world, look)


def test_reader_that_went_before_the_first_word_is_no_fault() -> None:
    """A page that is left at once closes its stream while the answer is only begun."""

    class Gone(AbstractStreamWriter):
        """Writes to nobody."""

        @override
        async def write(self, chunk: object) -> None:
            """Find the connection closed."""
            raise ClientConnectionResetError("closed")

        @override
        async def write_eof(self, chunk: bytes = b"") -> None:
            """Find the connection closed."""
            raise ClientConnectionResetError("closed")

        @override
        async def drain(self) -> None:
            """Find the connection closed."""
            raise ClientConnectionResetError("closed")

        @override
        def enable_compression(
            self, encoding: str = "deflate", strategy: int | None = None
        ) -> None:
            """Compress nothing."""

        @override
        def enable_chunking(self) -> None:
            """Cut nothing."""

        @override
        async def write_headers(self, status_line: str, headers: object) -> None:
            """Find the connection closed."""
            raise ClientConnectionResetError("closed")

    world = World()
    request = make_mocked_request("GET", "/api/v1/events", STREAM, writer=Gone())
    request[CALLER] = Caller(
        person=1, name="1", who="RO/1 officer 1", roles=frozenset(Role), way=Way.SESSION
    )
    answered = asyncio.run(EventApi(world.book, world.clock).events(request))
    assert answered.status == 200


@pytest.mark.parametrize("query", ["after=x", "after=-1", "wait=1.5", "after=99999999999999999"])
def test_malformed_number_is_refused(query: str) -> None:
    """A reader that resumes from nonsense must hear of it."""

    async def look(session: ClientSession) -> None:
        async with session.get(f"{URL}?{query}") as response:
            assert response.status == 400

    with_session(World(), look)


def happened(*states: str) -> World:
    """Return a world with one message of ours that these things happened to."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    for state in states:
        world.book.happen(world.book.rows[0], state)
    return world


def hello(world: World) -> str:
    """Return the data line of a stream's first event."""
    assert world.clock.ms == 1_795_269_600_000
    return 'data: {"at":"2026-11-21T14:00:00.000Z"}'


async def poll(session: ClientSession, query: str) -> dict[str, Any]:
    """Ask once."""
    async with session.get(f"{URL}?{query}") as response:
        answer: dict[str, Any] = json.loads(await response.read())
        return answer


async def block(response: ClientResponse) -> list[str]:
    """Read one event of a stream."""
    return (await response.content.readuntil(b"\n\n")).decode().split("\n")[:-2]


def with_session(world: World, work: Callable[[ClientSession], Awaitable[None]]) -> None:
    """Do some work with a session at a served desk."""

    async def run() -> None:
        async with served(world) as folder, connected(folder) as session:
            await work(session)

    asyncio.run(run())
