"""A log computed anew from what is stored of it: leaf by leaf, to every signed root.

Nothing that was computed before is trusted. Each digest is made again from what its leaf states;
sixteen leaves make a block, whose root is also a stored row; every checkpoint must have the root
that the tree has at its size, and both signatures. A block with a damaged or missing leaf is
replaced by its stored root, so that one fault does not hide what follows: the signed roots above it
prove or refute that row. A statement of which nothing is kept is `erased` only if a retention act
that the log states names it; else it is lost.

Leaves to others: reading (`gateway.storage.auditing`), and which keys signed this log.

Source: docs/wire-format.md, rules 6 to 9; docs/delivery.md, "Retention".
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from keys.digest import leaf_hash, node_hash
from keys.note import LogVerifier
from keys.suite import DIGEST_BYTES
from protocol.errors import MalformedError, NotAllowedError, RemoteProtocolError
from protocol.limits import MAX_INDEX
from protocol.log.audited import (
    BLOCK,
    BLOCK_LEVEL,
    NEWER,
    REREAD,
    RESTORE,
    KnownHead,
    LogFault,
    LogOutline,
    LogSlice,
    LogVerification,
    Row,
)
from protocol.log.checkpoint import read_checkpoint
from protocol.log.deed import Epoch
from protocol.log.statement import StatementKind, digest_of
from protocol.log.tree import Frontier

_FAULTS_NAMED: Final = 1000
"""Faults named one by one; a file that is damaged throughout has as many as it has leaves."""

_KINDS: Final = {kind.value: kind for kind in StatementKind}


class LogAudit:
    """One log that is computed anew; fed with slices in order, then asked for its result.

    Not for two threads at once.

    Args:
        outline: What is known of it.
        verifiers: Every pair of keys that signed it.
    """

    def __init__(self, outline: LogOutline, verifiers: Sequence[LogVerifier]) -> None:
        self._outline = outline
        self._verifiers = verifiers
        self._tree: Frontier | None = Frontier()
        self._place = 0
        self._checked = 0
        self._erased = 0
        self._checkpoints = 0
        self._newest = 0
        self._lost = 0
        self._has_other_root = False
        self._faults: list[LogFault] = []
        self._named = _Ranges()
        for each in outline.erasures:
            erasure = each.erasure()
            if erasure is None:
                self._fault(None, f"what retention erased is not stated by {each.where}")
            elif erasure.generation == outline.origin.generation:
                self._named.add(erasure.statements)
        self._named.sort()
        self._expected: dict[int, list[KnownHead]] = {}
        for known in outline.known:
            self._expect(known)

    @property
    def place(self) -> int:
        """Leaves taken in; the next slice begins there."""
        return self._place

    @property
    def size(self) -> int:
        """Leaves in all."""
        return self._outline.head.size

    def take(self, part: LogSlice) -> None:
        """Take in the next slice.

        Args:
            part: Beginning at `place`.
        """
        heads = {size: (root, note) for size, root, note in part.heads}
        blocks: dict[int, list[Row]] = {}
        for row in part.leaves:
            blocks.setdefault(row[0] >> BLOCK_LEVEL, []).append(row)
        for number in range(self._place >> BLOCK_LEVEL, -(-part.stop // BLOCK)):
            first = number << BLOCK_LEVEL
            self._take_block(first, blocks.get(number, []), part, heads)
        self._place = part.stop

    def result(self) -> LogVerification:
        """Return the outcome, once all slices are in."""
        head = self._outline.head
        if self._newest != head.size:
            self._fault(head.size - 1, "the newest checkpoint is not stored")
        root = self._tree.root() if self._tree is not None else head.root
        return LogVerification(
            origin=self._outline.origin,
            size=self._place,
            root=root,
            checked=self._checked,
            erased=self._erased,
            checkpoints=self._checkpoints,
            lost=self._lost,
            faults=tuple(self._faults),
        )

    # ------------------------------------------------------------------ leaves

    def _take_block(
        self,
        first: int,
        rows: Sequence[Row],
        part: LogSlice,
        heads: Mapping[int, tuple[bytes, bytes]],
    ) -> None:
        stop = min(first + BLOCK, part.stop)
        faults = len(self._faults)
        hashes = self._hashes(first, stop, rows)
        is_bad = len(self._faults) > faults
        inside = [
            size for size in range(first + 1, stop) if size in heads or size in self._expected
        ]
        if inside:
            is_sure = len(hashes) == stop - first and not (is_bad and stop - first == BLOCK)
            self._look_inside(inside, hashes if is_sure else (), heads)
        if stop - first == BLOCK:
            self._add_block(first >> BLOCK_LEVEL, hashes, part.nodes, is_bad=is_bad)
        elif len(hashes) == stop - first and self._tree is not None:
            for value in hashes:
                self._tree.append(value)
        else:
            self._tree = None
        if stop in heads or stop in self._expected:
            self._look(stop, None if self._tree is None else self._tree.root(), heads)

    def _hashes(self, first: int, stop: int, rows: Sequence[Row]) -> list[bytes]:
        """Check the leaves of a block and return their hashes; fewer if any is missing."""
        found: list[bytes] = []
        place = first
        for index, kind, digest, preimage, salt in rows:
            if index != place:
                self._missing(place, index)
            place = index + 1
            if preimage is None:
                self._without(index)
            elif kind == 0 or _states(kind, digest, preimage, salt):
                self._checked += 1
            else:
                self._fault(index, "its digest is not that of what it states")
            if index == 0:
                self._look_at_first(kind, preimage)
            found.append(leaf_hash(bytes((kind,)) + digest))
        if place < stop:
            self._missing(place, stop)
        return found

    def _missing(self, first: int, stop: int) -> None:
        for index in range(first, stop):
            self._fault(index, "the leaf is missing")

    def _without(self, index: int) -> None:
        if index in self._named:
            self._erased += 1
        else:
            self._fault(index, "what it states is lost: no retention act names it")

    def _look_inside(
        self,
        sizes: Sequence[int],
        hashes: Sequence[bytes],
        heads: Mapping[int, tuple[bytes, bytes]],
    ) -> None:
        """Hold the checkpoints inside a block against the tree of exactly their size."""
        tree = None if self._tree is None or not hashes else self._tree.copy()
        for size in sizes:
            if tree is not None and self._tree is not None:
                for value in hashes[tree.size - self._tree.size : size - self._tree.size]:
                    tree.append(value)
            self._look(size, None if tree is None else tree.root(), heads)

    def _add_block(
        self,
        number: int,
        hashes: Sequence[bytes],
        nodes: Mapping[tuple[int, int], bytes],
        *,
        is_bad: bool,
    ) -> None:
        """Let the tree grow by a block: as computed, or as stored where it is damaged."""
        if self._tree is None:
            return
        stored = nodes.get((BLOCK_LEVEL, number))
        computed = _root(hashes) if len(hashes) == BLOCK else None
        root = stored if is_bad and stored is not None else computed
        if root is None or len(root) != DIGEST_BYTES:
            self._tree = None
            return
        completed = self._tree.append_subtree(BLOCK_LEVEL, root)
        if not is_bad and stored != computed:
            self._node_fault(BLOCK_LEVEL, number, stored)
        for up in range(BLOCK_LEVEL, len(completed), BLOCK_LEVEL):
            level, place = BLOCK_LEVEL + up, number >> up
            if nodes.get((level, place)) != completed[up] and not self._has_other_root:
                self._node_fault(level, place, nodes.get((level, place)))

    def _node_fault(self, level: int, place: int, stored: bytes | None) -> None:
        first = place << level
        how = "is missing" if stored is None else "is not that of its leaves"
        self._fault(
            first, f"the stored root of leaves {first} to {first + (1 << level) - 1} {how}", REREAD
        )

    # ------------------------------------------------------------------ heads

    def _expect(self, known: KnownHead) -> None:
        size = self.size
        if known.size <= size:
            self._expected.setdefault(known.size, []).append(known)
        elif known.is_lost:
            self._lost = max(self._lost, known.size - size)
        else:
            self._fault(
                size,
                f"the end is missing: {known.where} holds a head of {known.size} leaves",
                NEWER,
            )

    def _look(
        self, size: int, root: bytes | None, heads: Mapping[int, tuple[bytes, bytes]]
    ) -> None:
        """Hold a checkpoint, and what others hold, against the tree of exactly this size."""
        if size in heads:
            self._look_at_head(size, root, *heads[size])
        for known in self._expected.get(size, ()):
            if root is None or known.root in {None, root} or self._has_other_root:
                continue
            self._fault(size - 1, f"{known.where} holds another history up to here", NEWER)

    def _look_at_head(self, size: int, root: bytes | None, stored: bytes, note: bytes) -> None:
        index = size - 1
        self._newest = size
        if root is not None and stored != root and not self._has_other_root:
            # Every later one differs too: one fault says it.
            self._has_other_root = True
            self._fault(index, "the leaves up to here have another root than was signed")
        try:
            # When it was signed is for its readers to judge (rule 7), not for its log.
            head = read_checkpoint(note, self._verifiers, now_ms=MAX_INDEX).head
        except RemoteProtocolError:
            self._fault(index, "the checkpoint here does not carry our two signatures")
            return
        if (head.origin, head.size, head.root) != (self._outline.origin, size, stored):
            self._fault(index, "the note of the checkpoint here signs another head")
        elif root is not None and not self._has_other_root:
            self._checkpoints += 1

    def _look_at_first(self, kind: int, preimage: bytes | None) -> None:
        """Check that a later log begins with the epoch that names the one before."""
        before = self._outline.before
        if before is None:
            return
        try:
            names = kind == StatementKind.EPOCH and preimage is not None
            if names and Epoch.decode(preimage or b"").old == before:
                return
        except MalformedError:
            pass
        self._fault(0, f"leaf 0 does not name {before}, which this log follows")

    def _fault(self, index: int | None, what: str, remedy: str = RESTORE) -> None:
        if len(self._faults) < _FAULTS_NAMED:
            self._faults.append(LogFault(index=index, what=what, remedy=remedy))


@dataclass(slots=True)
class _Ranges:
    """Ranges of leaves, asked for one leaf at a time."""

    pairs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, ranges: Sequence[tuple[int, int]]) -> None:
        self.pairs.extend(ranges)

    def sort(self) -> None:
        """Bring them in order, and join those that touch."""
        joined: list[tuple[int, int]] = []
        for first, last in sorted(self.pairs):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        self.pairs = joined

    def __contains__(self, index: int) -> bool:
        place = bisect_right(self.pairs, (index, MAX_INDEX))
        return place > 0 and index <= self.pairs[place - 1][1]


def _states(kind: int, digest: bytes, preimage: bytes, salt: bytes | None) -> bool:
    """Tell whether a leaf is the one of what is kept beside it."""
    known = _KINDS.get(kind)
    try:
        return known is not None and digest_of(known, preimage, salt) == digest
    except NotAllowedError:
        return False


def _root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a whole block."""
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
