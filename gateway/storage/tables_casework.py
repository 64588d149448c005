"""The tables of what a desk notes beside its cases. This text never changes once a release had it.

Texts are sealed under the key of their month, as contents are; `reading` tells who of the desk
read a message, first and last.
"""

from typing import Final

CASEWORK: Final = (
    """
    CREATE TABLE reading (
        message INTEGER NOT NULL REFERENCES message (id),
        who TEXT NOT NULL,
        person INTEGER,
        name TEXT NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL,
        PRIMARY KEY (message, who)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE case_note (
        id INTEGER PRIMARY KEY,
        thread BLOB NOT NULL CHECK (length(thread) = 16),
        kind TEXT NOT NULL CHECK (kind IN ('note', 'call')),
        month INTEGER NOT NULL REFERENCES month (month),
        text BLOB NOT NULL,
        person INTEGER,
        who TEXT NOT NULL,
        name TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX case_note_thread ON case_note (thread)",
    "CREATE INDEX case_note_month ON case_note (month)",
    """
    CREATE TABLE assignment (
        thread BLOB PRIMARY KEY CHECK (length(thread) = 16),
        assigned INTEGER,
        person INTEGER,
        who TEXT NOT NULL,
        name TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # `newest`: the last message of the case when it was put away; a later one brings it back.
    """
    CREATE TABLE filing (
        thread BLOB PRIMARY KEY CHECK (length(thread) = 16),
        is_closed INTEGER NOT NULL CHECK (is_closed IN (0, 1)),
        newest INTEGER NOT NULL,
        person INTEGER,
        who TEXT NOT NULL,
        name TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE shift (
        id INTEGER PRIMARY KEY,
        person INTEGER NOT NULL,
        name TEXT NOT NULL,
        from_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL CHECK (until_ms > from_ms)
    ) STRICT
    """,
    """
    CREATE TABLE handover (
        id INTEGER PRIMARY KEY,
        month INTEGER NOT NULL REFERENCES month (month),
        text BLOB NOT NULL,
        person INTEGER,
        who TEXT NOT NULL,
        name TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    # The access record of a case is read from acts, which are few among the leaves.
    "CREATE INDEX leaf_act ON leaf (generation, i) WHERE kind = 9",
)
