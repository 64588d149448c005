"""Long work that somebody asked for and need not wait for, and the part of the store that keeps it.

A row names who asked, how far it is and how it ended; never content. What a restart cut off has
failed, and says so.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

RESTARTED: Final = "restarted"
"""The problem of what a restart cut off."""


class OperationState(StrEnum):
    """How long work stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRow:
    """One long work.

    Args:
        id: 32 hex digits.
        kind: What: `verify`, `export`.
        who: Who asked, as logs see them.
        state: How it stands.
        done: How far it is.
        total: Of how much; 0 while that is not known.
        unit: Of both: `leaves`, `rows`.
        started_ms: Since when, ms since 1970 UTC.
        ended_ms: Until when; None while it runs.
        problem: The code of what it failed with.
        result: JSON of its result; nothing of a case is in it.
    """

    id: str
    kind: str
    who: str
    state: OperationState
    done: int
    total: int
    unit: str
    started_ms: int
    ended_ms: int | None = None
    problem: str | None = None
    result: str | None = None


class OperationStore(Protocol):
    """What long work is kept in; each change is told as an event `operation`."""

    async def note_operation(self, row: OperationRow, *, now_ms: int) -> None:
        """Keep a row, new or changed; the oldest beyond two hundred are forgotten."""

    async def operation(self, name: str) -> OperationRow | None:
        """Return one, None if there is none of this id."""

    async def operations(self, *, limit: int) -> tuple[OperationRow, ...]:
        """Return the newest first."""
