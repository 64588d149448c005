"""Indexes of the lists. This text never changes once a release carried it.

Most messages of a node that worked for years are over: who asks for those that are not must not
pass over all the others.
"""

from typing import Final

OPEN: Final = "('queued', 'accepted', 'consigned', 'opened', 'acknowledged')"
"""States in which a message waits for something. SQLite takes the index for a question that has
`state IN` with this very list in its condition, whatever else is asked."""

LISTS: Final = (
    f"CREATE INDEX message_open ON message (direction, t_ms) WHERE state IN {OPEN}",
    "CREATE INDEX message_age ON message (t_ms)",
)
