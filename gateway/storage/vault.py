"""Contents at rest: columns sealed under monthly keys, which the store key wraps.

Sealing and opening happen on the caller's side, never in the writer's thread. The context of a
sealed value names table, column, sender, message and month, so that a value moved to another
row does not open. When retention has emptied a month, its key can be destroyed.

Source: docs/delivery.md, "Contents at rest"; docs/wire-format.md, section Keys.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from gateway.errors import CONTENT_DAMAGED, StorageError
from gateway.storage.session import Session
from keys.atrest import new_store_key, open_at_rest, seal_at_rest
from keys.errors import KeysError
from protocol.identifiers import MessageId, NodeId

_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContent:
    """The sealed columns of one message, and the month whose key sealed them."""

    month: int
    summary: bytes | None
    content_key: bytes | None
    inner: bytes | None


class Vault:
    """Seals and opens the columns of one store.

    Args:
        store_key: 32 bytes, secret.
        connection: A reader; month keys are looked up there when first needed.
    """

    def __init__(self, store_key: bytes, connection: sqlite3.Connection) -> None:
        self._store_key = store_key
        self._connection = connection
        self._months: dict[int, bytes] = {}

    @override
    def __repr__(self) -> str:
        return "Vault()"

    def has_month(self, month: int) -> bool:
        """Tell whether a key of this month exists already."""
        if month in self._months:
            return True
        row = self._connection.execute(
            "SELECT wrapped FROM month WHERE month = ?", (month,)
        ).fetchone()
        if row is None:
            return False
        self._months[month] = self._unwrap(month, bytes(row[0]))
        return True

    def forget(self, months: Sequence[int]) -> None:
        """Drop the keys of months that were destroyed."""
        for month in months:
            self._months.pop(month, None)

    def new_month(self, month: int) -> bytes:
        """Draw a key for a month; it counts only once it was committed.

        Returns:
            The key, wrapped under the store key.
        """
        return seal_at_rest(self._store_key, new_store_key(), _month_context(month))

    def seal(
        self,
        sender: NodeId,
        mid: MessageId,
        *,
        month: int,
        summary: bytes | None,
        content_key: bytes | None,
        inner: bytes | None,
    ) -> SealedContent:
        """Seal the content of one message; the month must exist.

        Args:
            sender: Whose message.
            mid: Its id.
            month: As `month_of` says.
            summary: What lists show.
            content_key: Key of the sealed body.
            inner: The content itself.

        Returns:
            The sealed columns; None stays None.
        """
        key = self._key(month)

        def one(column: str, plain: bytes | None) -> bytes | None:
            if plain is None:
                return None
            return seal_at_rest(key, plain, _context(column, sender, mid, month))

        return SealedContent(
            month=month,
            summary=one("summary", summary),
            content_key=one("content_key", content_key),
            inner=one("inner", inner),
        )

    def open(
        self, column: str, sealed: bytes, *, sender: NodeId, mid: MessageId, month: int
    ) -> bytes:
        """Open one sealed column.

        Args:
            column: Its name in the table `content`.
            sealed: As stored.
            sender: Whose message.
            mid: Its id.
            month: As stored beside it.

        Returns:
            The plaintext.

        Raises:
            StorageError: It was changed, moved, or sealed under another store key.
        """
        try:
            return open_at_rest(self._key(month), sealed, _context(column, sender, mid, month))
        except KeysError as fault:
            raise StorageError(
                "a sealed column does not open",
                code=CONTENT_DAMAGED,
                hint="Run `a35 doctor`; restore the message from a backup.",
            ) from fault

    def legible(
        self, column: str, sealed: bytes, *, sender: NodeId, mid: MessageId, month: int
    ) -> bytes | None:
        """Open one sealed column for whoever looks at many: one that is damaged hides no other.

        Args:
            column: As for `open`, like all that follows.
            sealed: As stored.
            sender: Whose message.
            mid: Its id.
            month: As stored beside it.

        Returns:
            The plaintext, None if it was changed or moved.

        Raises:
            StorageError: It is sealed under another store key.
        """
        try:
            return self.open(column, sealed, sender=sender, mid=mid, month=month)
        except StorageError as error:
            if error.is_damaged:
                return None
            raise

    def seal_text(self, kind: str, place: str, text: str, *, month: int) -> bytes:
        """Seal a text of this desk that belongs to no message; the month must exist.

        Args:
            kind: What it is, one word.
            place: Where it belongs, without spaces: it does not open elsewhere.
            text: Any.
            month: As `month_of` says.
        """
        return seal_at_rest(self._key(month), text.encode(), _text_context(kind, place, month))

    def open_text(self, kind: str, place: str, sealed: bytes, *, month: int) -> str:
        """Open what `seal_text` sealed.

        Raises:
            StorageError: It was changed, moved, or sealed under another store key.
        """
        try:
            context = _text_context(kind, place, month)
            return open_at_rest(self._key(month), sealed, context).decode()
        except KeysError as fault:
            raise StorageError("a sealed text does not open", code=CONTENT_DAMAGED) from fault

    def wrap(self, key: bytes, name: str) -> bytes:
        """Seal a key under the store key, for the thing that it is named after."""
        return seal_at_rest(self._store_key, key, _key_context(name))

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Open what `wrap` sealed.

        Raises:
            StorageError: It was changed, moved, or sealed under another store key.
        """
        try:
            return open_at_rest(self._store_key, wrapped, _key_context(name))
        except KeysError as fault:
            raise StorageError("a sealed key does not open", code=CONTENT_DAMAGED) from fault

    def _key(self, month: int) -> bytes:
        if not self.has_month(month):
            raise StorageError("a month of contents has no key", code=CONTENT_DAMAGED)
        return self._months[month]

    def _unwrap(self, month: int, wrapped: bytes) -> bytes:
        try:
            return open_at_rest(self._store_key, wrapped, _month_context(month))
        except KeysError as fault:
            raise StorageError(
                "the store key does not open this store",
                code="store_key_wrong",
                hint="Use the key files that were made together with this store.",
            ) from fault


def add_month(session: Session, month: int, wrapped: bytes) -> None:
    """Keep the key of a month, unless one is held already."""
    session.execute(
        "INSERT INTO month (month, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (month, wrapped),
    )


def add_content(session: Session, message: int, sealed: SealedContent) -> None:
    """Store the sealed content of a message row."""
    session.execute(
        "INSERT INTO content (message, month, summary, content_key, inner) VALUES (?, ?, ?, ?, ?)",
        (message, sealed.month, sealed.summary, sealed.content_key, sealed.inner),
    )


def month_of(now_ms: int) -> int:
    """Return the month of a time as a number, year and month: 202611.

    Args:
        now_ms: Milliseconds since 1970, UTC.
    """
    moment = datetime.fromtimestamp(now_ms // _MS_PER_S, tz=UTC)
    return moment.year * 100 + moment.month


def _context(column: str, sender: NodeId, mid: MessageId, month: int) -> bytes:
    # No part can contain a space, hence one reading only.
    return f"a35 content {column} {sender} {mid} {month}".encode()


def _text_context(kind: str, place: str, month: int) -> bytes:
    return f"a35 text {kind} {place} {month}".encode()


def _key_context(name: str) -> bytes:
    return f"a35 key {name}".encode()


def _month_context(month: int) -> bytes:
    return f"a35 month {month}".encode()
