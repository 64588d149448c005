"""The list of a backup's files: one form, names that a home has, and nothing else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.storage.manifest import LENGTH, DamagedBackupError, Entry, Manifest

GOOD = {
    "format": "a35/backup/1",
    "made_ms": 1,
    "origin": "a35/RO/1/log/1",
    "size": 1,
    "root": "00" * 32,
    "files": [["store.db", 3, "11" * 32]],
}


def entry(name: str = "store.db", size_bytes: int = 3) -> Entry:
    """Return an entry."""
    return Entry(name=name, size_bytes=size_bytes, digest=b"\x11" * 32)


def test_manifest_is_read_as_it_was_written() -> None:
    """With its length in front."""
    entries = (entry(), entry("blobs/FR-1/" + "ab" * 32, 0), entry("directory/metadata/a.json"))
    made = Manifest(made_ms=1, origin="a35/RO/1/log/1", size=5, root=bytes(32), entries=entries)
    data = made.encode()
    assert LENGTH.unpack(data[:4]) == (len(data) - 4,)
    assert Manifest.decode(data[4:]) == made
    assert made.file_bytes == 6


@pytest.mark.parametrize(
    "name",
    [
        "../store.db",
        "/etc/passwd",
        "keys/node.key",
        "HOME.anchor",
        "directory/../store.db",
        "directory/.hidden",
        "directory",
        "directory/",
        "directory/a/b/c/d/e",
        "directory/a\nb",
        "blobs/FR-1/" + "AB" * 32,
        "blobs/FR-0/" + "ab" * 32,
        "blobs/../" + "ab" * 32,
        "control",
        "store.db\x00",
        "store.db-wal",
        "",
        7,
        None,
    ],
)
def test_name_that_no_home_has_is_refused(name: object) -> None:
    """Whoever made the file may have had the key and no good will."""
    files = [["store.db", 3, "11" * 32], [name, 1, "11" * 32]]
    with pytest.raises(DamagedBackupError):
        Manifest.decode(json.dumps(GOOD | {"files": files}).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"format": "a35/backup/2"},
        {"made_ms": -1},
        {"made_ms": True},
        {"size": 1.0},
        {"size": 1 << 60},
        {"root": "00"},
        {"root": "zz" * 32},
        {"root": 7},
        {"files": []},
        {"files": {}},
        {"files": [["store.db", 3]]},
        {"files": [["store.db", -3, "11" * 32]]},
        {"files": [["store.db", 3, "11" * 32], ["store.db", 3, "11" * 32]]},
        {"files": [["node.toml", 3, "11" * 32]]},
        {"files": [[]] * 1_000_001},
        {"more": 1},
    ],
    ids=lambda change: str(change)[:60],
)
def test_what_has_another_form_is_refused(change: dict[str, object]) -> None:
    """Nothing is guessed."""
    Manifest.decode(json.dumps(GOOD).encode())
    with pytest.raises(DamagedBackupError):
        Manifest.decode(json.dumps(GOOD | change).encode())


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_with_our_error(data: bytes) -> None:
    """Also nested and huge ones."""
    for text in (data, b"[" * 5000, b'{"size": 1' + b"0" * 5000 + b"}"):
        with pytest.raises(DamagedBackupError):
            Manifest.decode(text)
