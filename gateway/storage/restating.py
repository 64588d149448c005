"""Stating again, in a new generation of our log, what was stated in an earlier one.

Same digests, new indices: what a peer holds by its digest stays what it is. What waits to leave
and what was appended but never signed is stated again with the epoch; receipts given long ago
follow in small steps, or at once when a peer asks for one. Where a leaf stood before is kept.

Source: docs/wire-format.md, rule 8.
"""

from typing import Final

from gateway.errors import LogDamagedError
from gateway.storage.session import Session
from protocol.identifiers import LogOrigin
from protocol.log.statement import Statement, StatementKind, envelope_sent, receipt_given

_NOT_AGAIN: Final = frozenset({StatementKind.EPOCH, StatementKind.KEY_SET})
"""What each generation says for itself."""


def restate_unsigned(session: Session, old: LogOrigin, *, signed: int) -> int:
    """State again what was appended to the old log and never signed.

    Args:
        session: The transaction, of the new generation.
        old: The log that is given up.
        signed: Leaves below its newest signed head.

    Returns:
        How many leaves.
    """
    rows = session.execute(
        "SELECT l.i, l.kind, l.digest, p.bytes, p.salt FROM leaf l JOIN preimage p"
        " ON p.generation = l.generation AND p.i = l.i"
        " WHERE l.generation = ? AND l.i >= ? ORDER BY l.i",
        (old.generation, signed),
    ).fetchall()
    count = 0
    for index, kind, digest, preimage, salt in rows:
        if StatementKind(kind) in _NOT_AGAIN:
            continue
        statement = Statement(kind=StatementKind(kind), digest=digest, preimage=preimage, salt=salt)
        _place(session, old, index, session.state(statement, must_leave=True))
        count += 1
    return count


def restate_waiting(session: Session) -> int:
    """State again every envelope and receipt that waits to leave.

    Args:
        session: The transaction, of the new generation, after `restate_unsigned`.

    Returns:
        How many items wait.
    """
    envelopes = session.execute(
        "SELECT o.id, o.message, e.header, e.wraps, e.origin, e.i FROM outbox o"
        " JOIN envelope e ON e.message = o.message WHERE o.kind = 'envelope' ORDER BY o.id"
    ).fetchall()
    for item, message, header, wraps, origin, index in envelopes:
        leaf = restate_envelope(session, message, (header, wraps), origin=origin, index=index)
        session.execute("UPDATE outbox SET i = ?, next_ms = 0 WHERE id = ?", (leaf, item))
    receipts = session.execute(
        "SELECT o.id, r.id, r.bytes, r.origin, r.i FROM outbox o"
        " JOIN receipt r ON r.id = o.receipt WHERE o.kind = 'receipt' ORDER BY o.id"
    ).fetchall()
    for item, receipt, data, origin, index in receipts:
        leaf = restate_receipt(session, receipt, data, origin=origin, index=index)
        session.execute("UPDATE outbox SET i = ?, next_ms = 0 WHERE id = ?", (leaf, item))
    return len(envelopes) + len(receipts)


def restate_envelope(
    session: Session, message: int, sealed: tuple[bytes, bytes], *, origin: str, index: int
) -> int:
    """State an envelope of ours that was stated in an earlier generation, unless this one has it.

    Args:
        session: The transaction.
        message: Its row.
        sealed: Its header and its wraps.
        origin: The log that states it now.
        index: The leaf there.

    Returns:
        The leaf in the log that is written.
    """
    if origin == str(session.origin):
        return index
    leaf = _again(session, origin, index, envelope_sent(*sealed))
    session.execute(
        "UPDATE envelope SET origin = ?, i = ? WHERE message = ?",
        (str(session.origin), leaf, message),
    )
    return leaf


def restate_receipt(session: Session, receipt: int, data: bytes, *, origin: str, index: int) -> int:
    """State a receipt that was given in an earlier generation, unless this one has it.

    Args:
        session: The transaction.
        receipt: Its row.
        data: Its bytes.
        origin: The log that states it now.
        index: The leaf there.

    Returns:
        The leaf in the log that is written.
    """
    if origin == str(session.origin):
        return index
    leaf = _again(session, origin, index, receipt_given(data))
    session.execute(
        "UPDATE receipt SET leaf = ?, origin = ?, i = ? WHERE id = ?",
        (leaf, str(session.origin), leaf, receipt),
    )
    return leaf


def restate_given(session: Session, limit: int) -> int:
    """State some of the receipts again that were given in earlier generations.

    Args:
        session: The transaction.
        limit: At most so many.

    Returns:
        How many; fewer than `limit` when none are left.
    """
    rows = session.execute(
        "SELECT r.id, r.bytes, r.origin, r.i FROM receipt r INDEXED BY receipt_given_in"
        " WHERE r.given = 1 AND r.origin IN (SELECT origin FROM log WHERE generation < ?)"
        " ORDER BY r.id LIMIT ?",
        (session.origin.generation, limit),
    ).fetchall()
    for receipt, data, origin, index in rows:
        restate_receipt(session, receipt, data, origin=origin, index=index)
    return len(rows)


def restate_for(session: Session, sender: str, mid: bytes) -> None:
    """State again the receipts that were given for one message.

    Args:
        session: The transaction.
        sender: Who sent it, CC/n.
        mid: Its id.
    """
    rows = session.execute(
        "SELECT r.id, r.bytes, r.origin, r.i FROM receipt r JOIN message m ON m.id = r.message"
        " WHERE m.mid = ? AND m.sender = ? AND r.given = 1 ORDER BY r.id",
        (mid, sender),
    ).fetchall()
    for receipt, data, origin, index in rows:
        restate_receipt(session, receipt, data, origin=origin, index=index)


def _again(session: Session, origin: str, index: int, statement: Statement) -> int:
    """Return where a statement of an earlier generation stands in this one.

    Raises:
        LogDamagedError: The earlier leaf states something else.
    """
    old = LogOrigin.parse(origin)
    if old == session.origin:
        return index
    placed = session.execute(
        "SELECT generation, i FROM restated WHERE old_generation = ? AND old_i = ?",
        (old.generation, index),
    ).fetchone()
    if placed is not None and placed[0] == session.origin.generation:
        return int(placed[1])
    held = session.execute(
        "SELECT digest FROM leaf WHERE generation = ? AND i = ?", (old.generation, index)
    ).fetchone()
    if held is None or held[0] != statement.digest:
        raise LogDamagedError(f"leaf {index} of {old} does not state what rests on it")
    leaf = session.state(statement, must_leave=True)
    _place(session, old, index, leaf)
    return leaf


def _place(session: Session, old: LogOrigin, index: int, leaf: int) -> None:
    session.execute(
        "INSERT INTO restated (generation, i, old_generation, old_i) VALUES (?, ?, ?, ?)",
        (session.origin.generation, leaf, old.generation, index),
    )
