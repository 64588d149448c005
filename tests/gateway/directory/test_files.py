"""Reading within bounds, and writing so that the old file or the new one is there."""

import os
from pathlib import Path

import pytest

from gateway.directory.files import PIECE_BYTES, open_plain, read_bounded, read_pieces, write_whole
from gateway.errors import StorageError


def test_a_file_is_read_whole_up_to_its_bound(tmp_path: Path) -> None:
    """One byte more is refused."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    assert read_bounded(path, 10) == b"x" * 10
    with pytest.raises(ValueError, match="longer than 9 bytes"):
        read_bounded(path, 9)


def test_a_large_file_comes_in_pieces(tmp_path: Path) -> None:
    """Memory stays bounded whatever lies on a stick."""
    path = tmp_path / "file"
    path.write_bytes(bytes(PIECE_BYTES + 1))
    assert [len(piece) for piece in read_pieces(path)] == [PIECE_BYTES, 1]


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    """A link leads elsewhere, a pipe waits for ever, a folder is no file."""
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", ".", "missing"):
        with pytest.raises(OSError, match=r"."):
            open_plain(tmp_path / name)


def test_a_written_file_has_its_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """Keys are private from their first byte."""
    path = tmp_path / "folder" / "file"
    write_whole(path, b"one", mode=0o600)
    write_whole(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_former_file(tmp_path: Path) -> None:
    """And says so as our own error."""
    folder = tmp_path / "file"
    folder.mkdir()
    (folder / "inside").write_bytes(b"x")
    with pytest.raises(StorageError):
        write_whole(folder, b"new")
    assert (folder / "inside").read_bytes() == b"x"
    with pytest.raises(StorageError):
        write_whole(folder / "inside" / "deeper", b"new")


def test_a_link_left_beside_is_not_written_through(tmp_path: Path) -> None:
    """Whoever prepared it must not choose where we write."""
    (tmp_path / "victim").write_bytes(b"safe")
    (tmp_path / ".file.new").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError):
        write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "victim").read_bytes() == b"safe"
