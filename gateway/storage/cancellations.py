"""Cancelling inside the transaction, and reading what was cancelled.

Whether a receipt came meanwhile is looked at where the message is cancelled. Its number ends by the
trigger of the outbox, so that it is named `void` as long as its receiver lacks it.

Source: docs/delivery.md, "Cancelling".
"""

import sqlite3
from dataclasses import dataclass

from gateway.cancelling import Cancellation, CancellationRow, CancelResult, OwedWithdrawal
from gateway.storage.receipts import end_delivery
from gateway.storage.session import KIND_STATE, Event, Session
from gateway.storage.steps import HeldMessage, held_message, raise_state
from protocol.cases.cancelling import DONE, CancelOutcome, cancel
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId
from protocol.log.deed import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The envelope of a message of ours in the outbox."""

    item: int
    node: NodeId
    cls: Urgency


def cancel_message(
    session: Session,
    cancellation: Cancellation,
    *,
    may_have_left: bool,
    own: str,
    now_ms: int,
) -> CancelResult:
    """Cancel a message of ours, if the rule lets it be cancelled.

    Args:
        session: The transaction.
        cancellation: Which, by whose act.
        may_have_left: Whether a frame that carried it may have arrived; nobody sends it now.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        What came of it; nothing was written unless it was cancelled now.

    Raises:
        NoInputError: There is no such message of ours.
    """
    mid = cancellation.mid
    message = held_message(session, own, mid)
    row = read_cancellation(session, mid, own=own)
    outcome = cancel(message.state, cancelled=row is not None, may_have_left=may_have_left)
    if outcome not in DONE:
        return CancelResult(outcome=outcome, state=message.state, row=row)
    leaf = session.state(cancellation.act, must_leave=False)
    end_delivery(session, message.row)
    raise_state(session, message, MessageState.CANCELLED, now_ms=now_ms)
    _keep(session, message, cancellation, leaf=leaf, left=may_have_left, now_ms=now_ms)
    if outcome is CancelOutcome.NEVER_LEFT:
        # Nobody has a receipt for what was never there.
        session.execute("UPDATE escalation SET asked = 1 WHERE message = ?", (message.row,))
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_STATE,
            message=message.row,
            what=MessageState.CANCELLED.value,
            by=own,
            origin=str(session.origin),
            index=leaf,
        )
    )
    made = CancellationRow(
        mid=mid,
        at_ms=now_ms,
        origin=str(session.origin),
        index=leaf,
        may_have_left=may_have_left,
        withdrawal=None,
    )
    return CancelResult(outcome=outcome, state=MessageState.CANCELLED, row=made)


def read_waiting(connection: sqlite3.Connection, mid: MessageId, *, own: str) -> Waiting | None:
    """Return the place of a message of ours in the outbox, None if it does not wait.

    Args:
        connection: A reader.
        mid: Which message.
        own: This node, CC/n.
    """
    row = connection.execute(
        "SELECT o.id, o.node, o.cls FROM outbox o JOIN message m ON m.id = o.message"
        " WHERE m.mid = ? AND m.sender = ? AND o.kind = 'envelope'",
        (mid.value, own),
    ).fetchone()
    if row is None:
        return None
    return Waiting(item=row[0], node=NodeId.parse(row[1]), cls=Urgency(row[2]))


def read_cancellation(
    source: Session | sqlite3.Connection, mid: MessageId, *, own: str
) -> CancellationRow | None:
    """Return the cancellation of a message of ours.

    Args:
        source: The transaction, or a reader.
        mid: Which message.
        own: This node, CC/n.
    """
    row = source.execute(
        "SELECT c.at_ms, c.origin, c.i, c.may_have_left, w.mid FROM cancellation c"
        " JOIN message m ON m.id = c.message LEFT JOIN message w ON w.id = c.withdrawal"
        " WHERE m.mid = ? AND m.sender = ?",
        (mid.value, own),
    ).fetchone()
    if row is None:
        return None
    at_ms, origin, index, may_have_left, withdrawal = row
    return CancellationRow(
        mid=mid,
        at_ms=at_ms,
        origin=origin,
        index=index,
        may_have_left=bool(may_have_left),
        withdrawal=None if withdrawal is None else MessageId(withdrawal),
    )


def read_owed(connection: sqlite3.Connection) -> tuple[OwedWithdrawal, ...]:
    """Return the cancelled messages that arrived after all and are to be withdrawn.

    Args:
        connection: A reader.
    """
    rows = connection.execute(
        "SELECT m.mid, p.bytes FROM cancellation c JOIN message m ON m.id = c.message"
        " LEFT JOIN log l ON l.origin = c.origin"
        " LEFT JOIN preimage p ON p.generation = l.generation AND p.i = c.i"
        " WHERE c.owes = 1 AND c.withdrawal IS NULL AND m.state IN"
        " ('consigned', 'opened', 'acknowledged', 'declined', 'answered') ORDER BY c.message"
    ).fetchall()
    return tuple(
        OwedWithdrawal(mid=MessageId(mid), reason="" if act is None else Act.decode(act).why)
        for mid, act in rows
    )


def _keep(
    session: Session,
    message: HeldMessage,
    cancellation: Cancellation,
    *,
    leaf: int,
    left: bool,
    now_ms: int,
) -> None:
    session.execute(
        "INSERT INTO cancellation (message, at_ms, origin, i, may_have_left, owes)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (message.row, now_ms, str(session.origin), leaf, left, cancellation.owes),
    )
