"""What delivery keeps besides: by when an item should be accepted, and when wraps were renewed.

This text never changes once a release carried it.
"""

from typing import Final

DEADLINES: Final = (
    "ALTER TABLE outbox ADD COLUMN deliver_ms INTEGER NOT NULL DEFAULT 0",
    # What waits already: from when it was sealed on, by the budget of its class.
    """
    UPDATE outbox SET deliver_ms = (SELECT t_ms FROM message WHERE id = outbox.message)
        + CASE cls WHEN 0 THEN 60000 WHEN 1 THEN 900000 WHEN 2 THEN 3600000 ELSE 86400000 END
    """,
    # Covering, in the order of sending: a claim reads it alone until it knows its items.
    "DROP INDEX outbox_lane",
    """
    CREATE INDEX outbox_lane
        ON outbox (node, kind, cls, deliver_ms, q, id, i, exp_ms, next_ms, bytes)
    """,
    # Rule 16: three new sealings a day, whatever was restarted meanwhile.
    "ALTER TABLE earlier_sealing ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0",
)
