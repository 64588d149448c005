"""Brings a database to the newest schema.

Of what a start may need this alone needs sqlite-utils, 3 MiB and 40 ms: `gateway.storage.opening`
loads it when there is something to bring up to date.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from sqlite_utils import Database, Migrations

from gateway.storage.schema import MIGRATIONS, Migration

_SET: Final = "a35"


def apply_migrations(connection: sqlite3.Connection) -> None:
    """Bring a database that `check_schema` let pass to the newest schema.

    Args:
        connection: The one read-write connection, in autocommit, without an authorizer yet.

    Raises:
        sqlite3.Error: The database is as it was before the migration that failed.
    """
    database = Database(connection, execute_plugins=False)
    migrations = Migrations(_SET)
    for number, migration in enumerate(MIGRATIONS, start=1):
        migrations(name=migration.name)(_step(number, migration))
    # sqlite-utils begins deferred, which cannot be upgraded under a reader: begin here, so that
    # its own blocks become savepoints.
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_checksum"
            " (name TEXT PRIMARY KEY, checksum BLOB NOT NULL) STRICT"
        )
        migrations.apply(database)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _step(number: int, migration: Migration) -> Callable[[Database], None]:
    def run(database: Database) -> None:
        for statement in migration.statements:
            database.execute(statement)
        database.execute(
            "INSERT INTO schema_checksum (name, checksum) VALUES (?, ?)",
            [migration.name, migration.checksum],
        )
        database.execute(f"PRAGMA user_version = {number}")

    return run
