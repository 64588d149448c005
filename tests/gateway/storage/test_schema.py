"""A store is opened only by code that knows its schema, byte for byte."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StorageError
from gateway.storage.connection import connect_writer
from gateway.storage.migrating import apply_migrations
from gateway.storage.opening import make_store, migrate_store
from gateway.storage.schema import MIGRATIONS, SCHEMA_VERSION, check_schema
from tests.gateway.storage.material import ORIGIN


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store's file of this release."""
    path = tmp_path / "store.db"
    make_store(path, ORIGIN)
    return path


def changed(path: Path, statement: str) -> None:
    """Change the file behind our back."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_new_store_has_the_newest_schema(database: Path) -> None:
    """Version, records and checksums agree."""
    with closing(connect_writer(database)) as connection:
        assert check_schema(connection) == SCHEMA_VERSION == len(MIGRATIONS)
        names = connection.execute("SELECT name FROM _sqlite_migrations").fetchall()
        assert names == [(one.name,) for one in MIGRATIONS]


def test_applying_again_changes_nothing(database: Path) -> None:
    """A start after a start."""
    with closing(connect_writer(database)) as connection:
        apply_migrations(connection)
        assert check_schema(connection) == SCHEMA_VERSION
    migrate_store(database)


def test_store_of_a_newer_release_is_refused_with_what_to_do(database: Path) -> None:
    """Guessing would damage what the newer one wrote."""
    changed(database, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ConfigError, match="schema") as caught:
        migrate_store(database)
    assert caught.value.code == "schema_newer"
    assert "newer release" in caught.value.hint


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE schema_checksum SET checksum = zeroblob(32)", "schema_differs"),
        ("DELETE FROM schema_checksum", "schema_differs"),
        ("PRAGMA user_version = 0", "schema_unknown"),
    ],
)
def test_store_made_otherwise_is_refused(database: Path, statement: str, code: str) -> None:
    """The same name must mean the same tables."""
    changed(database, statement)
    with pytest.raises(StorageError) as caught:
        migrate_store(database)
    assert caught.value.code == code


def test_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    """A wrong path must not turn somebody's file into ours."""
    path = tmp_path / "other.db"
    changed(path, "CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StorageError):
        migrate_store(path)
    assert path.read_bytes() == before


def test_store_without_its_records_is_refused(database: Path) -> None:
    """Whatever it is, it was not made by us."""
    changed(database, "DROP TABLE schema_checksum")
    with pytest.raises(StorageError):
        migrate_store(database)


def test_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Half a schema is worse than an old one."""
    path = tmp_path / "store.db"
    path.touch()
    with closing(connect_writer(path)) as connection:
        connection.execute("CREATE TABLE message (theirs)")
        with pytest.raises(sqlite3.Error):
            apply_migrations(connection)
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        assert tables.fetchall() == [("message",)]


def test_making_a_store_where_it_cannot_be_leaves_nothing(tmp_path: Path) -> None:
    """The folder is missing."""
    with pytest.raises(StorageError):
        make_store(tmp_path / "missing" / "store.db", ORIGIN)


def test_checksum_depends_on_every_statement() -> None:
    """A changed migration is noticed wherever it was changed."""
    first = MIGRATIONS[0]

    def change(n: int) -> tuple[str, ...]:
        texts = list(first.statements)
        texts[n] += " "
        return tuple(texts)

    digests = {
        type(first)(name=first.name, statements=change(n)).checksum
        for n in range(len(first.statements))
    }
    assert len(digests) == len(first.statements)
    assert first.checksum not in digests
