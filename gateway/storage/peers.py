"""Checkpoints and key sets of other nodes, as verified and linked.

A checkpoint that proves an envelope or a receipt is kept for ever with its note, because only
the log's owner could make the proof again. Others are forgotten after two days, beyond the
newest 128: rule 9a asks for a day and 64, and the picture in memory must never be larger.

Source: docs/wire-format.md, rules 9, 9a, 9b.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

from gateway.errors import StorageError
from gateway.records import PeerCheckpoint
from gateway.storage.session import Session
from protocol.errors import ForkDetectedError
from protocol.identifiers import LogOrigin
from protocol.limits import LINKED_KEPT, LINKED_MOST
from protocol.log.linking import LinkedHead, Position

_DAY_MS: Final = 24 * 60 * 60 * 1000
_KEPT_MS: Final = 2 * _DAY_MS
_KEPT: Final = 2 * LINKED_KEPT
_TIDY_EVERY: Final = 64
"""Old checkpoints are looked for at every so many new ones."""


def keep_checkpoint(
    session: Session, checkpoint: PeerCheckpoint, *, state_seen: bool, proves: bool = False
) -> None:
    """Keep a linked checkpoint, and state once that it was seen.

    Args:
        session: The transaction.
        checkpoint: Verified and linked.
        state_seen: Whether its statement is due now, if it brings one.
        proves: Whether something in this transaction rests on it.

    Raises:
        ForkDetectedError: Another root is stored at this size; nothing was changed.
    """
    origin, linked = str(checkpoint.origin), checkpoint.linked
    found = session.execute(
        "SELECT root, proves, leaf, note FROM peer_checkpoint WHERE origin = ? AND size = ?",
        (origin, linked.size),
    ).fetchone()
    if found is not None and found[0] != linked.root:
        raise ForkDetectedError("two roots at one size", held=found[3], offered=linked.note)
    leaf = None if found is None else found[2]
    if leaf is None and state_seen and checkpoint.seen is not None:
        leaf = session.state(checkpoint.seen, must_leave=False)
    if found is None:
        _insert(session, origin, linked, proves=proves, leaf=leaf)
    elif found[1:3] != (found[1] or proves, leaf):
        session.execute(
            "UPDATE peer_checkpoint SET proves = max(proves, ?), leaf = ?"
            " WHERE origin = ? AND size = ?",
            (proves, leaf, origin, linked.size),
        )


def keep_for_ever(session: Session, origin: LogOrigin, size: int) -> None:
    """Mark a stored checkpoint as one that proves something.

    Raises:
        StorageError: It is not stored, so what it proves could not be proven later.
    """
    found = session.execute(
        "SELECT proves FROM peer_checkpoint WHERE origin = ? AND size = ?", (str(origin), size)
    ).fetchone()
    if found is None:
        raise StorageError(
            "the checkpoint that proves a statement is not held", code="checkpoint_missing"
        )
    if not found[0]:
        session.execute(
            "UPDATE peer_checkpoint SET proves = 1 WHERE origin = ? AND size = ?",
            (str(origin), size),
        )


def read_positions(connection: sqlite3.Connection, *, now_ms: int) -> Mapping[LogOrigin, Position]:
    """Return where we stand in every peer's log.

    Args:
        connection: A reader.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        By origin: the largest linked head, all of the last 24 hours, at least 64 of them and
        LINKED_MOST at most, in order of size.
    """
    # From one origin to the next by the index: there are few of them, with many rows each.
    origins = connection.execute(
        """
        WITH RECURSIVE o (origin) AS (
            SELECT min(origin) FROM peer_checkpoint
            UNION ALL
            SELECT (SELECT min(origin) FROM peer_checkpoint WHERE origin > o.origin)
            FROM o WHERE o.origin IS NOT NULL
        )
        SELECT origin FROM o WHERE origin IS NOT NULL
        """
    ).fetchall()
    positions = (_position(connection, row[0], now_ms - _DAY_MS) for row in origins)
    return {position.origin: position for position in positions}


def keep_key_set(session: Session, node: str, key_set: bytes, version: int) -> bool:
    """Keep a proven key set of a node unless one of this or a newer version is held.

    Returns:
        Whether it was kept.
    """
    cursor = session.execute(
        "INSERT INTO peer_key_set (node, version, bytes) VALUES (?, ?, ?)"
        " ON CONFLICT (node) DO UPDATE SET version = excluded.version, bytes = excluded.bytes"
        " WHERE excluded.version > peer_key_set.version",
        (node, version, key_set),
    )
    return cursor.rowcount == 1


def _position(connection: sqlite3.Connection, origin: str, since_ms: int) -> Position:
    """Return where we stand in one log that has a checkpoint at least."""
    recent = connection.execute(
        "SELECT count(*) FROM peer_checkpoint WHERE origin = ? AND linked_ms >= ?",
        (origin, since_ms),
    ).fetchone()[0]
    rows = connection.execute(
        """
        SELECT size, root, note, linked_ms FROM peer_checkpoint WHERE id IN (
            SELECT id FROM peer_checkpoint WHERE origin = ?1
            ORDER BY linked_ms DESC, size DESC LIMIT ?2
        ) OR (origin = ?1 AND size = (SELECT max(size) FROM peer_checkpoint WHERE origin = ?1))
        ORDER BY size
        """,
        (origin, min(max(recent, LINKED_KEPT), LINKED_MOST - 1)),
    ).fetchall()
    linked = tuple(
        LinkedHead(size=size, root=root, note=note, linked_ms=linked_ms)
        for size, root, note, linked_ms in rows
    )
    return Position(origin=LogOrigin.parse(origin), head=linked[-1], linked=linked)


def _insert(
    session: Session, origin: str, linked: LinkedHead, *, proves: bool, leaf: int | None
) -> None:
    cursor = session.execute(
        "INSERT INTO peer_checkpoint (origin, size, root, linked_ms, proves, leaf, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (origin, linked.size, linked.root, linked.linked_ms, proves, leaf, linked.note),
    )
    row = cursor.lastrowid
    if row is not None and row % _TIDY_EVERY == 0:
        _tidy(session, origin, linked.linked_ms - _KEPT_MS)


def _tidy(session: Session, origin: str, before_ms: int) -> None:
    """Forget what proves nothing, is old and is not among the newest or the largest."""
    session.execute(
        """
        DELETE FROM peer_checkpoint INDEXED BY peer_checkpoint_idle
        WHERE origin = ?1 AND proves = 0 AND linked_ms < ?2
            AND size < (SELECT max(size) FROM peer_checkpoint WHERE origin = ?1)
            AND id NOT IN (
                SELECT id FROM peer_checkpoint WHERE origin = ?1
                ORDER BY linked_ms DESC, size DESC LIMIT ?3
            )
        """,
        (origin, before_ms, _KEPT),
    )
