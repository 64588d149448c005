"""Erasing inside the transaction, and reading what is old enough for it.

What an act of our log names goes in one transaction with the note that it is done; a crash before
it leaves the list, and the next run goes on there. `leaf`, `node`, `checkpoint`, the header and its
digest stay: the trigger of `preimage` refuses what no act names.

Source: docs/delivery.md, "Retention".
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from gateway.errors import LogDamagedError, NoInputError
from gateway.retaining import AgedStatement, AgedThread, HoldRow
from gateway.storage.session import Session, refuse_unsigned
from gateway.storage.vault import month_of
from keys.cosignature import split_timestamped
from keys.errors import KeysError
from keys.note import parse_note
from keys.suite import MLDSA44_SIGNATURE_BYTES
from protocol.cases.ladder import MessageState
from protocol.cases.retention import RetainedMessage, RetainedThread
from protocol.envelope.header import Header
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId
from protocol.log.erasure import Erasure
from protocol.log.statement import Statement, StatementKind

_DAY_MS: Final = 24 * 3_600_000
_MS_PER_S: Final = 1000
_NEVER_MS: Final = 1 << 62
_TIMED_BYTES: Final = 8 + MLDSA44_SIGNATURE_BYTES
"""Of the signature line that says when."""

_FORGET_NOTES: Final = (
    "DELETE FROM case_note WHERE thread IN (SELECT m.thread FROM erased_message x"
    " JOIN message m ON m.id = x.message WHERE x.erasure = ?)"
    " AND NOT EXISTS (SELECT 1 FROM message m JOIN content c ON c.message = m.id"
    " WHERE m.thread = case_note.thread)"
)
"""What a desk noted beside a case goes with the last content of it."""

_KEPT: Final = (
    "SELECT m.sender, m.mid, m.state, m.changed_ms, m.exp_ms, e.header,"
    " EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id)"
    " OR EXISTS (SELECT 1 FROM inbox n WHERE n.message = m.id)"
    " FROM message m LEFT JOIN envelope e ON e.message = m.id"
    " WHERE {} AND NOT EXISTS (SELECT 1 FROM erased_message x WHERE x.message = m.id)"
    " ORDER BY m.id"
)


def read_aged(
    reader: sqlite3.Connection, *, after: int, before_ms: int, limit: int
) -> tuple[AgedThread, ...]:
    """Return threads nothing of which changed since a time, and messages that are in none.

    Args:
        reader: Any connection.
        after: Only what begins with a message row above this.
        before_ms: Milliseconds since 1970, UTC.
        limit: So many rows are looked at; the last place is given even if nothing there is old.
    """
    rows = reader.execute(
        "SELECT m.id, m.thread FROM message m WHERE m.id > ?"
        " AND NOT EXISTS (SELECT 1 FROM erased_message x WHERE x.message = m.id)"
        " AND m.changed_ms < ? ORDER BY m.id LIMIT ?",
        (after, before_ms, limit),
    ).fetchall()
    found = []
    for row, thread in rows:
        if thread is not None and not _begins(reader, row, thread):
            continue
        found.append(_aged(reader, row, thread))
    if rows and (not found or found[-1].place != rows[-1][0]):
        nothing = RetainedThread(messages=(), is_held=False)
        found.append(AgedThread(place=rows[-1][0], thread=None, kept=nothing))
    return tuple(found)


def read_signed_before(reader: sqlite3.Connection, generation: int, at_ms: int) -> int:
    """Return the size of the largest head that was signed before a time, 0 if none was.

    Args:
        reader: Any connection.
        generation: Which log.
        at_ms: Milliseconds since 1970, UTC.
    """
    low, high = reader.execute(
        "SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM checkpoint WHERE generation = ?",
        (generation,),
    ).fetchone()
    size = 0
    while low <= high:
        middle = (low + high) // 2
        row = reader.execute(
            "SELECT id, size, note FROM checkpoint WHERE generation = ? AND id >= ?"
            " ORDER BY id LIMIT 1",
            (generation, middle),
        ).fetchone()
        if row is not None and row[0] <= high and _signed_ms(row[2]) < at_ms:
            low, size = row[0] + 1, row[1]
        else:
            high = middle - 1
    return size


def read_statements(
    reader: sqlite3.Connection, generation: int, *, start: int, stop: int, limit: int
) -> tuple[AgedStatement, ...]:
    """Return statements of [start, stop) of which the preimage is kept and is not empty.

    Args:
        reader: Any connection.
        generation: Which log.
        start: First leaf.
        stop: Leaf after the last.
        limit: So many at most.
    """
    rows = reader.execute(
        "SELECT p.i, l.kind, p.bytes FROM preimage p"
        " JOIN leaf l ON l.generation = p.generation AND l.i = p.i"
        " WHERE p.generation = ? AND p.i >= ? AND p.i < ? ORDER BY p.i LIMIT ?",
        (generation, start, stop, limit),
    ).fetchall()
    return tuple(AgedStatement(index=i, kind=kind, preimage=data) for i, kind, data in rows)


def read_with_content(
    reader: sqlite3.Connection, mids: Sequence[MessageId]
) -> frozenset[MessageId]:
    """Return those of these ids that name a message which was not erased.

    Args:
        reader: Any connection.
        mids: Of messages.
    """
    return frozenset(
        mid
        for mid in set(mids)
        if reader.execute(
            "SELECT 1 FROM message m WHERE m.mid = ? AND NOT EXISTS"
            " (SELECT 1 FROM erased_message x WHERE x.message = m.id) LIMIT 1",
            (mid.value,),
        ).fetchone()
    )


def name(session: Session, erasure: Erasure, act: Statement, *, now_ms: int) -> None:
    """Commit an act with its list; nothing is erased yet.

    Args:
        session: The transaction.
        erasure: What is to go.
        act: States its digest.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        RecoveringError: No head may be signed now.
    """
    refuse_unsigned(session)
    leaf = session.state(act, must_leave=True)
    number = session.execute(
        "INSERT INTO erasure (generation, leaf, at_ms, list) VALUES (?, ?, ?, ?)",
        (session.origin.generation, leaf, now_ms, erasure.encode()),
    ).lastrowid
    session.execute("INSERT INTO erasure_pending (erasure) VALUES (?)", (number,))
    for first, last in erasure.statements:
        session.execute(
            "INSERT INTO erased_range (generation, first, last, erasure) VALUES (?, ?, ?, ?)",
            (erasure.generation, first, last, number),
        )


def read_named(reader: sqlite3.Connection) -> Erasure | None:
    """Return the oldest list that was named and is not erased yet.

    Args:
        reader: Any connection.

    Raises:
        LogDamagedError: The list cannot be read.
    """
    row = reader.execute(
        "SELECT e.list FROM erasure_pending p JOIN erasure e ON e.id = p.erasure"
        " ORDER BY p.erasure LIMIT 1"
    ).fetchone()
    return None if row is None else _listed(row[0])


def erase(session: Session) -> None:
    """Erase what the oldest such list names; nothing happens if there is none.

    Args:
        session: The transaction.

    Raises:
        LogDamagedError: The list cannot be read, or no act of our log stands where it says.
    """
    row = session.execute(
        "SELECT e.id, e.list, e.at_ms, l.kind FROM erasure_pending p"
        " JOIN erasure e ON e.id = p.erasure"
        " LEFT JOIN leaf l ON l.generation = e.generation AND l.i = e.leaf"
        " ORDER BY p.erasure LIMIT 1"
    ).fetchone()
    if row is None:
        return
    number, data, at_ms, kind = row
    if kind != StatementKind.ACT:
        raise LogDamagedError("the log does not state what is to be erased")
    erasure = _listed(data)
    for first, last in erasure.statements:
        session.execute(
            "DELETE FROM preimage WHERE generation = ? AND i BETWEEN ? AND ?",
            (erasure.generation, first, last),
        )
    for sender, mid in erasure.messages:
        found = session.execute(
            "SELECT id FROM message WHERE mid = ? AND sender = ?", (mid.value, str(sender))
        ).fetchone()
        if found is not None:
            session.execute("DELETE FROM content WHERE message = ?", found)
            session.execute("UPDATE envelope SET body = x'' WHERE message = ?", found)
            session.execute(
                "INSERT INTO erased_message (message, at_ms, erasure) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (found[0], at_ms, number),
            )
    session.execute(_FORGET_NOTES, (number,))
    session.execute("DELETE FROM erasure_pending WHERE erasure = ?", (number,))


def destroy_months(session: Session, *, now_ms: int) -> tuple[int, ...]:
    """Destroy the keys of months that seal nothing any more, and return the months.

    A month that ended less than two days ago may still get a content that was sealed in it.

    Args:
        session: The transaction.
        now_ms: Milliseconds since 1970, UTC.
    """
    rows = session.execute(
        "SELECT month FROM month WHERE month < ?"
        " AND NOT EXISTS (SELECT 1 FROM content c WHERE c.month = month.month)"
        " AND NOT EXISTS (SELECT 1 FROM case_note n WHERE n.month = month.month)"
        " AND NOT EXISTS (SELECT 1 FROM handover h WHERE h.month = month.month)",
        (month_of(now_ms - 2 * _DAY_MS),),
    ).fetchall()
    for row in rows:
        session.execute("DELETE FROM month WHERE month = ?", row)
    return tuple(row[0] for row in rows)


def hold(
    session: Session, thread: MessageId, act: Statement, *, on: bool, by: str, now_ms: int
) -> HoldRow:
    """Hold a thread or release it, with the act that says so.

    Args:
        session: The transaction.
        thread: Which.
        act: States who and why.
        on: Whether it is held from now on.
        by: Who, CC/n and role.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: There is no such thread, or it is to be released and was never held.
    """
    known = session.execute("SELECT 1 FROM message WHERE thread = ? LIMIT 1", (thread.value,))
    if known.fetchone() is None:
        raise NoInputError("there is no such thread", hint="see: a35 inbox, a35 outbox")
    before = read_hold(session, thread)
    if before is not None and before.is_on == on:
        return before
    if before is None and not on:
        raise NoInputError("this thread is not held")
    leaf = session.state(act, must_leave=False)
    session.execute(
        "INSERT INTO hold (thread, is_on, at_ms, by, origin, i) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (thread) DO UPDATE SET is_on = excluded.is_on, at_ms = excluded.at_ms,"
        " by = excluded.by, origin = excluded.origin, i = excluded.i",
        (thread.value, on, now_ms, by, str(session.origin), leaf),
    )
    return HoldRow(
        thread=thread, is_on=on, at_ms=now_ms, by=by, origin=str(session.origin), index=leaf
    )


def read_hold(source: Session | sqlite3.Connection, thread: MessageId) -> HoldRow | None:
    """Return whether a thread was ever held, and is now.

    Args:
        source: A transaction or a reader.
        thread: Which.
    """
    row = source.execute(
        "SELECT is_on, at_ms, by, origin, i FROM hold WHERE thread = ?", (thread.value,)
    ).fetchone()
    if row is None:
        return None
    return HoldRow(
        thread=thread, is_on=bool(row[0]), at_ms=row[1], by=row[2], origin=row[3], index=row[4]
    )


def _begins(reader: sqlite3.Connection, row: int, thread: bytes) -> bool:
    """Tell whether a message is the first of its thread that is still here."""
    first = reader.execute(
        "SELECT min(m.id) FROM message m WHERE m.thread = ? AND NOT EXISTS"
        " (SELECT 1 FROM erased_message x WHERE x.message = m.id)",
        (thread,),
    ).fetchone()
    return bool(first[0] == row)


def _aged(reader: sqlite3.Connection, row: int, thread: bytes | None) -> AgedThread:
    where, value = ("m.id = ?", row) if thread is None else ("m.thread = ?", thread)
    messages = reader.execute(_KEPT.format(where), (value,)).fetchall()
    held = None if thread is None else read_hold(reader, MessageId(thread))
    return AgedThread(
        place=row,
        thread=None if thread is None else MessageId(thread),
        kept=RetainedThread(
            messages=tuple(_retained(one) for one in messages),
            is_held=held is not None and held.is_on,
        ),
    )


def _retained(row: Sequence[Any]) -> RetainedMessage:
    return RetainedMessage(
        sender=NodeId.parse(row[0]),
        mid=MessageId(row[1]),
        state=MessageState(row[2]),
        changed_ms=row[3],
        exp_ms=row[4],
        waits=bool(row[6]),
        attachments=_attachments(row[5]),
    )


def _attachments(header: bytes | None) -> tuple[tuple[bytes, int], ...]:
    try:
        blobs = () if header is None else Header.decode(header).blobs
    except MalformedError:
        return ()
    return tuple((each.digest, each.size_bytes) for each in blobs)


def _listed(data: bytes) -> Erasure:
    try:
        return Erasure.decode(data)
    except MalformedError as fault:
        raise LogDamagedError("a list of what is to be erased cannot be read") from fault


def _signed_ms(note: bytes) -> int:
    """Return when a checkpoint of ours says that it was signed; never, if it cannot be read."""
    try:
        times = [
            split_timestamped(line.signature)[0]
            for line in parse_note(note).lines
            if len(line.signature) == _TIMED_BYTES
        ]
    except KeysError:
        return _NEVER_MS
    return max(times, default=_NEVER_MS) * _MS_PER_S
