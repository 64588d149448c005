"""The part of the store that the watch over clocks needs: which cases to look at, and when.

A row for each case in which a clock runs or ran out, and none for any other: what a look costs
follows what changed and what is due, not what there is.
"""

from collections.abc import Mapping
from typing import Protocol

from protocol.identifiers import MessageId


class WatchBook(Protocol):
    """Which cases are looked at next; kept, so that a start need not look at all of them."""

    async def watched_event(self) -> int:
        """Return the number of the newest event whose case was looked at."""

    async def due_cases(self, now_ms: int, *, limit: int) -> tuple[MessageId, ...]:
        """Return cases whose moment has come, and those looked at by a clock set back since."""

    async def note_watched(
        self, dates: Mapping[MessageId, int | None], *, now_ms: int, event: int | None = None
    ) -> None:
        """Keep when each case is to be looked at next, None for a case that has no clock.

        With `event`, the cases of all events up to this one were looked at.
        """
