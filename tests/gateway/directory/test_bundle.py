"""The kept directory: read back as it was, or refused with our own error."""

import json
from pathlib import Path

import pytest

from gateway.directory.bundle import load_bundle, save_bundle
from gateway.errors import ProofError, StorageError

NAME = "metadata/timestamp.json"


def test_what_was_kept_reads_back(tmp_path: Path) -> None:
    """Bytes and the time of the update."""
    path = tmp_path / "home" / "verified.json"
    assert load_bundle(path) is None
    save_bundle(path, {NAME: b"\x00\xff"}, verified_ms=7)
    assert load_bundle(path) == ({NAME: b"\x00\xff"}, 7)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff",
        b"[]",
        json.dumps({"format": "other", "verified_ms": 1, "files": {}}).encode(),
        json.dumps(
            {"format": "a35/1/verified-directory", "verified_ms": "1", "files": {}}
        ).encode(),
        json.dumps(
            {"format": "a35/1/verified-directory", "verified_ms": 1, "files": {NAME: "%"}}
        ).encode(),
        json.dumps(
            {"format": "a35/1/verified-directory", "verified_ms": 1, "files": {"../x": ""}}
        ).encode(),
    ],
)
def test_a_damaged_copy_is_refused(tmp_path: Path, document: bytes) -> None:
    """It is never half believed."""
    path = tmp_path / "verified.json"
    path.write_bytes(document)
    with pytest.raises(ProofError):
        load_bundle(path)


def test_a_copy_of_absurd_length_is_refused(tmp_path: Path) -> None:
    """Without reading it into memory."""
    path = tmp_path / "verified.json"
    with path.open("wb") as file:
        file.truncate(49 * 1024 * 1024)
    with pytest.raises(ProofError):
        load_bundle(path)


def test_a_copy_that_cannot_be_read_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    """A folder stands in its place."""
    (tmp_path / "verified.json").mkdir()
    with pytest.raises(StorageError):
        load_bundle(tmp_path / "verified.json")
