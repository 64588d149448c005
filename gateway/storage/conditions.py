"""The part of the store that keeps how peers, logs, directory and node stand.

Source: docs/desk.md, "Events".
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from gateway.conditions import Condition, ConditionKind
from gateway.rows import MessageRow
from gateway.storage.core import StorePart
from gateway.storage.session import Event, Session
from protocol.identifiers import MessageId

_WAITING: Final = "direction = 'in' AND cls = 0 AND state = 'consigned'"
"""An emergency that nobody has opened, in the words of the index on them."""


class ConditionPart(StorePart):
    """Implements conditions.Conditions and conditions.Mutes."""

    async def conditions(self) -> Mapping[tuple[ConditionKind, str], str]:
        """Return every condition as it was kept last, by kind and subject."""
        rows = self._core.reader.execute("SELECT kind, subject, word FROM condition")
        return {(ConditionKind(kind), subject): word for kind, subject, word in rows}

    async def note_conditions(self, found: Sequence[Condition], *, now_ms: int) -> int:
        """Keep conditions; each that differs from what was kept is an event. Return how many.

        Raises:
            StorageError: Nothing was kept, and nothing told.
        """
        return await self._core.writer.run(partial(_note, found=found, now_ms=now_ms))

    async def waiting_emergencies(self) -> tuple[MessageRow, ...]:
        """Return the received emergencies that nobody has opened, oldest first."""
        rows = self._core.reader.execute(
            # Named: SQLite would rather read every message that was ever received.
            "SELECT id FROM message INDEXED BY message_emergency"  # noqa: S608  our own words
            f" WHERE {_WAITING} ORDER BY id"
        ).fetchall()
        found = (self._core.casebook.numbered(number) for (number,) in rows)
        return tuple(row for row in found if row is not None)

    async def mute(self, mid: MessageId, who: str, *, now_ms: int) -> None:
        """Silence an emergency for a person; again changes nothing.

        Raises:
            StorageError: It sounds on.
        """

        def silence(session: Session) -> None:
            session.execute(
                "INSERT INTO mute (message, who, at_ms) SELECT id, ?, ? FROM message WHERE mid = ?"
                " AND direction = 'in' AND cls = 0 AND state = 'consigned' ON CONFLICT DO NOTHING",
                (who, now_ms, mid.value),
            )

        await self._core.writer.run(silence)

    async def mutes(self) -> Mapping[MessageId, frozenset[str]]:
        """Return who silenced each emergency that still waits to be opened."""
        rows = self._core.reader.execute(
            "SELECT mid, u.who FROM mute u CROSS JOIN message ON id = u.message"  # noqa: S608  our own words
            f" WHERE {_WAITING}"
        ).fetchall()
        found: dict[MessageId, frozenset[str]] = {}
        for mid, who in rows:
            key = MessageId(bytes(mid))
            found[key] = found.get(key, frozenset()) | {who}
        return found


def _note(session: Session, found: Sequence[Condition], now_ms: int) -> int:
    told = 0
    for each in found:
        held = session.execute(
            "SELECT word FROM condition WHERE kind = ? AND subject = ?",
            (each.kind.value, each.subject),
        ).fetchone()
        if held is not None and held[0] == each.word:
            continue
        session.execute(
            "INSERT INTO condition (kind, subject, word, at_ms) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, subject) DO UPDATE SET word = excluded.word,"
            " at_ms = excluded.at_ms",
            (each.kind.value, each.subject, each.word, now_ms),
        )
        if held is None:
            continue
        told += 1
        session.tell(
            Event(at_ms=now_ms, kind=each.kind.value, message=None, what=each.word, by=each.subject)
        )
    return told
