"""Merkle trees once more, slow and plain, so that the checkers share no code with what they check.

Source: RFC 9162, sections 2.1.1 and 2.1.3.2.
"""

from collections.abc import Sequence

from keys.digest import leaf_hash, node_hash


class Tree:
    """A log read from leaf 0; gives the root at every size.

    Args:
        leaves: Type byte and digest of each, in order.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._roots: list[bytes] = []
        stack: list[tuple[int, bytes]] = []
        for leaf in leaves:
            stack.append((1, leaf_hash(leaf)))
            while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
                size, right = stack.pop()
                _, left = stack.pop()
                stack.append((2 * size, node_hash(left, right)))
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = node_hash(left, root)
            self._roots.append(root)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._roots)

    def root(self, size: int) -> bytes | None:
        """Return the root of the first leaves, None if there are not so many."""
        return self._roots[size - 1] if 0 < size <= len(self._roots) else None


def climbs(leaf: bytes, index: int, path: Sequence[bytes], *, size: int, root: bytes) -> bool:
    """Tell whether an inclusion path leads from a leaf to a root.

    Args:
        leaf: Type byte and digest.
        index: Its place.
        path: From below.
        size: Of the tree.
        root: Of the tree.
    """
    if index >= size:
        return False
    place, last, value = index, size - 1, leaf_hash(leaf)
    for other in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            value = node_hash(other, value)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            value = node_hash(value, other)
        place, last = place // 2, last // 2
    return last == 0 and value == root
