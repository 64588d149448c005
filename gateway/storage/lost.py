"""The part of the store about what was lost here and is held by others.

Source: docs/wire-format.md, rules 16, 21 and 22.
"""

from collections.abc import Collection
from json import dumps
from typing import Final

from gateway.continuity import HeldSealing, Unclaimed
from gateway.storage.core import StorePart
from gateway.storage.session import KIND_RECEIPT, KIND_RECOVERED, Event, Session
from keys.suite import DIGEST_BYTES
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_LIFE_MS

_RECEIPTS: Final = "receipts"


def ask_again(session: Session, *, now_ms: int) -> None:
    """Let the receipts of all messages of ours that can still bring one be asked for.

    Args:
        session: Of the commit that begins a new generation, or lets a log go on of which these
            files may lack what came last.
        now_ms: Milliseconds since 1970, UTC.
    """
    session.execute(
        "INSERT INTO unasked (message)"
        " SELECT id FROM message WHERE direction = 'out' AND exp_ms > ?"
        " ON CONFLICT (message) DO NOTHING",
        (now_ms - MAX_LIFE_MS,),
    )


class LostPart(StorePart):
    """Implements ports.Lost."""

    async def held_sealing(self, sender: NodeId, mid: MessageId) -> HeldSealing | None:
        """Return how we accepted an envelope, with its sender's own note; None if we did not."""
        row = self._core.reader.execute(
            "SELECT e.wraps, e.i, e.path, c.note FROM message m"
            " JOIN envelope e ON e.message = m.id"
            " JOIN peer_checkpoint c ON c.origin = e.origin AND c.size = e.at"
            " WHERE m.mid = ? AND m.sender = ? AND m.direction = 'in'",
            (mid.value, str(sender)),
        ).fetchone()
        if row is None:
            return None
        wraps, index, path, note = row
        cut = range(0, len(path), DIGEST_BYTES)
        hashes = tuple(path[start : start + DIGEST_BYTES] for start in cut)
        return HeldSealing(wraps=wraps, index=index, path=hashes, note=note)

    async def add_sealing(self, mid: MessageId, *, wraps: bytes, digest: bytes, index: int) -> None:
        """Keep a sealing of ours that was lost here; receipts may name it.

        Raises:
            StorageError: It is not kept.
        """

        def add(session: Session) -> None:
            session.execute(
                "INSERT INTO earlier_sealing (message, i, statement_digest, wraps)"
                " SELECT id, ?, ?, ? FROM message WHERE mid = ? AND sender = ?"
                " ON CONFLICT (message, i) DO NOTHING",
                (index, digest, wraps, mid.value, self._core.own),
            )

        await self._core.writer.run(add)

    async def unclaimed(
        self, *, now_ms: int, limit: int, besides: Collection[NodeId] = ()
    ) -> tuple[Unclaimed, ...]:
        """Return messages of ours whose receipts are to be asked for since a loss.

        Args:
            now_ms: Milliseconds since 1970, UTC; what can bring nothing any more is left out.
            limit: At most so many.
            besides: Nodes that are not asked now.
        """
        rows = self._core.reader.execute(
            "SELECT m.mid, m.recipient FROM unasked u JOIN message m ON m.id = u.message"
            " WHERE m.exp_ms > ? AND m.recipient NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY m.cls, m.id LIMIT ?",
            (now_ms - MAX_LIFE_MS, dumps([str(node) for node in besides]), limit),
        ).fetchall()
        newest = self._core.newest_event
        return tuple(
            Unclaimed(mid=MessageId(mid), node=NodeId.parse(node), after=newest)
            for mid, node in rows
        )

    async def claimed(self, one: Unclaimed, *, now_ms: int) -> int:
        """Note that receipts were asked for, and mark in the timeline what came back.

        Args:
            one: From `unclaimed`, before the question.
            now_ms: Milliseconds since 1970, UTC.

        Returns:
            How many receipts came back.

        Raises:
            StorageError: They will be asked for again.
        """

        def note(session: Session) -> int:
            row = session.execute(
                "SELECT m.id, (SELECT count(*) FROM event v WHERE v.message = m.id"
                "  AND v.kind = ?3 AND v.number > ?4 AND v.by = ?5)"
                " FROM message m WHERE m.mid = ?1 AND m.sender = ?2",
                (one.mid.value, self._core.own, KIND_RECEIPT, one.after, str(one.node)),
            ).fetchone()
            if row is None:
                return 0
            message, count = row
            session.execute("DELETE FROM unasked WHERE message = ?", (message,))
            if count:
                session.tell(
                    Event(
                        at_ms=now_ms,
                        kind=KIND_RECOVERED,
                        message=message,
                        what=_RECEIPTS,
                        by=str(one.node),
                    )
                )
            return int(count)

        return await self._core.writer.run(note)
