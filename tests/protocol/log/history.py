"""Logs to test with: leaves, their trees, and checkpoints signed or merely made up."""

from functools import cache

from keys.digest import leaf_hash, node_hash
from keys.signing import NoteSigner
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.tree import consistency_path, inclusion_path, root_at
from tests.protocol.log.tree_reference import subtree_of

ORIGIN = LogOrigin.parse("a35/RO/1/log/1")
NOW_MS = 1_900_000_000_000


@cache
def signer(number: int = 0, origin: LogOrigin = ORIGIN) -> NoteSigner:
    """Return the signer of a log; other numbers are other keys of the same name."""
    seed = bytes((number,)) * 32
    return NoteSigner(str(origin), seed, seed)


class History:
    """One history of a log; two of them share their leaves up to where they part.

    Args:
        name: Tells histories apart from `parting` on.
        leaves: How many.
        parting: Index of the first leaf that is not common to all histories.
        origin: Whose log.
    """

    def __init__(
        self, name: str, leaves: int, *, parting: int | None = None, origin: LogOrigin = ORIGIN
    ) -> None:
        common = leaves if parting is None else parting
        self.origin = origin
        self.leaves = [
            leaf_hash(f"{'common' if index < common else name} {index}".encode())
            for index in range(leaves)
        ]
        self._subtree = cache(subtree_of(self.leaves))
        self._name = name

    def head(self, size: int) -> TreeHead:
        """Return the head at a size."""
        return TreeHead(origin=self.origin, size=size, root=root_at(size, self._subtree))

    def checkpoint(self, size: int) -> Checkpoint:
        """Return a checkpoint as if it had been verified."""
        note = f"{self._name} {size}".encode()
        return Checkpoint(head=self.head(size), timestamp_s=NOW_MS // 1000, note=note)

    def joined(self, one: int, other: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes, in whichever order."""
        return consistency_path(min(one, other), max(one, other), self._subtree)

    def path(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return an inclusion proof."""
        return inclusion_path(index, size, self._subtree)


def uniform_checkpoint(size: int) -> Checkpoint:
    """Return a checkpoint of a log of any size, whose leaves are all equal."""
    head = TreeHead(origin=ORIGIN, size=size, root=root_at(size, _uniform))
    return Checkpoint(head=head, timestamp_s=NOW_MS // 1000, note=b"uniform")


def uniform_joined(one: int, other: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of that log, in whichever order."""
    return consistency_path(min(one, other), max(one, other), _uniform)


def _uniform(level: int, _index: int) -> bytes:
    return _uniform_root(level)


@cache
def _uniform_root(level: int) -> bytes:
    if level == 0:
        return leaf_hash(b"uniform")
    return node_hash(_uniform_root(level - 1), _uniform_root(level - 1))
