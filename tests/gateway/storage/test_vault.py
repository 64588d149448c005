"""Contents on the disk open only in their own place and under their own store key."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.records import Direction
from gateway.storage.sqlite import SqliteStore
from gateway.storage.vault import Vault, month_of
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    OWN,
    PEER,
    STORE_KEY,
    admission,
    consignment,
    incoming,
    mid,
    submission,
)


def test_no_content_lies_in_clear_in_any_file(tmp_path: Path) -> None:
    """Database, write-ahead log, shared memory: a thief of the disk reads none of it."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.admit(admission(incoming(7)), now_ms=NOW_MS)
        await store.consign(consignment(7), now_ms=NOW_MS)
        for path in home.folder.iterdir():
            data = path.read_bytes()
            for secret in (b"inner 1", b"summary 1", b"k" * 32, b"their inner 7", STORE_KEY):
                assert secret not in data

    home.play(scenario)
    whole = home.database.read_bytes()
    assert b"sealed body" in whole
    assert b"their summary" not in whole


def test_column_moved_to_another_message_does_not_open(tmp_path: Path) -> None:
    """Whoever can write to the disk must not be able to swap two contents."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.submit(submission(2), now_ms=NOW_MS)
        await store._core.writer.run(
            lambda session: (
                session.execute(
                    "UPDATE content SET inner = (SELECT inner FROM content WHERE message = 1)"
                    " WHERE message = 2"
                ).rowcount
            )
        )
        assert await store.inner(OWN, mid(1)) == b"inner 1"
        with pytest.raises(StorageError) as caught:
            await store.inner(OWN, mid(2))
        assert caught.value.code == "content_damaged"

    home.play(scenario)


def test_store_under_another_key_does_not_open_its_contents(tmp_path: Path) -> None:
    """Keys and store of two backups."""
    home = Home(tmp_path / "home")

    async def fill(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)

    async def look() -> None:
        store = home.open(store_key=bytes(32))
        await store.start()
        with pytest.raises(StorageError) as caught:
            await store.messages(Direction.OUT, limit=1)
        assert caught.value.code == "store_key_wrong"
        await store.close()

    home.play(fill)
    asyncio.run(look())


def test_each_month_has_a_key_of_its_own_that_outlives_a_restart(tmp_path: Path) -> None:
    """When retention has emptied a month, its key can go."""
    home = Home(tmp_path / "home")

    async def fill(store: SqliteStore) -> None:
        await asyncio.gather(
            store.submit(submission(1), now_ms=NOW_MS),
            store.submit(submission(2), now_ms=NOW_MS),
            store.submit(submission(3), now_ms=NOW_MS + 40 * DAY_MS),
        )

    async def look(store: SqliteStore) -> None:
        rows = store._core.reader.execute("SELECT month FROM month ORDER BY month").fetchall()
        assert rows == [(month_of(NOW_MS),), (month_of(NOW_MS + 40 * DAY_MS),)]
        for number in (1, 2, 3):
            assert await store.inner(OWN, mid(number)) == b"inner %d" % number
            assert await store.content_key(OWN, mid(number)) == b"k" * 32
        assert await store.content_key(PEER, mid(1)) is None

    home.play(fill)
    home.play(look)


def test_month_without_a_key_is_damage(tmp_path: Path) -> None:
    """A sealed column whose key was destroyed by mistake."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        with pytest.raises(StorageError):
            store._core.vault.open("inner", b"", sender=OWN, mid=mid(1), month=199001)
        assert repr(Vault(STORE_KEY, store._core.reader)) == "Vault()"
        await store.submit(submission(1), now_ms=NOW_MS)

    home.play(scenario)


def test_months_are_those_of_the_calendar() -> None:
    """The name of a month is readable in the database."""
    assert month_of(0) == 197001
    assert month_of(NOW_MS) == 202611
