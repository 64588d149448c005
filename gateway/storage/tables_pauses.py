"""Since when a round of pings is paused. This text never changes once a release had it."""

from typing import Final

PAUSES: Final = ("ALTER TABLE ping_round ADD COLUMN paused_ms INTEGER",)
