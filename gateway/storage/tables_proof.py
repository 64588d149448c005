"""Tables of what outsiders attested of our log and of whom the desk was called by.

This text never changes once a release had it. Stamps are evidence and only grow.
"""

from typing import Final

PROOF: Final = (
    # Answers of RFC 3161 over the note of a checkpoint, as they came.
    """
    CREATE TABLE stamp (
        id INTEGER PRIMARY KEY,
        generation INTEGER NOT NULL,
        size INTEGER NOT NULL,
        authority TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        kept_ms INTEGER NOT NULL,
        answer BLOB NOT NULL,
        UNIQUE (generation, authority, size),
        FOREIGN KEY (generation, size) REFERENCES checkpoint (generation, size)
    ) STRICT
    """,
    # The one act by which the log says that somebody at the desk was called to a message.
    """
    CREATE TABLE alert (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL REFERENCES log (generation),
        i INTEGER NOT NULL
    ) STRICT
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
        BEGIN SELECT raise(ABORT, 'evidence only grows'); END
        """
        for table in ("stamp", "alert")
        for verb in ("update", "delete")
    ),
)
