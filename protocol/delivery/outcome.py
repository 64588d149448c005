"""What a coded refusal means for the sender: who acts next, and when to try again.

One table, code by code. None of these ends an envelope: only a proven receipt, its `exp` or its
author does.

Source: docs/wire-format.md, rule 25.
"""

from enum import Enum, auto
from typing import Final, assert_never

from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency
from protocol.errors import Code


class Remedy(Enum):
    """What the sender does about a refusal."""

    REPOSITION = auto()
    """Repeat at once from the size given; no failure."""
    REFRESH_DIRECTORY = auto()
    """One side's directory is old: refresh, then repeat."""
    WRAP_AGAIN = auto()
    """Fetch the fresh key set, wrap the same content key again, repeat."""
    SEND_PARTS = auto()
    """Send the missing blobs or the body again."""
    WAIT = auto()
    """The peer is busy: repeat after the time it names, later if it stays so."""
    MEND_CLOCK = auto()
    """One clock is wrong: alarm, repeat slowly."""
    STUCK = auto()
    """Repeating alone will not help: tell people, repeat slowly."""
    FREEZE = auto()
    """Two histories of one log: stop until an operator decides."""


_REMEDY: Final[dict[Code, Remedy]] = {
    Code.FRAME: Remedy.STUCK,
    Code.CANON: Remedy.STUCK,
    Code.SCHEMA: Remedy.STUCK,
    Code.SIZE: Remedy.STUCK,
    Code.PEER: Remedy.REFRESH_DIRECTORY,
    Code.FROM: Remedy.REFRESH_DIRECTORY,
    Code.TO: Remedy.REFRESH_DIRECTORY,
    Code.PROOF: Remedy.STUCK,
    Code.RECEIPT: Remedy.STUCK,
    Code.BIND: Remedy.STUCK,
    Code.PAD: Remedy.STUCK,
    Code.OPEN: Remedy.STUCK,
    Code.CLOCK: Remedy.MEND_CLOCK,
    Code.EXPIRED: Remedy.STUCK,
    Code.LOG_POSITION: Remedy.REPOSITION,
    Code.KEY_UNKNOWN: Remedy.REFRESH_DIRECTORY,
    Code.DIR_STALE: Remedy.REFRESH_DIRECTORY,
    Code.KEM_EXPIRED: Remedy.WRAP_AGAIN,
    Code.MID_CONFLICT: Remedy.STUCK,
    Code.FORK: Remedy.FREEZE,
    Code.BLOBS: Remedy.SEND_PARTS,
    Code.HASH: Remedy.SEND_PARTS,
    Code.LENGTH: Remedy.SEND_PARTS,
    Code.BUSY: Remedy.WAIT,
    Code.QUOTA: Remedy.WAIT,
    Code.STORE: Remedy.WAIT,
}

STUCK_RETRY_MS: Final = 30 * 60 * 1000
"""A stuck item is tried again this rarely; five minutes for P0."""

STUCK_RETRY_URGENT_MS: Final = 5 * 60 * 1000

SOON_MS: Final = 10_000
"""A refusal that may mend itself is waited for in steps of this, up to the cap of the class."""

LEAST_WAIT_MS: Final = 1_000
"""A busy peer is not asked more often than this, whatever it says, and half as often after each
further refusal: one that recovers for hours names a second each time."""

DOUBLINGS_MOST: Final = 6
"""About a minute: who is no longer busy is served soon, also without a sign of life."""

TOLD_AFTER: Final = 3
"""So many refusals in a row for the same reason, and people hear of what should mend itself."""


def remedy_for(code: Code) -> Remedy:
    """Return what the sender does about a code.

    Args:
        code: The code that the peer answered.
    """
    return _REMEDY[code]


def is_stuck(remedy: Remedy, *, refusals: int = 1) -> bool:
    """Tell whether people must hear of it, because repeating alone does not help.

    Args:
        remedy: What the code asks for.
        refusals: How often it was answered in a row.
    """
    match remedy:
        case Remedy.STUCK | Remedy.FREEZE | Remedy.MEND_CLOCK:
            return True
        case Remedy.WAIT:
            return False
        case Remedy.REPOSITION | Remedy.REFRESH_DIRECTORY | Remedy.WRAP_AGAIN | Remedy.SEND_PARTS:
            return refusals > TOLD_AFTER
        case _:
            assert_never(remedy)


def wait_ms(remedy: Remedy, *, urgency: Urgency, refusals: int, retry_ms: int | None) -> int:
    """Return how long a refused item waits before it is sent again; other items go on.

    Args:
        remedy: What the code asks for.
        urgency: The item's class; caps the wait of what may mend itself.
        refusals: How often it was answered in a row, this time included.
        retry_ms: What the peer asks for, if it does.
    """
    cap_ms = int(BACK_OFF_CAP_S[urgency] * 1000)
    match remedy:
        case Remedy.WAIT:
            least_ms = LEAST_WAIT_MS << min(max(0, refusals - 1), DOUBLINGS_MOST)
            return min(cap_ms, max(least_ms, SOON_MS if retry_ms is None else retry_ms))
        case Remedy.SEND_PARTS:
            return min(cap_ms, (refusals - 1) * SOON_MS)
        case Remedy.REPOSITION | Remedy.REFRESH_DIRECTORY | Remedy.WRAP_AGAIN:
            return min(cap_ms, refusals * SOON_MS)
        case Remedy.STUCK | Remedy.FREEZE | Remedy.MEND_CLOCK:
            return STUCK_RETRY_URGENT_MS if urgency is Urgency.P0 else STUCK_RETRY_MS
        case _:
            assert_never(remedy)
