"""The part of the store that keeps time stamps, and says where each bounds a statement."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.stamping import HeldStamp, KeptStamp
from gateway.storage.core import StorePart
from gateway.storage.nodes import LogNodes
from gateway.storage.sequence import committed_size
from gateway.storage.session import Session
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin
from protocol.log.tree import consistency_path

_FIRST: Final = (
    "SELECT s.authority, min(s.size) FROM stamp s WHERE s.generation = ? AND s.size > ?"
    " GROUP BY s.authority ORDER BY s.authority"
)


class StampPart(StorePart):
    """Implements stamping.Stamps."""

    async def keep_stamp(self, stamp: KeptStamp) -> None:
        """Keep a stamp for ever; nothing happens if that authority's over this head is held.

        Raises:
            StorageError: It is not kept.
        """

        def keep(session: Session) -> None:
            session.execute(
                "INSERT INTO stamp (generation, size, authority, time_ms, kept_ms, answer)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (generation, authority, size) DO NOTHING",
                (
                    stamp.origin.generation,
                    stamp.size,
                    stamp.authority,
                    stamp.time_ms,
                    stamp.kept_ms,
                    stamp.answer,
                ),
            )

        await self._core.writer.run(keep)

    async def newest_stamp(self) -> KeptStamp | None:
        """Return the newest stamp over the log that is written, None if there is none."""
        origin = self._core.log.origin
        row = self._core.reader.execute(
            "SELECT size, authority, time_ms, kept_ms, answer FROM stamp WHERE generation = ?"
            " ORDER BY id DESC LIMIT 1",
            (origin.generation,),
        ).fetchone()
        if row is None:
            return None
        size, authority, time_ms, kept_ms, answer = row
        return KeptStamp(
            origin=origin,
            size=size,
            authority=authority,
            time_ms=time_ms,
            kept_ms=kept_ms,
            answer=answer,
        )

    async def stamps_over(
        self, origin: LogOrigin, size: int, indices: Sequence[int]
    ) -> tuple[HeldStamp, ...]:
        """Return for each place the first stamp of each authority over a head that holds it.

        Raises:
            LogDamagedError: The log of an earlier generation cannot be proven.
        """
        if origin.node != self._core.node:
            return ()
        reader = self._core.reader
        found = sorted({
            (first, authority)
            for index in indices
            for authority, first in reader.execute(_FIRST, (origin.generation, index))
        })  # fmt: skip
        return tuple(self._held(origin, size, found))

    def _held(
        self, origin: LogOrigin, size: int, found: Sequence[tuple[int, str]]
    ) -> Iterator[HeldStamp]:
        reader = self._core.reader
        nodes = None if origin == self._core.log.origin else _nodes(reader, origin.generation)
        for stamped, authority in found:
            note, answer = reader.execute(
                "SELECT c.note, s.answer FROM stamp s JOIN checkpoint c"
                " ON c.generation = s.generation AND c.size = s.size"
                " WHERE s.generation = ? AND s.authority = ? AND s.size = ?",
                (origin.generation, authority, stamped),
            ).fetchone()
            joined = None
            if nodes is not None:
                low, high = sorted((stamped, size))
                joined = consistency_path(low, high, nodes.subtree)
            yield HeldStamp(note=note, answer=answer, joined=joined)

    async def has_emergency(self, after: int) -> bool:
        """Tell whether an event above a number is about a message of P0."""
        (found,) = self._core.reader.execute(
            "SELECT EXISTS (SELECT 1 FROM event e JOIN message m ON m.id = e.message"
            " WHERE e.number > ? AND m.cls = ?)",
            (after, Urgency.P0.value),
        ).fetchone()
        return bool(found)


def _nodes(connection: sqlite3.Connection, generation: int) -> LogNodes:
    size = committed_size(connection, generation)
    return LogNodes(connection, generation=generation, size=size)
