"""The tables of pings and of availability. This text never changes once a release carried it."""

from typing import Final

PINGS: Final = (
    """
    CREATE TABLE ping_round (
        id INTEGER PRIMARY KEY,
        name TEXT UNIQUE,
        began_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        closed_ms INTEGER,
        origin TEXT,
        i INTEGER
    ) STRICT
    """,
    "CREATE INDEX ping_round_open ON ping_round (id) WHERE closed_ms IS NULL",
    # Outlives the messages: what retention erases of them, a report still needs.
    """
    CREATE TABLE ping (
        id INTEGER PRIMARY KEY,
        round INTEGER NOT NULL REFERENCES ping_round (id),
        node TEXT NOT NULL,
        mid BLOB UNIQUE,
        node_ok INTEGER CHECK (node_ok IN (0, 1)),
        node_ms INTEGER,
        why TEXT,
        answered_ms INTEGER,
        details_valid INTEGER CHECK (details_valid IN (0, 1)),
        UNIQUE (round, node)
    ) STRICT
    """,
    """
    CREATE TABLE availability (
        day INTEGER NOT NULL,
        node TEXT NOT NULL,
        called INTEGER NOT NULL,
        answered INTEGER NOT NULL,
        PRIMARY KEY (day, node)
    ) STRICT, WITHOUT ROWID
    """,
)
