"""What pages cost at a desk with ten thousand messages: `python -m tests.bench.desk [--json]`.

Two real nodes in one process: so many requests come in and lie unopened, as many go out. The desk
is then built anew and reads what a start reads beside all else: the lists and the index of words.
Its pages are fetched over HTTP by somebody who is signed in: the first inbox, some dozens more, and
searches for a word that stands in every message and for one that stands in one. Each is the whole
answer of the server.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from aiohttp.test_utils import TestServer

from gateway.officer.desk import build_desk_app
from gateway.people import Role
from gateway.records import Direction
from gateway.service.searching import Search
from gateway.storage.wordindex import MemoryIndex
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId
from tests.gateway.officer.pages.world import Answer, DeskWorld, Visitor, desk_world, services_of
from tests.gateway.service.world import request, send, until_state

MESSAGES: Final = 10_000
_PAGES: Final = 60
_SEARCHES: Final = 12
_TOGETHER: Final = 200
_APART_MS: Final = 7
_RARE: Final = "nightjar"
_WORDS: Final = {"in_one": _RARE, "in_all": "invoices"}


async def measure(folder: Path, *, messages: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fill two boxes, and fetch pages.

    Args:
        folder: Where the homes of both nodes are made.
        messages: In each box.
        tell: Told how far it is.

    Returns:
        Milliseconds by page; how many messages lie in the inbox.
    """
    async with desk_world(folder) as world:
        await _fill(world, messages, tell)
        async with _started(world) as (visitor, read):
            return read | await _fetched(world, visitor, tell)


async def _fill(world: DeskWorld, messages: int, tell: Callable[[str], None]) -> None:
    last: list[MessageId] = []
    for number in range(messages):
        world.net.clock.ms += _APART_MS
        document = request(number, to="FR")
        if number == messages // 2:
            document["body"]["facts"] += f" A {_RARE} was seen."
        last = [
            (await send(world.peer, request(number, to="RO"))).mid,
            (await send(world.node, document)).mid,
        ]
        if number % _TOGETHER == _TOGETHER - 1 or number == messages - 1:
            await until_state(world.node, last[0], MessageState.CONSIGNED)
            await until_state(world.peer, last[1], MessageState.CONSIGNED)
            tell(f"{number + 1} of {messages} messages each way")


@asynccontextmanager
async def _started(world: DeskWorld) -> AsyncIterator[tuple[Visitor, dict[str, float]]]:
    """Serve a desk that holds nothing from before, and sign somebody in.

    Yields:
        Who signed in; milliseconds of what a start reads for the lists and for the search.
    """
    node, parts = world.node, world.parts
    services = services_of(node, desk=parts.services.config.desk)
    search = Search(node.store, MemoryIndex, node.clock)
    services = replace(services, door=parts.door, searching=search)
    assert services.boxes is not None
    read = {"lists_at_start_ms": await _once(services.boxes.counts)}
    read["index_at_start_ms"] = await _once(search.warm)
    server = TestServer(build_desk_app(replace(parts, services=services)), host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.1)
    parts.address.port = server.port or 0
    try:
        visitor = await world.visitor(Role.OFFICER)
        visitor.base = f"http://localhost:{server.port}"
        yield visitor, read
    finally:
        await server.close()


async def _fetched(
    world: DeskWorld, visitor: Visitor, tell: Callable[[str], None]
) -> dict[str, Any]:
    tell("the inbox, and more of it")
    first = await _once(lambda: visitor.get("/inbox"))
    inbox = await _timed(lambda: visitor.get("/inbox"), _PAGES)
    found: dict[str, Any] = {
        "inbox_messages": len(await world.node.store.messages(Direction.IN, limit=1_000_000)),
        "inbox_first_ms": first,
        "inbox": _spread(inbox),
    }
    tell("the search")
    for name, word in _WORDS.items():
        found[f"search_{name}"] = _spread(await _timed(_search(visitor, word), _SEARCHES))
    return found


def _search(visitor: Visitor, word: str) -> Callable[[], Awaitable[Answer]]:
    async def ask() -> Answer:
        answer = await visitor.post("/search", {"words": word})
        assert "/messages/" in answer.text, "a search that finds nothing measures nothing"
        return answer

    return ask


async def _once(work: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await work()
    return round((perf_counter() - began) * 1000, 1)


async def _timed(ask: Callable[[], Awaitable[Answer]], times: int) -> list[float]:
    async def good() -> None:
        answer = await ask()
        assert answer.status == 200, answer.text

    return [await _once(good) for _ in range(times)]


def _spread(taken: Sequence[float]) -> dict[str, float]:
    return {
        "median_ms": round(median(taken), 1),
        "p95_ms": sorted(taken)[int(len(taken) * 0.95)],
        "most_ms": max(taken),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print.

    Args:
        argv: Without the program; the process's own unless given.
    """
    parser = ArgumentParser(prog="python -m tests.bench.desk", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="in each box")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args(argv)
    with TemporaryDirectory(prefix="a35-b-") as folder:
        found = asyncio.run(measure(Path(folder), messages=options.messages, tell=_tell))
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for name, value in found.items():
        shown = (
            value
            if not isinstance(value, dict)
            else "  ".join(f"{key.removesuffix('_ms')} {each} ms" for key, each in value.items())
        )
        sys.stdout.write(f"{name:<16} {shown}\n")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
