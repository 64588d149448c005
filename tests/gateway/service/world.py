"""What the tests of the services share: documents, sending, waiting, and looking at stores."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import wraps
from io import BytesIO
from json import dumps, loads
from pathlib import Path
from typing import Any, Self

from gateway.demo.documents import answer_to, examples_folder, note_of
from gateway.records import (
    Direction,
    Submitted,
)
from gateway.rows import (
    MessageRow,
)
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId, NodeId
from tests.gateway.network import Network, Node

FR = NodeId("FR", 1)
RO = NodeId("RO", 1)
DE = NodeId("DE", 1)

Json = dict[str, Any]
Rows = Mapping[str, Sequence[tuple[object, ...]]]


def scenario(test: Callable[[Path], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
    """Make an asynchronous test one that pytest runs."""

    @wraps(test)
    def run(tmp_path: Path) -> None:
        asyncio.run(test(tmp_path))

    return run


def request(number: int = 1, *, to: str = "RO", urgency: str = "routine") -> Json:
    """Return a small valid request from a French authority."""
    text = (examples_folder() / "subscriber_information_request.json").read_text()
    document: Json = dict(note_of(loads(text), number=number, size_bytes=1024))
    document["to"] = to
    document["urgency"] = urgency
    if urgency != "routine":
        document["body"] |= {
            "urgency_reasons": ["crime_in_progress"],
            "urgency_details": "A person is being held.",
            "confirmation_contact": {"name": "Duty officer", "telephone": "+33 1 99 00 12 40"},
        }
    return document


def acknowledgement(asked: Json, mid: MessageId, *, to: str = "FR") -> Json:
    """Return the acknowledgement of a request."""
    body = {
        "desk": "RO/1 night desk",
        "recipient_reference": "RO-26-0001",
        "expected_decision_by": "2026-11-24T03:00:00Z",
        "duty_contact": {"name": "Duty officer", "telephone": "+40 21 555 0100"},
    }
    return {
        "type": "acknowledgement",
        "to": to,
        "in_reply_to": str(mid),
        "urgency": asked["urgency"],
        "handling_code": asked["handling_code"],
        "language": "en",
        "body": body,
    }


def decision(asked: Json, mid: MessageId, *, to: str = "FR", refuse: bool = False) -> Json:
    """Return the decision on a request: all granted, or nothing."""
    answers = answer_to(asked, str(mid), sender="RO", now=_now())
    document: Json = dict(answers[0]) | {"to": to}
    if refuse:
        for item in document["body"]["items"]:
            item |= {
                "outcome": "refused",
                "grounds": [{"code": "essential_interests", "reason": "See the note."}],
                "reasons": "It would touch essential interests.",
                "partial_considered": True,
            }
    return document


async def send(
    node: Node,
    document: Json,
    *,
    files: Mapping[str, bytes] | None = None,
    key: str | None = None,
) -> Submitted:
    """Let an officer send a document with its attachments."""
    contents = {} if files is None else files
    sizes = {name: len(content) for name, content in contents.items()}
    draft = await node.runtime.submit.begin(dumps(document).encode(), file_sizes=sizes)
    for index, name in enumerate(draft.files):
        await node.runtime.submit.attach(draft.id, index, BytesIO(contents[name]))
    return await node.runtime.submit.send(draft.id, request_key=key)


async def until(node: Node, holds: Callable[[MessageRow], bool], mid: MessageId) -> MessageRow:
    """Wait until a message of a node is as it should be; two minutes at the most."""
    async with asyncio.timeout(120):
        after = 0
        while True:
            for row in await node.store.message(mid):
                if holds(row):
                    return row
            events = await node.store.events(after=after, limit=10_000)
            after = events[-1].number if events else after
            await node.store.wait_for_events(after, 5.0)


async def until_state(node: Node, mid: MessageId, state: MessageState) -> MessageRow:
    """Wait until a message is exactly in a state."""
    return await until(node, lambda row: row.state is state, mid)


async def state_of(node: Node, mid: MessageId) -> MessageState:
    """Return the state of the one message with this id."""
    (row,) = await node.store.message(mid)
    return row.state


async def sent_by(node: Node) -> tuple[MessageRow, ...]:
    """Return what a node sent, newest first."""
    return await node.store.messages(Direction.OUT, limit=10_000)


async def received_by(node: Node) -> tuple[MessageRow, ...]:
    """Return what a node received, newest first."""
    return await node.store.messages(Direction.IN, limit=10_000)


def ask(node: Node, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Read a node's database past its own code."""
    with closing(sqlite3.connect(f"file:{node.home / 'store.db'}?mode=ro", uri=True)) as reader:
        return reader.execute(sql, parameters).fetchall()


class Eye:
    """Sees every row of every table of a node, read anew only after a commit."""

    def __init__(self, node: Node) -> None:
        uri = f"file:{node.home / 'store.db'}?mode=ro"
        self._reader = sqlite3.connect(uri, uri=True)
        self._version = -1
        self._rows: Rows = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.close()

    def look(self) -> Rows:
        """Return what is committed."""
        ((version,),) = self._reader.execute("PRAGMA data_version")
        if version != self._version:
            self._version = version
            self._rows = self._read()
        return self._rows

    def _read(self) -> Rows:
        tables = self._reader.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            name: self._reader.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  own schema
            for (name,) in sorted(tables)
        }


def dump(node: Node) -> Rows:
    """Return every row of every table of a node."""
    with Eye(node) as eye:
        return eye.look()


def changed_tables(before: Rows, after: Rows) -> set[str]:
    """Return the tables whose rows differ."""
    return {name for name in after if before[name] != after[name]}


def pass_time(net: Network, ms: int = 1_000) -> bool:
    """Let time pass and every node look at its work; true, so that it can begin a condition."""
    net.clock.ms += ms
    for node in net.nodes.values():
        node.store._core.wake_workers()
    return True


def settled(net: Network) -> Callable[[], bool]:
    """Return what tells whether nobody has anything left to send."""

    def holds() -> bool:
        return not any(ask(node, "SELECT 1 FROM outbox LIMIT 1") for node in net.nodes.values())

    return holds


def _now() -> datetime:
    return datetime(2026, 11, 22, 3, tzinfo=UTC)
