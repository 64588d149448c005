"""One group commit: many operations, one transaction, at most one signed head.

An operation that fails rolls back to its savepoint and fails alone. What fails the commit fails
the whole group: the connection is closed and opened anew and the head read again before
anything else is written, because after a failed sync a second one proves nothing. Twice in a
row is the end: the kernel may have dropped pages that it reported as written.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from gateway.errors import GatewayError, LogDamagedError, StorageError
from gateway.records import SignedHead
from gateway.storage.anchor import Anchor
from gateway.storage.connection import connect_writer, guard
from gateway.storage.gate import Gate
from gateway.storage.sequence import HeadSigner, LogSequence
from gateway.storage.session import CommitNews, Session
from protocol.errors import ProtocolError
from protocol.identifiers import LogOrigin

T = TypeVar("T")
Operation: TypeAlias = Callable[[Session], T]
"""One whole transaction named after what happens; runs in the writer's thread."""

_FAILURES_ALLOWED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An operation, or its group, did not happen."""

    fault: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A group that ended: one result for each operation, in order.

    `news` is None when the group failed. `reopened` says that the connection was opened anew:
    then the picture in memory must be read again, since the commit may have landed.
    """

    results: Sequence[object]
    news: CommitNews | None
    reopened: bool = False


class GroupCommitter:
    """The read-write connection and the end of the log; used by one thread at a time.

    Args:
        path: The database file, migrated.
        origin: The generation of the log that is written.
        signer: Signs heads of this log.
        anchor: Told of every signed head after its commit.
        gate: Whether heads may be signed.
    """

    def __init__(
        self, path: Path, *, origin: LogOrigin, signer: HeadSigner, anchor: Anchor, gate: Gate
    ) -> None:
        self._path = path
        self._origin = origin
        self._signer = signer
        self._anchor = anchor
        self._gate = gate
        self._failures = 0
        self._stopped: str | None = None
        self._newest_item = 0
        self._open()

    @property
    def gate(self) -> Gate:
        """Whether heads may be signed."""
        return self._gate

    @property
    def head(self) -> SignedHead | None:
        """The newest signed and committed head."""
        return self._sequence.head

    @property
    def size(self) -> int:
        """Committed leaves."""
        return self._sequence.size

    @property
    def is_signed(self) -> bool:
        """Whether there is nothing to sign: all is covered, or nothing may be signed."""
        return self._sequence.is_signed or not self._gate.is_open

    @property
    def stopped(self) -> str | None:
        """Why nothing is written any more, None as long as all is well."""
        return self._stopped

    def commit(self, operations: Sequence[Operation[object]], *, sign: bool = False) -> Committed:
        """Run operations in one transaction and make it durable.

        Args:
            operations: In order; none to sign what waits only.
            sign: Sign even if no operation has to leave.

        Returns:
            The results; a `Failed` in the place of an operation that did not happen.
        """
        if self._stopped is not None:
            return self._failed(operations, StorageError(self._stopped, code="store_stopped"))
        try:
            return self._attempt(operations, sign=sign)
        except LogDamagedError as fault:
            self._stopped = str(fault)
            self._rollback()
            return self._failed(operations, fault)
        except (sqlite3.Error, OSError) as fault:
            return self._recover(operations, fault)
        except Exception as fault:  # noqa: BLE001  the signer may fail in its own ways: no commit
            self._rollback()
            return self._failed(operations, _refused(fault))

    def give_up(self, why: str) -> None:
        """Write nothing more.

        Args:
            why: One sentence for the operator.
        """
        if self._stopped is None:
            self._stopped = why

    def checkpoint(self, *, truncate: bool = False) -> tuple[int, int]:
        """Move pages of the write-ahead log into the database.

        Args:
            truncate: Also cut the file to nothing; waits for readers.

        Returns:
            Frames in the log, frames moved; (0, 0) when it could not run.
        """
        mode = "TRUNCATE" if truncate else "PASSIVE"
        try:
            row = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except sqlite3.Error:
            return 0, 0
        return max(row[1], 0), max(row[2], 0)

    def close(self) -> None:
        """Close the connection; what was not committed did not happen."""
        self._connection.close()

    def _open(self) -> None:
        self._connection = connect_writer(self._path)
        guard(self._connection)
        self._sequence = LogSequence(self._connection, self._origin)
        row = self._connection.execute("SELECT coalesce(max(number), 0) FROM event").fetchone()
        self._newest_event = int(row[0])
        row = self._connection.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()
        self._newest_item = max(self._newest_item, int(row[0]))

    def _next_item(self) -> int:
        """Return a number that no item of this run had, also none that is gone or undone."""
        self._newest_item += 1
        return self._newest_item

    def _attempt(self, operations: Sequence[Operation[object]], *, sign: bool) -> Committed:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        session = Session(
            self._connection,
            sequence=self._sequence,
            origin=self._origin,
            gate=self._gate,
            newest_event=self._newest_event,
            next_item=self._next_item,
        )
        results = [self._run(operation, session) for operation in operations]
        news = session.flush()
        head = None
        is_asked = sign or session.must_sign or session.begins
        if is_asked and session.will_sign and self._sequence.is_head_due:
            head = self._sequence.sign(self._signer)
        execute("COMMIT")
        self._sequence.settle()
        self._newest_event = news.newest_event
        self._failures = 0
        newest = self._sequence.head if session.begins else head
        if newest is not None:
            # Rule 8: after the commit, before the note leaves.
            self._anchor.write(newest)
        if session.begins:
            self._gate.open()
        return Committed(results=results, news=replace(news, head=self._sequence.head))

    def _run(self, operation: Operation[object], session: Session) -> object:
        execute = self._connection.execute
        mark = session.mark()
        execute("SAVEPOINT one")
        try:
            value = operation(session)
        except Exception as fault:
            # A full disk or an I/O error may have ended the whole transaction.
            if not self._connection.in_transaction or _is_fatal(fault):
                raise
            execute("ROLLBACK TO one")
            session.back_to(mark)
            value = Failed(fault=_refused(fault))
        execute("RELEASE one")
        return value

    def _recover(
        self, operations: Sequence[Operation[object]], fault: sqlite3.Error | OSError
    ) -> Committed:
        """Open the file anew after a failed group, or give up.

        A full disk is no fault of the file: the group is undone, and the next may find space.
        """
        if _code_of(fault) == sqlite3.SQLITE_FULL:
            self._rollback()
            return self._failed(operations, _refused(fault))
        self._failures += 1
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        if self._failures >= _FAILURES_ALLOWED:
            self._stopped = "writing failed twice in a row"
        else:
            try:
                self._open()
            except (GatewayError, sqlite3.Error):
                self._stopped = "the store could not be opened again after a failed commit"
        return self._failed(operations, _refused(fault), reopened=self._stopped is None)

    def _rollback(self) -> None:
        self._sequence.drop()
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _failed(
        self, operations: Sequence[Operation[object]], fault: Exception, *, reopened: bool = False
    ) -> Committed:
        # Each caller raises its own: one that is raised twice gathers the tracebacks of both.
        results = [Failed(fault=_own(fault)) for _ in operations]
        return Committed(results=results, news=None, reopened=reopened)


def _own(fault: Exception) -> Exception:
    """Return another of the same: made without its constructor, which may ask for more."""
    own = type(fault).__new__(type(fault), *fault.args)
    own.__dict__.update(fault.__dict__)
    own.__cause__ = fault.__cause__
    return own


def _is_fatal(fault: Exception) -> bool:
    """Tell whether a fault concerns the disk and not one operation."""
    return _code_of(fault) in {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
    }


def _code_of(fault: Exception) -> int:
    """Return SQLite's primary result code, 0 if the fault is not SQLite's."""
    code = getattr(fault, "sqlite_errorcode", 0) if isinstance(fault, sqlite3.Error) else 0
    return int(code) & 0xFF


def _refused(fault: Exception) -> Exception:
    """Return what the caller gets: our own errors as they are, the database's as StorageError."""
    if isinstance(fault, GatewayError | ProtocolError):
        return fault
    if isinstance(fault, sqlite3.Error | OSError):
        is_full = _code_of(fault) == sqlite3.SQLITE_FULL
        refused = StorageError(
            "the store could not commit; nothing was changed",
            code="disk_full" if is_full else None,
            hint="Free space on the disk of the store." if is_full else "",
        )
        refused.__cause__ = fault
        return refused
    return fault
