"""The key under which a note was asked for. This text never changes once a release had it.

A repeat of the same request finds the note that it made.
"""

from typing import Final

NOTED: Final = (
    "ALTER TABLE case_note ADD COLUMN request BLOB",
    "CREATE UNIQUE INDEX case_note_request ON case_note (request) WHERE request IS NOT NULL",
)
