"""Puts items into the outbox, each under a number that was never another item's in this run.

Leases, put-off times and outcomes under way know an item by its number. The database would give
the number of the last row out again once that row is gone, while a frame that carried it is still
on its way: the new item would be held by the old one's lease, and could get its outcome.

Source: docs/delivery.md, "Delivery in rules", 6; docs/adr/0042-an-item-has-a-number-of-its-own.md.
"""

from dataclasses import dataclass

from gateway.records import OutboxKind
from gateway.storage.session import ItemQueued, Session
from protocol.delivery.urgency import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What is to be sent.

    Args:
        node: CC/n of the destination.
        kind: An envelope or a receipt.
        message: Row of the message.
        receipt: Row of the receipt, None for an envelope.
        cls: How urgent.
        number: Of the queue to that node; 0 for a receipt.
        leaf: Index of its statement in our log.
        exp_ms: When it ends unsent, ms since 1970 UTC.
        size_bytes: What it takes of a frame.
        deliver_ms: Until when it should be there, ms since 1970 UTC.
    """

    node: str
    kind: OutboxKind
    message: int
    receipt: int | None = None
    cls: Urgency
    number: int = 0
    leaf: int
    exp_ms: int
    size_bytes: int
    deliver_ms: int


def queue_item(session: Session, new: NewItem) -> None:
    """Let an item wait in the lane of its destination.

    Args:
        session: Of the commit that states what it carries.
        new: The item.
    """
    item = session.next_item()
    session.execute(
        "INSERT INTO outbox"
        " (id, node, kind, message, receipt, cls, q, i, exp_ms, bytes, deliver_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(item, new.node, new.kind.value, new.message, new.receipt, new.cls, new.number),
            *(new.leaf, new.exp_ms, new.size_bytes, new.deliver_ms),
        ),
    )
    session.lane(ItemQueued(item=item, node=new.node, cls=new.cls, exp_ms=new.exp_ms))
