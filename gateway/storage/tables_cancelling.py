"""The table of cancellations. This text never changes once a release carried it."""

from typing import Final

CANCELLING: Final = (
    # Beside the state, which a late receipt may raise: what was cancelled stays cancelled.
    """
    CREATE TABLE cancellation (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        at_ms INTEGER NOT NULL,
        origin TEXT NOT NULL,
        i INTEGER NOT NULL,
        may_have_left INTEGER NOT NULL CHECK (may_have_left IN (0, 1)),
        owes INTEGER NOT NULL CHECK (owes IN (0, 1)),
        withdrawal INTEGER REFERENCES message (id)
    ) STRICT
    """,
    """
    CREATE INDEX cancellation_owed ON cancellation (message)
        WHERE owes = 1 AND withdrawal IS NULL
    """,
)
