"""What a witness may cosign: one pure decision over what it cosigned last of the same log.

Does: from a request, what is held of its log, and the keys of that log, to a grant or a refusal.
Leaves to its callers: looking up keys (`protocol.directory`), keeping what is held, and the
signature itself (`protocol.witness.cosigning`).

Why it is safe. Of each log one head is held, the last cosigned. Another is granted only if a proof
joins it to that one and it is not smaller, so all that were ever granted are prefixes of each
other: never two roots of one size, never a smaller tree. That holds only while what is held never
goes back: a grant names what it replaces, the caller puts `keep` in the place of exactly that,
durably, and only then is the signature made. Of two grants over the same one, one fails there.

Source: C2SP tlog-witness, section add-checkpoint; docs/wire-format.md, rule 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from keys.digest import EMPTY_ROOT
from keys.note import LogVerifier
from protocol.errors import ExpiredError, NotAllowedError, NotProvenError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_AHEAD_MS
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.linking import Position
from protocol.log.tree import check_consistency
from protocol.witness.answer import Answer, Declined, Standing
from protocol.witness.request import AddCheckpoint

_MS_PER_S: Final = 1000
_MAX_AHEAD_S: Final = MAX_AHEAD_MS // _MS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a witness cosigned last of one log; one row for each log, never taken back.

    Attributes:
        head: The tree.
        note: The signed note of the log, as it was submitted.
        cosigned_s: The time in the cosignature, seconds since 1970.
    """

    head: TreeHead
    note: bytes
    cosigned_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Two notes that one log signed and no single history explains: kept as an exhibit.

    Attributes:
        held: The signed note held before.
        offered: The signed note that contradicts it.
    """

    held: bytes
    offered: bytes


class Refusal(StrEnum):
    """Why nothing is cosigned."""

    UNKNOWN_LOG = "unknown_log"
    """Not a log of this network, without a key valid now, or the witness's own."""
    NOT_SIGNED = "not_signed"
    """A signature of its log is missing or does not verify."""
    CLOCK = "clock"
    """The log's clock is more than ten minutes ahead."""
    OLD_ABOVE_SIZE = "old_above_size"
    """The proof would lead from a larger tree to a smaller one."""
    POSITION = "position"
    """The proof does not begin at what was cosigned last."""
    INCONSISTENT = "inconsistent"
    """The proof fails, or another root is known at that size."""
    OWN_CLOCK = "own_clock"
    """The witness's own clock stands before its last cosignature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The checkpoint may be cosigned, once `keep` stands in the place of `before`.

    Attributes:
        checkpoint: Verified, and joined to what was held.
        before: What must still be held when `keep` is written, None for a log never cosigned.
        keep: To be committed before the cosignature is made.
    """

    checkpoint: Checkpoint
    before: Held | None
    keep: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The checkpoint is not cosigned.

    Attributes:
        why: Which rule says so.
        size: Cosigned last, 0 for none; what the log is told after POSITION.
        fork: The exhibit, if the request itself brings one.
    """

    why: Refusal
    size: int = 0
    fork: Fork | None = None

    @property
    def answer(self) -> Answer:
        """What the log is told: a status, or where the witness stands."""
        match self.why:
            case Refusal.POSITION:
                return Standing(size=self.size)
            case Refusal.UNKNOWN_LOG:
                return Declined(status=404)
            case Refusal.NOT_SIGNED | Refusal.CLOCK:
                return Declined(status=403)
            case Refusal.OLD_ABOVE_SIZE:
                return Declined(status=400)
            case Refusal.INCONSISTENT:
                return Declined(status=422)
            case Refusal.OWN_CLOCK:
                return Declined(status=503)
            case _:
                assert_never(self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a witness knows when it is asked.

    Attributes:
        node: The witness's own node, whose logs it does not cosign.
        held: What it cosigned last of the log in question.
        linked: What its node linked of that log on other ways, if anything: it is never a reason
            to cosign, but another root in it is one to refuse.
        verifiers: Pairs of keys of the log valid now, none if the log is not known.
    """

    node: NodeId
    held: Held | None
    linked: Position | None
    verifiers: Sequence[LogVerifier]


def judge(request: AddCheckpoint, view: View, *, now_ms: int) -> Grant | Refuse:
    """Decide what becomes of a request.

    The caller holds nothing of the log back between reading `view.held` and writing `keep`, or
    writes it by compare and swap.

    Args:
        request: As decoded.
        view: What is known of its log.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        A grant, or the first of the refusals in the order of C2SP.

    Raises:
        NotAllowedError: What is held or linked is of another log.

    Source:
        C2SP tlog-witness, section add-checkpoint.
    """
    origin = request.origin
    if origin is None or origin.node == view.node or not view.verifiers:
        return Refuse(why=Refusal.UNKNOWN_LOG)
    _check_view(origin, view)
    tree = request.tree
    claimed = ClaimedCheckpoint(
        head=TreeHead(origin=origin, size=tree.size, root=tree.root), note=request.note
    )
    try:
        checkpoint = verify_checkpoint(claimed, view.verifiers, now_ms=now_ms)
    except NotProvenError:
        return Refuse(why=Refusal.NOT_SIGNED)
    except ExpiredError:
        return Refuse(why=Refusal.CLOCK)
    fork = _fork(checkpoint, view)
    refused = _refusal(request, view.held, fork)
    if refused is not None:
        return Refuse(why=refused, size=_size(view.held), fork=fork)
    return _granted(checkpoint, view.held, now_ms // _MS_PER_S)


def _check_view(origin: LogOrigin, view: View) -> None:
    """Refuse a view of another log: the comparison with it would mean nothing.

    Raises:
        NotAllowedError: It is one.
    """
    held = origin if view.held is None else view.held.head.origin
    linked = origin if view.linked is None else view.linked.origin
    if held != origin or linked != origin:
        raise NotAllowedError("a view of another log than the request's")


def _refusal(request: AddCheckpoint, held: Held | None, fork: Fork | None) -> Refusal | None:
    """Return why a verified checkpoint is not cosigned, in the order of C2SP."""
    if request.old > request.tree.size:
        return Refusal.OLD_ABOVE_SIZE
    if request.old != _size(held):
        return Refusal.POSITION
    if fork is not None:
        return Refusal.INCONSISTENT
    root = EMPTY_ROOT if held is None else held.head.root
    try:
        check_consistency(request.old, request.tree.size, root, request.tree.root, request.proof)
    except NotProvenError:
        return Refusal.INCONSISTENT
    return None


def _granted(checkpoint: Checkpoint, held: Held | None, now_s: int) -> Grant | Refuse:
    """Choose the time of the cosignature: now, and never before the last one.

    A clock that was set back a little is waited for; one that stands far before the last
    cosignature makes every further one untrue, whichever of the two was wrong.
    """
    last_s = 0 if held is None else held.cosigned_s
    if now_s < max(1, last_s - _MAX_AHEAD_S):
        return Refuse(why=Refusal.OWN_CLOCK, size=_size(held))
    keep = Held(head=checkpoint.head, note=checkpoint.note, cosigned_s=max(now_s, last_s))
    return Grant(checkpoint=checkpoint, before=held, keep=keep)


def _fork(checkpoint: Checkpoint, view: View) -> Fork | None:
    """Return the exhibit if another root is known at this size, whatever else is wrong."""
    head = checkpoint.head
    if view.held is not None and view.held.head.size == head.size and view.held.head != head:
        return Fork(held=view.held.note, offered=checkpoint.note)
    known = None if view.linked is None else view.linked.find(head.size)
    if known is not None and known.root != head.root:
        return Fork(held=known.note, offered=checkpoint.note)
    return None


def _size(held: Held | None) -> int:
    return 0 if held is None else held.head.size
