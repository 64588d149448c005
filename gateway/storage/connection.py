"""Connections to the database file: settings that are read back, guards, the exclusive lock.

One read-write connection per file and process, held by the writer; readers are `mode=ro`.
A second process is kept out by `flock` on a file beside the database. Nothing else in this
process may open the database file or its -wal and -shm with `open`: closing such a handle would
drop the locks that SQLite holds.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final

from gateway.errors import StorageError

_OLDEST: Final = (3, 37, 0)
"""STRICT tables."""

_PRAGMAS: Final = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("recursive_triggers", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("mmap_size", "0", 0),
    ("secure_delete", "ON", 1),
    ("wal_autocheckpoint", "0", 0),
    ("cache_size", "-32768", -32768),
    ("temp_store", "MEMORY", 2),
)
"""Name, value, what must be read back; why each: docs/delivery.md, "Storage"."""

_READER_PRAGMAS: Final = (
    ("query_only", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("mmap_size", "0", 0),
    ("cache_size", "-16384", -16384),
)

_LOG_TABLES: Final = frozenset({"log", "leaf", "preimage", "node", "checkpoint"})

_ERASABLE: Final = frozenset({"preimage"})
"""Retention deletes there, under a trigger that asks for the act that names the row."""

_ALLOWED_PRAGMAS: Final = frozenset({"wal_checkpoint", "quick_check", "integrity_check"})

_STATEMENTS_KEPT: Final = 256
"""Prepared statements kept by a connection: more than we have."""

_REFUSED: Final = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_VTABLE,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_INDEX,
        sqlite3.SQLITE_DROP_TEMP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_TRIGGER,
        sqlite3.SQLITE_DROP_TEMP_VIEW,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_DROP_VTABLE,
        sqlite3.SQLITE_REINDEX,
    }
)


class StoreLock:
    """The exclusive lock that makes this process the only one with this store.

    Args:
        path: A file beside the database; it is made if missing and never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock or refuse at once.

        Raises:
            StorageError: Another process holds it, or the file cannot be made.
        """
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise StorageError("the lock file beside the store cannot be opened") from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            os.close(handle)
            raise StorageError(
                "another process has this store open",
                code="store_locked",
                hint="Stop the other node of this home first.",
            ) from fault
        self._handle = handle

    def drop(self) -> None:
        """Give the lock back; nothing happens without one."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def connect_writer(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the read-write connection, with every setting confirmed.

    Args:
        path: The database file.
        create: Make the file; else it must exist.

    Returns:
        A connection in autocommit that another thread may take over.

    Raises:
        StorageError: The file cannot be opened, or a setting did not take.
    """
    mode = "rwc" if create else "rw"
    return _connect(path, mode, _PRAGMAS)


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write; use it for short statements only.

    Args:
        path: The database file.

    Returns:
        A connection in autocommit; a long read would keep the write-ahead log from shrinking.

    Raises:
        StorageError: The file cannot be opened, or a setting did not take.
    """
    return _connect(path, "ro", _READER_PRAGMAS)


def guard(connection: sqlite3.Connection) -> None:
    """Refuse from now on every statement that the hot path has no need of.

    Args:
        connection: The writer's, after its migrations.
    """
    connection.set_authorizer(_authorize)


def _connect(
    path: Path, mode: str, pragmas: tuple[tuple[str, str, str | int], ...]
) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StorageError(
            f"SQLite {sqlite3.sqlite_version} is too old",
            hint="Use a Python built with SQLite 3.37 or newer.",
        )
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
            timeout=5.0,
        )
    except sqlite3.Error as fault:
        raise StorageError("the store cannot be opened") from fault
    try:
        _set(connection, pragmas)
    except sqlite3.Error as fault:
        connection.close()
        if fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise StorageError(
                "another program holds the store locked",
                code="store_locked",
                hint="End it first; nothing but the node may open the store.",
            ) from fault
        raise StorageError("the store cannot be read", hint="Run `a35 doctor`.") from fault
    except StorageError:
        connection.close()
        raise
    return connection


def _set(connection: sqlite3.Connection, pragmas: tuple[tuple[str, str, str | int], ...]) -> None:
    for name, value, expected in pragmas:
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
        row = connection.execute(f"PRAGMA {name}").fetchone()
        # mmap_size answers nothing where the library was built without it: then it is off.
        if row is None and expected == 0:
            continue
        if row is None or row[0] != expected:
            raise StorageError(
                f"the database does not accept {name}={value}",
                code="pragma_refused",
                hint="Use the SQLite library that the release was tested with.",
            )


def _authorize(
    action: int, first: str | None, _second: str | None, _schema: str | None, _by: str | None
) -> int:
    if action in _REFUSED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_UPDATE and first in _LOG_TABLES:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_DELETE and first in _LOG_TABLES - _ERASABLE:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and first not in _ALLOWED_PRAGMAS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
