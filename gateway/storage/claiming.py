"""Choosing and reading what a lane sends next.

A claim reads the covering index alone until it knows its items, so that an urgent one behind
100,000 others costs no more than the first.

Source: docs/delivery.md, "Delivery in rules", 3 to 6.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from gateway.records import ClaimedItem, OutboxKind, Stated
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


def read_claimable(
    connection: sqlite3.Connection,
    node: NodeId,
    kind: OutboxKind,
    *,
    now_ms: int,
    max_items: int,
    max_bytes: int,
    below: int | None,
    urgent_only: bool,
    leased: Collection[int],
) -> dict[int, Urgency]:
    """Choose items of one lane in order of class, then queue number.

    Args:
        connection: A reader.
        node: The lane.
        kind: Envelopes or receipts.
        now_ms: Parked and expired items are passed over.
        max_items: At most so many.
        max_bytes: At most so many, but the first item in any case.
        below: Only items stated below this leaf index.
        urgent_only: Only P0 and P1.
        leased: Items that somebody has.

    Returns:
        Item and class, in order.
    """
    rows = connection.execute(
        "SELECT id, cls, bytes FROM outbox WHERE node = ? AND kind = ? AND cls <= ?"
        " AND i < ? AND exp_ms > ? AND next_ms <= ? ORDER BY cls, q, id LIMIT ?",
        (
            str(node),
            kind.value,
            Urgency.P1 if urgent_only else Urgency.P3,
            2**62 if below is None else below,
            now_ms,
            now_ms,
            max_items + len(leased),
        ),
    ).fetchall()
    chosen: dict[int, Urgency] = {}
    total = 0
    for item, cls, size in rows:
        if item in leased:
            continue
        if len(chosen) == max_items or (chosen and total + size > max_bytes):
            break
        chosen[item] = Urgency(cls)
        total += size
    return chosen


def read_items(
    connection: sqlite3.Connection, kind: OutboxKind, items: Iterable[int], *, fence: int
) -> tuple[ClaimedItem, ...]:
    """Return items with the bytes to send.

    Args:
        connection: A reader.
        kind: Of all of them.
        items: Just leased.
        fence: Of the lease.

    Returns:
        Those that are still there: the writer may have ended some in between.
    """
    reader = _read_envelope if kind is OutboxKind.ENVELOPE else _read_receipt
    found = [reader(connection, item, fence) for item in items]
    return tuple(one for one in found if one is not None)


def read_expired(
    connection: sqlite3.Connection, *, now_ms: int
) -> tuple[tuple[int, ...], int | None]:
    """Return the items past their `exp`, and the earliest `exp` among the others."""
    rows = connection.execute("SELECT id FROM outbox WHERE exp_ms <= ?", (now_ms,)).fetchall()
    first = connection.execute(
        "SELECT min(exp_ms) FROM outbox WHERE exp_ms > ?", (now_ms,)
    ).fetchone()[0]
    return tuple(row[0] for row in rows), first


def read_stated(connection: sqlite3.Connection, own: str, mid: MessageId) -> Stated | None:
    """Return what receipts for a message of ours must name, earlier sealings included.

    Args:
        connection: A reader.
        own: This node, CC/n.
        mid: The message.

    Returns:
        None if this node sent no such message.
    """
    rows = connection.execute(
        "SELECT m.recipient, m.header_digest, m.statement_digest, s.statement_digest"
        " FROM message m LEFT JOIN earlier_sealing s ON s.message = m.id"
        " WHERE m.mid = ? AND m.sender = ?",
        (mid.value, own),
    ).fetchall()
    if not rows:
        return None
    recipient, header_digest = rows[0][:2]
    sealings = frozenset(digest for row in rows for digest in row[2:] if digest is not None)
    return Stated(to=NodeId.parse(recipient), header_digest=header_digest, sealings=sealings)


_COLUMNS: Final = "m.mid, o.cls, o.i, o.q, o.exp_ms, o.attempts"
"""What every item of the outbox has, in the order in which `_claimed` reads it."""


def _read_envelope(connection: sqlite3.Connection, item: int, fence: int) -> ClaimedItem | None:
    row = connection.execute(
        f"SELECT {_COLUMNS}, e.header, e.wraps, e.body"  # noqa: S608 - constants
        " FROM outbox o JOIN message m ON m.id = o.message"
        " JOIN envelope e ON e.message = o.message WHERE o.id = ?",
        (item,),
    ).fetchone()
    if row is None:
        return None
    claimed = _claimed(row, item=item, fence=fence, kind=OutboxKind.ENVELOPE)
    return replace(claimed, header=row[6], wraps=row[7], body=row[8])


def _read_receipt(connection: sqlite3.Connection, item: int, fence: int) -> ClaimedItem | None:
    row = connection.execute(
        f"SELECT {_COLUMNS}, r.bytes"  # noqa: S608 - constants
        " FROM outbox o JOIN message m ON m.id = o.message"
        " JOIN receipt r ON r.id = o.receipt WHERE o.id = ?",
        (item,),
    ).fetchone()
    if row is None:
        return None
    return replace(_claimed(row, item=item, fence=fence, kind=OutboxKind.RECEIPT), receipt=row[6])


def _claimed(row: tuple[Any, ...], *, item: int, fence: int, kind: OutboxKind) -> ClaimedItem:
    return ClaimedItem(
        item=item,
        fence=fence,
        kind=kind,
        mid=MessageId(row[0]),
        cls=Urgency(row[1]),
        index=row[2],
        queue_number=row[3],
        exp_ms=row[4],
        attempts=row[5],
    )
