"""Reads a log in slices for whoever computes it anew, of a running node or of one that is not.

Each slice is a few short statements on a reader of its own, so that the write-ahead log is never
kept from shrinking, and works in a thread of its own, so that a node goes on meanwhile.

Source: docs/delivery.md, "Storage".
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.errors import LogDamagedError, NoInputError, StorageError
from gateway.storage.anchor import Anchor, AnchorRecord, machine_name
from gateway.storage.connection import StoreLock, connect_reader
from gateway.storage.continuity import read_loss
from gateway.storage.core import StorePart
from gateway.storage.opening import beside, default_anchor
from gateway.storage.schema import check_schema
from gateway.storage.sequence import committed_size, newest_head
from keys.note import LogVerifier
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin
from protocol.log.audit import LogAudit
from protocol.log.audited import (
    BLOCK_LEVEL,
    KnownHead,
    LogOutline,
    LogSlice,
    LogVerification,
    StatedErasure,
)
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.deed import Epoch

SLICE: Final = 1 << 11
"""Leaves read in one go: about twenty milliseconds."""

_TOP_LEVEL: Final = 52

Progress = Callable[[int, int], None]


def outline(
    connection: sqlite3.Connection,
    origin: LogOrigin | None,
    *,
    anchor: Anchor | None,
    known: Sequence[KnownHead] = (),
) -> LogOutline:
    """Read what must be known of a log before it is verified.

    Args:
        connection: A reader.
        origin: Which log of this node; the newest if not given.
        anchor: Of this home; None if it is not to be looked at.
        known: Heads of it that others are known to hold.

    Raises:
        NoInputError: This node keeps no such log, or signed nothing of it.
        LogDamagedError: What it keeps names no log.
    """
    # Before the head: what a running node signs in between would else seem to be missing.
    record = None if anchor is None else anchor.read()
    connection.execute("BEGIN")
    try:
        return _outlined(connection, origin, record, known)
    finally:
        connection.execute("ROLLBACK")


def advance(connection: sqlite3.Connection, audit: LogAudit, generation: int) -> None:
    """Read the next slice of a log and let it be computed.

    Args:
        connection: A reader.
        audit: Not at its end.
        generation: Which log.
    """
    start = audit.place
    stop = min(start + SLICE, audit.size)
    leaves = connection.execute(
        "SELECT l.i, l.kind, l.digest, p.bytes, p.salt FROM leaf l"
        " LEFT JOIN preimage p ON p.generation = l.generation AND p.i = l.i"
        " WHERE l.generation = ? AND l.i >= ? AND l.i < ? ORDER BY l.i",
        (generation, start, stop),
    ).fetchall()
    nodes = {}
    for level in range(BLOCK_LEVEL, _TOP_LEVEL, BLOCK_LEVEL):
        first, last = start >> level, stop >> level
        if first == last:
            break
        for i, value in connection.execute(
            "SELECT i, hash FROM node WHERE generation = ? AND level = ? AND i >= ? AND i < ?",
            (generation, level, first, last),
        ):
            nodes[level, i] = value
    heads = connection.execute(
        "SELECT size, root, note FROM checkpoint"
        " WHERE generation = ? AND size > ? AND size <= ? ORDER BY size",
        (generation, start, stop),
    ).fetchall()
    audit.take(LogSlice(stop=stop, leaves=leaves, nodes=nodes, heads=heads))


def audit_file(
    path: Path,
    verifiers: Callable[[LogOrigin], Sequence[LogVerifier]],
    *,
    origin: LogOrigin | None = None,
    anchor: Path | None = None,
    known: Sequence[KnownHead] = (),
    progress: Progress | None = None,
) -> LogVerification:
    """Verify a log of a store that no node has open; nothing is changed.

    Args:
        path: The database file.
        verifiers: Gives every pair of keys that signed a log.
        origin: Which log; the newest if not given.
        anchor: The anchor file; beside the folder of the database if not given.
        known: Heads of that log which others are known to hold.
        progress: Told (leaves done, leaves in all) after each slice.

    Raises:
        StorageError: A node has it open, or it cannot be read.
        ConfigError: A newer release wrote it.
        NoInputError: There is no such log in it.
        LogDamagedError: It names no log.
    """
    if not path.exists():
        raise StorageError("there is no store here", hint="Check the home.")
    lock = StoreLock(beside(path, ".lock"))
    lock.take()
    try:
        with closing(connect_reader(path)) as reader:
            check_schema(reader)
            file = Anchor(anchor or default_anchor(path), machine=machine_name())
            found = outline(reader, origin, anchor=file, known=known)
            audit = LogAudit(found, verifiers(found.origin))
            while audit.place < audit.size:
                advance(reader, audit, found.origin.generation)
                if progress is not None:
                    progress(audit.place, audit.size)
            return audit.result()
    except sqlite3.Error as fault:
        raise StorageError("the store cannot be read", hint="Restore a backup.") from fault
    finally:
        lock.drop()


class AuditPart(StorePart):
    """Implements store.Audits."""

    async def audit(
        self,
        verifiers: Callable[[LogOrigin], Sequence[LogVerifier]],
        *,
        origin: LogOrigin | None = None,
        known: Sequence[KnownHead] = (),
        progress: Progress | None = None,
    ) -> LogVerification:
        """Compute a log of this node anew, beside its work.

        Args:
            verifiers: Gives every pair of keys that signed a log.
            origin: Which log; the one that is written if not given.
            known: Heads of that log which others are known to hold.
            progress: Told (leaves done, leaves in all) after each slice.

        Raises:
            NoInputError: This node keeps no such log, or signed nothing yet.
            StorageError: It cannot be read.
        """
        core = self._core
        wanted = core.log.origin if origin is None else origin
        is_current = wanted == core.log.origin
        reader = await asyncio.to_thread(connect_reader, core.path)
        try:
            found = await asyncio.to_thread(
                outline,
                reader,
                wanted,
                anchor=core.anchor if is_current else None,
                known=known,
            )
            audit = LogAudit(found, verifiers(wanted))
            while audit.place < audit.size:
                await asyncio.to_thread(advance, reader, audit, wanted.generation)
                if progress is not None:
                    progress(audit.place, audit.size)
            return audit.result()
        except sqlite3.Error as fault:
            raise StorageError("the store cannot be read", hint="Restore a backup.") from fault
        finally:
            reader.close()


def _outlined(
    connection: sqlite3.Connection,
    origin: LogOrigin | None,
    record: AnchorRecord | None,
    known: Sequence[KnownHead],
) -> LogOutline:
    """Read the outline in one view of the database.

    Raises:
        NoInputError: This node keeps no such log, or signed nothing of it.
        LogDamagedError: What it keeps names no log.
    """
    logs = _logs(connection)
    if origin is None:
        origin = max(logs, key=lambda one: one.generation)
    if origin not in logs:
        raise NoInputError(
            f"this node keeps no log of the name {origin}",
            hint="its own are " + ", ".join(str(one) for one in logs),
        )
    head = newest_head(connection, origin)
    if head is None:
        raise NoInputError("the log has no signed checkpoint yet")
    before = [one for one in logs if one.generation < origin.generation]
    after = [one for one in logs if one.generation > origin.generation]
    found = [*known, *_anchored(record, origin), *_shown(connection, origin, is_over=bool(after))]
    if after:
        found += _named_by(connection, origin, after[0])
    return LogOutline(
        origin=origin,
        head=TreeHead(origin=origin, size=head.size, root=head.root),
        leaves=committed_size(connection, origin.generation),
        known=tuple(found),
        erasures=_erasures(connection),
        before=before[-1] if before else None,
    )


def _logs(connection: sqlite3.Connection) -> list[LogOrigin]:
    try:
        rows = connection.execute("SELECT origin FROM log ORDER BY generation").fetchall()
        found = [LogOrigin.parse(row[0]) for row in rows]
    except MalformedError as fault:
        raise LogDamagedError("the store names no log of ours") from fault
    if not found:
        raise LogDamagedError("the store holds no log")
    return found


def _anchored(record: AnchorRecord | None, origin: LogOrigin) -> list[KnownHead]:
    if record is None or record.origin != origin:
        return []
    return [KnownHead(size=record.size, root=record.root, where="the anchor")]


def _shown(connection: sqlite3.Connection, origin: LogOrigin, *, is_over: bool) -> list[KnownHead]:
    """Return what a peer showed of this log when it proved to hold more of it, or another one."""
    loss = read_loss(connection, origin)
    if loss is None:
        return []
    try:
        head = ClaimedCheckpoint.parse(loss.shown).head
    except MalformedError:
        return []
    return [KnownHead(size=head.size, root=head.root, where=str(loss.by), is_lost=is_over)]


def _named_by(
    connection: sqlite3.Connection, origin: LogOrigin, later: LogOrigin
) -> list[KnownHead]:
    """Return the head of this log that leaf 0 of the next one names."""
    row = connection.execute(
        "SELECT bytes FROM preimage WHERE generation = ? AND i = 0", (later.generation,)
    ).fetchone()
    try:
        epoch = None if row is None else Epoch.decode(row[0])
        if epoch is None or epoch.note is None or epoch.old != origin:
            return []
        head = ClaimedCheckpoint.parse(epoch.note).head
    except MalformedError:
        return []
    where = f"leaf 0 of {later}"
    return [
        KnownHead(size=head.size, root=head.root, where=where, is_lost=bool(epoch.gap)),
    ]


def _erasures(connection: sqlite3.Connection) -> tuple[StatedErasure, ...]:
    rows = connection.execute(
        "SELECT e.list, l.digest, p.bytes, p.salt, g.origin, e.leaf FROM erasure e"
        " JOIN log g ON g.generation = e.generation"
        " LEFT JOIN leaf l ON l.generation = e.generation AND l.i = e.leaf AND l.kind = 9"
        " LEFT JOIN preimage p ON p.generation = e.generation AND p.i = e.leaf ORDER BY e.id"
    )
    return tuple(
        StatedErasure(
            data=data, digest=digest, act=act, salt=salt, where=f"leaf {leaf} of {origin}"
        )
        for data, digest, act, salt, origin, leaf in rows
    )
