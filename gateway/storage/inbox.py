"""What other nodes send us: accepted once, opened once, put into the duty inbox once.

A receipt is a function of stored state: the second time an envelope comes, what is stored goes
back, byte for byte. Whatever decides (known, conflicting, already consigned) is decided inside
the transaction.

Source: docs/wire-format.md, rules 19, 20, 23; docs/delivery.md, "Durable steps".
"""

import sqlite3
from typing import Final

from gateway.errors import NoInputError
from gateway.records import (
    Accepted,
    Admission,
    Admitted,
    Conflicting,
    Consignment,
    IncomingEnvelope,
    SignedHead,
    Unopened,
)
from gateway.storage.arrivals import add_arrivals, add_hints, arrived
from gateway.storage.peers import keep_checkpoint, keep_for_ever
from gateway.storage.receipts import add_given_receipt, give_receipts
from gateway.storage.restating import restate_receipt
from gateway.storage.session import KIND_RECEIVED, KIND_STATE, Event, Session, refuse_unsigned
from gateway.storage.steps import held_message, raise_state
from gateway.storage.vault import SealedContent, add_content
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.errors import NotAllowedError
from protocol.identifiers import MessageId, NodeId
from protocol.receipt import Stage, state_of

_CONFLICTS_KEPT: Final = 8
"""Other headers kept for one message id: evidence, but no way to fill our disk."""

CONFLICTS_OF_PEER: Final = 100
"""Conflicts of one sender that are kept in all; beyond them they are counted alone."""

AdmittedItems = tuple[tuple[Accepted | Conflicting, ...], int, tuple[tuple[int, int], ...]]


def admit_frame(session: Session, admission: Admission, *, own: str, now_ms: int) -> AdmittedItems:
    """Accept one frame of envelopes.

    Args:
        session: The transaction.
        admission: Verified.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        What became of each item, then `have` and `miss`.

    Raises:
        NotAllowedError: The sender is this node.
        RecoveringError: No head may be signed now, and a receipt must not leave without one.
        ForkDetectedError: Another root is stored at the checkpoint's size.
        StorageError: An item rests on a checkpoint that is not held.
    """
    refuse_unsigned(session)
    sender = str(admission.sender)
    if sender == own:
        raise NotAllowedError("a node does not receive from itself")
    items = tuple(
        _admit(session, item, sender=sender, own=own, now_ms=now_ms) for item in admission.items
    )
    rests = {
        (item.origin, item.at)
        for item, became in zip(admission.items, items, strict=True)
        if _is_kept(became)
    }
    checkpoint = admission.checkpoint
    if checkpoint is not None:
        here = (checkpoint.origin, checkpoint.linked.size)
        is_fresh = any(isinstance(became, Accepted) and became.fresh for became in items)
        keep_checkpoint(session, checkpoint, state_seen=is_fresh, proves=here in rests)
        rests.discard(here)
    for origin, at in rests:
        keep_for_ever(session, origin, at)
    _count_numbers(session, admission, items, sender=sender)
    have, miss = arrived(session, sender)
    return items, have, miss


def admitted(items: AdmittedItems, head: SignedHead) -> Admitted:
    """Join what became of a frame with the head that covers its receipts."""
    became, have, miss = items
    return Admitted(items=became, head=head, have=have, miss=miss)


def consign_message(
    session: Session,
    consignment: Consignment,
    sealed: SealedContent | None,
    *,
    own: str,
    now_ms: int,
) -> None:
    """Put an opened message into the duty inbox, or record why it is rejected; once.

    Args:
        session: The transaction.
        consignment: What the opening found.
        sealed: Its content, None if there is none.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: There is no such message, or an effect names one that is not here.
    """
    message = held_message(session, str(consignment.sender), consignment.mid)
    waiting = session.execute("DELETE FROM inbox WHERE message = ?", (message.row,))
    if waiting.rowcount == 0:
        return
    if sealed is not None:
        add_content(session, message.row, sealed)
    thread, re = consignment.thread, consignment.re
    session.execute(
        "UPDATE message SET thread = ?, re = ? WHERE id = ?",
        (
            None if thread is None else thread.value,
            None if re is None else re.value,
            message.row,
        ),
    )
    raise_state(session, message, consignment.state, why=consignment.why, now_ms=now_ms)
    if state_of(consignment.receipt.stage) is not consignment.state:
        session.tell(
            Event(
                at_ms=now_ms,
                kind=KIND_STATE,
                message=message.row,
                what=consignment.state.value,
                by=own,
            )
        )
    give_receipts(session, (consignment.receipt,), consignment.effects, own=own, now_ms=now_ms)


def count_opening(session: Session, sender: str, mid: MessageId) -> int:
    """Count that an opening begins.

    Returns:
        How many began so far, this one included.

    Raises:
        NoInputError: No such envelope waits to be opened.
    """
    row = session.execute(
        "UPDATE inbox SET attempts = attempts + 1 WHERE message = ("
        "  SELECT id FROM message WHERE mid = ? AND sender = ?"
        ") RETURNING attempts",
        (mid.value, sender),
    ).fetchone()
    if row is None:
        raise NoInputError("no such envelope waits to be opened")
    return int(row[0])


def newest_unopened(connection: sqlite3.Connection) -> int:
    """Return the newest message row that waits to be opened, 0 if none does.

    Args:
        connection: A reader.
    """
    row = connection.execute("SELECT coalesce(max(message), 0) FROM inbox").fetchone()
    return int(row[0])


def read_unopened(connection: sqlite3.Connection, limit: int, *, left: int) -> tuple[Unopened, ...]:
    """Return accepted envelopes that wait to be opened, most urgent first, then oldest.

    Args:
        connection: A reader.
        limit: At most so many.
        left: What `newest_unopened` returned when the store was opened.

    Returns:
        Of those that came since, the opening to come is counted already.
    """
    rows = connection.execute(
        "SELECT m.sender, m.mid, m.cls, m.exp_ms, e.header, e.wraps, e.body,"
        " m.statement_digest, w.attempts, w.message > ?"
        " FROM inbox w JOIN message m ON m.id = w.message JOIN envelope e ON e.message = m.id"
        " ORDER BY w.cls, w.message LIMIT ?",
        (left, limit),
    ).fetchall()
    return tuple(
        Unopened(
            sender=NodeId.parse(row[0]),
            mid=MessageId(row[1]),
            cls=Urgency(row[2]),
            exp_ms=row[3],
            header=row[4],
            wraps=row[5],
            body=row[6],
            statement_digest=row[7],
            attempts=row[8],
            is_counted=bool(row[9]),
        )
        for row in rows
    )


def _is_kept(became: Accepted | Conflicting) -> bool:
    """Tell whether something now rests on the checkpoint that proved an item."""
    return became.kept if isinstance(became, Conflicting) else became.fresh


def _count_numbers(
    session: Session,
    admission: Admission,
    items: tuple[Accepted | Conflicting, ...],
    *,
    sender: str,
) -> None:
    """Count what came, and what never will; a number in conflict has not come."""
    fresh: list[int] = []
    hints = list(admission.void)
    for item, became in zip(admission.items, items, strict=True):
        if isinstance(became, Accepted):
            (fresh if became.fresh else hints).append(item.queue_number)
    add_arrivals(session, sender, fresh)
    add_hints(session, sender, hints)


def _admit(
    session: Session, item: IncomingEnvelope, *, sender: str, own: str, now_ms: int
) -> Accepted | Conflicting:
    cursor = session.execute(
        "INSERT INTO message (direction, sender, recipient, mid, cls, state, t_ms, exp_ms,"
        " changed_ms, header_digest, statement_digest)"
        " VALUES ('in', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mid, sender) DO NOTHING",
        (
            sender,
            own,
            item.mid.value,
            item.cls,
            MessageState.ACCEPTED.value,
            item.t_ms,
            item.exp_ms,
            now_ms,
            item.header_digest,
            item.statement_digest,
        ),
    )
    if cursor.rowcount == 0:
        return _known(session, item, sender=sender, now_ms=now_ms)
    row = cursor.lastrowid or 0
    session.execute(
        "INSERT INTO envelope"
        " (message, q, header, wraps, origin, at, i, path, backdated, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row,
            item.queue_number,
            item.header,
            item.wraps,
            str(item.origin),
            item.at,
            item.index,
            b"".join(item.path),
            item.backdated,
            item.body,
        ),
    )
    # The opening that follows at once is counted here: it needs no commit of its own.
    session.execute("INSERT INTO inbox (message, cls, attempts) VALUES (?, ?, 1)", (row, item.cls))
    leaf = session.state(item.receipt_statement, must_leave=True)
    add_given_receipt(
        session,
        row,
        stage=Stage.ACCEPTED,
        receipt=item.receipt,
        digest=item.receipt_statement.digest,
        leaf=leaf,
        own=own,
    )
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_RECEIVED,
            message=row,
            what=MessageState.ACCEPTED.value,
            by=own,
            origin=str(session.origin),
            index=leaf,
        )
    )
    return Accepted(receipt=item.receipt, index=leaf, fresh=True)


def _known(
    session: Session, item: IncomingEnvelope, *, sender: str, now_ms: int
) -> Accepted | Conflicting:
    """Answer an envelope whose id this sender used before (rule 23)."""
    row, header_digest, header = session.execute(
        "SELECT m.id, m.header_digest, e.header"
        " FROM message m JOIN envelope e ON e.message = m.id WHERE m.mid = ? AND m.sender = ?",
        (item.mid.value, sender),
    ).fetchone()
    if header_digest == item.header_digest:
        number, receipt, origin, index = session.execute(
            "SELECT id, bytes, origin, i FROM receipt"
            " WHERE message = ? AND given = 1 AND stage = ?",
            (row, Stage.ACCEPTED.value),
        ).fetchone()
        leaf = restate_receipt(session, number, receipt, origin=origin, index=index)
        return Accepted(receipt=receipt, index=leaf, fresh=False)
    kept = _may_keep_conflict(session, row, sender=sender) and _keep_conflict(
        session, row, item, now_ms=now_ms
    )
    return Conflicting(held_header=header, kept=kept)


def _may_keep_conflict(session: Session, message: int, *, sender: str) -> bool:
    """Tell whether evidence of one more is kept: of the first of a message and of a sender."""
    of_message = session.execute(
        "SELECT count(*) FROM conflict WHERE message = ?", (message,)
    ).fetchone()[0]
    if of_message >= _CONFLICTS_KEPT:
        return False
    of_sender = session.execute(
        "SELECT count(*) FROM (SELECT 1 FROM conflict c JOIN message m ON m.id = c.message"
        " WHERE m.sender = ? LIMIT ?)",
        (sender, CONFLICTS_OF_PEER),
    ).fetchone()[0]
    return bool(of_sender < CONFLICTS_OF_PEER)


def _keep_conflict(session: Session, message: int, item: IncomingEnvelope, *, now_ms: int) -> bool:
    """Keep header and proof of the other envelope; false if it is kept already."""
    added = session.execute(
        "INSERT INTO conflict (message, header_digest, header, wraps, origin, at, i, path, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            message,
            item.header_digest,
            item.header,
            item.wraps,
            str(item.origin),
            item.at,
            item.index,
            b"".join(item.path),
            now_ms,
        ),
    )
    return bool(added.rowcount == 1)
