"""The table of long work. This text never changes once a release carried it."""

from typing import Final

OPERATIONS: Final = (
    """
    CREATE TABLE operation (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        who TEXT NOT NULL,
        state TEXT NOT NULL,
        done INTEGER NOT NULL,
        total INTEGER NOT NULL,
        unit TEXT NOT NULL,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        problem TEXT,
        result TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX operation_age ON operation (started_ms)",
)
