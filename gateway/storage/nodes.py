"""Complete subtrees of our own log: the newest from memory, older ones from sparse rows.

Rows exist for complete subtrees at levels 4, 8, 12, ...; whatever lies between is computed from
at most sixteen children. In memory: every subtree of the last 4,096 to 8,191 leaves up to level
12, so that a usual proof touches no disk. A complete subtree never changes, hence nothing here
is ever out of date; only committed leaves may be added.

Source: docs/wire-format.md, rule 9.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from gateway.errors import LogDamagedError
from keys.digest import leaf_hash, node_hash

ROW_LEVELS: Final = 4
"""A row for each complete subtree at every fourth level."""

_WINDOW_LEVEL: Final = 12
_WINDOW: Final = 1 << _WINDOW_LEVEL
"""Leaves by which the window in memory moves: it holds one to two of them."""

_REMEMBERED: Final = 65_536
"""12 MB."""


class LogNodes:
    """Answers for every complete subtree of a committed log.

    Not for two threads at once.

    Args:
        connection: Any connection to the store; used for short reads.
        generation: Which log.
        size: Committed leaves.
        remembered: Older subtrees kept after they were read; then all are forgotten.

    Raises:
        LogDamagedError: A leaf of the window is not there.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        generation: int,
        size: int,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._connection = connection
        self._generation = generation
        self._size = size
        self._base = max(0, (size >> _WINDOW_LEVEL) - 1) << _WINDOW_LEVEL
        self._most = remembered
        self._remembered: dict[tuple[int, int], bytes] = {}
        leaves = read_leaf_hashes(connection, generation, start=self._base, stop=size)
        self._levels = [leaves]
        for _ in range(_WINDOW_LEVEL):
            below = self._levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    @property
    def size(self) -> int:
        """Leaves known."""
        return self._size

    def add(self, completed: Sequence[bytes]) -> None:
        """Take in one committed leaf.

        Args:
            completed: The subtrees that it completed, from level 0 upward, as
                `Frontier.append` returned them.
        """
        for level, value in enumerate(completed):
            if level <= _WINDOW_LEVEL:
                self._levels[level].append(value)
            else:
                self._remember(level, self._size >> level, value)
        self._size += 1
        if len(self._levels[0]) == 2 * _WINDOW:
            for level, values in enumerate(self._levels):
                del values[: _WINDOW >> level]
            self._base += _WINDOW

    def subtree(self, level: int, index: int) -> bytes:
        """Return the root of the complete subtree of leaves [index * 2^level, +2^level).

        Raises:
            LogDamagedError: A row that must be there is not.
        """
        if level <= _WINDOW_LEVEL:
            place = index - (self._base >> level)
            if place >= 0:
                return self._levels[level][place]
        known = self._remembered.get((level, index))
        if known is not None:
            return known
        value = self._read(level, index)
        self._remember(level, index, value)
        return value

    def _read(self, level: int, index: int) -> bytes:
        if level % ROW_LEVELS == 0:
            return self._read_beside(level, index)
        return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))

    def _read_beside(self, level: int, index: int) -> bytes:
        """Read a stored subtree with those beside it: a proof needs them all, and one read does.

        Raises:
            LogDamagedError: It is not there.
        """
        first = index >> ROW_LEVELS << ROW_LEVELS
        stop = first + (1 << ROW_LEVELS)
        if level == 0:
            stop = min(stop, self._size)
            hashes = read_leaf_hashes(self._connection, self._generation, start=first, stop=stop)
            found = dict(enumerate(hashes, first))
        else:
            found = dict(
                self._connection.execute(
                    "SELECT i, hash FROM node"
                    " WHERE generation = ? AND level = ? AND i >= ? AND i < ?",
                    (self._generation, level, first, stop),
                ).fetchall()
            )
        if index not in found:
            raise LogDamagedError(f"node {index} at level {level} of the log is missing")
        for place, value in found.items():
            self._remember(level, place, value)
        return found[index]

    def _remember(self, level: int, index: int, value: bytes) -> None:
        if len(self._remembered) >= self._most:
            self._remembered.clear()
        self._remembered[level, index] = value


def read_leaf_hashes(
    connection: sqlite3.Connection, generation: int, *, start: int, stop: int
) -> list[bytes]:
    """Read stored leaves and hash them.

    Args:
        connection: Any connection to the store.
        generation: Which log.
        start: First index.
        stop: Index after the last.

    Returns:
        `stop - start` leaf hashes of 32 bytes.

    Raises:
        LogDamagedError: A leaf is missing.
    """
    rows = connection.execute(
        "SELECT kind, digest FROM leaf WHERE generation = ? AND i >= ? AND i < ? ORDER BY i",
        (generation, start, stop),
    ).fetchall()
    if len(rows) != stop - start:
        raise LogDamagedError(f"leaves between {start} and {stop} of the log are missing")
    return [leaf_hash(bytes((kind,)) + digest) for kind, digest in rows]
