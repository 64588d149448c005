"""From a home to a sealed file and back: whole and verified, or nothing at all."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.config import DirectorySection, DiskSection, NodeConfig
from gateway.errors import (
    AccessDeniedError,
    ConfigError,
    DataError,
    GatewayError,
    NoInputError,
    ProofError,
    StorageError,
)
from gateway.home import Home
from gateway.operator.node import create_node
from gateway.operator.restore import check, restore
from gateway.operator.start import unlock
from gateway.storage.backup import BackupReport, make_backup
from gateway.storage.blobs import FileBlobs
from keys.digest import sha256
from keys.keyfile import Credential
from protocol.identifiers import NodeId
from tests.gateway.officer.world import StillClock

SECRET = Credential(bytes(range(32)))
NOW_MS = 1_795_000_000_000


def secret() -> Credential:
    """Return what the keys are sealed under."""
    return SECRET


def quiet(done: int, total: int) -> None:
    """Be told of progress."""
    assert 0 <= done <= total


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A node that does not run, with an attachment, a directory, and things that do not belong."""
    config = NodeConfig(
        node="RO/1",
        name="RO",
        url="https://localhost",
        directory=DirectorySection(url="https://directory.example", root="root.json"),
        disk=DiskSection(least_free_mib=0, least_free_percent=0),
    )
    made = create_node(Home(tmp_path / "ro"), config, SECRET, clock=StillClock(), root=b"{}").home
    blob = b"sealed attachment" * 1000
    folder = made.blobs / "FR-1"
    folder.mkdir(parents=True)
    (folder / sha256(blob).hex()).write_bytes(blob)
    (folder / ("ab" * 32 + ".part")).write_bytes(b"half")
    (made.directory / "metadata").mkdir(parents=True)
    (made.directory / "metadata" / "root.json").write_bytes(b"{}")
    (made.directory / ".half.new").write_bytes(b"{")
    made.ports_file.write_text("{}")
    made.login.write_text("token")
    return made


def backed_up(home: Home, name: str = "ro.a35b") -> Path:
    """Make a backup beside the home."""
    target = home.path.with_name(name)
    make(home, target)
    return target


def make(home: Home, target: Path) -> BackupReport:
    """Make a backup as `a35 backup` does for a node that does not run."""
    key = unlock(home, SECRET).store_key
    return make_backup(home, target, store_key=key, since=None, now_ms=NOW_MS, progress=quiet)


def tree(home: Home) -> dict[str, bytes]:
    """Return every file below a folder."""
    files = (path for path in home.path.rglob("*") if path.is_file())
    return {path.relative_to(home.path).as_posix(): path.read_bytes() for path in files}


def put_back(file: Path, home: Home) -> None:
    """Restore."""
    restore(file, home, secret, now_ms=NOW_MS, progress=quiet)


def test_restored_home_has_what_the_node_had_and_a_mark(home: Home, tmp_path: Path) -> None:
    """All that counts and nothing of one run; the anchor is never in it."""
    file, other = backed_up(home), Home(tmp_path / "elsewhere" / "ro")
    put_back(file, other)
    before, after = tree(home), tree(other)
    mark = json.loads(after.pop("restored"))
    assert mark["restored_at"] == "2026-11-18T11:06:40Z"
    assert (mark["origin"], mark["size"], len(mark["root"])) == ("a35/RO/1/log/1", 1, 64)
    assert after.pop("store.db")[:16] == before.pop("store.db")[:16]
    left_out = {"ports.json", "login", "directory/.half.new", "store.db.lock", "keys/witness.key"}
    for name in left_out | {each for each in before if each.endswith((".part", "-wal", "-shm"))}:
        before.pop(name, None)
    assert after == before
    assert not other.anchor.exists()
    assert unlock(other, SECRET).node == "RO/1"
    assert [path.stat().st_mode & 0o077 for path in other.path.rglob("*")] == [0] * (
        len(list(other.path.rglob("*")))
    )


def test_backup_holds_no_secret_in_the_open_and_is_private(home: Home) -> None:
    """Key files stand in it as they lie on the disk; nothing else can be read."""
    data = backed_up(home).read_bytes()
    keys = unlock(home, SECRET)
    for name in ("node.key", "content.key"):
        assert (home.keys / name).read_bytes() in data
    for shown in (keys.store_key, SECRET.key, b"sealed attachment", b"SQLite", b"https://"):
        assert shown not in data
    assert home.anchor.read_bytes() not in data
    assert home.path.with_name("ro.a35b").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.path.iterdir() if path.name.startswith(".backup")] == []


def test_check_says_what_a_restore_would_put_there(home: Home, tmp_path: Path) -> None:
    """And leaves nothing."""
    file = backed_up(home)
    found = check(file, secret, progress=quiet)
    assert (found.node, found.copy.head.size, found.report.attachments) == ("RO/1", 1, 1)
    assert found.report.file_bytes == file.stat().st_size
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_backup_is_never_written_over_and_needs_its_folder(home: Home) -> None:
    """The one that is there may be the only good one."""
    file = backed_up(home)
    before = file.read_bytes()
    with pytest.raises(ConfigError) as caught:
        make(home, file)
    assert caught.value.code == "exists"
    assert file.read_bytes() == before
    with pytest.raises(ConfigError, match="no such folder"):
        make(home, home.path / "none" / "ro.a35b")


def test_disk_without_room_refuses_before_anything_is_copied(home: Home, tmp_path: Path) -> None:
    """A sparse store as large as no disk is."""
    with home.store.open("r+b") as store:
        store.truncate(1 << 43)
    with pytest.raises(StorageError) as caught:
        make(home, tmp_path / "ro.a35b")
    assert caught.value.is_full
    assert not list(home.path.glob(".backup-*"))


def test_store_that_does_not_verify_gets_no_backup(home: Home, tmp_path: Path) -> None:
    """A good name for a bad copy would be found out too late."""
    home.store.write_bytes(b"\xff" * 8192)
    with pytest.raises(GatewayError):
        make(home, tmp_path / "ro.a35b")
    assert [path.name for path in tmp_path.iterdir() if "a35b" in path.name] == []


@pytest.mark.parametrize("place", [0, 10, 200, -200, -1])
def test_changed_byte_anywhere_leaves_nothing_behind(
    home: Home, tmp_path: Path, place: int
) -> None:
    """Verified before anything gets the home's name."""
    file, other = backed_up(home), Home(tmp_path / "other")
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(GatewayError):
        put_back(file, other)
    assert not other.path.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_file_cut_short_or_of_something_else_is_told_apart(home: Home, tmp_path: Path) -> None:
    """The remedies differ."""
    file, other = backed_up(home), Home(tmp_path / "other")
    short = tmp_path / "short"
    short.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ProofError) as caught:
        put_back(short, other)
    assert caught.value.code == "backup_damaged"
    newer = tmp_path / "newer"
    newer.write_bytes(b"A35B\x02" + bytes(100))
    with pytest.raises(ConfigError) as refused:
        put_back(newer, other)
    assert refused.value.code == "backup_newer"
    with pytest.raises(DataError, match="no backup"):
        put_back(home.config_file, other)
    with pytest.raises(NoInputError):
        put_back(tmp_path / "none", other)


def test_wrong_secret_leaves_nothing_behind(home: Home, tmp_path: Path) -> None:
    """77, and the file is as good as before."""
    file, other = backed_up(home), Home(tmp_path / "other")
    with pytest.raises(AccessDeniedError):
        restore(file, other, lambda: Credential(bytes(32)), now_ms=NOW_MS, progress=quiet)
    assert not other.path.exists()


def test_home_with_anything_in_it_is_never_restored_over(home: Home, tmp_path: Path) -> None:
    """Whatever it is; an empty folder is taken."""
    file, other = backed_up(home), Home(tmp_path / "other")
    other.path.mkdir()
    (other.path / "note").write_text("mine")
    with pytest.raises(ConfigError) as caught:
        put_back(file, other)
    assert caught.value.code == "home_exists"
    assert tree(other) == {"note": b"mine"}
    (other.path / "note").unlink()
    put_back(file, other)
    assert "store.db" in tree(other)


def test_keys_and_log_of_two_nodes_make_no_home(home: Home, tmp_path: Path) -> None:
    """A backup that was put together by hand."""
    config = NodeConfig(node="FR/1", name="FR", url="https://localhost")
    other = create_node(Home(tmp_path / "fr"), config, SECRET, clock=StillClock()).home
    key = unlock(other, SECRET).store_key
    shutil.rmtree(home.keys)
    shutil.copytree(other.keys, home.keys)
    file = tmp_path / "mixed"
    make_backup(home, file, store_key=key, since=None, now_ms=NOW_MS, progress=quiet)
    with pytest.raises(ProofError, match="keys are not those"):
        put_back(file, Home(tmp_path / "made"))


def test_attachments_of_a_restored_home_are_whole(home: Home, tmp_path: Path) -> None:
    """Named by digest, in the folder of their sender."""
    other = Home(tmp_path / "other")
    put_back(backed_up(home), other)
    (blob,) = (other.blobs / "FR-1").iterdir()
    assert sha256(blob.read_bytes()).hex() == blob.name
    assert FileBlobs(other.blobs, node=NodeId("RO", 1)) is not None
