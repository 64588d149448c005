"""Tables of queue numbers that do not wait any more, and of messages that nobody opened in time.

This text never changes once a release carried it. Numbers that wait stand in the outbox alone:
however many there are, an answer is compared with the others only.
"""

from typing import Final

NUMBERS: Final = (
    """
    CREATE TABLE ended (
        node TEXT NOT NULL,
        q INTEGER NOT NULL,
        message INTEGER NOT NULL REFERENCES message (id),
        PRIMARY KEY (node, q)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO ended (node, q, message)
    SELECT m.recipient, e.q, m.id FROM message m JOIN envelope e ON e.message = m.id
    WHERE m.direction = 'out' AND NOT EXISTS (
        SELECT 1 FROM outbox o WHERE o.message = m.id AND o.kind = 'envelope'
    )
    """,
    # Whoever takes an envelope out of the outbox, or puts it back: its number follows.
    """
    CREATE TRIGGER outbox_ended AFTER DELETE ON outbox WHEN old.kind = 'envelope'
    BEGIN
        INSERT INTO ended (node, q, message) VALUES (old.node, old.q, old.message)
        ON CONFLICT (node, q) DO UPDATE SET message = excluded.message;
    END
    """,
    """
    CREATE TRIGGER outbox_waits AFTER INSERT ON outbox WHEN new.kind = 'envelope'
    BEGIN
        DELETE FROM ended WHERE node = new.node AND q = new.q;
    END
    """,
    # Numbers that no message bears: passed over after a loss of our own.
    """
    CREATE TABLE passed_over (
        node TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL CHECK (last >= first),
        PRIMARY KEY (node, first)
    ) STRICT, WITHOUT ROWID
    """,
    # After a loss of our own: since which generation of our log numbers are safe to give out.
    """
    CREATE TABLE counted_in (
        node TEXT PRIMARY KEY,
        generation INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # Rule 20: what its receiver lost goes again once for each generation of that node's log.
    """
    CREATE TABLE sent_again (
        message INTEGER PRIMARY KEY REFERENCES message (id),
        generation INTEGER NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    # Rule 22: accepted, and not opened by a person.
    """
    CREATE INDEX message_unheeded ON message (exp_ms)
        WHERE direction = 'in' AND state IN ('accepted', 'consigned')
    """,
)
