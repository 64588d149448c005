"""The table of keys that were revoked before the directory says so.

This text never changes once a release had it. A revocation is never taken back.
"""

from typing import Final

REVOCATIONS: Final = (
    # What was told, as it came: it is passed on so. One word for a key is enough.
    """
    CREATE TABLE revocation (
        id INTEGER PRIMARY KEY,
        node TEXT NOT NULL,
        kind TEXT NOT NULL,
        digest BLOB NOT NULL,
        told BLOB NOT NULL,
        kept_ms INTEGER NOT NULL,
        is_ours INTEGER NOT NULL,
        UNIQUE (node, kind, digest)
    ) STRICT
    """,
    *(
        f"""
        CREATE TRIGGER revocation_no_{verb} BEFORE {verb} ON revocation
        BEGIN SELECT raise(ABORT, 'a revocation is never taken back'); END
        """
        for verb in ("update", "delete")
    ),
)
