"""The search: words of what may be read, for whom it may be shown, and never on the disk."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from gateway.casework import SearchQuery
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Role
from gateway.records import Direction
from gateway.service.searching import Search
from gateway.storage.wordindex import MemoryIndex
from protocol.cases.ladder import MessageState
from protocol.encoding import Value
from tests.gateway.network import Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.world import Book, StillClock, content_of, mid, row_of
from tests.gateway.service.world import RO, request, scenario, send, until_state

OFFICER = somebody(Role.OFFICER)
CANARY = "zylophage"
BODY: dict[str, Value] = {
    "case_reference": "FR-26-1102",
    "facts": {"text": f"The {CANARY} was seen.", "language": "en"},
    "items": [{"item_id": "1", "account": "nightjar@example.org"}, {"number": 7}],
}


def put(book: Book, number: int, direction: Direction, state: MessageState, **body: Value) -> None:
    """Put a message with a content into the book."""
    content = content_of(mid(number), body=BODY | body, files=2)
    book.put(row_of(mid(number), direction, state=state, content=content), content)


def looped(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make an asynchronous test one that pytest runs."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


def holding(folder: Path, word: str) -> list[str]:
    """Return the names of the files that hold a word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    return [path.name for path in files if word.encode() in path.read_bytes()]


async def found(search: Search, words: str) -> list[int]:
    """Return the numbers of the messages where words occur."""
    hits = await search.search(SearchQuery(words=words), viewer=OFFICER)
    return sorted(int.from_bytes(hit.mid.value, "big") for hit in hits)


def search_of(book: Book) -> Search:
    """Return the use case over a book."""
    return Search(book, MemoryIndex, StillClock())


@looped
async def test_words_files_and_references_of_what_was_opened_or_sent() -> None:
    """A received message that nobody opened is not read by a search either."""
    book = Book()
    put(book, 1, Direction.IN, MessageState.CONSIGNED)
    put(book, 2, Direction.IN, MessageState.OPENED)
    put(book, 3, Direction.OUT, MessageState.QUEUED)
    search = search_of(book)
    await search.warm()
    for words in (CANARY, "nightjar", "1102", "order 1.txt"):
        assert await found(search, words) == [2, 3], words


@looped
async def test_index_follows_what_happens() -> None:
    """Opened now, found now; what cannot be read is passed over."""
    book = Book()
    put(book, 1, Direction.IN, MessageState.CONSIGNED)
    book.put(row_of(mid(2), Direction.IN, state=MessageState.OPENED))
    broken = row_of(mid(3), Direction.IN, state=MessageState.OPENED)
    book.put(broken)
    book.inners[mid(3)] = b"no content"
    search = search_of(book)
    assert await found(search, CANARY) == []
    book.happen(book.rows[0], "opened")
    assert await found(search, CANARY) == [1]
    put(book, 4, Direction.OUT, MessageState.QUEUED)
    book.happen(book.rows[-1], "accepted")
    assert await found(search, CANARY) == [1, 4]


@looped
async def test_what_retention_erased_is_not_found() -> None:
    """The index learns of it when it would have shown it."""
    book = Book()
    put(book, 1, Direction.OUT, MessageState.ANSWERED)
    search = search_of(book)
    assert await found(search, CANARY) == [1]
    book.rows[0] = replace(book.rows[0], erased_ms=1)
    assert await found(search, CANARY) == []
    book.rows[0] = replace(book.rows[0], erased_ms=None)
    assert await found(search, CANARY) == []


@looped
async def test_operator_and_auditor_cannot_search() -> None:
    """D22: the filter is in the use case, not in the page."""
    search = search_of(Book())
    for role in (Role.OPERATOR, Role.AUDITOR):
        with pytest.raises(AccessDeniedError) as refused:
            await search.search(SearchQuery(words="x"), viewer=somebody(role))
        assert refused.value.code == "forbidden_role"


@pytest.mark.parametrize(("words", "limit"), [("", 50), ("  ", 50), ("x" * 201, 50), ("x", 0)])
def test_search_for_nothing_or_too_much_is_refused(words: str, limit: int) -> None:
    """Bounds hold for pages as for programs."""

    @looped
    async def ask() -> None:
        with pytest.raises(DataError):
            await search_of(Book()).search(SearchQuery(words=words, limit=limit), viewer=OFFICER)

    ask()


@scenario
async def test_database_and_its_log_hold_no_word(tmp_path: Path) -> None:
    """D22: what a search finds stands nowhere in the open on a disk."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        document = request()
        document["body"]["requesting_authority"]["unit"] = f"The {CANARY} unit"
        sent = await send(net["FR/1"], document)
        node = net["RO/1"]
        await until_state(node, sent.mid, MessageState.CONSIGNED)
        search = Search(node.store, MemoryIndex, node.clock)
        assert await search.search(SearchQuery(words=CANARY), viewer=OFFICER) == ()
        await node.runtime.act.open(sent.mid, who=f"{RO} officer 3")
        [hit] = await search.search(SearchQuery(words=CANARY), viewer=OFFICER)
        assert (hit.mid, hit.where) == (sent.mid, "text")
        assert holding(tmp_path, CANARY) == []
