"""Makes the store of a node as years of work leave it: many entries, messages, receipts, events.

Rows are written under the storage's own functions, in large groups: the tables, their sizes and
their order are those of a node at work, the bytes that nobody reads here are noise. All but the
newest messages are over, as they are at a desk.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final

from gateway.storage.connection import connect_reader, connect_writer
from gateway.storage.sequence import LogSequence
from gateway.storage.vault import Vault, month_of
from keys.nodekeys import NodeKeys
from protocol.encoding import encode
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import (
    Statement,
    checkpoint_seen,
    envelope_sent,
    officer_act,
    receipt_given,
)

PER_MESSAGE: Final = 5
"""Entries of the log for each message."""

OPEN: Final = 200
"""So many of the newest messages wait for something; all others are over."""

_PER_HEAD: Final = 50
"""Messages in one commit, under one signed head."""

_PEERS: Final = (NodeId("RO", 1), NodeId("JP", 1))
_APART_MS: Final = 60_000
_NOISE: Final = os.urandom(1 << 16)


def grow(store: Path, keys: NodeKeys, entries: int, *, now_ms: int) -> int:
    """Fill a store up to so many entries of its log.

    Args:
        store: The database of a stopped node.
        keys: Of this node.
        entries: Of the log, about.
        now_ms: The time of the newest message.

    Returns:
        How many entries there are.
    """
    origin, signer = LogOrigin.parse(keys.origin), keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=now_ms // 1000)

    with closing(connect_reader(store)) as reader, closing(connect_writer(store)) as writer:
        writer.execute("PRAGMA synchronous = OFF")
        sequence = LogSequence(writer, origin)
        rows = _Rows(writer, Vault(keys.store_key, reader), origin, now_ms)
        rows.open_month()
        first = 1 + int(writer.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()[0])
        last = first + max(0, entries - sequence.size) // PER_MESSAGE
        writer.execute("UPDATE message SET state = 'answered'")
        for start in range(first, last, _PER_HEAD):
            numbers = range(start, min(start + _PER_HEAD, last))
            writer.execute("BEGIN IMMEDIATE")
            rows.add(numbers, leaf=sequence.size, newest=last - 1)
            sequence.append([one for number in numbers for one in _statements(number)])
            sequence.sign(sign)
            writer.execute("COMMIT")
            sequence.settle()
            if start // _PER_HEAD % 64 == 0:
                writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # A node at work has looked at what happened within half a minute.
        writer.execute("UPDATE watched SET event = (SELECT max(number) FROM event)")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return sequence.size


class _Rows:
    """Writes the rows of messages, next to their entries in the log."""

    def __init__(self, writer: Connection, vault: Vault, origin: LogOrigin, now_ms: int) -> None:
        self._writer = writer
        self._vault = vault
        self._origin = origin
        self._now_ms = now_ms
        self._month = month_of(now_ms)

    def open_month(self) -> None:
        """Make the key under which contents are sealed."""
        if not self._vault.has_month(self._month):
            row = (self._month, self._vault.new_month(self._month))
            self._writer.execute("INSERT INTO month (month, wrapped) VALUES (?, ?)", row)

    def add(self, numbers: Sequence[int], *, leaf: int, newest: int) -> None:
        """Write messages with all that belongs to them.

        Args:
            numbers: Of their rows.
            leaf: The first entry of the log that is about them.
            newest: The number of the last message that will be written.
        """
        leaves = {number: leaf + place * PER_MESSAGE for place, number in enumerate(numbers)}
        self._put("message", (self._message(number, newest) for number in numbers))
        self._put("envelope", (self._envelope(number, leaves[number]) for number in numbers))
        self._put("content", (self._content(number) for number in numbers))
        self._put("receipt", (r for n in numbers for r in self._receipts(n, leaves[n])))
        self._put("event", (e for n in numbers for e in self._events(n, leaves[n])))

    def _put(self, table: str, rows: Iterator[dict[str, Any]]) -> None:
        some = list(rows)
        names = ", ".join(some[0])
        marks = ", ".join(f":{name}" for name in some[0])
        self._writer.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", some)  # noqa: S608  names of our own

    def _ends(self, number: int) -> tuple[NodeId, NodeId]:
        own, other = self._origin.node, _PEERS[number // 2 % len(_PEERS)]
        return (other, own) if number % 2 else (own, other)

    def _message(self, number: int, newest: int) -> dict[str, Any]:
        sender, recipient = self._ends(number)
        t_ms = self._now_ms - (newest - number) * _APART_MS
        return {
            "id": number,
            "direction": "in" if number % 2 else "out",
            "sender": str(sender),
            "recipient": str(recipient),
            "mid": mid_of(number).value,
            "thread": mid_of(number).value,
            "cls": 1 + number % 3,
            "state": "answered" if newest - number >= OPEN else "consigned",
            "t_ms": t_ms,
            "exp_ms": t_ms + 7 * 24 * 3_600_000,
            "changed_ms": t_ms,
            "header_digest": _noise(number, 32),
            "statement_digest": _noise(number + 1, 32),
        }

    def _envelope(self, number: int, leaf: int) -> dict[str, Any]:
        return {
            "message": number,
            "q": number,
            "header": _noise(number, 400),
            "wraps": _noise(number, 1300),
            "origin": str(self._origin),
            "i": leaf,
            "body": _noise(number, 2048),
        }

    def _content(self, number: int) -> dict[str, Any]:
        sender, _ = self._ends(number)
        summary = {"handling": "H1", "ref": f"R-{number}", "type": "note", "urgency": "routine"}
        sealed = self._vault.seal(
            sender,
            mid_of(number),
            month=self._month,
            summary=encode(dict(summary)),
            content_key=_noise(number, 32),
            inner=_noise(number, 1500),
        )
        return {
            "message": number,
            "month": sealed.month,
            "summary": sealed.summary,
            "content_key": sealed.content_key,
            "inner": sealed.inner,
        }

    def _receipts(self, number: int, leaf: int) -> Iterator[dict[str, Any]]:
        _, recipient = self._ends(number)
        for place, stage in enumerate(("accepted", "consigned", "opened"), start=1):
            yield {
                "message": number,
                "given": number % 2,
                "stage": stage,
                "by": str(recipient),
                "digest": _noise(number * 3 + place, 32),
                "bytes": _noise(number, 260),
                "leaf": leaf + place,
                "origin": str(self._origin),
                "i": leaf + place,
            }

    def _events(self, number: int, leaf: int) -> Iterator[dict[str, Any]]:
        for place, what in enumerate(("queued", "accepted", "consigned", "opened", "answered")):
            yield {
                "at_ms": self._now_ms,
                "kind": "state",
                "message": number,
                "what": what,
                "by": str(self._origin.node),
                "origin": str(self._origin),
                "i": leaf + place,
            }


def mid_of(number: int) -> MessageId:
    """Return the id of a message by the number of its row."""
    return MessageId(number.to_bytes(16, "big"))


def _statements(number: int) -> tuple[Statement, ...]:
    """Return what the log says of one message."""
    noise = _noise(number, 32)
    return (
        envelope_sent(noise, noise),
        receipt_given(_noise(number, 260)),
        receipt_given(_noise(number + 1, 260)),
        officer_act(_noise(number, 190), noise[:16]),
        checkpoint_seen(_noise(number, 2800 if number % 10 == 0 else 260), noise[:16]),
    )


def _noise(number: int, length: int) -> bytes:
    """Return bytes of a length; other ones for each of some thousand numbers, and their tail."""
    start = number * 4099 % (len(_NOISE) - length)
    return _NOISE[start : start + length - 8] + number.to_bytes(8, "big")
