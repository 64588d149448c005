"""The tables of the watch over clocks. This text never changes once a release carried it."""

from typing import Final

WATCH: Final = (
    # A case in which a clock runs or ran out: when it is to be looked at next, and when it was.
    """
    CREATE TABLE case_watch (
        thread BLOB PRIMARY KEY,
        due_ms INTEGER NOT NULL,
        looked_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX case_watch_due ON case_watch (due_ms)",
    "CREATE INDEX case_watch_looked ON case_watch (looked_ms)",
    # Up to which event the cases that changed were looked at.
    """
    CREATE TABLE watched (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        event INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO watched (only, event) SELECT 1, coalesce(max(number), 0) FROM event",
    # What was there before: each case is looked at once, then only when something is due.
    """
    INSERT INTO case_watch (thread, due_ms, looked_ms)
        SELECT DISTINCT m.thread, 0, 0 FROM message m JOIN content c ON c.message = m.id
        WHERE m.thread IS NOT NULL AND c.inner IS NOT NULL
    """,
)
