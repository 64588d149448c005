"""Queue numbers of our envelopes after they were given out: ended, lost by their receiver, moved.

A number is given out once and never again. What waits stands in the outbox; what does not is
found by receiver and number, so that an answer costs the same behind a hundred thousand others.

Source: docs/wire-format.md, rules 17 and 20.
"""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.records import OutboxKind
from gateway.storage.items import NewItem, queue_item
from gateway.storage.restating import restate_envelope
from gateway.storage.session import KIND_LOST, KIND_RECEIPT, Event, Session
from protocol.cases.ladder import MessageState, is_over
from protocol.delivery.gaps import Ended, Ranges
from protocol.delivery.urgency import Urgency, deliver_by_ms
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_VOID

SENT_AGAIN = "sent_again"
"""What the event of a lost message says: the same bytes wait again."""

GONE = "gone"
"""Or: its time has passed, or it was final, so that nothing goes again."""

TAKEN_BACK = "taken_back"
"""Or: its author had taken it back, so that nothing goes again."""

_ENDED = """
    SELECT n.q, m.exp_ms, iif(c.message IS NULL, m.state, 'cancelled'), coalesce(a.generation, 0),
        EXISTS (SELECT 1 FROM receipt r WHERE r.message = m.id AND r.given = 0),
        (SELECT min(v.number) FROM event v
            WHERE v.message = m.id AND v.kind = ?1 AND v.by = n.node)
    FROM ended n JOIN message m ON m.id = n.message LEFT JOIN sent_again a ON a.message = m.id
        LEFT JOIN cancellation c ON c.message = m.id
    WHERE n.node = ?2 AND n.q BETWEEN ?3 AND ?4
        AND NOT (coalesce(a.generation, 0) >= ?5 AND m.exp_ms > ?6
            AND c.message IS NULL AND m.state NOT IN ('rejected', 'expired', 'cancelled'))
    ORDER BY n.q LIMIT ?7
"""
"""Left out: what went again already for this generation, and would be passed over each time. What
was cancelled does not go again, whatever a late receipt made of its state."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """A message that its receiver lost, as far as sending it again needs it."""

    message: int
    number: int
    cls: Urgency
    exp_ms: int
    state: MessageState
    header: bytes
    wraps: bytes
    origin: str
    leaf: int
    size: int

    def what(self, now_ms: int) -> str:
        """Return what becomes of it: its receiver may take it in its time, unless taken back."""
        if self.state is MessageState.CANCELLED:
            return TAKEN_BACK
        return GONE if self.exp_ms <= now_ms or is_over(self.state) else SENT_AGAIN


def read_top(connection: sqlite3.Connection, node: str) -> int:
    """Return the last number given out to a node, 0 if none."""
    row = connection.execute("SELECT q FROM lane WHERE node = ?", (node,)).fetchone()
    return 0 if row is None else int(row[0])


def is_counted(connection: sqlite3.Connection, node: str, origin: LogOrigin) -> bool:
    """Tell whether no number given out to a node from now on can be one that was lost.

    Args:
        connection: A reader.
        node: The receiver, CC/n.
        origin: The log that is written: one that begins anew tells of a loss.
    """
    if origin.generation == 1:
        return True
    row = connection.execute("SELECT generation FROM counted_in WHERE node = ?", (node,)).fetchone()
    return row is not None and row[0] >= origin.generation


def read_ended(
    connection: sqlite3.Connection, node: str, ranges: Ranges, *, generation: int, now_ms: int
) -> tuple[Ended, ...]:
    """Return what does not wait of some numbers, the lowest 1,024 of them.

    Args:
        connection: A reader.
        node: The receiver, CC/n.
        ranges: Numbers that it lacks, rising and apart.
        generation: Of its log.
        now_ms: Milliseconds since 1970, UTC.
    """
    found: list[Ended] = []
    has_passed_over = connection.execute(
        "SELECT 1 FROM passed_over WHERE node = ? LIMIT 1", (node,)
    ).fetchone()
    for first, last in ranges:
        left = MAX_VOID - len(found)
        if left <= 0:
            break
        rows = connection.execute(
            _ENDED,
            (KIND_RECEIPT, node, first, last, generation, now_ms, left),
        ).fetchall()
        mine = [_ended(row, now_ms=now_ms) for row in rows]
        if has_passed_over:
            mine += _passed_over(connection, node, first, last, limit=left)
        found += sorted(mine, key=lambda one: one.number)[:left]
    return tuple(found)


def send_again(
    session: Session,
    node: str,
    numbers: Sequence[int],
    *,
    generation: int,
    now_ms: int,
) -> tuple[int, int]:
    """Put what a receiver lost back into the outbox: the same header, wraps and body.

    Args:
        session: The transaction.
        node: The receiver, CC/n.
        numbers: Lost, by the rule of protocol.delivery.gaps.
        generation: Of its log; each message goes again once for one.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        How many wait again, and how many are lost for good.
    """
    again = gone = 0
    for number in numbers:
        lost = _lost(session, node, number)
        if lost is None or not _mark(session, lost, generation=generation, now_ms=now_ms):
            continue
        what = lost.what(now_ms)
        if what == SENT_AGAIN:
            _queue(session, lost, node=node, now_ms=now_ms)
            again += 1
        else:
            gone += 1
        session.tell(
            Event(
                at_ms=now_ms,
                kind=KIND_LOST,
                message=lost.message,
                what=what,
                by=node,
            )
        )
    return again, gone


def move_on(session: Session, node: str, top: int, *, leased: Collection[int]) -> int:
    """Let the numbers of a lane go on above `top`, and give what waits new ones; once a generation.

    Args:
        session: The transaction.
        node: The receiver, CC/n.
        top: The highest number that may have been given out before our loss.
        leased: Items of the outbox that are on their way; they keep their numbers.

    Returns:
        The last number given out now.
    """
    held = session.execute(
        "INSERT INTO lane (node) VALUES (?1) ON CONFLICT (node) DO UPDATE SET q = q RETURNING q",
        (node,),
    ).fetchone()
    number = int(held[0])
    counted = session.execute(
        "SELECT 1 FROM counted_in WHERE node = ? AND generation >= ?",
        (node, session.origin.generation),
    ).fetchone()
    if counted is not None:
        return number  # another answer was faster
    if top > number:
        _pass_over(session, node, number + 1, top)
        number = top
    waiting = session.execute(
        "SELECT id, q, message FROM outbox WHERE node = ? AND kind = 'envelope' ORDER BY q, id",
        (node,),
    ).fetchall()
    for item, old, message in waiting:
        if item in leased:
            continue
        number += 1
        session.execute("UPDATE outbox SET q = ? WHERE id = ?", (number, item))
        session.execute("UPDATE envelope SET q = ? WHERE message = ?", (number, message))
        _pass_over(session, node, old, old)
    session.execute("UPDATE lane SET q = ? WHERE node = ?", (number, node))
    session.execute(
        "INSERT INTO counted_in (node, generation) VALUES (?, ?)"
        " ON CONFLICT (node) DO UPDATE SET generation = excluded.generation",
        (node, session.origin.generation),
    )
    return number


def _ended(row: tuple[int, int, str, int, int, int | None], *, now_ms: int) -> Ended:
    number, exp_ms, state, again, receipted, event = row
    # Where the event of its receipt was erased since, it is older than any request on its way.
    held_at = (event or 0) if receipted else None
    return Ended(
        number=number,
        held_at=held_at,
        can_go=exp_ms > now_ms and not is_over(MessageState(state)),
        again=again,
    )


def _passed_over(
    connection: sqlite3.Connection, node: str, first: int, last: int, *, limit: int
) -> list[Ended]:
    rows = connection.execute(
        "SELECT first, last FROM passed_over WHERE node = ?1 AND first <= ?3 AND first >= ("
        "  SELECT coalesce(max(first), 0) FROM passed_over WHERE node = ?1 AND first <= ?2"
        ") AND last >= ?2 ORDER BY first LIMIT ?4",
        (node, first, last, limit),
    ).fetchall()
    numbers = [
        number
        for low, high in rows
        for number in range(max(low, first), min(high, last, max(low, first) + limit - 1) + 1)
    ]
    return [Ended(number=number, held_at=None) for number in numbers[:limit]]


def _pass_over(session: Session, node: str, first: int, last: int) -> None:
    """Note numbers that no message bears; runs that touch become one."""
    joined = session.execute(
        "UPDATE passed_over SET last = ?3 WHERE node = ?1 AND last = ?2 - 1",
        (node, first, last),
    )
    if joined.rowcount == 0:
        session.execute(
            "INSERT INTO passed_over (node, first, last) VALUES (?, ?, ?)", (node, first, last)
        )


def _lost(session: Session, node: str, number: int) -> _Lost | None:
    row = session.execute(
        "SELECT m.id, m.cls, m.exp_ms, iif(c.message IS NULL, m.state, 'cancelled'),"
        " e.header, e.wraps, e.origin, e.i, length(e.body)"
        " FROM ended n JOIN message m ON m.id = n.message JOIN envelope e ON e.message = m.id"
        " LEFT JOIN cancellation c ON c.message = m.id"
        " WHERE n.node = ? AND n.q = ?"
        " AND EXISTS (SELECT 1 FROM receipt r WHERE r.message = m.id AND r.given = 0)",
        (node, number),
    ).fetchone()
    if row is None:
        return None
    message, cls, exp_ms, state, header, wraps, origin, leaf, body_bytes = row
    return _Lost(
        message,
        number,
        Urgency(cls),
        exp_ms,
        MessageState(state),
        header,
        wraps,
        origin,
        leaf,
        len(header) + len(wraps) + body_bytes,
    )


def _mark(session: Session, lost: _Lost, *, generation: int, now_ms: int) -> bool:
    """Note that it goes again for this generation; false if it did already."""
    marked = session.execute(
        "INSERT INTO sent_again (message, generation, at_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (message) DO UPDATE"
        " SET generation = excluded.generation, at_ms = excluded.at_ms"
        " WHERE excluded.generation > sent_again.generation",
        (lost.message, generation, now_ms),
    )
    return bool(marked.rowcount == 1)


def _queue(session: Session, lost: _Lost, *, node: str, now_ms: int) -> None:
    leaf = restate_envelope(
        session, lost.message, (lost.header, lost.wraps), origin=lost.origin, index=lost.leaf
    )
    queue_item(
        session,
        NewItem(
            node=node,
            kind=OutboxKind.ENVELOPE,
            message=lost.message,
            cls=lost.cls,
            number=lost.number,
            leaf=leaf,
            exp_ms=lost.exp_ms,
            size_bytes=lost.size,
            deliver_ms=deliver_by_ms(lost.cls, queued_ms=now_ms),
        ),
    )
