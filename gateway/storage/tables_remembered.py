"""What pages remember over a restart. This text never changes once a release had it.

`returned`: the text of a draft as it was given back last, sealed under the draft's key and gone
with it, to mark what changed since. `mute`: who silenced an emergency for themselves.
"""

from typing import Final

REMEMBERED: Final = (
    "ALTER TABLE draft ADD COLUMN returned BLOB",
    """
    CREATE TABLE mute (
        message INTEGER NOT NULL REFERENCES message (id),
        who TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (message, who)
    ) STRICT, WITHOUT ROWID
    """,
)
