"""The table of messages of ours whose receipts are to be asked for again.

This text never changes once a release carried it.
"""

from typing import Final

UNASKED: Final = (
    # A list of work in place of a mark at each message: a start after a restore fills it, the
    # question takes from it. So each loss is asked about once, whatever ends the process between.
    """
    CREATE TABLE unasked (
        message INTEGER PRIMARY KEY REFERENCES message (id)
    ) STRICT
    """,
    """
    INSERT INTO unasked (message)
        SELECT m.id FROM message m WHERE m.direction = 'out'
        AND (SELECT max(generation) FROM log) > 1 AND NOT EXISTS (
            SELECT 1 FROM reclaimed r WHERE r.message = m.id
            AND r.generation = (SELECT max(generation) FROM log)
        )
    """,
    "DROP TABLE reclaimed",
)
