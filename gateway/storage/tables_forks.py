"""Columns of what is known of two histories besides their notes.

This text never changes once a release carried it.
"""

from typing import Final

FORKS: Final = (
    # Rule 9b: who showed the second history, if it was not the log itself.
    "ALTER TABLE fork ADD COLUMN by_node TEXT",
    # Whoever verifies the two notes later needs the directory of that time.
    "ALTER TABLE fork ADD COLUMN directory BLOB",
)
