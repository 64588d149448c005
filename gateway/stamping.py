"""Time stamps over our checkpoints: asking for them as a port, keeping them as one of the store.

gateway.store has the store's port as a whole.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A stamp that holds.

    Attributes:
        authority: Who gave it, by its name in the settings.
        time_ms: By its clock: milliseconds since 1970, UTC.
        answer: The answer of RFC 3161, byte for byte.
    """

    authority: str
    time_ms: int
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking.

    Attributes:
        given: None if no authority gave a stamp that holds.
        failures: (name, why) of those asked before, in order.
    """

    given: Given | None
    failures: Sequence[tuple[str, str]]


class Authorities(Protocol):
    """Time stamping authorities in their order; implemented by gateway.timestamp.asking."""

    async def stamp(self, note: bytes) -> Asked:
        """Ask one after the other until one stamps a note; never raises for what they answer."""


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

    async def has_emergency(self, after: int) -> bool:
        """Tell whether an event above a number is about a message of P0."""
