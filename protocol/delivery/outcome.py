"""What a coded refusal means for the sender: who acts next, and when to try again.

One table, code by code. None of these ends an envelope: only a proven receipt, its `exp` or its
author does.

Source: docs/wire-format.md, rule 25.
"""

from enum import Enum, auto
from typing import Final

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
    """The peer is busy: repeat after the time it names."""
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


def remedy_for(code: Code) -> Remedy:
    """Return what the sender does about a code.

    Args:
        code: The code that the peer answered.
    """
    return _REMEDY[code]


def is_stuck(remedy: Remedy) -> bool:
    """Tell whether people must hear of it, because repeating alone will not help.

    Args:
        remedy: What the code asks for.
    """
    return remedy in {Remedy.STUCK, Remedy.FREEZE, Remedy.MEND_CLOCK}
