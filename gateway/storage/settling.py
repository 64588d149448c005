"""The outcome of one frame: receipts kept, items ended or put off, the lane's health.

An outcome counts only with the fence of the claim that sent it, save one: a proven receipt
counts whoever brings it, and whenever.

Source: docs/delivery.md, "Delivery in rules", 6 and 7.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never

from gateway.records import Deferred, Delivered, OutboxKind, Settlement
from gateway.storage.lanes import lane_row
from gateway.storage.outbox import LANE_COLUMNS, save_lane_row
from gateway.storage.peers import keep_checkpoint
from gateway.storage.receipts import keep_receipt
from gateway.storage.session import KIND_STUCK, Event, ItemEnded, ItemParked, Session
from protocol.delivery.urgency import Urgency


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of the outbox, as far as its outcome needs it."""

    number: int
    node: str
    kind: OutboxKind
    cls: Urgency
    message: int
    mid: bytes
    what: str
    is_stuck: bool

    def is_of(self, delivered: Delivered) -> bool:
        """Tell whether an outcome is of this item; its number may have been another's before."""
        if delivered.receipt is None:
            return self.kind is OutboxKind.RECEIPT
        return self.kind is OutboxKind.ENVELOPE and delivered.receipt.mid.value == self.mid


def settle_frame(
    session: Session,
    settlement: Settlement,
    *,
    current: Collection[int],
    own: str,
    now_ms: int,
) -> None:
    """Commit what one frame came to.

    Args:
        session: The transaction.
        settlement: Outcomes and the peer's checkpoint that proves its receipts.
        current: Items whose fence was the newest.
        own: This node, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: A receipt is for a message that is not ours.
        StorageError: A receipt rests on a checkpoint that is not held.
        ForkDetectedError: Another root is stored at the checkpoint's size.
    """
    if settlement.checkpoint is not None:
        keep_checkpoint(session, settlement.checkpoint, state_seen=True)
    is_reached = False
    for outcome in settlement.outcomes:
        counts = outcome.item in current
        match outcome:
            case Delivered():
                _deliver(session, outcome, counts=counts, own=own, now_ms=now_ms)
                is_reached = is_reached or counts
            case Deferred():
                if counts:
                    _defer(session, outcome, own=own, now_ms=now_ms)
            case _:
                assert_never(outcome)
    if is_reached:
        _note_contact(session, str(settlement.node), now_ms=now_ms)


def _deliver(
    session: Session, delivered: Delivered, *, counts: bool, own: str, now_ms: int
) -> None:
    item = _item(session, delivered.item) if counts else None
    outcome = "delivered"
    if delivered.receipt is not None:
        outcome = delivered.receipt.stage.value
        keep_receipt(session, delivered.receipt, own=own, now_ms=now_ms)
    if item is None or not item.is_of(delivered):
        return
    _add_attempt(session, item, outcome=outcome, next_ms=None, now_ms=now_ms)
    ended = session.execute("DELETE FROM outbox WHERE id = ?", (item.number,))
    if ended.rowcount == 1:
        session.lane(ItemEnded(item=item.number, node=item.node, cls=item.cls))


def _defer(session: Session, deferred: Deferred, *, own: str, now_ms: int) -> None:
    item = _item(session, deferred.item)
    if item is None:
        return
    next_ms = deferred.next_ms or 0
    session.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_ms = ?, stuck = ?, code = ? WHERE id = ?",
        (next_ms, deferred.is_stuck, deferred.code, item.number),
    )
    _add_attempt(session, item, outcome=deferred.code, next_ms=deferred.next_ms, now_ms=now_ms)
    if deferred.next_ms is not None:
        session.lane(ItemParked(item=item.number, node=item.node, cls=item.cls, until_ms=next_ms))
    if deferred.is_stuck and not item.is_stuck:
        session.tell(
            Event(
                at_ms=now_ms,
                kind=KIND_STUCK,
                message=item.message,
                what=deferred.code,
                by=own,
            )
        )


def _item(session: Session, number: int) -> _Item | None:
    row = session.execute(
        "SELECT o.node, o.kind, o.cls, o.message, m.mid, coalesce(r.stage, 'envelope'), o.stuck"
        " FROM outbox o JOIN message m ON m.id = o.message"
        " LEFT JOIN receipt r ON r.id = o.receipt WHERE o.id = ?",
        (number,),
    ).fetchone()
    if row is None:
        return None
    node, kind, cls, message, mid, what, stuck = row
    return _Item(number, node, OutboxKind(kind), Urgency(cls), message, mid, what, bool(stuck))


def _add_attempt(
    session: Session, item: _Item, *, outcome: str, next_ms: int | None, now_ms: int
) -> None:
    session.execute(
        "INSERT INTO attempt (message, at_ms, kind, what, outcome, next_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (item.message, now_ms, item.kind.value, item.what, outcome, next_ms),
    )


def _note_contact(session: Session, node: str, *, now_ms: int) -> None:
    """A good answer clears the back-off of the lane (delivery rule 13)."""
    found = session.execute(
        f"SELECT {LANE_COLUMNS} FROM lane WHERE node = ?",  # noqa: S608  our own names
        (node,),
    ).fetchone()
    row = lane_row(found or (node, 0, 0, 0, None, None))
    save_lane_row(
        session,
        replace(row, failures=0, back_off_ms=0, due_ms=0, last_ok_ms=now_ms, last_error=None),
    )
