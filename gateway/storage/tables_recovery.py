"""Tables of what happened when a log could not simply go on; kept for ever.

This text never changes once a release carried it.
"""

from typing import Final

RECOVERY: Final = (
    # Rule 8: both notes are kept, and that generation is never signed again by these files.
    """
    CREATE TABLE log_loss (
        generation INTEGER PRIMARY KEY REFERENCES log (generation),
        kind TEXT NOT NULL,
        held BLOB,
        shown BLOB NOT NULL,
        by TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    # A generation of ours that a peer shows must not be used again.
    """
    CREATE TABLE heard_generation (
        generation INTEGER PRIMARY KEY,
        by TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    # What a leaf of a new generation states that stood in an earlier one. Columns of the key come
    # first: PRAGMA quick_check of SQLite 3.40 takes others for NULL.
    """
    CREATE TABLE restated (
        old_generation INTEGER NOT NULL,
        old_i INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        i INTEGER NOT NULL,
        PRIMARY KEY (old_generation, old_i)
    ) STRICT, WITHOUT ROWID
    """,
    # Receipts given in an earlier generation, which wait to be stated again.
    "CREATE INDEX receipt_given_in ON receipt (origin) WHERE given = 1",
    """
    CREATE TABLE closed_log (
        origin TEXT PRIMARY KEY,
        successor TEXT NOT NULL,
        epoch BLOB NOT NULL,
        held BLOB,
        is_short INTEGER NOT NULL CHECK (is_short IN (0, 1)),
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE accepted_generation (
        node TEXT PRIMARY KEY,
        above INTEGER NOT NULL,
        leaf INTEGER NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # Rule 9a: heads that are signed and not joined to ours yet.
    """
    CREATE TABLE unjoined (
        origin TEXT NOT NULL,
        size INTEGER NOT NULL,
        root BLOB NOT NULL CHECK (length(root) = 32),
        note BLOB NOT NULL,
        first_ms INTEGER NOT NULL,
        answered INTEGER NOT NULL,
        asked_ms INTEGER,
        PRIMARY KEY (origin, size, root)
    ) STRICT, WITHOUT ROWID
    """,
    # Messages whose receipts were asked for again, in which generation of our log.
    """
    CREATE TABLE reclaimed (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        generation INTEGER NOT NULL
    ) STRICT
    """,
    # Rule 22: what came proven in a closed log only changes nothing and is kept.
    """
    CREATE TABLE late_receipt (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        origin TEXT NOT NULL,
        note BLOB NOT NULL,
        i INTEGER NOT NULL,
        path BLOB NOT NULL,
        bytes BLOB NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
