"""Stages that were told of late messages, copies for second points of contact, cursors of webhooks.

Each stage of a step of a message is one row, told once: whether the step was taken meanwhile is
looked at inside the transaction that tells it.

Source: docs/delivery.md, "Delivery in rules", rule 14.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from gateway.lateness import CopyRow, Escalation, EscalationRow, Order, Rival, Unasked
from gateway.records import Submission, Submitted
from gateway.storage.outbox import queue_envelope
from gateway.storage.session import Event, Session
from gateway.storage.steps import held_message
from gateway.storage.vault import SealedContent
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.delivery.escalation import Stage, Step
from protocol.identifiers import MessageId, NodeId

KIND_ESCALATED: Final = "message.escalated"
KIND_OF_SILENCE: Final = {
    Step.ACCEPTED: "non_delivery_notice",
    Step.ACKNOWLEDGED: "silence_notice",
}
"""The reserved names of the two evidences (docs/domain.md, section 6.4)."""

_DROPPED_AT_ONCE: Final = 5000
_TAKEN: Final = "('acknowledged', 'declined', 'answered')"
_STAGE_COLUMNS: Final = (
    "SELECT m.mid, x.step, x.stage, x.due_ms, x.at_ms, x.origin, x.i, x.asked"
    " FROM escalation x JOIN message m ON m.id = x.message "
)
_OURS: Final = "SELECT id FROM message WHERE sender = ?1 AND mid = ?2"
_PAIR_COLUMNS: Final = (
    "SELECT o.mid, o.recipient, c.mid, c.recipient, w.mid FROM copy x"
    " CROSS JOIN message o ON o.id = x.original JOIN message c ON c.id = x.copy"
    " LEFT JOIN message w ON w.id = x.withdrawal "
)


def tell_stage(session: Session, escalation: Escalation, *, own: str, now_ms: int) -> bool:
    """Tell one stage of a message of ours, unless it was told or its step was taken.

    Args:
        session: The transaction.
        escalation: The stage; with its evidence if it is silence.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Whether it was told now.

    Raises:
        NoInputError: There is no such message of ours.
    """
    message = held_message(session, own, escalation.mid)
    step, stage = escalation.told.step, escalation.told.stage
    if is_over(message.state) or reached(message.state, MessageState(step.value)):
        return False
    if _is_cancelled(session, message.row):
        return False  # a late receipt may have raised it; its author waits for nothing
    known = session.execute(
        "SELECT 1 FROM escalation WHERE message = ? AND step = ? AND stage = ?",
        (message.row, step.value, stage.value),
    ).fetchone()
    if known is not None:
        return False
    leaf = origin = None
    if escalation.evidence is not None:
        leaf, origin = session.state(escalation.evidence, must_leave=False), str(session.origin)
    session.execute(
        "INSERT INTO escalation (message, step, stage, due_ms, at_ms, origin, i, asked)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(message.row, step.value, stage.value, escalation.due_ms, now_ms),
            *(origin, leaf, stage is not Stage.SILENCE),
        ),
    )
    is_silence = stage is Stage.SILENCE
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_OF_SILENCE[step] if is_silence else KIND_ESCALATED,
            message=message.row,
            what=f"{stage.value}_{step.value}",
            by=own,
            origin=origin,
            index=leaf,
        )
    )
    return True


def note_asked(session: Session, mid: MessageId, *, own: str) -> None:
    """Note that the other side was asked for receipts after silence was stated.

    Raises:
        NoInputError: There is no such message of ours.
    """
    message = held_message(session, own, mid)
    session.execute("UPDATE escalation SET asked = 1 WHERE message = ?", (message.row,))


def queue_order(
    session: Session,
    submission: Submission,
    sealed: SealedContent,
    *,
    order: Order,
    of: MessageId,
    own: str,
    now_ms: int,
) -> Submitted | None:
    """Queue what the node sends by itself about a message of ours, once.

    Args:
        session: The transaction.
        submission: The copy, or the withdrawal.
        sealed: Its content, as it will lie on the disk.
        order: Which of the two.
        of: The message that is copied, or withdrawn.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Its place; None if this was done before, and nothing was written.

    Raises:
        NoInputError: There is no such message of ours.
    """
    about = held_message(session, own, of)
    if not _is_open(session, order, about.row):
        return None
    submitted = queue_envelope(session, submission, sealed, own=own, now_ms=now_ms)
    made = held_message(session, own, submission.mid)
    if order is Order.COPY:
        session.execute("INSERT INTO copy (original, copy) VALUES (?, ?)", (about.row, made.row))
    else:
        session.execute(
            "UPDATE copy SET withdrawal = ?1 WHERE original = ?2 OR copy = ?2",
            (made.row, about.row),
        )
        session.execute(
            "UPDATE cancellation SET withdrawal = ? WHERE message = ?", (made.row, about.row)
        )
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_ESCALATED,
            message=about.row,
            what=order.value,
            by=own,
            origin=str(session.origin),
            index=submitted.index,
        )
    )
    return submitted


def drop_attempts(session: Session, before_ms: int) -> int:
    """Drop attempts made before a time; their numbers grow with time, so few rows are looked at.

    Returns:
        How many; at most _DROPPED_AT_ONCE, so that nobody waits for it.
    """
    dropped = session.execute(
        "DELETE FROM attempt WHERE id IN (SELECT id FROM"
        " (SELECT id, at_ms FROM attempt ORDER BY id LIMIT ?) WHERE at_ms < ?)",
        (_DROPPED_AT_ONCE, before_ms),
    )
    return dropped.rowcount


def save_cursor(session: Session, name: str, number: int) -> None:
    """Keep up to which event a webhook was told."""
    session.execute(
        "INSERT INTO webhook (name, event) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET event = excluded.event",
        (name, number),
    )


def read_stages(
    connection: sqlite3.Connection, mids: Sequence[MessageId], *, own: str
) -> tuple[EscalationRow, ...]:
    """Return the stages told of some messages of ours, in the order in which they were told.

    Args:
        connection: A reader.
        mids: Which messages; at most a page of a list.
        own: This node, CC/n.
    """
    marks = ", ".join("?" * len(mids))
    rows = connection.execute(
        _STAGE_COLUMNS + f"WHERE m.sender = ? AND m.mid IN ({marks}) ORDER BY x.id",
        (own, *(mid.value for mid in mids)),
    ).fetchall()
    return tuple(
        EscalationRow(
            mid=MessageId(mid),
            step=Step(step),
            stage=Stage(stage),
            due_ms=due_ms,
            at_ms=at_ms,
            origin=origin,
            index=index,
            asked=bool(asked),
        )
        for mid, step, stage, due_ms, at_ms, origin, index, asked in rows
    )


def read_unasked(
    connection: sqlite3.Connection, besides: Sequence[NodeId], limit: int
) -> tuple[Unasked, ...]:
    """Return silences after which receipts are still to be asked for, the oldest first.

    Args:
        connection: A reader.
        besides: Nodes that are not asked now.
        limit: At most so many.

    Returns:
        Nothing of what was answered meanwhile: the receipt is here.
    """
    marks = ", ".join("?" * len(besides))
    rows = connection.execute(
        "SELECT m.mid, m.recipient FROM escalation x"  # noqa: S608  our own names
        " JOIN message m ON m.id = x.message WHERE x.asked = 0"
        f" AND m.state NOT IN {_TAKEN} AND (x.step = 'acknowledged' OR m.state = 'queued')"
        f" AND m.recipient NOT IN ({marks}) GROUP BY m.id ORDER BY min(x.id) LIMIT ?",
        (*map(str, besides), limit),
    ).fetchall()
    return tuple(Unasked(mid=MessageId(mid), node=NodeId.parse(node)) for mid, node in rows)


def read_silences(connection: sqlite3.Connection) -> tuple[tuple[NodeId, int], ...]:
    """Return (node, since when) of every node that missed a step and has not taken it since."""
    rows = connection.execute(
        "SELECT m.recipient, x.step, m.state, x.due_ms FROM escalation x"
        " JOIN message m ON m.id = x.message WHERE x.stage = 'silence' AND m.state IN"
        " ('queued', 'accepted', 'consigned', 'opened')"
        " AND NOT EXISTS (SELECT 1 FROM cancellation c WHERE c.message = m.id)"
    ).fetchall()
    since: dict[str, int] = {}
    for node, step, state, due_ms in rows:
        if not reached(MessageState(state), MessageState(step)):
            since[node] = min(due_ms, since.get(node, due_ms))
    return tuple((NodeId.parse(node), due_ms) for node, due_ms in sorted(since.items()))


def read_pairs(connection: sqlite3.Connection, mid: MessageId, *, own: str) -> tuple[CopyRow, ...]:
    """Return the pair of message and copy that a message of ours belongs to, if to one."""
    rows = connection.execute(
        _PAIR_COLUMNS + f"WHERE x.original = ({_OURS}) OR x.copy = ({_OURS})", (own, mid.value)
    ).fetchall()
    return tuple(
        CopyRow(
            original=MessageId(original),
            original_to=NodeId.parse(original_to),
            copy=MessageId(copy),
            copy_to=NodeId.parse(copy_to),
            withdrawal=None if withdrawal is None else MessageId(withdrawal),
        )
        for original, original_to, copy, copy_to, withdrawal in rows
    )


def read_rivals(connection: sqlite3.Connection) -> tuple[Rival, ...]:
    """Return what is to be withdrawn: the other one of a pair of which one was acknowledged.

    Who acknowledged first has the case; whose receipt came first, if both did.
    """
    first = (
        "(SELECT coalesce(min(r.id), 9e15) FROM receipt r WHERE r.message = {0}.id"
        " AND r.given = 0 AND r.stage IN ('acknowledged', 'declined'))"
    )
    rows = connection.execute(
        "SELECT o.mid, o.recipient, o.state, c.mid, c.recipient, c.state, "  # noqa: S608  our own
        f"{first.format('o')} <= {first.format('c')}"
        " FROM copy x JOIN message o ON o.id = x.original JOIN message c ON c.id = x.copy"
        f" WHERE x.withdrawal IS NULL AND (o.state IN {_TAKEN} OR c.state IN {_TAKEN})"
    ).fetchall()
    found = []
    for original, original_to, original_state, copy, copy_to, copy_state, is_first in rows:
        taken = [reached(MessageState(each), MessageState.ACKNOWLEDGED) for each in
                 (original_state, copy_state)]  # fmt: skip
        has_original = bool(is_first) if all(taken) else taken[0]
        mid, winner, by = (
            (copy, original, original_to) if has_original else (original, copy, copy_to)
        )
        found.append(Rival(mid=MessageId(mid), taken=MessageId(winner), taken_by=NodeId.parse(by)))
    return tuple(found)


def _is_open(session: Session, order: Order, message: int) -> bool:
    """Tell whether an order about a message row was not carried out before."""
    if order is Order.COPY:
        pair = session.execute(
            "SELECT 1 FROM copy WHERE original = ?1 OR copy = ?1", (message,)
        ).fetchone()
        return pair is None and not _is_cancelled(session, message)
    owed = session.execute(
        "SELECT 1 FROM copy WHERE (original = ?1 OR copy = ?1) AND withdrawal IS NULL"
        " UNION ALL SELECT 1 FROM cancellation WHERE message = ?1 AND withdrawal IS NULL",
        (message,),
    ).fetchone()
    return owed is not None


def _is_cancelled(session: Session, message: int) -> bool:
    found = session.execute("SELECT 1 FROM cancellation WHERE message = ?", (message,)).fetchone()
    return found is not None
