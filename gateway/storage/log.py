"""Our own log as committed: heads, leaves, proofs. Each proof is checked before it returns.

Used on the loop's thread; the writer's news bring it up to date before any caller goes on.

Source: docs/wire-format.md, rules 8 and 9.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from gateway.errors import LogDamagedError
from gateway.records import (
    Proofs,
    SignedHead,
)
from gateway.rows import (
    LeafRow,
)
from gateway.storage.nodes import LogNodes
from gateway.storage.sequence import committed_size, newest_head
from gateway.storage.session import CommitNews
from protocol.errors import NotAllowedError, NotProvenError
from protocol.identifiers import LogOrigin
from protocol.log.tree import (
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    root_at,
)

_HEADS_REMEMBERED: Final = 256


class OwnLog:
    """Reads and proofs of the log that this node writes.

    Args:
        connection: A reader.
        origin: The generation that is written.

    Raises:
        LogDamagedError: A leaf is missing.
    """

    def __init__(self, connection: sqlite3.Connection, origin: LogOrigin) -> None:
        self._connection = connection
        self._origin = origin
        self._heads: dict[int, SignedHead] = {}
        self.read()

    @property
    def origin(self) -> LogOrigin:
        """The generation that is written."""
        return self._origin

    @property
    def size(self) -> int:
        """Committed leaves."""
        return self._nodes.size

    @property
    def head(self) -> SignedHead | None:
        """The newest signed and committed checkpoint."""
        return self._head

    def read(self) -> None:
        """Read everything anew.

        Raises:
            LogDamagedError: A leaf is missing.
        """
        generation = self._origin.generation
        size = committed_size(self._connection, generation)
        self._nodes = LogNodes(self._connection, generation=generation, size=size)
        self._head = newest_head(self._connection, self._origin)

    def apply(self, news: CommitNews) -> None:
        """Take in what a commit appended and signed."""
        if news.completed and news.first != self._nodes.size:
            self.read()
            return
        for completed in news.completed:
            self._nodes.add(completed)
        if news.head is not None and news.head is not self._head:
            self._head = news.head
            if len(self._heads) >= _HEADS_REMEMBERED:
                del self._heads[next(iter(self._heads))]
            self._heads[news.head.size] = news.head

    def checkpoint(self, size: int) -> SignedHead | None:
        """Return the checkpoint signed at exactly this size, None if there was none."""
        known = self._heads.get(size)
        if known is not None:
            return known
        row = self._connection.execute(
            "SELECT size, root, note FROM checkpoint WHERE generation = ? AND size = ?",
            (self._origin.generation, size),
        ).fetchone()
        return None if row is None else self._signed_head(row)

    def prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        """Prove leaves and another size against the tree of `size` leaves.

        Args:
            size: At most the committed leaves.
            indices: Leaves below `size`.
            old: The other size; smaller as a rule, and committed too.

        Returns:
            Proofs that were checked.

        Raises:
            NotAllowedError: A size or index out of range.
            LogDamagedError: A proof does not hold: what is stored is damaged.
        """
        if not 0 <= size <= self.size or not 0 <= old <= self.size:
            raise NotAllowedError("no such size of our log was committed")
        try:
            return self._prove(size, indices, old=old)
        except NotProvenError as fault:
            raise LogDamagedError("a proof of our own log does not hold") from fault

    def leaves(self, start: int, stop: int) -> tuple[LeafRow, ...]:
        """Return stored leaves with what they state, start included, stop not."""
        rows = self._connection.execute(
            "SELECT l.i, l.kind, l.digest, p.bytes, p.salt FROM leaf l"
            " LEFT JOIN preimage p ON p.generation = l.generation AND p.i = l.i"
            " WHERE l.generation = ? AND l.i >= ? AND l.i < ? ORDER BY l.i",
            (self._origin.generation, start, stop),
        ).fetchall()
        return tuple(
            LeafRow(index=i, kind=kind, digest=digest, preimage=preimage, salt=salt)
            for i, kind, digest, preimage, salt in rows
        )

    def key_set(self) -> tuple[bytes, int] | None:
        """Return our newest published key set and its leaf index."""
        row = self._connection.execute(
            "SELECT i FROM leaf INDEXED BY leaf_key_set"
            " WHERE generation = ? AND kind = 4 ORDER BY i DESC LIMIT 1",
            (self._origin.generation,),
        ).fetchone()
        if row is None:
            return None
        leaf = self.leaves(row[0], row[0] + 1)[0]
        return None if leaf.preimage is None else (leaf.preimage, leaf.index)

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves: as signed, else computed."""
        signed = self.checkpoint(size)
        return root_at(size, self._nodes.subtree) if signed is None else signed.root

    def _prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        subtree = self._nodes.subtree
        root = self.root(size)
        inclusion = []
        for index in indices:
            path = inclusion_path(index, size, subtree)
            check_inclusion(index, size, subtree(0, index), path, root)
            inclusion.append(path)
        low, high = sorted((old, size))
        consistency = consistency_path(low, high, subtree)
        check_consistency(low, high, self.root(low), self.root(high), consistency)
        return Proofs(size=size, inclusion=tuple(inclusion), consistency=consistency)

    def _signed_head(self, row: tuple[int, bytes, bytes]) -> SignedHead:
        size, root, note = row
        return SignedHead(origin=self._origin, size=size, root=root, note=note)
