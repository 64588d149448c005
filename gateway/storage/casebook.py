"""Messages, their states, what happened to them, and the events that people follow: reads only.

Source: docs/delivery.md, "Ports"; docs/operations.md for what an officer sees of it.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from gateway.records import (
    Direction,
    OutboxKind,
)
from gateway.rows import (
    AttemptRow,
    EventRow,
    MessageRow,
)
from gateway.storage.tables_lists import OPEN
from gateway.storage.vault import Vault
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId

_TIES_MOST: Final = 1000
"""A peer chooses the time of its messages: a flood of one time must not be one page."""

_MESSAGE: Final = (
    "SELECT m.direction, m.sender, m.recipient, m.mid, m.thread, m.re, m.cls, m.state, m.t_ms,"
    " m.exp_ms, m.changed_ms, m.why, c.month, c.summary, x.at_ms"
    " FROM message m LEFT JOIN content c ON c.message = m.id"
    " LEFT JOIN erased_message x ON x.message = m.id "
)
_EVENT: Final = (
    "SELECT v.number, v.at_ms, v.kind, m.mid, m.thread, v.what, v.by, v.origin, v.i"
    " FROM event v LEFT JOIN message m ON m.id = v.message "
)


class CasebookReader:  # noqa: PLR0904  one place for every question about messages
    """Reads of one store, on the thread of the loop.

    Args:
        connection: A reader.
        vault: Opens the summaries and contents.
    """

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._execute = connection.execute
        self._vault = vault

    def messages(
        self, direction: Direction, *, limit: int, before: int | None
    ) -> tuple[MessageRow, ...]:
        """Return messages one way, newest first.

        Args:
            direction: Out or in.
            limit: So many; up to 1,000 more only if they share the time of the last one, so
                that a next call with `before` = that time misses none.
            before: Only those with a `t_ms` below.
        """
        bound = 2**62 if before is None else before
        last = self._execute(
            "SELECT t_ms FROM message WHERE direction = ? AND t_ms < ?"
            " ORDER BY t_ms DESC LIMIT 1 OFFSET ?",
            (direction.value, bound, max(limit, 1) - 1),
        ).fetchone()
        rows = self._execute(
            _MESSAGE + "WHERE m.direction = ? AND m.t_ms < ? AND m.t_ms >= ?"
            " ORDER BY m.t_ms DESC, m.id DESC LIMIT ?",
            (direction.value, bound, -1 if last is None else last[0], limit + _TIES_MOST),
        ).fetchall()
        return self._rows(rows)

    def message(self, mid: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages with this id, of any sender."""
        return self._rows(
            self._execute(_MESSAGE + "WHERE m.mid = ? ORDER BY m.id", (mid.value,)).fetchall()
        )

    def numbered(self, number: int) -> MessageRow | None:
        """Return the message with this number of its row."""
        rows = self._rows(self._execute(_MESSAGE + "WHERE m.id = ?", (number,)).fetchall())
        return rows[0] if rows else None

    def coded(self, low: MessageId, high: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages whose ids lie between two, both included; of any sender."""
        rows = self._execute(
            _MESSAGE + "WHERE m.mid BETWEEN ? AND ? ORDER BY m.id LIMIT ?",
            (low.value, high.value, _TIES_MOST),
        ).fetchall()
        return self._rows(rows)

    def to_answer(self, cls: Urgency, *, now_ms: int, since_ms: int) -> tuple[MessageRow, ...]:
        """Return received messages of a class that nobody answered and that are not expired."""
        rows = self._execute(
            _MESSAGE + "WHERE m.direction = 'in' AND m.t_ms >= ? AND m.cls = ? AND m.exp_ms > ?"
            f" AND m.state IN {OPEN} AND m.state NOT IN ('queued', 'accepted')"
            " ORDER BY m.t_ms, m.id LIMIT ?",
            (since_ms, cls.value, now_ms, _TIES_MOST),
        ).fetchall()
        return self._rows(rows)

    def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages of a thread in order of time."""
        rows = self._execute(
            _MESSAGE + "WHERE m.thread = ? ORDER BY m.t_ms, m.id", (thread.value,)
        ).fetchall()
        return self._rows(rows)

    def inner(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the opened content, None if there is none.

        Raises:
            StorageError: It does not open.
        """
        row = self._execute(
            "SELECT c.month, c.inner FROM content c JOIN message m ON m.id = c.message"
            " WHERE m.mid = ? AND m.sender = ?",
            (mid.value, str(sender)),
        ).fetchone()
        if row is None or row[1] is None:
            return None
        return self._vault.open("inner", row[1], sender=sender, mid=mid, month=row[0])

    def content_key(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the key of a message's body, None if it was never opened.

        Raises:
            StorageError: It does not open.
        """
        row = self._execute(
            "SELECT c.month, c.content_key FROM content c JOIN message m ON m.id = c.message"
            " WHERE m.mid = ? AND m.sender = ?",
            (mid.value, str(sender)),
        ).fetchone()
        if row is None or row[1] is None:
            return None
        return self._vault.open("content_key", row[1], sender=sender, mid=mid, month=row[0])

    def statement(self, sender: NodeId, mid: MessageId) -> tuple[bytes, bytes] | None:
        """Return (header digest, statement digest) of a message."""
        row = self._execute(
            "SELECT header_digest, statement_digest FROM message WHERE mid = ? AND sender = ?",
            (mid.value, str(sender)),
        ).fetchone()
        return None if row is None else (bytes(row[0]), bytes(row[1]))

    def timeline(self, sender: NodeId, mid: MessageId) -> tuple[EventRow, ...]:
        """Return what happened to a message, in order."""
        rows = self._execute(
            _EVENT + "WHERE m.mid = ? AND m.sender = ? ORDER BY v.number",
            (mid.value, str(sender)),
        ).fetchall()
        return _events(rows)

    def events(self, *, after: int, limit: int) -> tuple[EventRow, ...]:
        """Return events with numbers above `after`."""
        rows = self._execute(
            _EVENT + "WHERE v.number > ? ORDER BY v.number LIMIT ?", (after, limit)
        ).fetchall()
        return _events(rows)

    def attempts(self, mid: MessageId) -> tuple[AttemptRow, ...]:
        """Return the attempts to deliver what concerns a message, oldest first."""
        rows = self._execute(
            "SELECT a.at_ms, a.kind, a.what, a.outcome, a.next_ms FROM attempt a"
            " JOIN message m ON m.id = a.message WHERE m.mid = ? ORDER BY a.id",
            (mid.value,),
        ).fetchall()
        return tuple(
            AttemptRow(
                at_ms=at_ms, kind=OutboxKind(kind), what=what, outcome=outcome, next_ms=next_ms
            )
            for at_ms, kind, what, outcome, next_ms in rows
        )

    def receipts(self, for_: NodeId, mid: MessageId) -> tuple[tuple[bytes, int, str], ...]:
        """Return (receipt, leaf index, log) of all that we gave this node for its message."""
        rows = self._execute(
            "SELECT r.bytes, r.i, r.origin FROM receipt r JOIN message m ON m.id = r.message"
            " WHERE m.mid = ? AND m.sender = ? AND r.given = 1 ORDER BY r.id",
            (mid.value, str(for_)),
        ).fetchall()
        return tuple((bytes(receipt), leaf, origin) for receipt, leaf, origin in rows)

    def _rows(self, rows: Sequence[Any]) -> tuple[MessageRow, ...]:
        return tuple(self._message(row) for row in rows)

    def _message(self, row: Sequence[Any]) -> MessageRow:
        sender, mid = NodeId.parse(row[1]), MessageId(row[3])
        month, summary = row[12], row[13]
        if summary is not None:
            summary = self._vault.legible("summary", summary, sender=sender, mid=mid, month=month)
        return MessageRow(
            direction=Direction(row[0]),
            sender=sender,
            recipient=NodeId.parse(row[2]),
            mid=mid,
            thread=_id(row[4]),
            re=_id(row[5]),
            cls=Urgency(row[6]),
            state=MessageState(row[7]),
            t_ms=row[8],
            exp_ms=row[9],
            changed_ms=row[10],
            summary=summary,
            why=row[11],
            erased_ms=row[14],
        )


def _id(value: bytes | None) -> MessageId | None:
    return None if value is None else MessageId(value)


def _events(rows: Sequence[Any]) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(
            number=row[0],
            at_ms=row[1],
            kind=row[2],
            mid=_id(row[3]),
            thread=_id(row[4]),
            what=row[5],
            by=row[6],
            origin=row[7],
            index=row[8],
        )
        for row in rows
    )
