"""Giving up a log for a new generation, on a store that no node has open.

One transaction: the new log, its epoch as leaf 0, the key set, and all that must be stated again.
Its head is signed at once: nobody can have seen this generation. The anchor names it before
anything of it leaves.

Source: docs/wire-format.md, rule 8; docs/delivery.md, "Restore and recovery".
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.continuity import Loss
from gateway.errors import StorageError
from gateway.records import SignedHead
from gateway.storage.anchor import Anchor, AnchorRecord, machine_name
from gateway.storage.connection import StoreLock, connect_reader
from gateway.storage.continuity import drop_marker, read_loss
from gateway.storage.gate import Gate
from gateway.storage.group import Failed, GroupCommitter
from gateway.storage.lost import ask_again
from gateway.storage.nodes import LogNodes
from gateway.storage.opening import beside, check_start, default_anchor, migrate_store
from gateway.storage.restating import restate_unsigned, restate_waiting
from gateway.storage.sequence import HeadSigner, committed_size, newest_head
from gateway.storage.session import Session
from protocol.identifiers import LogOrigin
from protocol.log.recovery import Start, StartDecision
from protocol.log.statement import Statement, StatementKind
from protocol.log.tree import inclusion_path

_BEGINS: Final = StartDecision(start=Start.ORDINARY, why="the log begins now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a store and its anchor say of our log, while no node runs on them.

    Attributes:
        origin: The newest generation that the store holds.
        size: Its leaves, signed or not.
        head: Its newest signed head.
        decision: How a start would be taken.
        loss: What ended this generation, if a peer showed it.
        anchored: What the anchor says, None if it cannot be read.
        begins_with_epoch: Whether this generation followed another one.
        key_set: The newest key set that it states, None if none.
        heard: The highest generation of our log that any peer ever showed, 0 if none.
    """

    origin: LogOrigin
    size: int
    head: SignedHead | None
    decision: StartDecision
    loss: Loss | None
    anchored: AnchorRecord | None
    begins_with_epoch: bool
    key_set: bytes | None
    heard: int


def survey(path: Path, *, anchor: Path | None = None) -> Survey:
    """Look at a store that no node has open; nothing but its schema is changed.

    Args:
        path: The database file.
        anchor: The anchor file; beside the folder of the database if not given.

    Raises:
        StorageError: It is missing, locked, or cannot be read.
        ConfigError: A newer release wrote it.
        LogDamagedError: A leaf is missing.
    """
    if not path.exists():
        raise StorageError("there is no store here", hint="Check the home.")
    with _locked(path):
        migrate_store(path)
        file = Anchor(anchor or default_anchor(path), machine=machine_name())
        with contextlib.closing(connect_reader(path)) as reader:
            origin = _newest(reader)
        gate = check_start(path, origin, file)
        with contextlib.closing(connect_reader(path)) as reader:
            return _survey(reader, origin, gate=gate, anchor=file)


def open_generation(
    path: Path,
    *,
    origin: LogOrigin,
    epoch: Statement,
    key_set: Statement,
    head_signer: HeadSigner,
    now_ms: int,
    anchor: Path | None = None,
) -> SignedHead:
    """Begin a new generation of the log in a store that no node has open.

    Args:
        path: The database file.
        origin: The new generation, above the one that the store holds.
        epoch: Leaf 0.
        key_set: Leaf 1.
        head_signer: Signs heads of the new generation.
        now_ms: Milliseconds since 1970, UTC.
        anchor: The anchor file; beside the folder of the database if not given.

    Returns:
        The first signed head; it may leave once the directory lists the new log.

    Raises:
        StorageError: It was not committed, or is in use; the store is as it was.
    """
    with _locked(path):
        with contextlib.closing(connect_reader(path)) as reader:
            old = _newest(reader)
            head = newest_head(reader, old)
        if origin.node != old.node or origin.generation <= old.generation:
            raise StorageError("a new generation follows the one that the store holds")
        file = Anchor(anchor or default_anchor(path), machine=machine_name())
        file.open()
        committer = GroupCommitter(
            path,
            origin=origin,
            signer=head_signer,
            anchor=file,
            gate=Gate(_BEGINS, is_open=True),
        )
        try:
            signed = 0 if head is None else head.size
            first = _begun(committer, old, signed=signed, first=(epoch, key_set), now_ms=now_ms)
            drop_marker(path, file)
        finally:
            committer.close()
            file.close()
    return first


def anchor_head(head: SignedHead, path: Path, *, anchor: Path | None = None) -> None:
    """Write a head of our log into the anchor, after a crash came between it and its commit.

    Args:
        head: Committed.
        path: The database file.
        anchor: The anchor file; beside the folder of the database if not given.

    Raises:
        StorageError: It cannot be written.
        OSError: Likewise.
    """
    file = Anchor(anchor or default_anchor(path), machine=machine_name())
    file.open()
    try:
        file.write(head)
        file.sync()
        drop_marker(path, file)
    finally:
        file.close()


def prove_leaf(path: Path, head: SignedHead, index: int) -> tuple[bytes, ...]:
    """Return the inclusion path of a leaf in a head of our log.

    Args:
        path: The database file.
        head: Committed.
        index: Below its size.

    Raises:
        LogDamagedError: A leaf is missing.
    """
    with contextlib.closing(connect_reader(path)) as reader:
        nodes = LogNodes(reader, generation=head.origin.generation, size=head.size)
        return inclusion_path(index, head.size, nodes.subtree)


def _begun(
    committer: GroupCommitter,
    old: LogOrigin,
    *,
    signed: int,
    first: tuple[Statement, ...],
    now_ms: int,
) -> SignedHead:
    def begin(session: Session) -> None:
        session.execute(
            "INSERT INTO log (generation, origin) VALUES (?, ?)",
            (session.origin.generation, str(session.origin)),
        )
        for statement in first:
            session.state(statement, must_leave=True)
        restate_unsigned(session, old, signed=signed)
        restate_waiting(session)
        ask_again(session, now_ms=now_ms)

    result = committer.commit([begin]).results[0]
    if isinstance(result, Failed):
        raise StorageError("the new generation could not be committed") from result.fault
    if committer.head is None:
        raise StorageError("the new generation was not signed", code="not_signed")
    return committer.head


def _survey(reader: sqlite3.Connection, origin: LogOrigin, *, gate: Gate, anchor: Anchor) -> Survey:
    generation = origin.generation
    first = reader.execute(
        "SELECT kind FROM leaf WHERE generation = ? AND i = 0", (generation,)
    ).fetchone()
    key_set = reader.execute(
        "SELECT p.bytes FROM leaf l INDEXED BY leaf_key_set JOIN preimage p"
        " ON p.generation = l.generation AND p.i = l.i"
        " WHERE l.generation = ? AND l.kind = 4 ORDER BY l.i DESC LIMIT 1",
        (generation,),
    ).fetchone()
    heard = reader.execute("SELECT coalesce(max(generation), 0) FROM heard_generation").fetchone()
    return Survey(
        origin=origin,
        size=committed_size(reader, generation),
        head=newest_head(reader, origin),
        decision=gate.decision,
        loss=read_loss(reader, origin),
        anchored=anchor.read(),
        begins_with_epoch=first is not None and first[0] == StatementKind.EPOCH,
        key_set=None if key_set is None else key_set[0],
        heard=int(heard[0]),
    )


def _newest(reader: sqlite3.Connection) -> LogOrigin:
    row = reader.execute("SELECT origin FROM log ORDER BY generation DESC LIMIT 1").fetchone()
    if row is None:
        raise StorageError("the store holds no log", code="schema_unknown")
    return LogOrigin.parse(row[0])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = StoreLock(beside(path, ".lock"))
    lock.take()
    try:
        yield
    finally:
        lock.drop()
