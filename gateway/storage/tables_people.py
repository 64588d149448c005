"""Tables of the people of a desk. This text never changes once a release carried it.

Secrets are never here: of a link, a session and a token the SHA-256 is kept, of a password what
argon2id made of it, of a passkey its public half.
"""

from typing import Final

PEOPLE: Final = (
    # A number is never given twice: it stands in the log and at other Parties.
    """
    CREATE TABLE person (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        roles TEXT NOT NULL,
        service INTEGER NOT NULL CHECK (service IN (0, 1)),
        locked INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
        made_ms INTEGER NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        password TEXT,
        language TEXT NOT NULL DEFAULT '',
        theme TEXT NOT NULL DEFAULT '',
        sound INTEGER NOT NULL DEFAULT 1,
        shortcuts INTEGER NOT NULL DEFAULT 1
    ) STRICT
    """,
    """
    CREATE TRIGGER person_no_delete BEFORE DELETE ON person
    BEGIN SELECT raise(ABORT, 'a person is locked, never removed'); END
    """,
    """
    CREATE TABLE sign_in_link (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        person INTEGER NOT NULL REFERENCES person (number),
        ends_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE desk_session (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        person INTEGER NOT NULL REFERENCES person (number),
        means TEXT NOT NULL CHECK (means IN ('link', 'passkey', 'password')),
        agent TEXT NOT NULL,
        made_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL,
        ends_ms INTEGER NOT NULL,
        locked INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX desk_session_person ON desk_session (person)",
    """
    CREATE TABLE passkey (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        person INTEGER NOT NULL REFERENCES person (number),
        credential BLOB NOT NULL UNIQUE,
        public_key BLOB NOT NULL,
        sign_count INTEGER NOT NULL,
        name TEXT NOT NULL,
        made_ms INTEGER NOT NULL,
        used_ms INTEGER
    ) STRICT
    """,
    "CREATE INDEX passkey_person ON passkey (person)",
    """
    CREATE TABLE desk_token (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        person INTEGER NOT NULL REFERENCES person (number),
        name TEXT NOT NULL,
        roles TEXT NOT NULL,
        made_ms INTEGER NOT NULL,
        ends_ms INTEGER NOT NULL,
        used_ms INTEGER
    ) STRICT
    """,
    "CREATE INDEX desk_token_person ON desk_token (person)",
)
