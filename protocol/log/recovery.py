"""Whether a node may sign its log: what a start finds, whom it asks, what counts against it.

Does: three pure decisions. From what lies beside and in the database, how the start is to be
taken (`decide_start`); from the answers of peers, whether signing may begin (`may_begin`); from a
note with our own valid signatures, whether it shows a log that we do not have (`weigh`). Leaves
to others: reading files, asking, checking signatures, recording.

Why. Losing leaves and signing again makes two histories under one name, the one fault that
nothing repairs afterwards. Files can be old without any sign of it, so a start asks those who
saw what was signed. How many it waits for depends on how good its own evidence is: an ordinary
start must never keep an emergency waiting for a quorum.

Source: docs/wire-format.md, rule 8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from protocol.log.checkpoint import TreeHead

PATIENCE_S: Final = 30.0
"""How long an ordinary start waits for the first answer."""


class AnchorFinding(StrEnum):
    """What the anchor says of the database."""

    PREFIX = "prefix"
    """This machine's, of this generation, and its head begins the database's log."""
    MISSING = "missing"
    DAMAGED = "damaged"
    OTHER_MACHINE = "other_machine"
    OTHER_LOG = "other_log"
    """Of an earlier generation, or of another node."""
    AHEAD = "ahead"
    """A larger head was signed than the database holds."""
    OTHER_HISTORY = "other_history"
    """The database holds other leaves than those that were signed."""
    LATER_GENERATION = "later_generation"
    """The database is of before its log was given up."""


class Start(StrEnum):
    """How a start is to be taken."""

    ORDINARY = "ordinary"
    """Sign with the first answer, or after 30 s without any."""
    HALF = "half"
    """Recovering: sign when half of the other active nodes have answered."""
    ALL = "all"
    """Recovering after a restore: when all have answered, or the operator has decided."""
    NEVER = "never"
    """A signed head is lost: this log is not signed again by these files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDecision:
    """How a start is to be taken, and why: one sentence for the operator."""

    start: Start
    why: str


_WHY: Final = {
    AnchorFinding.MISSING: "there is no anchor beside the store",
    AnchorFinding.DAMAGED: "the anchor beside the store cannot be read",
    AnchorFinding.OTHER_MACHINE: "the anchor was written on another machine",
    AnchorFinding.OTHER_LOG: "the anchor belongs to another generation of the log",
    AnchorFinding.AHEAD: "this node signed a larger log than the store holds",
    AnchorFinding.OTHER_HISTORY: "the store holds another history than the one this node signed",
    AnchorFinding.LATER_GENERATION: "the store is of before a new generation of the log was opened",
}


def decide_start(finding: AnchorFinding, *, size: int, restored: bool) -> StartDecision:
    """Decide how a start is to be taken.

    Args:
        finding: What the anchor says.
        size: Committed leaves of the log; nothing was ever signed of an empty one.
        restored: Whether the files were put back from a backup and no start was completed since.

    Returns:
        The decision. An anchor that proves a loss outweighs everything else.
    """
    match finding:
        case AnchorFinding.AHEAD | AnchorFinding.OTHER_HISTORY | AnchorFinding.LATER_GENERATION:
            return StartDecision(start=Start.NEVER, why=_WHY[finding])
        case _ if size == 0:
            return StartDecision(start=Start.ORDINARY, why="the log is empty")
        case _ if restored:
            return StartDecision(start=Start.ALL, why="the store was restored from a backup")
        case AnchorFinding.PREFIX:
            return StartDecision(
                start=Start.ORDINARY, why="the store is what this node signed last"
            )
        case (
            AnchorFinding.MISSING
            | AnchorFinding.DAMAGED
            | AnchorFinding.OTHER_MACHINE
            | AnchorFinding.OTHER_LOG
        ):
            return StartDecision(start=Start.HALF, why=_WHY[finding])
        case _:
            assert_never(finding)


def needed(start: Start, *, peers: int) -> int | None:
    """Return how many of the other active nodes must have answered; None: no number suffices.

    Args:
        start: How the start is taken.
        peers: Other active nodes of the directory, at least 0.
    """
    match start:
        case Start.ORDINARY:
            return min(1, peers)
        case Start.HALF:
            return (peers + 1) // 2
        case Start.ALL:
            return peers
        case Start.NEVER:
            return None
        case _:
            assert_never(start)


def may_begin(
    start: Start, *, size: int, peers: int | None, answered: int, waited_s: float
) -> bool:
    """Decide whether signing may begin.

    Args:
        start: How the start is taken.
        size: Committed leaves of the log.
        peers: Other active nodes of the directory, None while there is no directory.
        answered: How many of them have said what they hold, and it is what we signed or nothing.
        waited_s: Monotonic seconds since the start.

    Returns:
        Whether the log may be signed now; the word of the operator is not looked at here.
    """
    if start is Start.NEVER:
        return False
    if size == 0 or (start is Start.ORDINARY and waited_s >= PATIENCE_S):
        return True
    if peers is None:
        return False
    least = needed(start, peers=peers)
    return least is not None and answered >= least


class Claim(StrEnum):
    """What a note with our own valid signatures shows."""

    HELD = "held"
    """A head of the log that we have."""
    MORE = "more"
    """Leaves that we have not."""
    OTHER_ROOT = "other_root"
    """Other leaves than ours."""
    LATER_GENERATION = "later_generation"
    """That our log was given up before."""


def weigh(
    claimed: TreeHead, *, generation: int, size: int, root_of: Callable[[int], bytes]
) -> Claim:
    """Compare a head that we signed, as its signatures prove, with the log that we have.

    Args:
        claimed: Of a log of this node.
        generation: The one that is written now.
        size: Its committed leaves, signed or not.
        root_of: Gives the root of its first n leaves, 1 to `size`.

    Returns:
        What the note shows; of an earlier generation nothing, that log is given up.
    """
    if claimed.origin.generation != generation:
        later = claimed.origin.generation > generation
        return Claim.LATER_GENERATION if later else Claim.HELD
    if claimed.size > size:
        return Claim.MORE
    if claimed.size and root_of(claimed.size) != claimed.root:
        return Claim.OTHER_ROOT
    return Claim.HELD
