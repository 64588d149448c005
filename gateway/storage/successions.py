"""The part of the store about logs of peers that were given up, and what came of that.

Source: docs/wire-format.md, rules 8, 9a and 22.
"""

from collections.abc import Sequence
from typing import Final

from gateway.continuity import AcceptedGeneration, ClosedLog, LateReceipt, Unjoined
from gateway.records import PeerCheckpoint
from gateway.storage.core import StorePart
from gateway.storage.peers import keep_checkpoint
from gateway.storage.session import Session
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.statement import Statement
from protocol.log.unjoined import OpenHead

_LATE_KEPT: Final = 1024
"""Of one closed log: evidence, but no way to fill our disk."""


class SuccessionPart(StorePart):
    """Implements ports.Successions."""

    async def close_logs(
        self, closed: Sequence[ClosedLog], checkpoint: PeerCheckpoint | None, *, now_ms: int
    ) -> None:
        """Close logs for good, with the first checkpoint of the one that follows them.

        Args:
            closed: Logs of one node; one that is closed already stays as it was recorded.
            checkpoint: Verified and linked, of the log that follows; None if it is held.
            now_ms: Milliseconds since 1970, UTC.

        Raises:
            StorageError: Nothing was changed.
        """

        def close(session: Session) -> None:
            for one in closed:
                session.execute(
                    "INSERT INTO closed_log (origin, successor, epoch, held, is_short, at_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO NOTHING",
                    (
                        str(one.origin),
                        str(one.successor),
                        one.epoch,
                        one.held,
                        one.is_short,
                        now_ms,
                    ),
                )
            if checkpoint is not None:
                keep_checkpoint(session, checkpoint, state_seen=True, proves=True)

        await self._core.writer.run(close)

    async def closed_logs(self) -> tuple[ClosedLog, ...]:
        """Return every closed log of a peer."""
        rows = self._core.reader.execute(
            "SELECT origin, successor, epoch, held, is_short FROM closed_log ORDER BY origin"
        ).fetchall()
        return tuple(
            ClosedLog(
                origin=LogOrigin.parse(origin),
                successor=LogOrigin.parse(successor),
                epoch=epoch,
                held=held,
                is_short=bool(is_short),
            )
            for origin, successor, epoch, held, is_short in rows
        )

    async def keep_late(self, receipts: Sequence[LateReceipt], *, now_ms: int) -> None:
        """Keep receipts of a closed log as evidence; they change nothing.

        Raises:
            StorageError: They are not kept.
        """

        def keep(session: Session) -> None:
            for one in receipts:
                session.execute(
                    "INSERT INTO late_receipt (digest, origin, note, i, path, bytes, at_ms)"
                    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE"
                    " (SELECT count(*) FROM late_receipt WHERE origin = ?2) < ?8"
                    " ON CONFLICT (digest) DO NOTHING",
                    (
                        one.digest,
                        str(one.origin),
                        one.note,
                        one.index,
                        b"".join(one.path),
                        one.receipt,
                        now_ms,
                        _LATE_KEPT,
                    ),
                )

        await self._core.writer.run(keep)

    async def accept_generation(
        self, accepted: AcceptedGeneration, act: Statement, *, now_ms: int
    ) -> None:
        """Record the operator's word about a node, stated in the same commit.

        Raises:
            StorageError: Nothing was changed.
        """

        def accept(session: Session) -> None:
            leaf = session.state(act, must_leave=False)
            session.execute(
                "INSERT INTO accepted_generation (node, above, leaf, at_ms) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (node) DO UPDATE SET above = max(above, excluded.above),"
                " leaf = excluded.leaf, at_ms = excluded.at_ms",
                (str(accepted.node), accepted.above, leaf, now_ms),
            )

        await self._core.writer.run(accept)

    async def accepted_generations(self) -> tuple[AcceptedGeneration, ...]:
        """Return above which generations nodes with two histories may go on."""
        rows = self._core.reader.execute(
            "SELECT node, above FROM accepted_generation ORDER BY node"
        ).fetchall()
        return tuple(
            AcceptedGeneration(node=NodeId.parse(node), above=above) for node, above in rows
        )

    async def save_unjoined(self, one: Unjoined) -> None:
        """Keep an open head, with how often its log was asked.

        Raises:
            StorageError: It is as it was.
        """

        def save(session: Session) -> None:
            session.execute(
                "INSERT INTO unjoined (origin, size, root, note, first_ms, answered, asked_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin, size, root) DO UPDATE"
                " SET answered = excluded.answered, asked_ms = excluded.asked_ms",
                (
                    str(one.origin),
                    one.size,
                    one.root,
                    one.note,
                    one.head.first_ms,
                    one.head.answered,
                    one.head.asked_ms,
                ),
            )

        await self._core.writer.run(save)

    async def drop_unjoined(self, one: Unjoined) -> None:
        """Forget an open head that was joined, and take back the fork that it was held for.

        Raises:
            StorageError: It is as it was.
        """

        def drop(session: Session) -> None:
            session.execute(
                "DELETE FROM unjoined WHERE origin = ? AND size = ? AND root = ?",
                (str(one.origin), one.size, one.root),
            )
            session.execute(
                "DELETE FROM fork WHERE origin = ? AND offered = ?", (str(one.origin), one.note)
            )

        await self._core.writer.run(drop)

    async def unjoined(self) -> tuple[Unjoined, ...]:
        """Return every open head."""
        rows = self._core.reader.execute(
            "SELECT origin, size, root, note, first_ms, answered, asked_ms FROM unjoined"
            " ORDER BY origin, size, root"
        ).fetchall()
        return tuple(
            Unjoined(
                origin=LogOrigin.parse(origin),
                size=size,
                root=root,
                note=note,
                head=OpenHead(first_ms=first_ms, answered=answered, asked_ms=asked_ms),
            )
            for origin, size, root, note, first_ms, answered, asked_ms in rows
        )
