"""Proofs of our own log are checked before they leave."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import LogDamagedError
from gateway.storage.log import OwnLog
from gateway.storage.sqlite import SqliteStore
from protocol.log.statement import cover
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import ORIGIN


def grown(tmp_path: Path, leaves: int) -> Home:
    """Return a home whose log has some leaves, each with a head of its own."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        for number in range(leaves):
            await store.state([cover(bytes([number]) * 32)], must_leave=True)

    home.play(scenario)
    return home


def test_proof_over_a_damaged_leaf_does_not_leave(tmp_path: Path) -> None:
    """A peer would take it for a fork."""
    home = grown(tmp_path, 9)
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("DROP TRIGGER leaf_no_update")
        connection.execute("UPDATE leaf SET digest = zeroblob(32) WHERE i = 4")
        log = OwnLog(connection, ORIGIN)
        with pytest.raises(LogDamagedError):
            log.prove(10, [7], old=3)
        with pytest.raises(LogDamagedError):
            log.prove(10, [], old=6)


def test_erased_key_set_is_none_at_all(tmp_path: Path) -> None:
    """What is not there cannot be served."""
    home = grown(tmp_path, 0)
    with closing(sqlite3.connect(home.database)) as connection:
        log = OwnLog(connection, ORIGIN)
        assert log.key_set() is not None
        connection.execute("DROP TRIGGER preimage_no_delete")
        connection.execute("DELETE FROM preimage")
        assert log.key_set() is None


def test_log_without_a_key_set_or_head_has_none(tmp_path: Path) -> None:
    """Before the first leaf, and of another generation."""
    home = grown(tmp_path, 0)
    with closing(sqlite3.connect(home.database)) as connection:
        later = OwnLog(connection, type(ORIGIN)(ORIGIN.node, 2))
        assert (later.size, later.head, later.key_set()) == (0, None, None)
        assert later.checkpoint(1) is None


def test_old_heads_are_read_where_they_are_not_remembered(tmp_path: Path) -> None:
    """A busy day has more heads than should stay in memory."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        for number in range(300):
            await store.state([cover(bytes([number % 256]) * 32)], must_leave=True)
        heads = [await store.checkpoint(size) for size in range(1, 302)]
        assert [one.size for one in heads if one is not None] == list(range(1, 302))
        assert len(store._core.log._heads) < 300

    home.play(scenario)
