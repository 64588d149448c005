"""Receipts: those we give, queued for their reader, and those we obtain, with their proof.

The bytes are stored and returned for ever as they were. A message ends its delivery with the
proven `accepted` or `rejected` receipt; each of the others counts by itself, in any order.

Source: docs/wire-format.md, rules 21 to 23.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from gateway.records import OutboxKind, OutgoingReceipt, ReceivedReceipt, StateChange
from gateway.storage.items import NewItem, queue_item
from gateway.storage.peers import keep_for_ever
from gateway.storage.session import KIND_RECEIPT, Event, ItemEnded, Session
from gateway.storage.steps import apply_effects, held_message, raise_state
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency, deliver_by_ms
from protocol.identifiers import MessageId, NodeId
from protocol.receipt import Stage, state_of

_ENDING: Final = frozenset({Stage.ACCEPTED, Stage.REJECTED})
"""What ends the sending of an envelope. A later receipt that overtook `accepted` does not: the
envelope goes once more and brings the stored one, so that both sides hold the whole ladder."""


_UNHEEDED: Final = frozenset({MessageState.ACCEPTED, MessageState.CONSIGNED})
"""No person opened it yet."""


def give_receipts(
    session: Session,
    receipts: Sequence[OutgoingReceipt],
    effects: Sequence[StateChange],
    *,
    own: str,
    now_ms: int,
) -> None:
    """State and queue receipts of ours, and apply what goes with them.

    A stage that was stated for a message before is not stated again: two officers who open the
    same message give one receipt.

    Args:
        session: The transaction.
        receipts: In order; their leaves follow one another.
        effects: Steps of the ladder, of these messages or others.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: A receipt or effect names a message that is not here.
    """
    told: set[tuple[NodeId, MessageId, MessageState]] = set()
    for receipt in receipts:
        _give(session, receipt, own=own, now_ms=now_ms)
        told.add((receipt.to, receipt.mid, state_of(receipt.stage)))
    apply_effects(session, effects, told=told, by=own, now_ms=now_ms)


def keep_receipt(session: Session, receipt: ReceivedReceipt, *, own: str, now_ms: int) -> bool:
    """Keep a proven receipt for a message of ours, and end the message's delivery.

    Args:
        session: The transaction, with the checkpoint that proves the receipt kept already.
        receipt: Proven.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Whether it was not held yet.

    Raises:
        NoInputError: There is no such message of ours.
        StorageError: The checkpoint that proves it is not held.
    """
    message = held_message(session, own, receipt.mid)
    held = session.execute(
        "SELECT 1 FROM receipt WHERE message = ? AND digest = ?", (message.row, receipt.digest)
    ).fetchone()
    if held is not None:
        return False
    keep_for_ever(session, receipt.origin, receipt.at)
    session.execute(
        "INSERT INTO receipt"
        " (message, given, stage, by, digest, bytes, leaf, origin, at, i, path)"
        " VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.row,
            receipt.stage.value,
            str(receipt.by),
            receipt.digest,
            receipt.receipt,
            session.state(receipt.statement, must_leave=False),
            str(receipt.origin),
            receipt.at,
            receipt.index,
            b"".join(receipt.path),
        ),
    )
    state = state_of(receipt.stage)
    raise_state(session, message, state, why=receipt.why, now_ms=now_ms)
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_RECEIPT,
            message=message.row,
            what=receipt.stage.value,
            by=str(receipt.by),
            origin=str(receipt.origin),
            index=receipt.index,
        )
    )
    if receipt.stage in _ENDING:
        end_delivery(session, message.row)
    return True


def read_unheeded(
    connection: sqlite3.Connection, *, now_ms: int, limit: int
) -> tuple[tuple[NodeId, MessageId, Urgency], ...]:
    """Return what is past its `exp`, opened by nobody and not yet told of, oldest first.

    Args:
        connection: A reader.
        now_ms: Milliseconds since 1970, UTC.
        limit: At most so many.

    Returns:
        Sender, id and class of each.
    """
    rows = connection.execute(
        "SELECT m.sender, m.mid, m.cls FROM message m"
        " WHERE m.direction = 'in' AND m.state IN ('accepted', 'consigned') AND m.exp_ms <= ?"
        " AND NOT EXISTS (SELECT 1 FROM receipt r"
        "  WHERE r.message = m.id AND r.given = 1 AND r.stage = 'expired')"
        " ORDER BY m.exp_ms LIMIT ?",
        (now_ms, limit),
    ).fetchall()
    return tuple((NodeId.parse(row[0]), MessageId(row[1]), Urgency(row[2])) for row in rows)


def give_unheeded(
    session: Session, receipts: Sequence[OutgoingReceipt], *, own: str, now_ms: int
) -> int:
    """State that messages expired unopened.

    What a person opened in the meantime is passed over: it did not expire unopened.

    Args:
        session: The transaction.
        receipts: Of the stage `expired`.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        How many were stated.

    Raises:
        NoInputError: A receipt names a message that is not here.
    """
    given = 0
    for receipt in receipts:
        message = held_message(session, str(receipt.to), receipt.mid)
        if message.state not in _UNHEEDED:
            continue
        raise_state(session, message, MessageState.EXPIRED, now_ms=now_ms)
        _give(session, receipt, own=own, now_ms=now_ms)
        given += 1
    return given


def end_delivery(session: Session, message: int) -> None:
    """Take the envelope of a message row out of the outbox, if it waits there."""
    rows = session.execute(
        "DELETE FROM outbox WHERE message = ? AND kind = 'envelope' RETURNING id, node, cls",
        (message,),
    ).fetchall()
    for item, node, cls in rows:
        session.lane(ItemEnded(item=item, node=node, cls=Urgency(cls)))


def add_given_receipt(
    session: Session,
    message: int,
    *,
    stage: Stage,
    receipt: bytes,
    digest: bytes,
    leaf: int,
    own: str,
) -> int:
    """Store a receipt that this node gives; return its row."""
    cursor = session.execute(
        "INSERT INTO receipt (message, given, stage, by, digest, bytes, leaf, origin, i)"
        " VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)",
        (message, stage.value, own, digest, receipt, leaf, str(session.origin), leaf),
    )
    return cursor.lastrowid or 0


def _give(session: Session, outgoing: OutgoingReceipt, *, own: str, now_ms: int) -> None:
    node = str(outgoing.to)
    message = held_message(session, node, outgoing.mid)
    given = session.execute(
        "SELECT 1 FROM receipt WHERE message = ? AND given = 1 AND stage = ?",
        (message.row, outgoing.stage.value),
    ).fetchone()
    if given is not None:
        return
    leaf = session.state(outgoing.statement, must_leave=True)
    receipt = add_given_receipt(
        session,
        message.row,
        stage=outgoing.stage,
        receipt=outgoing.receipt,
        digest=outgoing.statement.digest,
        leaf=leaf,
        own=own,
    )
    session.execute("INSERT INTO lane (node) VALUES (?) ON CONFLICT DO NOTHING", (node,))
    queue_item(
        session,
        NewItem(
            node=node,
            kind=OutboxKind.RECEIPT,
            message=message.row,
            receipt=receipt,
            cls=outgoing.cls,
            leaf=leaf,
            exp_ms=outgoing.exp_ms,
            size_bytes=len(outgoing.receipt),
            deliver_ms=deliver_by_ms(outgoing.cls, queued_ms=now_ms),
        ),
    )
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_RECEIPT,
            message=message.row,
            what=outgoing.stage.value,
            by=own,
            origin=str(session.origin),
            index=leaf,
        )
    )
