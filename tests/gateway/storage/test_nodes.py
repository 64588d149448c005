"""Subtrees from memory and from sparse rows are those of the tree itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from gateway.errors import LogDamagedError
from gateway.storage.connection import connect_writer
from gateway.storage.log import OwnLog
from gateway.storage.nodes import LogNodes
from gateway.storage.opening import make_store
from gateway.storage.sequence import LogSequence
from gateway.storage.session import CommitNews
from keys.digest import node_hash, sha256
from protocol.log.statement import cover
from protocol.log.tree import root_at
from tests.gateway.storage.material import ORIGIN

SIZE = 13_000
"""More than the window of 8,191 leaves, and no multiple of anything."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, LogNodes, list[bytes]]]:
    """A log that grew while it was watched: its file, the watcher, the leaf hashes."""
    path = tmp_path_factory.mktemp("log") / "store.db"
    make_store(path, ORIGIN)
    statements = [cover(sha256(b"%d" % number)) for number in range(SIZE)]
    with closing(connect_writer(path)) as connection:
        nodes = LogNodes(connection, generation=1, size=0)
        sequence = LogSequence(connection, ORIGIN)
        for start in range(0, SIZE, 700):
            connection.execute("BEGIN IMMEDIATE")
            for completed in sequence.append(statements[start : start + 700]):
                nodes.add(completed)
            connection.execute("COMMIT")
            sequence.settle()
        yield path, nodes, [one.leaf_hash for one in statements]


def expected(leaves: list[bytes], level: int, index: int) -> bytes:
    """Compute a complete subtree from its leaves alone."""
    row = leaves[index << level : (index + 1) << level]
    while len(row) > 1:
        row = [node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


def test_watcher_and_fresh_start_agree_with_the_tree(
    log: tuple[Path, LogNodes, list[bytes]],
) -> None:
    """Window, rows, and what lies between them."""
    path, watcher, leaves = log
    random = Random(35)  # noqa: S311  which subtrees are looked at is no secret
    with closing(connect_writer(path)) as connection:
        fresh = LogNodes(connection, generation=1, size=SIZE)
        assert (watcher.size, fresh.size) == (SIZE, SIZE)
        for level in range(14):
            count = SIZE >> level
            for index in {0, count - 1, *(random.randrange(count) for _ in range(4))}:
                value = expected(leaves, level, index)
                assert watcher.subtree(level, index) == value
                assert fresh.subtree(level, index) == value
                assert fresh.subtree(level, index) == value
        for size in (1, 4096, 8191, 8192, SIZE):
            assert root_at(size, fresh.subtree) == root_at(size, watcher.subtree)


def test_restart_goes_on_with_the_same_edge(log: tuple[Path, LogNodes, list[bytes]]) -> None:
    """The root after the next leaf does not depend on when the node started."""
    path, watcher, _ = log
    with closing(connect_writer(path)) as connection:
        sequence = LogSequence(connection, ORIGIN)
        assert sequence.size == SIZE
        assert sequence._frontier.root() == root_at(SIZE, watcher.subtree)


def test_old_subtrees_are_forgotten_before_they_fill_the_memory(
    log: tuple[Path, LogNodes, list[bytes]],
) -> None:
    """What was read once is only a convenience."""
    path, _, leaves = log
    with closing(connect_writer(path)) as connection:
        nodes = LogNodes(connection, generation=1, size=SIZE, remembered=8)
        for index in range(40):
            assert nodes.subtree(3, index) == expected(leaves, 3, index)
        assert len(nodes._remembered) <= 8


def test_missing_row_or_leaf_is_damage_and_named(tmp_path: Path) -> None:
    """A proof over a hole would prove nothing."""
    path = tmp_path / "store.db"
    make_store(path, ORIGIN)
    with closing(connect_writer(path)) as connection:
        for number in range(3):
            connection.execute("INSERT INTO leaf VALUES (1, ?, 0, zeroblob(32))", (number,))
        with pytest.raises(LogDamagedError, match="missing"):
            LogNodes(connection, generation=1, size=4)
        nodes = LogNodes(connection, generation=1, size=3)
        nodes._base = 1 << 20
        with pytest.raises(LogDamagedError, match="node 0 at level 4"):
            nodes.subtree(4, 0)


def test_log_reads_itself_again_when_news_do_not_follow(
    log: tuple[Path, LogNodes, list[bytes]],
) -> None:
    """A commit of unknown outcome may have landed after all."""
    path, watcher, _ = log
    with closing(sqlite3.connect(path)) as connection:
        own = OwnLog(connection, ORIGIN)
        own.apply(CommitNews(first=5, completed=[(bytes(32),)]))
        assert own.size == SIZE
        assert own.root(SIZE) == root_at(SIZE, watcher.subtree)
