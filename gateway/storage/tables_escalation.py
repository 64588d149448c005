"""The tables of escalation and of webhooks. This text never changes once a release carried it."""

from typing import Final

ESCALATION: Final = (
    # Looked through once at a start: what nobody waits for any more is not in it.
    """
    CREATE INDEX message_awaited ON message (id)
        WHERE direction = 'out' AND cls <= 2
        AND state IN ('queued', 'accepted', 'consigned', 'opened')
    """,
    # What was told of a late message, each stage of each step once, whatever the clock did.
    """
    CREATE TABLE escalation (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES message (id),
        step TEXT NOT NULL CHECK (step IN ('accepted', 'acknowledged')),
        stage TEXT NOT NULL CHECK (stage IN ('hasten', 'telephone', 'silence')),
        due_ms INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        origin TEXT,
        i INTEGER,
        asked INTEGER NOT NULL CHECK (asked IN (0, 1)),
        UNIQUE (message, step, stage)
    ) STRICT
    """,
    "CREATE INDEX escalation_unasked ON escalation (id) WHERE asked = 0",
    "CREATE INDEX escalation_silence ON escalation (message) WHERE stage = 'silence'",
    """
    CREATE TABLE copy (
        original INTEGER PRIMARY KEY REFERENCES message (id),
        copy INTEGER NOT NULL UNIQUE REFERENCES message (id),
        withdrawal INTEGER REFERENCES message (id)
    ) STRICT
    """,
    "CREATE INDEX copy_open ON copy (original) WHERE withdrawal IS NULL",
    # Up to which event each receiver was told.
    """
    CREATE TABLE webhook (
        name TEXT PRIMARY KEY,
        event INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
