"""Pings inside the transaction, and reading them.

Source: docs/delivery.md, "Pings".
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from gateway.pinging import DayCount, PingRow, ReplyRow, RoundRow
from gateway.storage.session import Event, Session
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement

KIND_PING: Final = "ping"
_ROUND: Final = (
    "SELECT id, name, began_ms, expires_ms, closed_ms, origin, i, paused_ms FROM ping_round "
)


def begin_round(
    session: Session,
    name: str | None,
    nodes: Sequence[NodeId],
    *,
    now_ms: int,
    expires_ms: int,
) -> RoundRow:
    """Keep a round with its nodes, unless there is one of this name.

    Args:
        session: The transaction.
        name: Of a campaign, None for a round without name.
        nodes: Whom it asks.
        now_ms: Milliseconds since 1970, UTC.
        expires_ms: When it ends.

    Returns:
        The round as it is kept.
    """
    if name is not None:
        known = session.execute(_ROUND + "WHERE name = ?", (name,)).fetchone()
        if known is not None:
            return _round(known)
    number = session.execute(
        "INSERT INTO ping_round (name, began_ms, expires_ms) VALUES (?, ?, ?)",
        (name, now_ms, expires_ms),
    ).lastrowid
    for node in nodes:
        session.execute("INSERT INTO ping (round, node) VALUES (?, ?)", (number, str(node)))
    _tell(session, number, "begun", at_ms=now_ms)
    return _round(session.execute(_ROUND + "WHERE id = ?", (number,)).fetchone())


def note_mid(session: Session, ping: int, mid: MessageId, *, now_ms: int) -> None:
    """Keep by which message a desk was asked."""
    session.execute("UPDATE ping SET mid = ? WHERE id = ?", (mid.value, ping))
    _tell_of(session, ping, "asked", at_ms=now_ms)


def note_called(
    session: Session, ping: int, *, ok: bool, took_ms: int | None, why: str | None, now_ms: int
) -> None:
    """Keep how the machine leg ended; the first outcome counts."""
    done = session.execute(
        "UPDATE ping SET node_ok = ?, node_ms = ?, why = ? WHERE id = ? AND node_ok IS NULL",
        (ok, took_ms, why, ping),
    )
    if done.rowcount:
        _tell_of(session, ping, "called", at_ms=now_ms)


def note_answered(
    session: Session, ping: int, *, details_valid: bool, at_ms: int, now_ms: int
) -> None:
    """Keep the answer of a desk; the first one counts."""
    done = session.execute(
        "UPDATE ping SET answered_ms = ?, details_valid = ? WHERE id = ? AND answered_ms IS NULL",
        (at_ms, details_valid, ping),
    )
    if done.rowcount:
        _tell_of(session, ping, "answered", at_ms=now_ms)


def pause_round(session: Session, number: int, *, on: bool, now_ms: int) -> None:
    """Pause an open round, or let it go on; again changes nothing."""
    done = session.execute(
        "UPDATE ping_round SET paused_ms = ? WHERE id = ? AND closed_ms IS NULL"
        " AND (paused_ms IS NULL) = ?",
        (now_ms if on else None, number, on),
    )
    if done.rowcount:
        _tell(session, number, "paused" if on else "resumed", at_ms=now_ms)


def end_round(session: Session, number: int, *, now_ms: int) -> None:
    """Let an open round end now."""
    session.execute(
        "UPDATE ping_round SET expires_ms = min(expires_ms, ?) WHERE id = ? AND closed_ms IS NULL",
        (now_ms, number),
    )


def close_round(session: Session, number: int, act: Statement, *, now_ms: int) -> None:
    """State the outcome of a round and close it, once."""
    row = session.execute(_ROUND + "WHERE id = ?", (number,)).fetchone()
    if row is None or row[4] is not None:
        return
    leaf = session.state(act, must_leave=False)
    session.execute(
        "UPDATE ping_round SET closed_ms = ?, origin = ?, i = ? WHERE id = ?",
        (now_ms, str(session.origin), leaf, number),
    )
    _tell(session, number, "closed", at_ms=now_ms)


def _tell(
    session: Session, number: object, what: str, *, at_ms: int, by: str | None = None
) -> None:
    """Tell what happened to a round."""
    session.tell(
        Event(
            at_ms=at_ms,
            kind=KIND_PING,
            message=None,
            what=f"{number} {what}",
            by=by or str(session.origin.node),
        )
    )


def _tell_of(session: Session, ping: int, what: str, *, at_ms: int) -> None:
    """Tell what happened to one node of a round."""
    row = session.execute("SELECT round, node FROM ping WHERE id = ?", (ping,)).fetchone()
    if row is not None:
        _tell(session, row[0], what, at_ms=at_ms, by=row[1])


def count_calls(session: Session, counts: Sequence[DayCount]) -> None:
    """Add calls and answers to what was counted."""
    for each in counts:
        session.execute(
            "INSERT INTO availability (day, node, called, answered) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (day, node) DO UPDATE SET called = called + excluded.called,"
            " answered = answered + excluded.answered",
            (each.day, str(each.node), each.called, each.answered),
        )


def read_rounds(
    connection: sqlite3.Connection, where: str = "", parameters: Sequence[object] = ()
) -> tuple[RoundRow, ...]:
    """Return rounds.

    Args:
        connection: A reader.
        where: Which and in what order: SQL of this package alone.
        parameters: Of it.
    """
    return tuple(map(_round, connection.execute(_ROUND + where, parameters).fetchall()))


def read_pings(connection: sqlite3.Connection, number: int, *, own: str) -> tuple[PingRow, ...]:
    """Return what is known of each node of a round.

    Args:
        connection: A reader.
        number: Of the round.
        own: This node, CC/n.
    """
    rows = connection.execute(
        "SELECT p.id, p.round, p.node, p.mid, p.node_ok, p.node_ms, p.why, p.answered_ms,"
        " p.details_valid, m.state, (SELECT r.mid FROM message r WHERE r.thread = p.mid"
        " AND r.re = p.mid AND r.sender = p.node AND r.direction = 'in'"
        " AND p.answered_ms IS NOT NULL ORDER BY r.id LIMIT 1) FROM ping p"
        " LEFT JOIN message m ON m.mid = p.mid AND m.sender = ? WHERE p.round = ?",
        (own, number),
    ).fetchall()
    return tuple(sorted(map(_ping, rows), key=lambda row: row.node))


def read_replies(connection: sqlite3.Connection) -> tuple[ReplyRow, ...]:
    """Return the replies to pings of open rounds that were not taken yet.

    Args:
        connection: A reader.
    """
    rows = connection.execute(
        "SELECT p.id, p.mid, r.sender, r.mid, min(v.at_ms) FROM ping_round q"
        " JOIN ping p ON p.round = q.id AND p.answered_ms IS NULL"
        " JOIN message r ON r.thread = p.mid AND r.re = p.mid AND r.sender = p.node"
        " AND r.direction = 'in'"
        " JOIN event v ON v.message = r.id"
        " WHERE q.closed_ms IS NULL AND r.state IN"
        " ('consigned', 'opened', 'acknowledged', 'declined', 'answered') GROUP BY p.id, r.id"
    ).fetchall()
    return tuple(
        ReplyRow(
            ping=ping,
            asked=MessageId(asked),
            sender=NodeId.parse(sender),
            mid=MessageId(mid),
            at_ms=at_ms,
        )
        for ping, asked, sender, mid, at_ms in rows
    )


def read_availability(
    connection: sqlite3.Connection, *, since_day: int
) -> dict[NodeId, tuple[DayCount, ...]]:
    """Return what was counted since a day, for each node in order of days.

    Args:
        connection: A reader.
        since_day: Days since 1970, UTC.
    """
    found: dict[NodeId, tuple[DayCount, ...]] = {}
    for day, name, called, answered in connection.execute(
        "SELECT day, node, called, answered FROM availability WHERE day >= ? ORDER BY node, day",
        (since_day,),
    ):
        node = NodeId.parse(name)
        count = DayCount(day=day, node=node, called=called, answered=answered)
        found[node] = (*found.get(node, ()), count)
    return found


def _round(row: Sequence[Any]) -> RoundRow:
    return RoundRow(
        number=row[0],
        name=row[1],
        began_ms=row[2],
        expires_ms=row[3],
        closed_ms=row[4],
        origin=row[5],
        index=row[6],
        paused_ms=row[7],
    )


def _ping(row: Sequence[Any]) -> PingRow:
    return PingRow(
        number=row[0],
        round=row[1],
        node=NodeId.parse(row[2]),
        mid=None if row[3] is None else MessageId(row[3]),
        node_ok=_flag(row[4]),
        node_ms=row[5],
        why=row[6],
        answered_ms=row[7],
        details_valid=_flag(row[8]),
        state=None if row[9] is None else MessageState(row[9]),
        reply=None if row[10] is None else MessageId(row[10]),
    )


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)
