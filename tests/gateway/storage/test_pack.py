"""Files as one stream and back: whole, in any pieces, or refused."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from gateway.errors import StorageError
from gateway.storage.manifest import DamagedBackupError, Entry, Manifest
from gateway.storage.pack import Packed, PackedStream, Unpacker, packed_bytes, packed_file

LIMIT = 1 << 30


class Kept(BytesIO):
    """A file whose bytes outlive its closing."""

    def __init__(self, name: str, into: dict[str, bytes]) -> None:
        super().__init__()
        self._name, self._into = name, into

    @override
    def close(self) -> None:
        """Keep the bytes."""
        if not self.closed:
            self._into[self._name] = self.getvalue()
        super().close()


def manifest_of(files: list[Packed]) -> Manifest:
    """Return the list of some files."""
    return Manifest(
        made_ms=1, origin="o", size=1, root=bytes(32), entries=tuple(one.entry for one in files)
    )


def stream_of(files: list[Packed], manifest: Manifest | None = None) -> bytes:
    """Return the whole stream."""
    passed: list[int] = []
    stream = PackedStream(manifest or manifest_of(files), files, passed.append)
    data = b"".join(iter(lambda: stream.read(1), b""))
    assert passed[-1] == len(data)
    return data


def keeping(into: dict[str, bytes]) -> Callable[[Entry], BinaryIO | None]:
    """Return what opens a file for each entry."""
    return lambda entry: Kept(entry.name, into)


@given(
    contents=st.lists(st.binary(max_size=50), min_size=1, max_size=5),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_files_come_back_in_whatever_pieces_the_stream_comes(
    contents: list[bytes], cuts: list[int]
) -> None:
    """Empty files too."""
    names = ["store.db", *(f"directory/{n}" for n in range(len(contents)))]
    files = [packed_bytes(*pair) for pair in zip(names, contents, strict=False)]
    data, into = stream_of(files), dict[str, bytes]()
    unpacker = Unpacker(limit_bytes=LIMIT, opened=keeping(into))
    at = 0
    while at < len(data):
        for cut in cuts:
            unpacker.write(data[at : at + cut])
            at += cut
    assert unpacker.finish() == manifest_of(files)
    assert into == dict(zip(names, contents, strict=False))


def test_stream_cut_short_anywhere_is_not_whole() -> None:
    """The last byte counts."""
    data = stream_of([packed_bytes("store.db", b"abc"), packed_bytes("node.toml", b"")])
    for length in range(len(data)):
        unpacker = Unpacker(limit_bytes=LIMIT, opened=lambda _entry: None)
        unpacker.write(data[:length])
        with pytest.raises(DamagedBackupError, match="too early"):
            unpacker.finish()
        unpacker.close()


def test_byte_behind_the_last_file_is_refused() -> None:
    """Nothing may hide there."""
    unpacker = Unpacker(limit_bytes=LIMIT, opened=lambda _entry: None)
    with pytest.raises(DamagedBackupError, match="follows"):
        unpacker.write(stream_of([packed_bytes("store.db", b"abc")]) + b"x")


def test_file_with_another_digest_is_refused() -> None:
    """Whatever the list says."""
    file = packed_bytes("store.db", b"abc")
    data = stream_of([file]).replace(b"abc", b"abd")
    into: dict[str, bytes] = {}
    unpacker = Unpacker(limit_bytes=LIMIT, opened=keeping(into))
    with pytest.raises(DamagedBackupError, match="digest"):
        unpacker.write(data)


def test_list_that_names_more_than_the_file_is_long_is_refused_before_anything_is_made() -> None:
    """A few bytes must not fill a disk."""
    file = packed_bytes("store.db", b"abc")
    huge = replace(file.entry, size_bytes=1 << 40)
    made = manifest_of([replace(file, entry=huge)]).encode()
    opened: list[Entry] = []
    unpacker = Unpacker(limit_bytes=1000, opened=opened.append)
    with pytest.raises(DamagedBackupError, match="more than it holds"):
        unpacker.write(made)
    assert opened == []
    for length in (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"):
        with pytest.raises(DamagedBackupError, match="too long"):
            Unpacker(limit_bytes=1000, opened=lambda _entry: None).write(length + b"{")


def test_file_that_changed_meanwhile_ends_the_backup(tmp_path: Path) -> None:
    """Its digest was written down before."""
    path = tmp_path / "f"
    path.write_bytes(b"before")
    file = packed_file("store.db", path)
    assert stream_of([file]).endswith(b"before")
    path.write_bytes(b"behind")
    with pytest.raises(StorageError, match="changed"):
        stream_of([file])
