"""A copy of the database is believed only when its log verifies and holds what was signed."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigError, LogDamagedError, StorageError
from gateway.storage.copy import check_copy, copy_database
from gateway.storage.schema import SCHEMA_VERSION
from gateway.storage.sqlite import SqliteStore
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, admission, incoming, submission


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a store with a few leaves, made while the store was open."""
    home, target = Home(tmp_path / "home"), tmp_path / "copy.db"

    async def fill(store: SqliteStore) -> None:
        for number in range(1, 4):
            await store.submit(submission(number), now_ms=NOW_MS)
        await store.admit(admission(incoming(7)), now_ms=NOW_MS)
        await asyncio.to_thread(copy_database, home.database, target)
        await store.submit(submission(9), now_ms=NOW_MS)

    home.play(fill)
    return target


def changed(path: Path, *statements: str) -> None:
    """Change a copy past its triggers."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_copy_made_beside_a_writer_is_one_moment_of_its_store(copy: Path) -> None:
    """With its newest signed head; readable by its owner alone."""
    found = check_copy(copy)
    assert found.head.size == found.leaves == 6
    assert found.schema == SCHEMA_VERSION
    assert copy.stat().st_mode & 0o777 == 0o600
    assert check_copy(copy, since=found.head) == found


def test_copy_must_hold_what_was_signed_before_it_was_made(copy: Path) -> None:
    """Else it is one of another moment, or of another log."""
    head = check_copy(copy).head
    for other in (
        replace(head, size=head.size + 1),
        replace(head, root=bytes(32)),
        replace(head, origin=replace(head.origin, generation=2)),
    ):
        with pytest.raises(LogDamagedError, match="another history"):
            check_copy(copy, since=other)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leaf SET digest = zeroblob(32) WHERE i = 1",
        "UPDATE leaf SET digest = zeroblob(32) WHERE i = (SELECT max(i) FROM leaf)",
        "UPDATE preimage SET bytes = zeroblob(9) WHERE i = 1",
        "UPDATE checkpoint SET root = zeroblob(32) WHERE id = (SELECT max(id) FROM checkpoint)",
        "DELETE FROM leaf WHERE i = (SELECT max(i) FROM leaf)",
        "DELETE FROM checkpoint",
        "DELETE FROM log",
        "UPDATE log SET origin = 'nobody'",
    ],
)
def test_copy_whose_log_does_not_verify_is_refused(copy: Path, statement: str) -> None:
    """A backup that cannot be used must be known today."""
    changed(copy, "PRAGMA foreign_keys = OFF", statement)
    with pytest.raises(LogDamagedError):
        check_copy(copy)


def test_copy_that_sqlite_finds_at_fault_is_refused(copy: Path) -> None:
    """A page in the middle."""
    data = bytearray(copy.read_bytes())
    data[5 * 4096 : 6 * 4096] = b"\xff" * 4096
    copy.write_bytes(data)
    with pytest.raises(StorageError):
        check_copy(copy)


def test_copy_of_a_newer_release_is_told_apart(copy: Path) -> None:
    """It is not damaged: another release reads it."""
    changed(copy, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ConfigError) as caught:
        check_copy(copy)
    assert caught.value.code == "schema_newer"


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"no database")])
def test_what_is_no_store_is_not_copied(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    """With our error."""
    place = tmp_path / "store.db"
    place.touch()
    spoil(place)
    with pytest.raises(StorageError):
        copy_database(place, tmp_path / "copy.db")
