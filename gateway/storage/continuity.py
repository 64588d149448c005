"""The part of the store that lets our log be signed, or ends that for good.

Source: docs/wire-format.md, rule 8.
"""

import sqlite3
from pathlib import Path
from typing import Final

from gateway.continuity import Loss
from gateway.errors import RecoveringError
from gateway.records import SignedHead
from gateway.storage.anchor import Anchor, sync_folder
from gateway.storage.core import StorePart
from gateway.storage.lost import ask_again
from gateway.storage.restating import restate_given
from gateway.storage.sequence import newest_head
from gateway.storage.session import Session, refuse_unsigned
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.recovery import Claim, Start, StartDecision
from protocol.log.statement import Statement

MARKER: Final = "restored"
"""Beside the database after a restore from a backup, until a start was completed."""


def marker_of(path: Path) -> Path:
    """Return the file that says that these files were put back from a backup."""
    return path.parent / MARKER


def drop_marker(path: Path, anchor: Anchor) -> None:
    """Note that a start after a restore was completed.

    Args:
        path: The database file.
        anchor: Written already.

    Raises:
        OSError: The next start asks everybody again.
    """
    marker = marker_of(path)
    if marker.exists():
        # The anchor first: a marker that is gone must find an anchor that is there.
        anchor.sync()
        marker.unlink()
        sync_folder(marker.parent)


def read_loss(connection: sqlite3.Connection, origin: LogOrigin) -> Loss | None:
    """Return what ended a generation of our log, None if nothing did.

    Args:
        connection: A reader.
        origin: The generation.
    """
    row = connection.execute(
        "SELECT kind, held, shown, by FROM log_loss WHERE generation = ?", (origin.generation,)
    ).fetchone()
    if row is None:
        return None
    return Loss(kind=Claim(row[0]), held=row[1], shown=row[2], by=NodeId.parse(row[3]))


class ContinuityPart(StorePart):
    """Implements ports.Continuity."""

    @property
    def beginning(self) -> StartDecision:
        """How this start is to be taken."""
        return self._core.committer.gate.decision

    @property
    def may_sign(self) -> bool:
        """Whether heads of our log are signed."""
        return self._core.committer.gate.is_open

    @property
    def loss(self) -> Loss | None:
        """What ended this generation, None if nothing did."""
        return self._core.committer.gate.loss

    async def begin_signing(self, act: Statement | None) -> None:
        """Sign from now on, what waits included; the head is in the anchor when this returns.

        Args:
            act: The operator's word, if it is by that: stated in the same commit.

        Raises:
            RecoveringError: This generation has ended.
            StorageError: It was not committed; nothing is signed.
        """
        core = self._core

        def begin(session: Session) -> None:
            if session.gate.is_ended:
                raise RecoveringError("this generation of the log is never signed again")
            if act is not None:
                session.state(act, must_leave=False)
            if session.gate.decision.start is not Start.ORDINARY:
                ask_again(session, now_ms=core.clock.now_ms())  # what came last may be missing
            session.begin_signing()

        await core.writer.run(begin)
        core.wake_workers()
        drop_marker(core.path, core.anchor)

    async def stop_signing(self, loss: Loss, *, now_ms: int) -> None:
        """Sign nothing more in this generation, from this call on; both notes are kept.

        Args:
            loss: What shows it; the first one counts.
            now_ms: Milliseconds since 1970, UTC.

        Raises:
            StorageError: It is not recorded; nothing is signed all the same.
        """
        self._core.committer.gate.end(loss)

        def keep(session: Session) -> None:
            session.execute(
                "INSERT INTO log_loss (generation, kind, held, shown, by, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (generation) DO NOTHING",
                (
                    session.origin.generation,
                    loss.kind.value,
                    loss.held,
                    loss.shown,
                    str(loss.by),
                    now_ms,
                ),
            )

        await self._core.writer.run(keep)

    async def restate(self, limit: int) -> int:
        """State some receipts again that were given in earlier generations.

        Args:
            limit: At most so many.

        Returns:
            How many; fewer than `limit` when none are left.

        Raises:
            RecoveringError: No head may be signed now.
            StorageError: None was stated.
        """

        def some(session: Session) -> int:
            refuse_unsigned(session)
            return restate_given(session, limit)

        return await self._core.writer.run(some, weight=limit)

    async def hear_generation(self, origin: LogOrigin, *, by: NodeId, now_ms: int) -> None:
        """Remember that a peer holds something of a generation of our log above the one written.

        Raises:
            StorageError: It is not remembered.
        """

        def keep(session: Session) -> None:
            session.execute(
                "INSERT INTO heard_generation (generation, by, at_ms) VALUES (?, ?, ?)"
                " ON CONFLICT (generation) DO NOTHING",
                (origin.generation, str(by), now_ms),
            )

        await self._core.writer.run(keep)

    async def past_head(self, origin: LogOrigin) -> SignedHead | None:
        """Return the newest signed head of any generation of our log that these files hold."""
        return newest_head(self._core.reader, origin)
