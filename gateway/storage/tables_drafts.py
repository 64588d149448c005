"""The tables of drafts, of their approvals, and of the policy of second persons.

This text never changes once a release had it. Sealed columns open under the draft's own key,
which is wrapped under the store key; a draft that was sent has no key and no sealed column any
more. `message_act` names leaves 0x09 about a message that stand apart from its other leaves.
"""

from typing import Final

DRAFTS: Final = (
    """
    CREATE TABLE draft (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
        version INTEGER NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('editing', 'submitted', 'returned', 'approved', 'sent')),
        author INTEGER,
        author_who TEXT NOT NULL,
        editor_who TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        saved_ms INTEGER NOT NULL,
        next_file INTEGER NOT NULL DEFAULT 0,
        needs TEXT NOT NULL,
        key BLOB,
        heading BLOB,
        document BLOB,
        frozen_ms INTEGER,
        mid BLOB CHECK (length(mid) = 16),
        thread BLOB CHECK (length(thread) = 16),
        digest BLOB CHECK (length(digest) = 32),
        frozen BLOB,
        comment BLOB,
        commented_by TEXT NOT NULL DEFAULT '',
        override TEXT,
        is_pending INTEGER NOT NULL DEFAULT 0 CHECK (is_pending IN (0, 1)),
        CHECK ((key IS NULL) = (state = 'sent')),
        CHECK (state IN ('editing', 'returned') OR digest IS NOT NULL)
    ) STRICT
    """,
    """
    CREATE TABLE draft_writer (
        draft INTEGER NOT NULL REFERENCES draft (number),
        person INTEGER NOT NULL,
        PRIMARY KEY (draft, person)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE draft_file (
        draft INTEGER NOT NULL REFERENCES draft (number),
        n INTEGER NOT NULL,
        heading BLOB NOT NULL,
        size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
        sha256 BLOB,
        PRIMARY KEY (draft, n)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE draft_approval (
        draft INTEGER NOT NULL REFERENCES draft (number),
        person INTEGER NOT NULL,
        who TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('passkey', 'password')),
        at_ms INTEGER NOT NULL,
        comment BLOB,
        PRIMARY KEY (draft, person)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE message_act (
        mid BLOB NOT NULL CHECK (length(mid) = 16),
        generation INTEGER NOT NULL REFERENCES log (generation),
        i INTEGER NOT NULL,
        PRIMARY KEY (mid, generation, i)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE second_person_policy (
        version INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        by TEXT NOT NULL,
        types TEXT NOT NULL
    ) STRICT
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
        BEGIN SELECT raise(ABORT, 'what was decided stays written'); END
        """
        for table in ("message_act", "second_person_policy")
        for verb in ("update", "delete")
    ),
)
