"""What becomes of sessions, links and tokens in a restored store: none of them counts any more.

One that was revoked after the backup was made would count again, and whoever stole it knows.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from gateway.errors import StorageError
from gateway.storage.connection import connect_writer

_TABLES: Final = ("desk_session", "desk_token", "sign_in_link")


def end_entrances(path: Path) -> None:
    """End every session, token and link that a store which nobody has open holds.

    Args:
        path: The database; one of an older schema may not know them.

    Raises:
        StorageError: It cannot be written.
    """
    with contextlib.closing(connect_writer(path)) as connection:
        try:
            held = {
                row[0]
                for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            }
            connection.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                if table in held:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608  our own names
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as fault:
            raise StorageError("the restored store cannot be written") from fault
