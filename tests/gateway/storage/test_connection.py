"""Connections refuse what nobody needs, and a second process is kept out."""

import sqlite3
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.storage.connection import (
    _PRAGMAS,
    StoreLock,
    _set,
    connect_reader,
    connect_writer,
    guard,
)
from gateway.storage.opening import make_store
from tests.gateway.storage.material import ORIGIN


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store's file with one leaf and one checkpoint."""
    path = tmp_path / "store.db"
    make_store(path, ORIGIN)
    connection = connect_writer(path)
    connection.execute("INSERT INTO leaf VALUES (1, 0, 4, zeroblob(32))")
    connection.execute("INSERT INTO preimage VALUES (1, 0, x'00', NULL)")
    connection.execute("INSERT INTO node VALUES (1, 4, 0, zeroblob(32))")
    connection.execute("INSERT INTO checkpoint VALUES (1, 1, 1, zeroblob(32), x'00')")
    connection.close()
    return path


CHANGES = [
    "UPDATE leaf SET kind = 1",
    "DELETE FROM leaf",
    "INSERT OR REPLACE INTO leaf VALUES (1, 0, 5, zeroblob(32))",
    "UPDATE preimage SET bytes = x'01'",
    "DELETE FROM preimage",
    "INSERT OR REPLACE INTO preimage VALUES (1, 0, x'01', NULL)",
    "UPDATE node SET hash = randomblob(32)",
    "DELETE FROM node",
    "UPDATE checkpoint SET note = x'01'",
    "DELETE FROM checkpoint",
    "INSERT OR REPLACE INTO checkpoint VALUES (1, 1, 1, zeroblob(32), x'01')",
    "DELETE FROM log",
]


@pytest.mark.parametrize("change", CHANGES)
def test_triggers_alone_keep_the_log_append_only(database: Path, change: str) -> None:
    """Each layer has to hold by itself: this one is also there for other tools."""
    connection = connect_writer(database)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(change)
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        *CHANGES,
        "DROP TABLE leaf",
        "DROP TRIGGER leaf_no_delete",
        "ALTER TABLE leaf RENAME TO other",
        "CREATE TABLE other (a)",
        "CREATE TEMP TRIGGER t BEFORE INSERT ON leaf BEGIN SELECT 1; END",
        "ATTACH ':memory:' AS other",
        "PRAGMA synchronous = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA foreign_keys = OFF",
        "REINDEX",
    ],
)
def test_guarded_connection_refuses_every_change_to_log_and_schema(
    database: Path, change: str
) -> None:
    """Accidents and injected SQL end here."""
    connection = connect_writer(database)
    guard(connection)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute(change)
    assert connection.execute("SELECT kind FROM leaf").fetchall() == [(4,)]
    connection.close()


def test_leaf_and_checkpoint_go_to_the_end_alone(database: Path) -> None:
    """A hole or a step back could be filled with something else later."""
    connection = connect_writer(database)
    with pytest.raises(sqlite3.IntegrityError, match="end of the log"):
        connection.execute("INSERT INTO leaf VALUES (1, 2, 4, zeroblob(32))")
    connection.execute("INSERT INTO leaf VALUES (1, 1, 4, zeroblob(32))")
    with pytest.raises(sqlite3.IntegrityError, match="larger than the one before"):
        connection.execute("INSERT INTO checkpoint VALUES (2, 1, 1, zeroblob(32), x'00')")
    connection.close()


def test_checkpoint_calls_are_allowed_under_guard(database: Path) -> None:
    """The writer moves pages itself."""
    connection = connect_writer(database)
    guard(connection)
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    connection.close()


def test_writer_has_every_setting_that_durability_rests_on(database: Path) -> None:
    """Read back by a second look, not taken from the code that set them."""
    connection = connect_writer(database)
    answers = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
    }
    connection.close()
    assert answers == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


def test_setting_that_does_not_take_stops_the_start() -> None:
    """A database in memory cannot have a write-ahead log."""
    connection = sqlite3.connect(":memory:")
    with pytest.raises(StorageError, match="journal_mode"):
        _set(connection, _PRAGMAS)
    connection.close()


def test_reader_cannot_write(database: Path) -> None:
    """One writer, whatever a bug in a read may try."""
    connection = connect_reader(database)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM event")
    connection.close()


def test_missing_file_and_foreign_file_are_refused(tmp_path: Path) -> None:
    """Opening never makes a file, and never changes one that is not ours."""
    with pytest.raises(StorageError):
        connect_writer(tmp_path / "missing.db")
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"not a database, but long enough to look like a file" * 99)
    with pytest.raises(StorageError):
        connect_reader(foreign)


def test_lock_is_exclusive_until_dropped(tmp_path: Path) -> None:
    """Leases, fences and the one writer rest on it."""
    first, second = StoreLock(tmp_path / "lock"), StoreLock(tmp_path / "lock")
    first.take()
    with pytest.raises(StorageError):
        second.take()
    first.drop()
    first.drop()
    second.take()
    second.drop()


def test_lock_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """The error says what to look at."""
    with pytest.raises(StorageError, match="lock file"):
        StoreLock(tmp_path / "missing" / "lock").take()
