"""The tables of the first schema. This text never changes once a release carried it.

What is kept apart: `leaf`, `node`, `checkpoint` are the log and only grow; `preimage` holds
what the leaves state; `message` is narrow, so that looking up random ids stays cheap, and the
bytes lie in `envelope` and `content`. Columns of `content` are sealed (vault).
"""

from typing import Final

LOG: Final = (
    """
    CREATE TABLE log (
        generation INTEGER PRIMARY KEY,
        origin TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE TABLE leaf (
        generation INTEGER NOT NULL REFERENCES log (generation),
        i INTEGER NOT NULL CHECK (i >= 0),
        kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 255),
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        PRIMARY KEY (generation, i)
    ) STRICT, WITHOUT ROWID
    """,
    # Rule 25 asks for the newest key set; without this it would be looked for in every leaf.
    "CREATE INDEX leaf_key_set ON leaf (generation, i) WHERE kind = 4",
    """
    CREATE TABLE preimage (
        generation INTEGER NOT NULL,
        i INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        salt BLOB,
        PRIMARY KEY (generation, i)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE node (
        generation INTEGER NOT NULL,
        level INTEGER NOT NULL,
        i INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (generation, level, i)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE checkpoint (
        id INTEGER PRIMARY KEY,
        generation INTEGER NOT NULL REFERENCES log (generation),
        size INTEGER NOT NULL CHECK (size > 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        note BLOB NOT NULL,
        UNIQUE (generation, size)
    ) STRICT
    """,
)

APPEND_ONLY: Final = (
    """
    CREATE TRIGGER leaf_in_order BEFORE INSERT ON leaf
    WHEN new.i <> (
        SELECT coalesce(max(i) + 1, 0) FROM leaf WHERE generation = new.generation
    )
    BEGIN SELECT raise(ABORT, 'a leaf goes to the end of the log'); END
    """,
    """
    CREATE TRIGGER checkpoint_in_order BEFORE INSERT ON checkpoint
    WHEN new.size <= (
        SELECT coalesce(max(size), 0) FROM checkpoint WHERE generation = new.generation
    )
    BEGIN SELECT raise(ABORT, 'a checkpoint is larger than the one before'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
        BEGIN SELECT raise(ABORT, 'the log only grows'); END
        """
        for table in ("log", "leaf", "preimage", "node", "checkpoint")
        for verb in ("update", "delete")
    ),
)

MESSAGES: Final = (
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
        sender TEXT NOT NULL,
        recipient TEXT NOT NULL,
        mid BLOB NOT NULL CHECK (length(mid) = 16),
        thread BLOB CHECK (length(thread) = 16),
        re BLOB CHECK (length(re) = 16),
        cls INTEGER NOT NULL,
        state TEXT NOT NULL,
        t_ms INTEGER NOT NULL,
        exp_ms INTEGER NOT NULL,
        changed_ms INTEGER NOT NULL,
        why TEXT,
        header_digest BLOB NOT NULL CHECK (length(header_digest) = 32),
        statement_digest BLOB NOT NULL CHECK (length(statement_digest) = 32),
        UNIQUE (mid, sender)
    ) STRICT
    """,
    "CREATE INDEX message_thread ON message (thread) WHERE thread IS NOT NULL",
    "CREATE INDEX message_list ON message (direction, t_ms)",
    """
    CREATE TABLE envelope (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        q INTEGER NOT NULL,
        header BLOB NOT NULL,
        wraps BLOB NOT NULL,
        origin TEXT NOT NULL,
        at INTEGER,
        i INTEGER NOT NULL,
        path BLOB,
        backdated INTEGER NOT NULL DEFAULT 0,
        body BLOB NOT NULL
    ) STRICT
    """,
    # Rule 16: after wrapping again a receipt may still name the sealing before.
    """
    CREATE TABLE earlier_sealing (
        message INTEGER NOT NULL REFERENCES message (id),
        i INTEGER NOT NULL,
        statement_digest BLOB NOT NULL,
        wraps BLOB NOT NULL,
        PRIMARY KEY (message, i)
    ) STRICT
    """,
    # Rule 23: headers and proofs of both are kept.
    """
    CREATE TABLE conflict (
        message INTEGER NOT NULL REFERENCES message (id),
        header_digest BLOB NOT NULL,
        header BLOB NOT NULL,
        wraps BLOB NOT NULL,
        origin TEXT NOT NULL,
        at INTEGER NOT NULL,
        i INTEGER NOT NULL,
        path BLOB NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (message, header_digest)
    ) STRICT
    """,
    """
    CREATE TABLE month (
        month INTEGER PRIMARY KEY,
        wrapped BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE content (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        month INTEGER NOT NULL REFERENCES month (month),
        summary BLOB,
        content_key BLOB,
        inner BLOB
    ) STRICT
    """,
    """
    CREATE TABLE request (
        key BLOB PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES message (id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE inbox (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        cls INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX inbox_order ON inbox (cls, message)",
    """
    CREATE TABLE receipt (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES message (id),
        given INTEGER NOT NULL CHECK (given IN (0, 1)),
        stage TEXT NOT NULL,
        by TEXT NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        bytes BLOB NOT NULL,
        leaf INTEGER NOT NULL,
        origin TEXT NOT NULL,
        at INTEGER,
        i INTEGER NOT NULL,
        path BLOB,
        UNIQUE (message, digest)
    ) STRICT
    """,
    """
    CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        message INTEGER REFERENCES message (id),
        what TEXT NOT NULL,
        by TEXT NOT NULL,
        origin TEXT,
        i INTEGER
    ) STRICT
    """,
    "CREATE INDEX event_message ON event (message)",
)

DELIVERY: Final = (
    """
    CREATE TABLE lane (
        node TEXT PRIMARY KEY,
        q INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        back_off_ms INTEGER NOT NULL DEFAULT 0,
        due_ms INTEGER NOT NULL DEFAULT 0,
        last_ok_ms INTEGER,
        last_error TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        node TEXT NOT NULL REFERENCES lane (node),
        kind TEXT NOT NULL CHECK (kind IN ('envelope', 'receipt')),
        message INTEGER NOT NULL REFERENCES message (id),
        receipt INTEGER REFERENCES receipt (id),
        cls INTEGER NOT NULL,
        q INTEGER NOT NULL,
        i INTEGER NOT NULL,
        exp_ms INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        next_ms INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        stuck INTEGER NOT NULL DEFAULT 0,
        code TEXT
    ) STRICT
    """,
    # Covering: a claim reads it alone until it knows its items, also behind 100,000 others.
    """
    CREATE INDEX outbox_lane
        ON outbox (node, kind, cls, q, id, i, exp_ms, next_ms, bytes)
    """,
    "CREATE INDEX outbox_message ON outbox (message)",
    """
    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES message (id),
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        what TEXT NOT NULL,
        outcome TEXT NOT NULL,
        next_ms INTEGER
    ) STRICT
    """,
    "CREATE INDEX attempt_message ON attempt (message)",
    """
    CREATE TABLE arrived (
        sender TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL CHECK (last >= first),
        PRIMARY KEY (sender, first)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE peer_checkpoint (
        id INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        size INTEGER NOT NULL,
        root BLOB NOT NULL CHECK (length(root) = 32),
        linked_ms INTEGER NOT NULL,
        proves INTEGER NOT NULL,
        leaf INTEGER,
        note BLOB NOT NULL,
        UNIQUE (origin, size)
    ) STRICT
    """,
    "CREATE INDEX peer_checkpoint_age ON peer_checkpoint (origin, linked_ms, size)",
    # What may be forgotten; those that prove something stay, and would be passed over each time.
    """
    CREATE INDEX peer_checkpoint_idle
        ON peer_checkpoint (origin, linked_ms) WHERE proves = 0
    """,
    # Rule 9a: both notes are kept for ever, and that log is refused also after a new start.
    """
    CREATE TABLE fork (
        origin TEXT PRIMARY KEY,
        held BLOB NOT NULL,
        offered BLOB NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # What was told of a case, each thing once, whatever was restarted meanwhile.
    """
    CREATE TABLE notice (
        thread BLOB NOT NULL CHECK (length(thread) = 16),
        key TEXT NOT NULL,
        message INTEGER NOT NULL REFERENCES message (id),
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (thread, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE peer_key_set (
        node TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        bytes BLOB NOT NULL
    ) STRICT
    """,
)
