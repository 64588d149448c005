"""Backups of a running node, and the folder of the nightly ones."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StorageError
from gateway.home import Home as NodeHome
from gateway.storage.backups import BackupFolder, HomeBackups
from gateway.storage.sqlite import SqliteStore
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, OWN, STORE_KEY, submission

MINUTE_MS = 60_000


def quiet(_done: int, _total: int) -> None:
    """Be told of progress."""


def backups_of(home: Home, store: SqliteStore) -> HomeBackups:
    """Return what makes backups, with key files that nobody opens here."""
    place = NodeHome(home.folder)
    place.keys.mkdir(exist_ok=True)
    for name in ("node.key", "content.key"):
        (place.keys / name).write_bytes(b"sealed")
    return HomeBackups(place, store_key=STORE_KEY, head=store.head, clock=home.clock)


def test_running_store_is_backed_up_with_what_it_signed_last(tmp_path: Path) -> None:
    """Its writer goes on meanwhile."""
    home = Home(tmp_path / "home")

    async def work(store: SqliteStore) -> None:
        backups = backups_of(home, store)
        await store.submit(submission(1), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        report, _ = await asyncio.gather(
            backups.make(tmp_path / "one", quiet), store.submit(submission(2), now_ms=NOW_MS)
        )
        assert report.size >= head.size
        assert report.file_bytes == (tmp_path / "one").stat().st_size
        first, second = await asyncio.gather(
            backups.make(tmp_path / "two", quiet),
            backups.make(tmp_path / "two", quiet),
            return_exceptions=True,
        )
        assert not isinstance(first, BaseException)
        assert isinstance(second, ConfigError)

    home.play(work)


def test_folder_keeps_the_newest_and_touches_nothing_else(tmp_path: Path) -> None:
    """Other nodes' files and other people's may lie there."""
    home, folder = Home(tmp_path / "home"), tmp_path / "nightly"
    folder.mkdir()
    others = ["a35-FR-1-20260101T000000Z.a35b", "a35-RO-1-20260101T000000Z.a35b.txt", "notes"]
    for name in others:
        (folder / name).write_text("mine")

    async def work(store: SqliteStore) -> None:
        nightly = BackupFolder(backups_of(home, store), folder, node=OWN, keep=2)
        assert nightly.newest_ms(NOW_MS) is None
        for number in range(4):
            assert await nightly.make(NOW_MS + number * MINUTE_MS) > 0
        assert nightly.newest_ms(NOW_MS + 9 * MINUTE_MS) == NOW_MS + 3 * MINUTE_MS
        assert nightly.newest_ms(NOW_MS + 2 * MINUTE_MS) == NOW_MS + 2 * MINUTE_MS

    home.play(work)
    mine = sorted(path.name for path in folder.iterdir() if path.name not in others)
    assert mine == ["a35-RO-1-20261118T110840Z.a35b", "a35-RO-1-20261118T110940Z.a35b"]
    assert {path.name for path in folder.iterdir()} > set(others)


def test_folder_that_is_gone_is_our_error(tmp_path: Path) -> None:
    """The disk was not mounted."""
    home = Home(tmp_path / "home")

    async def work(store: SqliteStore) -> None:
        nightly = BackupFolder(backups_of(home, store), tmp_path / "gone", node=OWN, keep=2)
        await asyncio.sleep(0)
        with pytest.raises(StorageError):
            nightly.newest_ms(NOW_MS)

    home.play(work)
