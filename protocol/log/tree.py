"""The Merkle tree of RFC 6962: compact range, roots, proofs built and proofs checked.

Does: pure arithmetic over hashes. Leaves to its callers: where hashes are stored (`Subtree`),
and whether a root deserves trust (`protocol.log.checkpoint`, `.linking`).

Rules kept: a proof whose length does not follow from index and sizes is refused before anything
is hashed; building asks only for complete subtrees, O(log size) of them, so that a node stores
nothing that ever changes.

Source: docs/wire-format.md, rule 9; RFC 6962 section 2.1; RFC 9162 section 2.1.
"""

from collections.abc import Callable, Sequence
from typing import Final, Self, TypeAlias

from keys.digest import EMPTY_ROOT, node_hash
from keys.suite import DIGEST_BYTES
from protocol.errors import NotAllowedError, NotProvenError, TooLargeError
from protocol.limits import MAX_INDEX

Subtree: TypeAlias = Callable[[int, int], bytes]
"""(level, index) -> root of the complete subtree of leaves [index * 2^level, +2^level)."""

_REFUSED: Final = "sizes out of order, or a proof or hash of another length than it must have"


class Frontier:
    """The right edge of a growing tree: all that is needed to append and to know the root.

    Not for two threads at once. Whoever appends before a commit works on a `copy` and drops it
    when the commit fails.

    Args:
        size: Leaves so far, 0 to MAX_INDEX.
        hashes: Roots of the complete subtrees that make up the tree, largest first: as many as
            `size` has one bits, 32 bytes each.

    Raises:
        NotAllowedError: The hashes do not fit the size.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if not 0 <= size <= MAX_INDEX or len(hashes) != size.bit_count() or _odd(hashes):
            raise NotAllowedError("the hashes of a frontier follow from its size")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The complete subtrees of the right edge, largest first; `Frontier` takes them back."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> tuple[bytes, ...]:
        """Add one leaf.

        Args:
            leaf_hash: 32 bytes, of `keys.digest.leaf_hash`.

        Returns:
            The roots of all subtrees that this leaf completed: the leaf itself at level 0, then
            levels 1, 2, ...; the one at level k has the index (old size) >> k there.

        Raises:
            NotAllowedError: Not 32 bytes; nothing was changed.
            TooLargeError: The tree is full; nothing was changed.
        """
        if len(leaf_hash) != DIGEST_BYTES:
            raise NotAllowedError("a leaf hash has 32 bytes")
        if self._size == MAX_INDEX:
            raise TooLargeError("the tree is full")
        completed = [leaf_hash]
        rest = self._size
        while rest & 1:
            completed.append(node_hash(self._hashes.pop(), completed[-1]))
            rest >>= 1
        self._hashes.append(completed[-1])
        self._size += 1
        return tuple(completed)

    def append_subtree(self, level: int, root: bytes) -> tuple[bytes, ...]:
        """Add a complete subtree of 2^level leaves whose root is known, at its place.

        Args:
            level: So that the size is a multiple of 2^level.
            root: 32 bytes.

        Returns:
            The roots of all subtrees that it completed, its own first, from `level` upward.

        Raises:
            NotAllowedError: Not 32 bytes, or not its place; nothing was changed.
            TooLargeError: The tree is full; nothing was changed.
        """
        if len(root) != DIGEST_BYTES or level < 0 or self._size & ((1 << level) - 1):
            raise NotAllowedError("a subtree of 2^level leaves begins at a multiple of that")
        if self._size + (1 << level) > MAX_INDEX:
            raise TooLargeError("the tree is full")
        completed = [root]
        rest = self._size >> level
        while rest & 1:
            completed.append(node_hash(self._hashes.pop(), completed[-1]))
            rest >>= 1
        self._hashes.append(completed[-1])
        self._size += 1 << level
        return tuple(completed)

    def root(self) -> bytes:
        """Return the root at this size; of the empty tree the digest of nothing."""
        return _joined(self._hashes)

    def copy(self) -> Self:
        """Return a second frontier that grows apart from this one."""
        return type(self)(self._size, self._hashes)


def root_at(size: int, subtree: Subtree) -> bytes:
    """Compute the root of the first `size` leaves.

    Args:
        size: 0 to MAX_INDEX, not beyond what `subtree` can answer.
        subtree: Called once for each one bit of `size`.

    Returns:
        32 bytes.

    Raises:
        NotAllowedError: A size out of range.
    """
    if not 0 <= size <= MAX_INDEX:
        raise NotAllowedError("no tree has such a size")
    return _range_root(0, size, subtree)


def inclusion_path(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Build the proof that a leaf stands in the tree of some size.

    Args:
        index: 0 to `size` - 1.
        size: 1 to MAX_INDEX.
        subtree: Called at most twice for each level.

    Returns:
        Sibling hashes from the leaf upward, `inclusion_length(index, size)` of them.

    Raises:
        NotAllowedError: No such leaf in such a tree.

    Source:
        RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size <= MAX_INDEX:
        raise NotAllowedError("no such leaf in a tree of this size")
    path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(begin, middle, subtree))
            begin = middle
    return tuple(reversed(path))


def consistency_path(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Build the proof that the tree of one size is the beginning of the tree of another.

    Args:
        old: 0 to `new`.
        new: 0 to MAX_INDEX.
        subtree: Called at most twice for each level.

    Returns:
        Hashes as RFC 6962 orders them; none if `old` is 0 or `new`.

    Raises:
        NotAllowedError: Sizes out of range or order.

    Source:
        RFC 6962 section 2.1.2.
    """
    if not 0 <= old <= new <= MAX_INDEX:
        raise NotAllowedError("no tree of the old size begins one of the new size")
    if old in {0, new}:
        return ()
    path = []
    begin, end = 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(begin, middle, subtree))
            begin = middle
    if begin:  # else what is left is the old tree itself, whose root the checker has
        path.append(_range_root(begin, end, subtree))
    return tuple(reversed(path))


def inclusion_length(index: int, size: int) -> int:
    """Return how many hashes prove a leaf; 53 at most.

    Args:
        index: 0 to `size` - 1.
        size: 1 to MAX_INDEX.

    Returns:
        One for each level below the point where the leaf's way and the right edge part, and one
        for each complete subtree to the left above it.

    Raises:
        NotAllowedError: No such leaf in such a tree.
    """
    if not 0 <= index < size <= MAX_INDEX:
        raise NotAllowedError("no such leaf in a tree of this size")
    return _way(index, size - 1)


def check_inclusion(  # noqa: PLR0917  in the order of RFC 9162
    index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at an index of the tree with this size and root.

    Args:
        index: As claimed.
        size: Of a checkpoint.
        leaf_hash: 32 bytes, computed from the statement that is expected.
        path: As claimed.
        root: 32 bytes, of the same checkpoint.

    Raises:
        NotProvenError: It does not, or the proof has another length than it must (E_PROOF).

    Source:
        RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size <= MAX_INDEX or len(path) != _way(index, size - 1):
        raise NotProvenError(_REFUSED)
    if _odd((leaf_hash, root, *path)):
        raise NotProvenError(_REFUSED)
    here, last = index, size - 1
    computed = leaf_hash
    for sibling in path:
        if here & 1 or here == last:
            computed = node_hash(sibling, computed)
            steps = _trailing_zeros(here) + 1
        else:
            computed = node_hash(computed, sibling)
            steps = 1
        here >>= steps
        last >>= steps
    if computed != root:
        raise NotProvenError("an inclusion proof leads to another root")


def check_consistency(  # noqa: PLR0917  in the order of RFC 9162
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of one size and root is the beginning of another.

    Args:
        old: Size of the smaller tree; 0 is the beginning of every tree.
        new: Size of the larger tree.
        old_root: 32 bytes.
        new_root: 32 bytes.
        path: As claimed; empty if `old` is 0 or `new`.

    Raises:
        NotProvenError: It is not, or the proof has another length than it must (E_PROOF).

    Source:
        RFC 9162 section 2.1.4.2.
    """
    if not 0 <= old <= new <= MAX_INDEX or len(path) != _consistency_length(old, new):
        raise NotProvenError(_REFUSED)
    if _odd((old_root, new_root, *path)):
        raise NotProvenError(_REFUSED)
    if old in {0, new}:
        if (old == 0 and old_root != EMPTY_ROOT) or (old == new and old_root != new_root):
            raise NotProvenError("two roots at one size")
        return
    if _climbed(old, new, old_root, path) != (old_root, new_root):
        raise NotProvenError("a consistency proof leads to another root")


def _climbed(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots at both sizes that a proof of the right length leads to."""
    here, last = old - 1, new - 1
    steps = _trailing_zeros(old)
    here >>= steps
    last >>= steps
    # A complete old tree is the first node of the way itself, and not sent.
    first, *rest = (old_root, *path) if old == 1 << steps else path
    smaller = larger = first
    for sibling in rest:
        if here & 1 or here == last:
            smaller = node_hash(sibling, smaller)
            larger = node_hash(sibling, larger)
            steps = _trailing_zeros(here) + 1
        else:
            larger = node_hash(larger, sibling)
            steps = 1
        here >>= steps
        last >>= steps
    return smaller, larger


def _consistency_length(old: int, new: int) -> int:
    if old in {0, new}:
        return 0
    steps = _trailing_zeros(old)
    way = _way((old - 1) >> steps, (new - 1) >> steps)
    return way if old == 1 << steps else way + 1


def _way(here: int, last: int) -> int:
    """Return the siblings between a node and the root, if `last` ends its level."""
    parting = (here ^ last).bit_length()
    return parting + (here >> parting).bit_count()


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _split(width: int) -> int:
    """Return the largest power of two below a width of at least 2."""
    return 1 << (width - 1).bit_length() - 1


def _range_root(begin: int, end: int, subtree: Subtree) -> bytes:
    """Return the root over some leaves, from complete subtrees alone.

    `begin` is a multiple of the power of two that covers the range, as in every split.
    """
    hashes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        hashes.append(subtree(level, begin >> level))
        begin += 1 << level
    return _joined(hashes)


def _joined(hashes: Sequence[bytes]) -> bytes:
    """Return the root of complete subtrees that stand side by side, largest first."""
    if not hashes:
        return EMPTY_ROOT
    *larger, root = hashes
    for left in reversed(larger):
        root = node_hash(left, root)
    return root


def _odd(hashes: Sequence[bytes]) -> bool:
    """Tell whether any of them has not the length of a hash."""
    return any(len(one) != DIGEST_BYTES for one in hashes)
