"""What is read of a log to compute it anew, and what comes of it.

Source: docs/wire-format.md, rules 6 to 9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from protocol.errors import MalformedError, NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import TreeHead
from protocol.log.erasure import Erasure, is_named_by
from protocol.log.statement import StatementKind, digest_of

BLOCK_LEVEL: Final = 4
BLOCK: Final = 1 << BLOCK_LEVEL
"""Leaves whose common root is a stored row."""

RESTORE: Final = "restore the newest backup that verifies: a35 backup check, a35 restore"
REREAD: Final = "check the disk; proofs of these leaves fail until a backup is restored"
NEWER: Final = "stop the node and look for a newer copy; else see: a35 recover"

Row: TypeAlias = tuple[int, int, bytes, bytes | None, bytes | None]
"""Index, kind, digest, preimage (None if nothing is kept), salt of one leaf as stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFault:
    """One thing in a log that does not verify.

    Args:
        index: The leaf; of a checkpoint the last leaf that it covers; None if of neither.
        what: What is wrong there, for an engineer.
        remedy: What to do about it.
    """

    index: int | None
    what: str
    remedy: str = RESTORE


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHead:
    """A head of this log that somebody besides its table of checkpoints holds.

    Args:
        size: Its leaves.
        root: None if only the size is known.
        where: Who holds it, for an engineer: `the anchor`, a node, leaf 0 of the next log.
        is_lost: It is stated that leaves below it are lost: a new log followed.
    """

    size: int
    root: bytes | None
    where: str
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedErasure:
    """A list of what retention erased, and the leaf that must state it.

    Args:
        data: Bytes of the list.
        digest: Of the leaf; None if there is no such leaf.
        act: Its preimage, None if nothing is kept.
        salt: Of the leaf.
        where: The leaf, for an engineer.
    """

    data: bytes
    digest: bytes | None
    act: bytes | None
    salt: bytes | None
    where: str

    def erasure(self) -> Erasure | None:
        """Return the list if its leaf states it, else None."""
        if self.act is None or self.digest is None or not is_named_by(self.data, self.act):
            return None
        try:
            if digest_of(StatementKind.ACT, self.act, self.salt) != self.digest:
                return None
            return Erasure.decode(self.data)
        except (MalformedError, NotAllowedError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOutline:
    """What must be known of a log before it is verified.

    Args:
        origin: Its name.
        head: Its newest stored checkpoint.
        leaves: Stored leaves, signed or not.
        known: Heads of it that others hold.
        erasures: Of statements of this log.
        before: The newest log of ours with a smaller number, None if there is none.
    """

    origin: LogOrigin
    head: TreeHead
    leaves: int
    known: Sequence[KnownHead] = ()
    erasures: Sequence[StatedErasure] = ()
    before: LogOrigin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSlice:
    """Stored rows of [start, stop), start a multiple of a block, as read in one go.

    Args:
        stop: A multiple of a block, or the size of the head.
        leaves: In order of their index; those that are missing are missing here.
        nodes: (level, index) -> root, of the subtrees that end within.
        heads: (size, root, note) of the checkpoints with start < size <= stop.
    """

    stop: int
    leaves: Sequence[Row]
    nodes: Mapping[tuple[int, int], bytes]
    heads: Sequence[tuple[int, bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerification:
    """The outcome of verifying a whole log.

    Args:
        origin: Of the log.
        size: Leaves that the newest head covers.
        root: Of the tree that they make, 32 bytes; where leaves are missing, as stored of them.
        checked: Leaves whose digest was made again from what they state; a cover states
            nothing.
        erased: Leaves of which retention left the digest alone, as an act of the log names.
        checkpoints: Checkpoints that hold.
        lost: Leaves that the next log says were lost, 0 as a rule.
        faults: In the order found, at most 1,000; empty is good.
    """

    origin: LogOrigin
    size: int
    root: bytes
    checked: int
    erased: int
    checkpoints: int
    faults: tuple[LogFault, ...]
    lost: int = 0
