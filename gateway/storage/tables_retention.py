"""Tables of what retention erased, and of holds. This text never changes once a release had it.

A preimage may be deleted only if a list names its leaf, and a leaf 0x09 of our log stands where the
list says that it was stated. Lists only grow.
"""

from typing import Final

RETENTION: Final = (
    """
    CREATE TABLE erasure (
        id INTEGER PRIMARY KEY,
        generation INTEGER NOT NULL REFERENCES log (generation),
        leaf INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        list BLOB NOT NULL,
        UNIQUE (generation, leaf)
    ) STRICT
    """,
    """
    CREATE TABLE erased_range (
        generation INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL CHECK (last >= first),
        erasure INTEGER NOT NULL REFERENCES erasure (id),
        PRIMARY KEY (generation, first)
    ) STRICT, WITHOUT ROWID
    """,
    # What was named and is not yet done, also after a crash.
    """
    CREATE TABLE erasure_pending (
        erasure INTEGER PRIMARY KEY REFERENCES erasure (id)
    ) STRICT
    """,
    """
    CREATE TABLE erased_message (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        at_ms INTEGER NOT NULL,
        erasure INTEGER NOT NULL REFERENCES erasure (id)
    ) STRICT
    """,
    """
    CREATE TABLE hold (
        thread BLOB PRIMARY KEY CHECK (length(thread) = 16),
        is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
        at_ms INTEGER NOT NULL,
        by TEXT NOT NULL,
        origin TEXT NOT NULL,
        i INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
        BEGIN SELECT raise(ABORT, 'what was erased stays named'); END
        """
        for table in ("erasure", "erased_range", "erased_message")
        for verb in ("update", "delete")
    ),
    "DROP TRIGGER preimage_no_delete",
    """
    CREATE TRIGGER preimage_no_delete BEFORE DELETE ON preimage
    WHEN NOT EXISTS (
        SELECT 1 FROM (
            SELECT last, erasure FROM erased_range
            WHERE generation = old.generation AND first <= old.i
            ORDER BY first DESC LIMIT 1
        ) r
        JOIN erasure e ON e.id = r.erasure
        JOIN leaf l ON l.generation = e.generation AND l.i = e.leaf AND l.kind = 9
        WHERE r.last >= old.i
    )
    BEGIN SELECT raise(ABORT, 'no retention act names this statement'); END
    """,
)
