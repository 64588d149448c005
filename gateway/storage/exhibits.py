"""Reads what is held as evidence of one message, and proves our own part of it.

Our own statements are proven against the newest signed head of their generation, so that those of
one log share one checkpoint; the other side's come with the proof and checkpoint that were stored
with them. Acts are looked for beside the leaves that they were committed with, so that no log is
ever read whole for one message.

Source: docs/wire-format.md, rules 6, 9 and 33; docs/evidence.md, "The bundle".
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import LogDamagedError
from gateway.exhibits import Exhibit, HeldStatement
from gateway.records import SignedHead
from gateway.storage.log import OwnLog
from gateway.storage.nodes import LogNodes
from gateway.storage.sequence import committed_size, newest_head
from gateway.storage.vault import Vault
from keys.digest import sha256
from keys.suite import DIGEST_BYTES
from protocol.errors import MalformedError, NotProvenError
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.log.deed import Act
from protocol.log.statement import (
    StatementKind,
    envelope_sent,
    leaf_hash_of,
)
from protocol.log.tree import check_inclusion, inclusion_path
from protocol.receipt import Receipt

_BESIDE: Final = 8
"""An act stands within so many leaves of what it was committed with: one commit, one operation."""

_ORDER: Final = (
    StatementKind.ENVELOPE_SENT,
    StatementKind.RECEIPT_GIVEN,
    StatementKind.RECEIPT_OBTAINED,
    StatementKind.ACT,
    StatementKind.SILENCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """The rows of one message that everything else hangs on."""

    row: int
    direction: str
    sender: NodeId
    recipient: NodeId
    mid: MessageId
    header: bytes
    wraps: bytes
    body: bytes
    origin: str
    at: int | None
    index: int
    path: bytes | None
    month: int | None
    content_key: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """One leaf of ours that is about the message."""

    kind: StatementKind
    digest: bytes
    preimage: bytes
    salt: bytes | None
    wraps: bytes | None
    origin: LogOrigin
    index: int


class ExhibitReader:
    """Reads of one store for one message, on the thread of the loop.

    Args:
        connection: A reader.
        vault: Opens the content's key.
        log: Our own log as it is written now.
    """

    def __init__(self, connection: sqlite3.Connection, vault: Vault, log: OwnLog) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._vault = vault
        self._log = log
        self._unproven = 0
        self._nodes: dict[LogOrigin, tuple[SignedHead | None, LogNodes | None]] = {}

    def exhibit(self, sender: NodeId, mid: MessageId) -> Exhibit | None:
        """Return what is held of one message; to be called once.

        Raises:
            LogDamagedError: A proof of our own log does not hold.
            StorageError: The key of the content does not open.
        """
        message = self._message(sender, mid)
        if message is None:
            return None
        found = [*self._theirs(message), *self._proven(self._ours(message))]
        found.sort(key=lambda one: (_ORDER.index(one.kind), str(one.origin), one.index))
        return Exhibit(
            sender=sender,
            recipient=message.recipient,
            mid=mid,
            header=message.header,
            body=message.body,
            content_key=self._content_key(message),
            statements=tuple(found),
            unproven=self._unproven,
        )

    def _message(self, sender: NodeId, mid: MessageId) -> _Message | None:
        row = self._execute(
            "SELECT m.id, m.direction, m.recipient, e.header, e.wraps, e.body, e.origin, e.at, e.i,"
            " e.path, c.month, c.content_key FROM message m JOIN envelope e ON e.message = m.id"
            " LEFT JOIN content c ON c.message = m.id WHERE m.mid = ? AND m.sender = ?",
            (mid.value, str(sender)),
        ).fetchone()
        if row is None:
            return None
        return _Message(
            row=row[0],
            direction=row[1],
            sender=sender,
            recipient=NodeId.parse(row[2]),
            mid=mid,
            header=row[3],
            wraps=row[4],
            body=row[5],
            origin=row[6],
            at=row[7],
            index=row[8],
            path=row[9],
            month=row[10],
            content_key=row[11],
        )

    def _content_key(self, message: _Message) -> bytes | None:
        if message.content_key is None or message.month is None:
            return None
        return self._vault.open(
            "content_key",
            message.content_key,
            sender=message.sender,
            mid=message.mid,
            month=message.month,
        )

    # ------------------------------------------------------- the other side's

    def _theirs(self, message: _Message) -> Iterator[HeldStatement]:
        """Yield what the other side stated, with the proof and checkpoint as they came."""
        if message.direction == "in":
            note = self._note(message.origin, message.at)
            if note is not None:
                yield _foreign(
                    envelope_sent(message.header, message.wraps).preimage,
                    note,
                    (message.origin, message.index, message.path or b""),
                    wraps=message.wraps,
                )
            return
        rows = self._execute(
            "SELECT r.bytes, r.origin, r.at, r.i, r.path FROM receipt r"
            " WHERE r.message = ? AND r.given = 0 ORDER BY r.id",
            (message.row,),
        ).fetchall()
        for data, origin, at, index, path in rows:
            note = self._note(origin, at)
            if note is not None:
                yield _foreign(data, note, (origin, index, path))
        yield from self._late(message)

    def _late(self, message: _Message) -> Iterator[HeldStatement]:
        """Yield receipts that came proven in a log that was given up by then."""
        rows = self._execute(
            "SELECT bytes, origin, note, i, path FROM late_receipt WHERE origin IN"
            " (SELECT origin FROM closed_log) ORDER BY at_ms, digest"
        )
        for data, origin, note, index, path in rows:
            if _is_about(data, message):
                yield _foreign(data, note, (origin, index, path))

    def _note(self, origin: str, size: int | None) -> bytes | None:
        row = self._execute(
            "SELECT note FROM peer_checkpoint WHERE origin = ? AND size = ?", (origin, size)
        ).fetchone()
        if row is None:
            self._unproven += 1
            return None
        return bytes(row[0])

    # ------------------------------------------------------- our own

    def _ours(self, message: _Message) -> list[_Leaf]:
        found = [*self._sealings(message), *self._receipts(message), *self._silences(message)]
        acts: dict[tuple[LogOrigin, int], _Leaf] = {}
        for leaf in found:
            acts |= self._acts(message, leaf.origin, leaf.index)
        for origin, index in self._execute(
            "SELECT origin, i FROM cancellation WHERE message = ?", (message.row,)
        ):
            acts |= self._acts(message, LogOrigin.parse(origin), index)
        for origin, index in self._execute(
            "SELECT g.origin, a.i FROM alert a JOIN log g ON g.generation = a.generation"
            " WHERE a.message = ?",
            (message.row,),
        ):
            acts |= self._acts(message, LogOrigin.parse(origin), index)
        for generation, index in self._execute(
            "SELECT generation, i FROM message_act WHERE mid = ?", (message.mid.value,)
        ).fetchall():
            origin = LogOrigin(self._log.origin.node, generation)
            stated = self._row(origin, index)
            if stated is not None and _refers(stated, message):
                acts[origin, index] = stated
        return [*found, *acts.values()]

    def _sealings(self, message: _Message) -> Iterator[_Leaf]:
        if message.direction == "in":
            return
        rows = self._execute(
            "SELECT i, wraps FROM earlier_sealing WHERE message = ? ORDER BY i", (message.row,)
        ).fetchall()
        for index, wraps in [*rows, (message.index, message.wraps)]:
            stated = envelope_sent(message.header, wraps)
            yield from self._leaves(StatementKind.ENVELOPE_SENT, index, stated.preimage, wraps)

    def _receipts(self, message: _Message) -> Iterator[_Leaf]:
        """Yield receipts that we gave, and our leaves of those that we obtained."""
        rows = self._execute(
            "SELECT given, bytes, digest, leaf, i FROM receipt WHERE message = ? ORDER BY id",
            (message.row,),
        ).fetchall()
        for given, data, digest, leaf, index in rows:
            if given:
                yield from self._leaves(StatementKind.RECEIPT_GIVEN, index, data)
            else:
                yield from self._leaves(StatementKind.RECEIPT_OBTAINED, leaf, digest)

    def _silences(self, message: _Message) -> Iterator[_Leaf]:
        rows = self._execute(
            "SELECT origin, i FROM escalation WHERE message = ? AND i IS NOT NULL ORDER BY id",
            (message.row,),
        ).fetchall()
        for origin, index in rows:
            found = self._row(LogOrigin.parse(origin), index)
            if found is not None and found.kind is StatementKind.SILENCE:
                yield found

    def _leaves(
        self, kind: StatementKind, index: int, preimage: bytes, wraps: bytes | None = None
    ) -> Iterator[_Leaf]:
        """Yield the leaf at a place, of whichever generation states exactly this there."""
        rows = self._execute(
            "SELECT g.origin, l.digest, p.salt FROM log g"
            " JOIN leaf l ON l.generation = g.generation AND l.i = ?1"
            " JOIN preimage p ON p.generation = g.generation AND p.i = ?1"
            " WHERE l.kind = ?2 AND p.bytes = ?3 ORDER BY g.generation",
            (index, int(kind), preimage),
        ).fetchall()
        if not rows:
            self._unproven += 1
        for origin, digest, salt in rows:
            yield _Leaf(
                kind=kind,
                digest=digest,
                preimage=preimage,
                salt=salt,
                wraps=wraps,
                origin=LogOrigin.parse(origin),
                index=index,
            )

    def _acts(
        self, message: _Message, origin: LogOrigin, near: int
    ) -> dict[tuple[LogOrigin, int], _Leaf]:
        found = {}
        for index in range(max(0, near - _BESIDE), near + _BESIDE + 1):
            leaf = self._row(origin, index)
            if leaf is not None and leaf.kind is StatementKind.ACT and _refers(leaf, message):
                found[origin, index] = leaf
        return found

    def _row(self, origin: LogOrigin, index: int) -> _Leaf | None:
        row = self._execute(
            "SELECT l.kind, l.digest, p.bytes, p.salt FROM leaf l JOIN preimage p"
            " ON p.generation = l.generation AND p.i = l.i WHERE l.generation = ? AND l.i = ?",
            (origin.generation, index),
        ).fetchone()
        if row is None:
            return None
        return _Leaf(
            kind=StatementKind(row[0]),
            digest=row[1],
            preimage=row[2],
            salt=row[3],
            wraps=None,
            origin=origin,
            index=index,
        )

    # ------------------------------------------------------- proofs

    def _proven(self, leaves: Sequence[_Leaf]) -> Iterator[HeldStatement]:
        for leaf in leaves:
            head = self._head(leaf.origin)
            if head is None or leaf.index >= head.size:
                self._unproven += 1
                continue
            yield HeldStatement(
                kind=leaf.kind,
                preimage=leaf.preimage,
                salt=leaf.salt,
                wraps=leaf.wraps,
                origin=leaf.origin,
                index=leaf.index,
                path=self._path(head, leaf),
                size=head.size,
                note=head.note,
            )

    def _head(self, origin: LogOrigin) -> SignedHead | None:
        if origin == self._log.origin:
            return self._log.head
        if origin not in self._nodes:
            head = newest_head(self._connection, origin)
            self._nodes[origin] = (head, None if head is None else self._open(origin))
        return self._nodes[origin][0]

    def _open(self, origin: LogOrigin) -> LogNodes:
        size = committed_size(self._connection, origin.generation)
        return LogNodes(self._connection, generation=origin.generation, size=size)

    def _path(self, head: SignedHead, leaf: _Leaf) -> tuple[bytes, ...]:
        if head.origin == self._log.origin:
            return self._log.prove(head.size, [leaf.index], old=head.size).inclusion[0]
        nodes = self._nodes[head.origin][1]
        if nodes is None:
            raise LogDamagedError("a log with a head and without leaves")
        path = inclusion_path(leaf.index, head.size, nodes.subtree)
        hashed = leaf_hash_of(leaf.kind, leaf.digest)
        try:
            check_inclusion(leaf.index, head.size, hashed, path, head.root)
        except NotProvenError as error:
            raise LogDamagedError("a proof of our own log does not hold") from error
        return path


def _foreign(
    preimage: bytes, note: bytes, place: tuple[str, int, bytes], *, wraps: bytes | None = None
) -> HeldStatement:
    """Return a statement of the other side; its place is (log, index, hashes end to end)."""
    origin, index, path = place
    cut = range(0, len(path), DIGEST_BYTES)
    return HeldStatement(
        kind=StatementKind.RECEIPT_GIVEN if wraps is None else StatementKind.ENVELOPE_SENT,
        preimage=preimage,
        salt=None,
        wraps=wraps,
        origin=LogOrigin.parse(origin),
        index=index,
        path=tuple(path[start : start + DIGEST_BYTES] for start in cut),
        size=ClaimedCheckpoint.parse(note).head.size,
        note=note,
    )


def _is_about(receipt: bytes, message: _Message) -> bool:
    """Tell whether a receipt that was kept aside is of this envelope."""
    try:
        said = Receipt.decode(receipt)
    except MalformedError:
        return False
    return said.mid == message.mid and said.header_digest == sha256(message.header)


def _refers(leaf: _Leaf, message: _Message) -> bool:
    try:
        return Act.decode(leaf.preimage).ref == message.mid
    except MalformedError:
        return False
