"""Everything that a checker wants to see of a store, read past the code that wrote it.

Plain rows of the committed file, nothing computed: whoever compares logs, receipts and states
makes digests, proofs and states again by itself.

Source: docs/simulation.md.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import StorageError
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId, NodeId

_GONE: Final = frozenset({"message.lost:gone", "message.lost:taken_back"})


@dataclass(frozen=True, slots=True)
class AuditedLeaf:
    """One leaf with what it states."""

    generation: int
    index: int
    kind: int
    digest: bytes
    preimage: bytes | None
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class AuditedHead:
    """One signed checkpoint, of our own log or of another."""

    origin: str
    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedMessage:
    """One message; `received` counts the events that told officers of it.

    `is_gone` says that officers were told: its receiver lost it, and it does not go again: its time
    is over, or it was taken back.
    """

    row: int
    is_out: bool
    sender: NodeId
    recipient: NodeId
    mid: MessageId
    re: MessageId | None
    state: MessageState
    exp_ms: int
    why: str | None
    header_digest: bytes
    statement_digest: bytes
    header: bytes | None
    body_bytes: int
    waits: bool
    received: int
    is_gone: bool
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedReceipt:
    """One receipt: given by this node, or obtained with its proof in the giver's log."""

    message: int
    given: bool
    stage: str
    digest: bytes
    data: bytes
    leaf: int
    origin: str
    at: int | None
    index: int
    path: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedItem:
    """One item of the outbox."""

    to: NodeId
    kind: str
    mid: MessageId
    code: str | None
    next_ms: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAudit:
    """One store as committed."""

    leaves: tuple[AuditedLeaf, ...]
    heads: tuple[AuditedHead, ...]
    messages: tuple[AuditedMessage, ...]
    receipts: tuple[AuditedReceipt, ...]
    outbox: tuple[AuditedItem, ...]
    linked: tuple[AuditedHead, ...]
    forks: tuple[str, ...]
    open_heads: tuple[str, ...]
    requests: tuple[tuple[bytes, MessageId], ...]

    def message_of(self, row: int) -> AuditedMessage:
        """Return the message of a row.

        Raises:
            KeyError: There is none.
        """
        for message in self.messages:
            if message.row == row:
                return message
        raise KeyError(row)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for a moment, past the settings of the code under test.

    Raises:
        StorageError: It cannot be opened, or read.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as reader:
            reader.execute("PRAGMA query_only = ON")
            yield reader
    except sqlite3.Error as fault:
        raise StorageError("the store cannot be audited") from fault


def audit_store(path: Path) -> StoreAudit:
    """Read a store, running or not.

    Args:
        path: The database file.

    Raises:
        StorageError: It cannot be opened.
    """
    with _reading(path) as reader:
        reader.execute("BEGIN")
        return StoreAudit(
            leaves=_leaves(reader),
            heads=_own_heads(reader),
            messages=_messages(reader),
            receipts=_receipts(reader),
            outbox=_outbox(reader),
            linked=tuple(
                AuditedHead(*row)
                for row in reader.execute(
                    "SELECT origin, size, root, note FROM peer_checkpoint ORDER BY origin, size"
                )
            ),
            forks=tuple(
                row[0] for row in reader.execute("SELECT origin FROM fork ORDER BY origin")
            ),
            open_heads=tuple(
                row[0] for row in reader.execute("SELECT DISTINCT origin FROM unjoined ORDER BY 1")
            ),
            requests=tuple(
                (row[0], MessageId(row[1]))
                for row in reader.execute(
                    "SELECT r.key, m.mid FROM request r JOIN message m ON m.id = r.message"
                    " ORDER BY m.id"
                )
            ),
        )


def waiting_for(path: Path) -> tuple[NodeId, ...]:
    """Return the nodes for which anything waits in the outbox of a store.

    Args:
        path: The database file.

    Raises:
        StorageError: It cannot be opened.
    """
    with _reading(path) as reader:
        rows = reader.execute("SELECT DISTINCT node FROM outbox ORDER BY node").fetchall()
    return tuple(NodeId.parse(row[0]) for row in rows)


def fingerprint(path: Path) -> tuple[object, ...]:
    """Return what changes as soon as anything is kept of what came from outside, or moves by it.

    How many rows each table has that anything from outside may add to, and where messages stand.

    Args:
        path: The database file.

    Raises:
        StorageError: It cannot be opened.
    """
    tables = ("leaf", "message", "receipt", "outbox", "inbox", "conflict", "fork", "event")
    with _reading(path) as reader:
        reader.execute("BEGIN")
        counted = [
            reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
            for table in tables
        ]
        return (*counted, *reader.execute("SELECT id, state FROM message ORDER BY id"))


def _leaves(reader: sqlite3.Connection) -> tuple[AuditedLeaf, ...]:
    rows = reader.execute(
        "SELECT l.generation, l.i, l.kind, l.digest, p.bytes, p.salt FROM leaf l"
        " LEFT JOIN preimage p ON p.generation = l.generation AND p.i = l.i"
        " ORDER BY l.generation, l.i"
    )
    return tuple(AuditedLeaf(*row) for row in rows)


def _own_heads(reader: sqlite3.Connection) -> tuple[AuditedHead, ...]:
    rows = reader.execute(
        "SELECT g.origin, c.size, c.root, c.note FROM checkpoint c"
        " JOIN log g ON g.generation = c.generation ORDER BY c.generation, c.size"
    )
    return tuple(AuditedHead(*row) for row in rows)


def _messages(reader: sqlite3.Connection) -> tuple[AuditedMessage, ...]:
    told: dict[int, list[str]] = {}
    for message, kind, what in reader.execute(
        "SELECT message, kind, what FROM event WHERE message IS NOT NULL ORDER BY number"
    ):
        told.setdefault(message, []).append(f"{kind}:{what}")
    rows = reader.execute(
        "SELECT m.id, m.direction, m.sender, m.recipient, m.mid, m.re, m.state, m.exp_ms, m.why,"
        " m.header_digest, m.statement_digest, e.header, coalesce(length(e.body), 0),"
        " i.message IS NOT NULL"
        " FROM message m LEFT JOIN envelope e ON e.message = m.id"
        " LEFT JOIN inbox i ON i.message = m.id ORDER BY m.id"
    )
    return tuple(_message(row, tuple(told.get(row[0], ()))) for row in rows.fetchall())


def _message(row: tuple[Any, ...], events: tuple[str, ...]) -> AuditedMessage:
    return AuditedMessage(
        row=row[0],
        is_out=row[1] == "out",
        sender=NodeId.parse(row[2]),
        recipient=NodeId.parse(row[3]),
        mid=MessageId(row[4]),
        re=None if row[5] is None else MessageId(row[5]),
        state=MessageState(row[6]),
        exp_ms=row[7],
        why=row[8],
        header_digest=row[9],
        statement_digest=row[10],
        header=row[11],
        body_bytes=row[12],
        waits=bool(row[13]),
        received=sum(1 for event in events if event.startswith("message.received:")),
        is_gone=not _GONE.isdisjoint(events),
        events=events,
    )


def _receipts(reader: sqlite3.Connection) -> tuple[AuditedReceipt, ...]:
    rows = reader.execute(
        "SELECT message, given, stage, digest, bytes, leaf, origin, at, i, path FROM receipt"
        " ORDER BY id"
    )
    return tuple(
        AuditedReceipt(
            message=row[0],
            given=bool(row[1]),
            stage=row[2],
            digest=row[3],
            data=row[4],
            leaf=row[5],
            origin=row[6],
            at=row[7],
            index=row[8],
            path=row[9],
        )
        for row in rows
    )


def _outbox(reader: sqlite3.Connection) -> tuple[AuditedItem, ...]:
    rows = reader.execute(
        "SELECT o.node, o.kind, m.mid, o.code, o.next_ms, o.attempts FROM outbox o"
        " JOIN message m ON m.id = o.message ORDER BY o.id"
    )
    return tuple(
        AuditedItem(
            to=NodeId.parse(row[0]),
            kind=row[1],
            mid=MessageId(row[2]),
            code=row[3],
            next_ms=row[4],
            attempts=row[5],
        )
        for row in rows
    )
