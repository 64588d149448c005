"""Every state of the directory that was in use is kept, for evidence."""

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.directory.archive import DirectoryArchive
from gateway.directory.chain import verify_chain
from gateway.errors import StorageError
from protocol.directory import PartyEntry
from protocol.identifiers import NodeId
from tests.gateway.directory.setting import RO, Setting
from tests.gateway.directory.world import DAY_MS


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Return two Parties and a node's folder."""
    return Setting(tmp_path)


async def _refreshed(setting: Setting, later_ms: int = 0) -> bytes:
    client = setting.client(later_ms=later_ms)
    await client.start()
    await client.refresh()
    stamp = client.stamp()
    assert stamp is not None
    return stamp.digest


@pytest.mark.parametrize("entries", [1, 2])
def test_state_that_was_in_use_is_given_back_and_verifies(setting: Setting, entries: int) -> None:
    """Also after others followed."""
    first = asyncio.run(_refreshed(setting))
    for number in range(entries):
        setting.authority.at(setting.now_ms + number + 1).publish()
        assert asyncio.run(_refreshed(setting)) != first
    archive = setting.client().archive
    files = archive.load(first)
    assert files is not None
    state = verify_chain(setting.authority.root, files, at_ms=0)
    assert state.stamp.digest == first
    assert state.lapses.keys() == {"FR", "RO"}
    assert any(node.node_id == RO for node in state.entries["RO"].nodes)
    assert archive.load(bytes(32)) is None


def test_lapsed_party_stays_in_the_state_that_is_kept(setting: Setting) -> None:
    """Its keys count for what it said before."""
    files = dict(setting.forger.repository.files)
    root = setting.authority.root
    late = verify_chain(root, files, at_ms=setting.now_ms + 4000 * DAY_MS)
    assert late.left_out.keys() == {"FR", "RO"}
    again = verify_chain(root, late.files, at_ms=0)
    assert NodeId("FR", 1) in {node.node_id for node in again.entries["FR"].nodes}


def test_files_that_states_share_are_kept_once_and_damage_is_told(setting: Setting) -> None:
    """A file that was changed is never given out for the one that was kept."""
    root = setting.authority.root
    verified = verify_chain(root, dict(setting.forger.repository.files), at_ms=setting.now_ms)
    folder = setting.base / "archive"
    archive = DirectoryArchive(folder)
    archive.save(verified)
    count = len(list((folder / "files").iterdir()))
    archive.save(verified)
    assert len(list((folder / "files").iterdir())) == count == len(verified.files)
    next((folder / "files").iterdir()).write_bytes(b"x")
    with pytest.raises(StorageError):
        archive.load(verified.stamp.digest)
    for text in ("[]", '{"../x": "' + "0" * 64 + '"}', "{"):
        (folder / "states" / f"{verified.stamp.digest.hex()}.json").write_text(text, "ascii")
        with pytest.raises(StorageError):
            archive.load(verified.stamp.digest)
    shutil.rmtree(folder)
    assert archive.load(verified.stamp.digest) is None


def test_entries_of_a_party_follow_each_other_only_where_they_differ(setting: Setting) -> None:
    """A state a day changes nothing for most Parties."""
    asyncio.run(_refreshed(setting))
    for number in range(2):
        setting.authority.at(setting.now_ms + 1000 * (number + 1)).publish()
        asyncio.run(_refreshed(setting))
    archive = setting.client().archive
    ((made_ms, data),) = archive.entries("RO")
    assert data is not None
    assert PartyEntry.model_validate_json(data) == setting.entry("RO")
    assert abs(made_ms - setting.now_ms) < DAY_MS
    assert [data for _, data in archive.entries("JP")] == [None]
    for file in (setting.home / "history" / "files").iterdir():
        file.write_bytes(b"x")
    with pytest.raises(StorageError):
        archive.entries("RO")
    shutil.rmtree(setting.home / "history")
    assert archive.entries("RO") == ()
