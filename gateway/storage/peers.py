"""Checkpoints and key sets of other nodes, as verified and linked.

A checkpoint that proves an envelope or a receipt is kept for ever with its note, because only
the log's owner could make the proof again. Others are forgotten after two days, beyond the
newest 128: rule 9a asks for a day and 64, and the picture in memory must never be larger.

Source: docs/wire-format.md, rules 9, 9a, 9b.
"""

import sqlite3
from collections import defaultdict
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


def keep_checkpoint(session: Session, checkpoint: PeerCheckpoint, *, state_seen: bool) -> None:
    """Keep a linked checkpoint, and state once that it was seen.

    Args:
        session: The transaction.
        checkpoint: Verified and linked.
        state_seen: Whether its statement is due now, if it brings one.

    Raises:
        ForkDetectedError: Another root is stored at this size; nothing was changed.
    """
    origin, linked = str(checkpoint.origin), checkpoint.linked
    found = session.execute(
        "SELECT root, note, leaf FROM peer_checkpoint WHERE origin = ? AND size = ?",
        (origin, linked.size),
    ).fetchone()
    if found is not None and bytes(found[0]) != linked.root:
        raise ForkDetectedError("two roots at one size", held=found[1], offered=linked.note)
    if found is None:
        _insert(session, origin, linked)
    is_stated = found is not None and found[2] is not None
    if state_seen and checkpoint.seen is not None and not is_stated:
        leaf = session.state(checkpoint.seen, must_leave=False)
        session.execute(
            "UPDATE peer_checkpoint SET leaf = ? WHERE origin = ? AND size = ?",
            (leaf, origin, linked.size),
        )


def keep_for_ever(session: Session, origin: LogOrigin, size: int) -> None:
    """Mark a stored checkpoint as one that proves something.

    Raises:
        StorageError: It is not stored, so what it proves could not be proven later.
    """
    cursor = session.execute(
        "UPDATE peer_checkpoint SET proves = 1 WHERE origin = ? AND size = ?",
        (str(origin), size),
    )
    if cursor.rowcount != 1:
        raise StorageError(
            "the checkpoint that proves a statement is not held", code="checkpoint_missing"
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
    rows = connection.execute(
        """
        SELECT origin, size, root, note, linked_ms FROM (
            SELECT *,
                row_number() OVER (PARTITION BY origin ORDER BY linked_ms DESC, size DESC) AS age,
                max(size) OVER (PARTITION BY origin) AS largest
            FROM peer_checkpoint
        )
        WHERE size = largest OR age <= ? OR (linked_ms >= ? AND age < ?)
        ORDER BY origin, size
        """,
        (LINKED_KEPT, now_ms - _DAY_MS, LINKED_MOST),
    ).fetchall()
    by_origin: dict[str, list[LinkedHead]] = defaultdict(list)
    for origin, size, root, note, linked_ms in rows:
        by_origin[origin].append(LinkedHead(size=size, root=root, note=note, linked_ms=linked_ms))
    return {
        origin: Position(origin=origin, head=linked[-1], linked=tuple(linked))
        for origin, linked in ((LogOrigin.parse(key), value) for key, value in by_origin.items())
    }


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


def _insert(session: Session, origin: str, linked: LinkedHead) -> None:
    cursor = session.execute(
        "INSERT INTO peer_checkpoint (origin, size, root, note, linked_ms) VALUES (?, ?, ?, ?, ?)",
        (origin, linked.size, linked.root, linked.note, linked.linked_ms),
    )
    row = cursor.lastrowid
    if row is not None and row % _TIDY_EVERY == 0:
        _tidy(session, origin, linked.linked_ms - _KEPT_MS)


def _tidy(session: Session, origin: str, before_ms: int) -> None:
    """Forget what proves nothing, is old and is not among the newest or the largest."""
    session.execute(
        """
        DELETE FROM peer_checkpoint
        WHERE origin = ?1 AND proves = 0 AND linked_ms < ?2
            AND size < (SELECT max(size) FROM peer_checkpoint WHERE origin = ?1)
            AND id NOT IN (
                SELECT id FROM peer_checkpoint WHERE origin = ?1
                ORDER BY linked_ms DESC, size DESC LIMIT ?3
            )
        """,
        (origin, before_ms, _KEPT),
    )
