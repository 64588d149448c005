"""Choosing and reading what a lane sends next.

A claim reads the covering index alone until it knows its items, so that an urgent one behind
100,000 others costs no more than the first. The order itself is protocol.delivery.order.

Source: docs/delivery.md, "Delivery in rules", 3 to 6.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.records import ClaimedItem, OutboxKind, Stated
from protocol.delivery.order import Candidate, aged_before_ms, choose, rank
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a claim asks for.

    Args:
        node: The lane.
        kind: Envelopes or receipts; None for the kind of what goes first.
        now_ms: Wall time: what is past its `exp` is passed over.
        steady_ms: By the clock that never jumps: what was put off beyond it is passed over.
        max_items: At most so many.
        max_bytes: At most so many, but one item in any case.
        below: Only items stated below this leaf index.
        down_to: The least urgent class.
    """

    node: NodeId
    kind: OutboxKind | None
    now_ms: int
    steady_ms: int
    max_items: int
    max_bytes: int
    below: int | None
    down_to: Urgency


def read_claimable(
    connection: sqlite3.Connection, wanted: Wanted, *, leased: Collection[int]
) -> tuple[OutboxKind, tuple[Candidate, ...]]:
    """Choose items of one lane in order of class, then time, then queue number.

    Args:
        connection: A reader.
        wanted: What is asked for.
        leased: Items of this lane that somebody has.

    Returns:
        The kind of all of them, and the items in order.
    """
    if wanted.kind is not None:
        return wanted.kind, _of_kind(connection, wanted, wanted.kind, leased=leased)
    found = [(kind, _of_kind(connection, wanted, kind, leased=leased)) for kind in OutboxKind]
    return min(
        found,
        key=lambda one: (not one[1], one[1] and rank(one[1][0], now_ms=wanted.now_ms)),
    )


def _of_kind(
    connection: sqlite3.Connection,
    wanted: Wanted,
    kind: OutboxKind,
    *,
    leased: Collection[int],
) -> tuple[Candidate, ...]:
    limit = wanted.max_items + len(leased)
    ordered = _range(connection, wanted, kind, wanted.down_to, before_ms=None, limit=limit)
    late, aged = (
        _aged(connection, wanted, kind, cls, ordered=ordered, limit=limit)
        for cls in (Urgency.P2, Urgency.P3)
    )
    return choose(
        *([one for one in part if one.item not in leased] for part in (ordered, late, aged)),
        now_ms=wanted.now_ms,
        max_items=wanted.max_items,
        max_bytes=wanted.max_bytes,
    )


def _aged(
    connection: sqlite3.Connection,
    wanted: Wanted,
    kind: OutboxKind,
    cls: Urgency,
    *,
    ordered: list[Candidate],
    limit: int,
) -> list[Candidate]:
    """Return the first items of a class that waited long; read only if `ordered` is not all."""
    before_ms = aged_before_ms(cls, wanted.now_ms)
    if cls > wanted.down_to or before_ms is None:
        return []
    if len(ordered) < limit:
        return [one for one in ordered if one.cls is cls and one.deliver_by_ms < before_ms]
    return _range(connection, wanted, kind, cls, before_ms=before_ms, limit=limit)


def _range(
    connection: sqlite3.Connection,
    wanted: Wanted,
    kind: OutboxKind,
    cls: Urgency,
    *,
    before_ms: int | None,
    limit: int,
) -> list[Candidate]:
    """Read the first items down to a class; or of this class alone, those from before a time."""
    classes = "cls <= ?" if before_ms is None else "cls = ? AND deliver_ms < ?"
    rows = connection.execute(
        "SELECT id, cls, deliver_ms, q, bytes FROM outbox"  # noqa: S608 - constants
        f" WHERE node = ? AND kind = ? AND {classes}"
        " AND i < ? AND exp_ms > ? AND next_ms <= ?"
        " ORDER BY cls, deliver_ms, q, id LIMIT ?",
        (
            str(wanted.node),
            kind.value,
            cls,
            *(() if before_ms is None else (before_ms,)),
            2**62 if wanted.below is None else wanted.below,
            wanted.now_ms,
            wanted.steady_ms,
            limit,
        ),
    ).fetchall()
    return [
        Candidate(
            item=item,
            cls=Urgency(of),
            deliver_by_ms=deliver_ms,
            queue_number=number,
            size_bytes=size,
        )
        for item, of, deliver_ms, number, size in rows
    ]


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
