"""The tables of cosigning. This text never changes once a release carried it.

What was cosigned last of a log never goes back: a witness that forgot could cosign a second
history. The database refuses it whatever code asks for it.
"""

from typing import Final

WITNESS: Final = (
    """
    CREATE TABLE witnessed (
        origin TEXT PRIMARY KEY,
        size INTEGER NOT NULL CHECK (size > 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        note BLOB NOT NULL,
        cosigned_s INTEGER NOT NULL CHECK (cosigned_s > 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER witnessed_forward BEFORE UPDATE ON witnessed
    WHEN new.origin <> old.origin OR new.size < old.size OR new.cosigned_s < old.cosigned_s
        OR (new.size = old.size AND new.root <> old.root)
    BEGIN SELECT raise(ABORT, 'what was cosigned never goes back'); END
    """,
    # A key that was in use when these files may have been put back to an earlier state.
    """
    CREATE TABLE ended_witness_key (
        key_id BLOB PRIMARY KEY CHECK (length(key_id) = 4),
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # Of each head and key the first line bounds from above, the latest from below.
    """
    CREATE TABLE cosignature (
        generation INTEGER NOT NULL,
        size INTEGER NOT NULL,
        witness TEXT NOT NULL,
        key_id BLOB NOT NULL CHECK (length(key_id) = 4),
        first_s INTEGER NOT NULL,
        first BLOB NOT NULL,
        last_s INTEGER NOT NULL CHECK (last_s >= first_s),
        last BLOB NOT NULL,
        PRIMARY KEY (generation, witness, key_id, size),
        FOREIGN KEY (generation, size) REFERENCES checkpoint (generation, size)
    ) STRICT, WITHOUT ROWID
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
        BEGIN SELECT raise(ABORT, 'evidence only grows'); END
        """
        for table in ("witnessed", "ended_witness_key", "cosignature")
    ),
    """
    CREATE TRIGGER ended_witness_key_no_update BEFORE UPDATE ON ended_witness_key
    BEGIN SELECT raise(ABORT, 'evidence only grows'); END
    """,
)
