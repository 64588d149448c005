"""Linking: does a checkpoint belong to the one history that is held of its log?

Does: one pure decision over a `Position`, the newest linked head of a log and the checkpoints
linked of late. Leaves to its callers: verifying the checkpoint first, committing the new position
before they answer, asking the log for a proof, counting answers without one, gossip.

Why it is safe in any order. A checkpoint is linked only if it is one of those linked before, or
if a consistency proof joins it to `head` itself, from below or from above. All linked ones are
therefore prefixes of the head of their time, each head is a prefix of the next, and two linked
ones can never contradict each other. A proof from any other linked size would not do: two
checkpoints may both extend that one and be a fork. So a checkpoint that overtook another is not
refused for what it says but for where it starts (`LogPositionError`), and its log is asked for
the proof between it and the head (`joining`), which every honest log can give.

A fork is told only where it is proven: two signed notes, one size, two roots. A proof that fails
proves nothing yet, since a fault looks the same.

Source: docs/wire-format.md, rules 9a, 17a, 18 and 21.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Self

from keys.digest import EMPTY_ROOT
from protocol.errors import ForkDetectedError, LogPositionError, NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.limits import LINKED_KEPT, LINKED_MOST
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.tree import check_consistency

LINKED_KEPT_MS: Final = 24 * 60 * 60 * 1000
"""How long every linked checkpoint is kept (rule 9a)."""

_size_of = attrgetter("size")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedHead:
    """A checkpoint that is part of the one history held of its log.

    Attributes:
        size: Leaves.
        root: 32 bytes.
        note: The signed note with which it came first.
        linked_ms: When it was linked, by our clock: milliseconds since 1970, UTC.
    """

    size: int
    root: bytes
    note: bytes
    linked_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where we stand in one log of another node.

    Args:
        origin: Which log.
        head: The largest linked checkpoint; None before the first contact.
        linked: What is remembered of the linked ones, the head included, none of a size twice;
            in any order, kept in that of size.

    Raises:
        NotAllowedError: A size twice, or a head that is not the largest.
    """

    origin: LogOrigin
    head: LinkedHead | None
    linked: tuple[LinkedHead, ...]

    def __post_init__(self) -> None:
        sizes = [one.size for one in self.linked]
        if sizes != sorted(sizes):
            # The only write ever: a store may return rows in the order in which they came.
            object.__setattr__(self, "linked", tuple(sorted(self.linked, key=_size_of)))
        largest = self.linked[-1] if self.linked else None
        if largest != self.head or len(set(sizes)) != len(sizes):
            raise NotAllowedError("the head is the largest of the linked, each of its own size")

    @classmethod
    def empty(cls, origin: LogOrigin) -> Self:
        """Return the position before the first contact."""
        return cls(origin=origin, head=None, linked=())

    @property
    def size(self) -> int:
        """The size of the head, 0 if there is none: what the other side is told as `seen`."""
        return 0 if self.head is None else self.head.size

    def find(self, size: int) -> LinkedHead | None:
        """Return the linked checkpoint of exactly this size, if it is remembered."""
        place = bisect_left(self.linked, size, key=_size_of)
        if place < len(self.linked) and self.linked[place].size == size:
            return self.linked[place]
        return None

    def newest_at_most(self, size: int) -> LinkedHead | None:
        """Return the largest linked checkpoint that is no larger than this, if there is one."""
        place = bisect_right(self.linked, size, key=_size_of)
        return self.linked[place - 1] if place else None

    def tree_head(self, size: int) -> TreeHead | None:
        """Return the linked head of this size as proofs are checked against; None if unknown.

        For frames and answers that ride: they name a size and bring no checkpoint.
        """
        held = self.find(size)
        if held is None:
            return None
        return TreeHead(origin=self.origin, size=held.size, root=held.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The outcome of linking one checkpoint.

    Attributes:
        position: Where we stand now; to be committed before anything built on it leaves.
        head: The linked checkpoint itself, with the note with which it came first.
        moved: It is the new head.
        fresh: It was not linked before.
    """

    position: Position
    head: LinkedHead
    moved: bool
    fresh: bool


def link(
    position: Position, checkpoint: Checkpoint, *, old: int, proof: Sequence[bytes], now_ms: int
) -> Linked:
    """Decide whether a verified checkpoint joins the history that is held of its log.

    The caller puts the new position in place at once, for frames handled side by side, and
    commits it before the answer. After `LogPositionError` an answer's or a fetched checkpoint is
    not lost: ask the log for the proof between the sizes of `joining` and call again with `old` =
    the size of the head. A frame is refused with that size instead.

    Args:
        position: Where we stand in the log of `checkpoint`.
        checkpoint: Signatures verified.
        old: The size at which `proof` meets the head, as its sender said; 0 at first contact.
        proof: Consistency proof between `old` and the checkpoint, whichever is smaller;
            not looked at if the checkpoint is linked already.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        The new position, and what became of this checkpoint.

    Raises:
        ForkDetectedError: A linked checkpoint of this size has another root; both notes within.
        LogPositionError: The proof does not start at the head, whose size is within. Nothing is
            known for or against the checkpoint.
        NotProvenError: The proof starts at the head and fails (E_PROOF).
        NotAllowedError: A checkpoint of another log than the position.

    Source:
        docs/wire-format.md, rules 9a, 18 and 21.
    """
    offered = checkpoint.head
    if offered.origin != position.origin:
        raise NotAllowedError("a checkpoint of another log")
    known = position.find(offered.size)
    if known is not None:
        if known.root != offered.root:
            raise ForkDetectedError(
                "two roots at one size of one log", held=known.note, offered=checkpoint.note
            )
        return Linked(position=position, head=known, moved=False, fresh=False)
    if old != position.size:
        raise LogPositionError("the proof does not start at our head", size=position.size)
    check_joined(position.head, offered, proof)
    head = LinkedHead(size=offered.size, root=offered.root, note=checkpoint.note, linked_ms=now_ms)
    linked = _kept(_inserted(position.linked, head), now_ms)
    return Linked(
        position=_grown(position.origin, linked),
        head=head,
        moved=linked[-1] is head,
        fresh=True,
    )


def joining(position: Position, size: int) -> tuple[int, int]:
    """Return the two sizes between which a proof joins a checkpoint to the head.

    Args:
        position: Where we stand.
        size: Of the checkpoint that is to be linked.

    Returns:
        (old, new) for `GET /v1/log/proof`; old is 0 before the first contact, and the proof
        then empty.

    Source:
        docs/wire-format.md, rule 21.
    """
    low, high = sorted((position.size, size))
    return low, high


def check_joined(held: LinkedHead | None, offered: TreeHead, proof: Sequence[bytes]) -> None:
    """Check the proof between the head and a checkpoint of another size.

    Args:
        held: The head, None before the first contact.
        offered: Of the same log.
        proof: Consistency proof between the two, whichever is smaller.

    Raises:
        NotProvenError: It fails.
    """
    if held is None:
        check_consistency(0, offered.size, EMPTY_ROOT, offered.root, proof)
    elif offered.size > held.size:
        check_consistency(held.size, offered.size, held.root, offered.root, proof)
    else:
        check_consistency(offered.size, held.size, offered.root, held.root, proof)


def _grown(origin: LogOrigin, linked: tuple[LinkedHead, ...]) -> Position:
    """Return a position whose list is in order, each of its own size, as only `link` knows it.

    Thousands are remembered of a busy log: to hold them all against each other each time would
    take longer than everything else about a frame.
    """
    position = object.__new__(Position)
    object.__setattr__(position, "origin", origin)
    object.__setattr__(position, "head", linked[-1])
    object.__setattr__(position, "linked", linked)
    return position


def _inserted(linked: tuple[LinkedHead, ...], head: LinkedHead) -> tuple[LinkedHead, ...]:
    place = bisect_left(linked, head.size, key=_size_of)
    return (*linked[:place], head, *linked[place:])


def _kept(linked: tuple[LinkedHead, ...], now_ms: int) -> tuple[LinkedHead, ...]:
    """Forget the smallest of those linked long ago; never the head.

    Forgetting is safe: a forgotten checkpoint that comes again needs a proof to the head. What was
    linked long ago stands behind what was linked later only if frames overtook each other, and is
    then forgotten together with that.
    """
    surplus = len(linked) - LINKED_KEPT
    oldest_ms = now_ms - LINKED_KEPT_MS
    # Below the last LINKED_MOST sizes nothing honest rides any more; memory is finite.
    gone = max(0, len(linked) - LINKED_MOST)
    while gone < surplus and linked[gone].linked_ms < oldest_ms:
        gone += 1
    return linked[gone:]
