"""Looking for words in what this desk may read: messages that it sent, and those it has opened.

The index is built in pieces after a start and follows the node's events from then on; it lies in
memory alone (gateway.indexing). Attachments are found by their names: nobody opens them here.

Source: docs/desk.md, "Search".
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gateway.casework import Hit, SearchQuery
from gateway.errors import AccessDeniedError, DataError
from gateway.indexing import IndexedMessage, WordIndex
from gateway.people import Caller, Role
from gateway.ports import Clock
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.contents import content_of, legible_inner
from gateway.store import Casebook
from protocol.cases.ladder import MessageState, reached
from protocol.encoding import Value
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.identifiers import MessageId, NodeId

MAX_WORDS: Final = 200
MAX_HITS: Final = 200
_PAGE: Final = 20
"""So many are read at a time: others wait for about as many milliseconds."""

_READERS: Final = frozenset({Role.OFFICER, Role.APPROVER, Role.SUPERVISOR})
_REFERENCES: Final = frozenset({
    "case_reference",
    "recipient_reference",
    "mla_reference",
    "their_reference",
    "campaign",
})  # fmt: skip


class Search:
    """Implements casework.Searching.

    Args:
        casebook: What there is to read, and the events that tell of more.
        make_index: Gives an empty index; called when it is first needed.
        clock: To let others go on while it is built.
    """

    def __init__(
        self, casebook: Casebook, make_index: Callable[[], WordIndex], clock: Clock
    ) -> None:
        self._clock = clock
        self._casebook = casebook
        self._make_index = make_index
        self._made: WordIndex | None = None
        self._seen_event: int | None = None
        self._held: set[tuple[NodeId, MessageId]] = set()
        self._turn = asyncio.Lock()

    @property
    def _index(self) -> WordIndex:
        if self._made is None:
            self._made = self._make_index()
        return self._made

    async def warm(self) -> None:
        """Build the index, if that was not done; whoever searches meanwhile waits for it."""
        async with self._turn:
            await self._follow()

    async def search(self, query: SearchQuery, *, viewer: Caller) -> tuple[Hit, ...]:
        """Return hits, best first.

        Args:
            query: What is looked for.
            viewer: Who looks; what they may not read is not looked through.

        Raises:
            AccessDeniedError: They may not read content.
            DataError: No word, or too many.
        """
        if viewer.roles.isdisjoint(_READERS):
            raise AccessDeniedError("your role does not allow this", code="forbidden_role")
        if not 0 < len(query.words.strip()) <= MAX_WORDS or not 0 < query.limit <= MAX_HITS:
            raise DataError(
                f"search for 1 to {MAX_WORDS} characters, for 1 to {MAX_HITS} hits",
                code="invalid_body",
            )
        async with self._turn:
            await self._follow()
            found = self._index.find(query, limit=query.limit)
            return await self._readable(found)

    async def _readable(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Return those hits that retention has not erased meanwhile; the others are forgotten."""
        kept = []
        for hit in hits:
            rows = await self._casebook.message(hit.mid)
            if any(row.sender == hit.sender and row.erased_ms is None for row in rows):
                kept.append(hit)
            else:
                self._index.drop(hit.sender, hit.mid)
        return tuple(kept)

    async def _follow(self) -> None:
        """Bring the index to the newest event."""
        if self._seen_event is None:
            # What happens while it is built is followed afterwards, and taken in once.
            self._seen_event = self._casebook.newest_event
            for direction in Direction:
                await self._build(direction)
        while True:
            events = await self._casebook.events(after=self._seen_event, limit=_PAGE)
            if not events:
                return
            mids = dict.fromkeys(event.mid for event in events if event.mid is not None)
            for mid in mids:
                await self._take(await self._casebook.message(mid))
            self._seen_event = events[-1].number
            await self._clock.sleep(0)  # weeks of events may have come since the last search

    async def _build(self, direction: Direction) -> None:
        before: int | None = None
        while True:
            rows = await self._casebook.messages(direction, limit=_PAGE, before=before)
            if not rows:
                return
            await self._take(rows)
            before = rows[-1].t_ms
            await self._clock.sleep(0)  # others go on meanwhile

    async def _take(self, rows: Sequence[MessageRow]) -> None:
        taken = []
        for row in rows:
            if (row.sender, row.mid) in self._held or not _may_be_read(row):
                continue
            inner = await legible_inner(self._casebook, row)
            indexed = None if inner is None else _indexed(row, inner)
            if indexed is not None:
                taken.append(indexed)
                self._held.add((row.sender, row.mid))
        if taken:
            self._index.add(taken)


def _may_be_read(row: MessageRow) -> bool:
    """Tell whether a person of this desk may read a message without an act."""
    is_ours = row.direction is Direction.OUT
    return row.erased_ms is None and (is_ours or reached(row.state, MessageState.OPENED))


def _indexed(row: MessageRow, inner: bytes) -> IndexedMessage | None:
    """Return what is looked through of a message; None for a content that cannot be read."""
    try:
        content = content_of(inner)
    except (RemoteProtocolError, LocalProtocolError):
        return None
    texts = list(_texts("", dict(content.body)))
    return IndexedMessage(
        sender=row.sender,
        mid=row.mid,
        thread=row.thread,
        box=row.direction.value,
        party=row.recipient if row.direction is Direction.OUT else row.sender,
        type=content.type,
        t_ms=row.t_ms,
        reference="\n".join(text for name, text in texts if name in _REFERENCES),
        files="\n".join(entry.name for entry in content.files),
        text="\n".join(text for name, text in texts if name not in _REFERENCES),
    )


def _texts(name: str, value: Value) -> Iterator[tuple[str, str]]:
    """Yield every text of a document with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(str(key), each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(name, each)
