"""The part of the store port that keeps time stamps over our checkpoints, and its values.

gateway.store has the port as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from protocol.identifiers import LogOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStamp:
    """A stamp that verified when it came.

    Attributes:
        origin: Our log, of any generation.
        size: Of the checkpoint whose note is stamped.
        authority: Its name in the settings.
        time_ms: Of the stamp: milliseconds since 1970, UTC, by the authority's clock.
        kept_ms: When it came, by our clock.
        answer: The answer of RFC 3161, byte for byte.
    """

    origin: LogOrigin
    size: int
    authority: str
    time_ms: int
    kept_ms: int
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStamp:
    """A stamp with what it is over.

    Attributes:
        note: The signed note.
        answer: As in KeptStamp.
        joined: Consistency proof between this head and the one that was asked for, whichever is
            smaller; None for the log that is written, of which anybody can ask for proofs.
    """

    note: bytes
    answer: bytes
    joined: tuple[bytes, ...] | None


class Stamps(Protocol):
    """Time stamps over checkpoints of our own logs."""

    async def keep_stamp(self, stamp: KeptStamp) -> None:
        """Keep a stamp for ever; nothing happens if that authority's over this head is held."""

    async def newest_stamp(self) -> KeptStamp | None:
        """Return the newest stamp over the log that is written, None if there is none."""

    async def stamps_over(
        self, origin: LogOrigin, size: int, indices: Sequence[int]
    ) -> tuple[HeldStamp, ...]:
        """Return for each place the first stamp of each authority over a head that holds it.

        `size`: of the head with which they are to be joined.
        """

    async def newest_emergency(self, after: int) -> int | None:
        """Return the newest event above a number that is about a P0, None if there is none."""
