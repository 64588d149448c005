"""The part of the store that keeps which cases are to be looked at, and when."""

from collections.abc import Mapping
from functools import partial

from gateway.storage.core import StorePart
from gateway.storage.session import Session
from protocol.identifiers import MessageId


class WatchPart(StorePart):
    """Implements watching.WatchBook."""

    async def watched_event(self) -> int:
        """Return the number of the newest event whose case was looked at."""
        return int(self._core.reader.execute("SELECT event FROM watched").fetchone()[0])

    async def due_cases(self, now_ms: int, *, limit: int) -> tuple[MessageId, ...]:
        """Return cases whose moment has come, and those looked at by a clock set back since.

        Args:
            now_ms: The present, ms since 1970 UTC.
            limit: At most so many.
        """
        rows = self._core.reader.execute(
            "SELECT thread FROM case_watch WHERE due_ms <= ?"
            " UNION SELECT thread FROM case_watch WHERE looked_ms > ? LIMIT ?",
            (now_ms, now_ms, limit),
        )
        return tuple(MessageId(bytes(thread)) for (thread,) in rows)

    async def note_watched(
        self, dates: Mapping[MessageId, int | None], *, now_ms: int, event: int | None = None
    ) -> None:
        """Keep when each case is to be looked at next, in one commit.

        Args:
            dates: By case, ms since 1970 UTC; None for a case that has no clock.
            now_ms: The time of this look.
            event: The cases of all events up to this one were looked at.

        Raises:
            StorageError: Nothing was kept.
        """
        await self._core.writer.run(partial(_note, dates=dates, now_ms=now_ms, event=event))


def _note(
    session: Session, dates: Mapping[MessageId, int | None], *, now_ms: int, event: int | None
) -> None:
    for thread, due_ms in dates.items():
        if due_ms is None:
            session.execute("DELETE FROM case_watch WHERE thread = ?", (thread.value,))
        else:
            session.execute(
                "INSERT INTO case_watch (thread, due_ms, looked_ms) VALUES (?, ?, ?)"
                " ON CONFLICT (thread) DO UPDATE"
                " SET due_ms = excluded.due_ms, looked_ms = excluded.looked_ms",
                (thread.value, due_ms, now_ms),
            )
    if event is not None:
        session.execute("UPDATE watched SET event = ?", (event,))
