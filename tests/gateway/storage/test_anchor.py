"""The anchor proves a lost head, and reports whatever else is unusual about a start."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import LogDamagedError, StorageError
from gateway.storage.anchor import ANCHOR_BYTES, Anchor, AnchorRecord, compare, machine_name
from gateway.storage.sqlite import SqliteStore
from protocol.identifiers import LogOrigin
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, ORIGIN, OWN, submission

RECORD = AnchorRecord(machine="ab" * 32, origin=ORIGIN, size=7, root=bytes(range(32)))


def test_record_reads_back_and_has_one_sector() -> None:
    """A write of one sector lands whole or not at all."""
    assert len(RECORD.encode()) == ANCHOR_BYTES
    assert AnchorRecord.decode(RECORD.encode()) == RECORD


@given(st.integers(0, ANCHOR_BYTES - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_text_makes_it_unreadable(place: int, change: int) -> None:
    """A damaged anchor must not look like an older one."""
    data = bytearray(RECORD.encode())
    data[place] ^= change
    assert AnchorRecord.decode(bytes(data)) in {None, RECORD} - (
        {RECORD} if place < len(RECORD.encode().rstrip(b"\n")) else set()
    )


@pytest.mark.parametrize("size", [b"x", b"1.5", b""], ids=["letters", "fraction", "nothing"])
def test_nonsense_with_a_good_checksum_is_unreadable(size: bytes) -> None:
    """Whoever wrote it, it was not us."""
    from keys.digest import sha256  # noqa: PLC0415  only this test builds such a file

    lines = RECORD.encode().rstrip(b"\n").split(b"\n")[:-1]
    lines[3] = size
    text = b"".join(line + b"\n" for line in lines)
    assert AnchorRecord.decode(text + sha256(text).hex().encode()) is None


def home_with_two_heads(folder: Path) -> tuple[Home, Path]:
    """Return a home whose log grew by one after the copy of its files was taken."""
    home, copy = Home(folder / "home"), folder / "copy"

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)

    asyncio.run(home.create().close())
    shutil.copytree(home.folder, copy)
    home.play(scenario)
    return home, copy


def test_ordinary_start_says_nothing(tmp_path: Path) -> None:
    """The anchor is this machine's and a prefix of the log."""
    home, _ = home_with_two_heads(tmp_path)
    store = home.open()
    assert store.report.is_ordinary
    assert store.report.warnings == ()
    asyncio.run(store.close())


def test_database_behind_its_anchor_is_never_signed_again(tmp_path: Path) -> None:
    """A head that was signed is lost: signing again would be a fork."""
    home, copy = home_with_two_heads(tmp_path)
    shutil.rmtree(home.folder)
    shutil.copytree(copy, home.folder)
    with pytest.raises(LogDamagedError, match="lost head") as caught:
        home.open()
    assert caught.value.code == "lost_head"
    assert caught.value.hint


def test_database_with_another_history_than_its_anchor_is_refused(tmp_path: Path) -> None:
    """Equal in size, but not the log that was signed."""
    home, _ = home_with_two_heads(tmp_path)
    anchor = Anchor(home.anchor, machine=machine_name())
    held = anchor.read()
    assert held is not None
    home.anchor.write_bytes(replace(held, root=bytes(32)).encode())
    with pytest.raises(LogDamagedError, match="another history"):
        home.open()


def test_missing_anchor_is_reported_and_made_anew(tmp_path: Path) -> None:
    """A restored or copied home is not an ordinary one."""
    home, _ = home_with_two_heads(tmp_path)
    home.anchor.unlink()
    store = home.open()
    assert not store.report.is_ordinary
    assert "no anchor" in store.report.warnings[0]
    asyncio.run(store.close())
    written = Anchor(home.anchor, machine=machine_name()).read()
    assert written is not None
    assert written.size == 2


def test_anchor_of_another_machine_or_generation_is_reported() -> None:
    """Both are signs of a copy."""
    elsewhere = compare(RECORD, machine="cd" * 32, origin=ORIGIN, size=7)
    assert not elsewhere.is_ordinary
    assert "machine" in elsewhere.warnings[0]
    later = compare(RECORD, machine=RECORD.machine, origin=LogOrigin(OWN, 2), size=1)
    assert "generation" in later.warnings[0]
    here = compare(RECORD, machine=RECORD.machine, origin=ORIGIN, size=7)
    assert here.is_ordinary


def test_anchor_that_cannot_be_opened_or_read_is_refused(tmp_path: Path) -> None:
    """A node without its anchor must not sign."""
    with pytest.raises(StorageError):
        Anchor(tmp_path / "missing" / "anchor", machine="m").open()
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError):
        Anchor(tmp_path / "folder", machine="m").read()


def test_sync_has_nothing_to_do_before_a_write(tmp_path: Path) -> None:
    """Idle nodes do not touch the disk."""
    anchor = Anchor(tmp_path / "anchor", machine="m")
    anchor.sync()
    anchor.close()
    anchor.open()
    assert not anchor.is_dirty
    anchor.close()
