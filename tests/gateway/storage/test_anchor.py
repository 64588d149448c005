"""The anchor proves a lost head, and reports whatever else is unusual about a start."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import StorageError
from gateway.storage.anchor import ANCHOR_BYTES, Anchor, AnchorRecord, find, machine_name
from gateway.storage.sqlite import SqliteStore
from protocol.identifiers import LogOrigin
from protocol.log.recovery import AnchorFinding, Start, StartDecision
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, ORIGIN, OWN, PEER, submission

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


def found(home: Home) -> StartDecision:
    """Open a store and close it again: what does its start say?"""
    store = home.open()
    asyncio.run(store.close())
    return store.beginning


def put_back(home: Home, copy: Path) -> None:
    """Put an old copy in the place of a home."""
    shutil.rmtree(home.folder)
    shutil.copytree(copy, home.folder)


def test_ordinary_start_is_one_with_this_machines_anchor(tmp_path: Path) -> None:
    """The anchor is this machine's and a prefix of the log."""
    home, _ = home_with_two_heads(tmp_path)
    assert found(home).start is Start.ORDINARY


def test_anchor_that_lags_is_brought_up_to_the_database(tmp_path: Path) -> None:
    """A crash between a commit and its anchor is an ordinary start."""
    home, _ = home_with_two_heads(tmp_path)
    anchor = Anchor(home.anchor, machine=machine_name())
    newest = anchor.read()
    home.anchor.unlink()
    store = Home(home.folder, signer=home.signer).open()
    first = asyncio.run(store.checkpoint(1))
    assert first is not None
    asyncio.run(store.close())
    anchor.open()
    anchor.write(first)
    anchor.close()
    assert found(home).start is Start.ORDINARY
    assert anchor.read() == newest


def test_database_behind_its_anchor_is_never_signed_again(tmp_path: Path) -> None:
    """A head that was signed is lost: signing again would be a fork. Each start says so."""
    home, copy = home_with_two_heads(tmp_path)
    put_back(home, copy)
    for _ in range(2):
        decision = found(home)
        assert decision.start is Start.NEVER
        assert "larger log" in decision.why


def test_database_with_another_history_than_its_anchor_is_never_signed_again(
    tmp_path: Path,
) -> None:
    """Equal in size, but not the log that was signed."""
    home, _ = home_with_two_heads(tmp_path)
    anchor = Anchor(home.anchor, machine=machine_name())
    held = anchor.read()
    assert held is not None
    home.anchor.write_bytes(replace(held, root=bytes(32)).encode())
    assert found(home).start is Start.NEVER


def test_missing_or_damaged_anchor_is_not_made_anew_before_signing_begins(tmp_path: Path) -> None:
    """Else a second start of a restored home would pass for an ordinary one."""
    home, _ = home_with_two_heads(tmp_path)
    home.anchor.unlink()
    assert [found(home).start for _ in range(2)] == [Start.HALF, Start.HALF]
    home.anchor.write_bytes(b"no anchor")
    assert "cannot be read" in found(home).why

    async def begin() -> None:
        store = home.open()
        await store.start()
        await store.begin_signing(None)
        await store.close()

    asyncio.run(begin())
    written = Anchor(home.anchor, machine=machine_name()).read()
    assert written is not None
    assert written.size == 2
    assert found(home).start is Start.ORDINARY


def test_restored_home_asks_all_until_a_start_was_completed(tmp_path: Path) -> None:
    """The marker goes once the anchor is there; not before."""
    home, _ = home_with_two_heads(tmp_path)
    marker = home.folder / "restored"
    marker.write_text("{}")
    assert [found(home).start for _ in range(2)] == [Start.ALL, Start.ALL]
    home.play(lambda store: store.checkpoint(1))
    assert not marker.exists()
    assert found(home).start is Start.ORDINARY


def test_anchor_of_another_machine_generation_or_node_is_found(tmp_path: Path) -> None:
    """All are signs of a copy; one of a later generation proves a loss."""

    def seen(record: AnchorRecord) -> AnchorFinding:
        file = tmp_path / "anchor"
        file.write_bytes(record.encode())
        anchor = Anchor(file, machine=RECORD.machine)
        return find(anchor, origin=LogOrigin(OWN, 2), size=9, root_of=lambda _: RECORD.root)

    second = replace(RECORD, origin=LogOrigin(OWN, 2))
    assert seen(second) is AnchorFinding.PREFIX
    assert seen(replace(second, machine="cd" * 32)) is AnchorFinding.OTHER_MACHINE
    assert seen(RECORD) is AnchorFinding.OTHER_LOG
    assert seen(replace(second, origin=LogOrigin(PEER, 3))) is AnchorFinding.OTHER_LOG
    assert seen(replace(second, origin=LogOrigin(OWN, 3))) is AnchorFinding.LATER_GENERATION
    assert seen(replace(second, size=10)) is AnchorFinding.AHEAD
    assert seen(replace(second, root=bytes(32))) is AnchorFinding.OTHER_HISTORY


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
