"""The writing end of our own log: append, read back, sign, all inside the writer's transaction.

Nothing is adopted before the commit: `settle` after it, `drop` when it failed. Before a head is
signed, every leaf since the last signed one is read back from the database, and the root that
follows from them and the stored edge must be the one in memory. A damaged page is then a
stopped node, not a fork.

Source: docs/wire-format.md, rule 8.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gateway.errors import LogDamagedError
from gateway.records import SignedHead
from gateway.storage.nodes import ROW_LEVELS, LogNodes, read_leaf_hashes
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.statement import Statement
from protocol.log.tree import Frontier, root_at

HeadSigner: TypeAlias = Callable[[TreeHead], Checkpoint]
"""Signs one head of our own log with both keys; the only thing that a node signs."""


class LogSequence:
    """The newest end of one log, owned by the writer's thread.

    Args:
        connection: The read-write connection; another one after a failed commit.
        origin: The generation that is written.

    Raises:
        LogDamagedError: The stored leaves do not lead to the newest stored checkpoint.
    """

    def __init__(self, connection: sqlite3.Connection, origin: LogOrigin) -> None:
        self._connection = connection
        self._origin = origin
        size = committed_size(connection, origin.generation)
        nodes = LogNodes(connection, generation=origin.generation, size=size)
        self._head = newest_head(connection, origin)
        signed_size = 0 if self._head is None else self._head.size
        if signed_size > size:
            raise LogDamagedError("a signed checkpoint covers leaves that are missing")
        if self._head is not None and root_at(signed_size, nodes.subtree) != self._head.root:
            raise LogDamagedError("the stored leaves contradict the newest checkpoint")
        self._frontier = _edge(size, nodes)
        self._signed = _edge(signed_size, nodes)
        self._next: Frontier | None = None
        self._next_signed: tuple[Frontier, SignedHead] | None = None

    @property
    def size(self) -> int:
        """Committed leaves; the next one gets this index."""
        return self._frontier.size

    @property
    def head(self) -> SignedHead | None:
        """The newest signed and committed head."""
        return self._head

    @property
    def is_signed(self) -> bool:
        """Whether a signed head covers every committed leaf."""
        return self._signed.size == self._frontier.size

    @property
    def is_head_due(self) -> bool:
        """Whether there are leaves, this transaction's included, that no signed head covers."""
        return self._signed.size < (self._next or self._frontier).size

    def append(self, statements: Sequence[Statement]) -> list[tuple[bytes, ...]]:
        """Write statements at the end of the log, within the open transaction.

        Args:
            statements: In order; the first gets the index `size`.

        Returns:
            For each the subtrees that its leaf completed.

        Raises:
            sqlite3.Error: The transaction must be rolled back.
        """
        generation, first = self._origin.generation, self._frontier.size
        frontier = self._frontier.copy()
        completed = [frontier.append(one.leaf_hash) for one in statements]
        self._connection.executemany(
            "INSERT INTO leaf (generation, i, kind, digest) VALUES (?, ?, ?, ?)",
            [(generation, i, one.kind, one.digest) for i, one in enumerate(statements, first)],
        )
        self._connection.executemany(
            "INSERT INTO preimage (generation, i, bytes, salt) VALUES (?, ?, ?, ?)",
            [(generation, i, one.preimage, one.salt) for i, one in enumerate(statements, first)],
        )
        nodes = [
            (generation, level, i >> level, levels[level])
            for i, levels in enumerate(completed, first)
            for level in range(ROW_LEVELS, len(levels), ROW_LEVELS)
        ]
        if nodes:
            self._connection.executemany(
                "INSERT INTO node (generation, level, i, hash) VALUES (?, ?, ?, ?)", nodes
            )
        self._next = frontier
        return completed

    def sign(self, signer: HeadSigner) -> SignedHead:
        """Sign and store the head over all leaves, within the open transaction.

        Args:
            signer: Called once; what it raises goes through.

        Returns:
            The head; it may leave the node after the commit.

        Raises:
            LogDamagedError: What was read back is not what was written; nothing was signed.
            sqlite3.Error: The transaction must be rolled back.
        """
        frontier = self._frontier if self._next is None else self._next
        again = self._signed.copy()
        for value in read_leaf_hashes(
            self._connection, self._origin.generation, start=again.size, stop=frontier.size
        ):
            again.append(value)
        root = again.root()
        if root != frontier.root():
            raise LogDamagedError("the stored leaves contradict the ones in memory")
        signed = signer(TreeHead(origin=self._origin, size=again.size, root=root))
        head = SignedHead(origin=self._origin, size=again.size, root=root, note=signed.note)
        self._connection.execute(
            "INSERT INTO checkpoint (generation, size, root, note) VALUES (?, ?, ?, ?)",
            (self._origin.generation, head.size, head.root, head.note),
        )
        self._next_signed = (again, head)
        return head

    def settle(self) -> None:
        """Adopt what was appended and signed; call it after the commit."""
        if self._next is not None:
            self._frontier = self._next
        if self._next_signed is not None:
            self._signed, self._head = self._next_signed
        self.drop()

    def drop(self) -> None:
        """Forget what was appended and signed since the last `settle`."""
        self._next = None
        self._next_signed = None


def committed_size(connection: sqlite3.Connection, generation: int) -> int:
    """Return how many leaves of a log the database holds.

    Args:
        connection: Any connection to the store.
        generation: Which log.
    """
    row = connection.execute(
        "SELECT coalesce(max(i) + 1, 0) FROM leaf WHERE generation = ?", (generation,)
    ).fetchone()
    return int(row[0])


def newest_head(connection: sqlite3.Connection, origin: LogOrigin) -> SignedHead | None:
    """Return the newest stored checkpoint of our own log, None before the first.

    Args:
        connection: Any connection to the store.
        origin: Which log.
    """
    row = connection.execute(
        "SELECT size, root, note FROM checkpoint WHERE generation = ? ORDER BY size DESC LIMIT 1",
        (origin.generation,),
    ).fetchone()
    if row is None:
        return None
    return SignedHead(origin=origin, size=row[0], root=row[1], note=row[2])


def _edge(size: int, nodes: LogNodes) -> Frontier:
    """Return the frontier of the first `size` leaves."""
    hashes = []
    begin = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(nodes.subtree(level, begin >> level))
            begin += 1 << level
    return Frontier(size, hashes)
