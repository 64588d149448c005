"""The table of how things stand. This text never changes once a release had it."""

from typing import Final

CONDITIONS: Final = (
    """
    CREATE TABLE condition (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        word TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, subject)
    ) STRICT, WITHOUT ROWID
    """,
    # Looked at each second or two; there are hardly ever any.
    """
    CREATE INDEX message_emergency ON message (id)
        WHERE direction = 'in' AND cls = 0 AND state = 'consigned'
    """,
)
