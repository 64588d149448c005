"""What waits to be delivered: queued once, sent as identical bytes, ended by a proven receipt.

Order inside a lane: class, then `deliver_ms`, then queue number. Queue numbers are contiguous
from 1 for each receiving node and never reused.

Source: docs/wire-format.md, rules 16, 17; docs/delivery.md, "Delivery in rules".
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from gateway.errors import NoInputError
from gateway.records import LaneRow, OutboxKind, Submission, Submitted
from gateway.storage.draft_steps import end_draft
from gateway.storage.items import NewItem, queue_item
from gateway.storage.lanes import lane_row
from gateway.storage.receipts import give_receipts
from gateway.storage.session import (
    KIND_STATE,
    Event,
    ItemEnded,
    LaneChanged,
    LaneHastened,
    Session,
)
from gateway.storage.steps import HeldMessage, raise_state
from gateway.storage.vault import SealedContent, add_content
from keys.digest import sha256
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency, deliver_by_ms
from protocol.identifiers import MessageId
from protocol.log.statement import Statement

_DAY_MS: Final = 24 * 60 * 60 * 1000
_WRAPS_A_DAY: Final = 3
LANE_COLUMNS = "node, failures, back_off_ms, due_ms, last_ok_ms, last_error"


def queue_envelope(
    session: Session,
    submission: Submission,
    sealed: SealedContent,
    *,
    own: str,
    now_ms: int,
) -> Submitted:
    """Queue one sealed envelope with all that is true from the same moment.

    Args:
        session: The transaction.
        submission: The envelope, its leaves, receipts and effects.
        sealed: Its content, as it will lie on the disk.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Its place; of a known request key the first one's, and nothing was written.

    Raises:
        NoInputError: A receipt or effect names a message that is not here, or the draft is gone.
        DataError: The draft is not frozen any more, or with other bytes.
    """
    if submission.request_key is not None:
        known = read_submitted(session, submission.request_key)
        if known is not None:
            return known
    if submission.draft is not None:
        end_draft(session, submission.draft, now_ms=now_ms)
    leaf = session.state(submission.statement, must_leave=True)
    for act in submission.acts:
        session.state(act, must_leave=False)
    number = _next_number(session, submission, now_ms=now_ms)
    message = _add_message(session, submission, own=own, now_ms=now_ms)
    _add_envelope(session, submission, message=message, number=number, leaf=leaf)
    add_content(session, message, sealed)
    if submission.request_key is not None:
        session.execute(
            "INSERT INTO request (key, message) VALUES (?, ?)", (submission.request_key, message)
        )
    _add_item(session, submission, message=message, number=number, leaf=leaf, now_ms=now_ms)
    session.tell(
        Event(
            at_ms=now_ms,
            kind=KIND_STATE,
            message=message,
            what=MessageState.QUEUED.value,
            by=own,
            origin=str(session.origin),
            index=leaf,
        )
    )
    give_receipts(session, submission.receipts, submission.effects, own=own, now_ms=now_ms)
    return Submitted(
        mid=submission.mid,
        thread=submission.thread,
        index=leaf,
        queue_number=number,
        repeated=False,
    )


def read_submitted(source: Session | sqlite3.Connection, key: bytes) -> Submitted | None:
    """Return what was queued under a request key, None if nothing was.

    Args:
        source: The transaction, or a reader.
        key: The digest of what the caller named its request.
    """
    found = source.execute(
        "SELECT m.mid, m.thread, e.q,"
        " coalesce((SELECT min(i) FROM earlier_sealing WHERE message = m.id), e.i)"
        " FROM request r JOIN message m ON m.id = r.message"
        " JOIN envelope e ON e.message = m.id WHERE r.key = ?",
        (key,),
    ).fetchone()
    if found is None:
        return None
    mid, thread, number, leaf = found
    return Submitted(
        mid=MessageId(mid),
        thread=MessageId(thread),
        index=leaf,
        queue_number=number,
        repeated=True,
    )


def wrap_again(
    session: Session, item: int, wraps: bytes, statement: Statement, *, now_ms: int
) -> bool:
    """Replace the wraps of a waiting envelope; the sealing before is kept as evidence.

    Args:
        session: The transaction.
        item: Leased to the caller.
        wraps: New ones for the same header and body.
        statement: The statement 0x01 of this sealing.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Whether it was done: it is so three times in a day at most (rule 16).

    Raises:
        NoInputError: The item is not in the outbox any more.
    """
    found = session.execute(
        "SELECT o.message, e.i, e.wraps, m.statement_digest"
        " FROM outbox o JOIN envelope e ON e.message = o.message"
        " JOIN message m ON m.id = o.message WHERE o.id = ? AND o.kind = 'envelope'",
        (item,),
    ).fetchone()
    if found is None:
        raise NoInputError("the envelope does not wait any more")
    message, old_leaf, old_wraps, old_digest = found
    (today,) = session.execute(
        "SELECT count(*) FROM earlier_sealing WHERE message = ? AND at_ms > ?",
        (message, now_ms - _DAY_MS),
    ).fetchone()
    if today >= _WRAPS_A_DAY:
        return False
    leaf = session.state(statement, must_leave=True)
    session.execute(
        "INSERT INTO earlier_sealing (message, i, statement_digest, wraps, at_ms)"
        # A leaf of an earlier generation of our log may have had the same number.
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (message, i) DO NOTHING",
        (message, old_leaf, old_digest, old_wraps, now_ms),
    )
    session.execute(
        "UPDATE envelope SET wraps = ?, i = ? WHERE message = ?", (wraps, leaf, message)
    )
    session.execute(
        "UPDATE message SET statement_digest = ? WHERE id = ?", (statement.digest, message)
    )
    session.execute(
        "UPDATE outbox SET i = ?, bytes = bytes + ?, next_ms = 0 WHERE id = ?",
        (leaf, len(wraps) - len(old_wraps), item),
    )
    return True


def retry_now(session: Session, *, node: str | None) -> None:
    """Let what was put off go at once.

    Args:
        session: The transaction.
        node: Of this lane; None for all.
    """
    session.execute(
        "UPDATE outbox SET next_ms = 0 WHERE next_ms > 0 AND (?1 IS NULL OR node = ?1)", (node,)
    )
    session.lane(LaneHastened(node=node))


def close_expired(session: Session, items: Iterable[int], *, own: str, now_ms: int) -> int:
    """Take items past their `exp` out of the outbox; an envelope's message is expired.

    Args:
        session: The transaction.
        items: Candidates; those past `exp` in this transaction count.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        How many were closed.
    """
    closed = 0
    for item in items:
        found = session.execute(
            "DELETE FROM outbox WHERE id = ? AND exp_ms <= ? RETURNING node, cls, kind, message",
            (item, now_ms),
        ).fetchone()
        if found is None:
            continue
        node, cls, kind, message = found
        closed += 1
        session.lane(ItemEnded(item=item, node=node, cls=Urgency(cls)))
        if kind == OutboxKind.ENVELOPE.value and not _was_receipted(session, message):
            _expire(session, message, own=own, now_ms=now_ms)
    return closed


def save_lane_row(session: Session, row: LaneRow) -> None:
    """Keep a lane's health; its queue numbers are untouched."""
    session.execute(
        f"INSERT INTO lane ({LANE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  our own names
        " ON CONFLICT (node) DO UPDATE SET failures = excluded.failures,"
        " back_off_ms = excluded.back_off_ms, due_ms = excluded.due_ms,"
        " last_ok_ms = excluded.last_ok_ms, last_error = excluded.last_error",
        (
            str(row.node),
            row.failures,
            row.back_off_ms,
            row.due_ms,
            row.last_ok_ms,
            row.last_error,
        ),
    )
    session.lane(LaneChanged(row=row))


def _next_number(session: Session, submission: Submission, *, now_ms: int) -> int:
    """Take the next queue number of the lane; an emergency makes the lane due now."""
    row = session.execute(
        "INSERT INTO lane (node, q, due_ms) VALUES (?1, 1, 0) ON CONFLICT (node) DO UPDATE"  # noqa: S608  our own names
        " SET q = q + 1, due_ms = CASE WHEN ?2 = 0 THEN min(due_ms, ?3) ELSE due_ms END"
        f" RETURNING {LANE_COLUMNS}, q",
        (str(submission.to), submission.cls, now_ms),
    ).fetchone()
    if submission.cls is Urgency.P0:
        session.lane(LaneChanged(row=lane_row(row[:-1])))
    return int(row[-1])


def _add_message(session: Session, submission: Submission, *, own: str, now_ms: int) -> int:
    cursor = session.execute(
        "INSERT INTO message (direction, sender, recipient, mid, thread, re, cls, state, t_ms,"
        " exp_ms, changed_ms, header_digest, statement_digest)"
        " VALUES ('out', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            own,
            str(submission.to),
            submission.mid.value,
            submission.thread.value,
            None if submission.re is None else submission.re.value,
            submission.cls,
            MessageState.QUEUED.value,
            submission.t_ms,
            submission.exp_ms,
            now_ms,
            sha256(submission.header),
            submission.statement.digest,
        ),
    )
    return cursor.lastrowid or 0


def _add_envelope(
    session: Session, submission: Submission, *, message: int, number: int, leaf: int
) -> None:
    session.execute(
        "INSERT INTO envelope (message, q, header, wraps, origin, i, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            message,
            number,
            submission.header,
            submission.wraps,
            str(session.origin),
            leaf,
            submission.body,
        ),
    )


def _add_item(
    session: Session, submission: Submission, *, message: int, number: int, leaf: int, now_ms: int
) -> None:
    queue_item(
        session,
        NewItem(
            node=str(submission.to),
            kind=OutboxKind.ENVELOPE,
            message=message,
            cls=submission.cls,
            number=number,
            leaf=leaf,
            exp_ms=submission.exp_ms,
            size_bytes=len(submission.header) + len(submission.wraps) + len(submission.body),
            deliver_ms=deliver_by_ms(
                submission.cls, queued_ms=now_ms, stated_ms=submission.deliver_by_ms
            ),
        ),
    )


def _was_receipted(session: Session, message: int) -> bool:
    """Tell whether it was delivered before: what its receiver lost does not expire for us."""
    found = session.execute(
        "SELECT 1 FROM receipt WHERE message = ? AND given = 0 LIMIT 1", (message,)
    ).fetchone()
    return found is not None


def _expire(session: Session, row: int, *, own: str, now_ms: int) -> None:
    state = session.execute("SELECT state FROM message WHERE id = ?", (row,)).fetchone()[0]
    message = HeldMessage(row, MessageState(state))
    if raise_state(session, message, MessageState.EXPIRED, now_ms=now_ms):
        session.tell(
            Event(
                at_ms=now_ms,
                kind=KIND_STATE,
                message=row,
                what=MessageState.EXPIRED.value,
                by=own,
            )
        )
