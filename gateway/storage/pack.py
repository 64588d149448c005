"""Manifest and files of a backup as one stream: written from files, taken apart as it comes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from gateway.errors import StorageError
from gateway.storage.manifest import (
    LENGTH,
    MAX_MANIFEST_BYTES,
    DamagedBackupError,
    Entry,
    Manifest,
)
from keys.digest import Hasher, sha256

_PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file that goes in: its entry, and where its bytes are."""

    entry: Entry
    source: Path | bytes


def packed_bytes(name: str, data: bytes) -> Packed:
    """Return a small file that was read already."""
    return Packed(entry=Entry(name=name, size_bytes=len(data), digest=sha256(data)), source=data)


def packed_file(name: str, path: Path, *, digest: bytes | None = None) -> Packed:
    """Return a file that stays where it is until it is packed.

    Args:
        name: Its name in the backup.
        path: Where it is.
        digest: Of its bytes, if it is known; else it is read for it.

    Raises:
        OSError: It cannot be read.
    """
    if digest is None:
        hasher = Hasher()
        for piece in _read(path):
            hasher.update(piece)
        digest = hasher.digest()
    entry = Entry(name=name, size_bytes=path.stat().st_size, digest=digest)
    return Packed(entry=entry, source=path)


class PackedStream:
    """Reads manifest and files as one stream, from the beginning to the end, once.

    Args:
        manifest: Of these files.
        files: In the order of the manifest.
        passed: Told how many bytes were read in all, after each piece.
    """

    def __init__(
        self, manifest: Manifest, files: Sequence[Packed], passed: Callable[[int], None]
    ) -> None:
        self._pieces = _pieces(manifest, files)
        self._passed = passed
        self._bytes = 0

    def read(self, size: int, /) -> bytes:
        """Return the next piece, of whatever length; empty at the end.

        Raises:
            StorageError: A file is not as it was when the manifest was made.
            OSError: A file cannot be read.
        """
        del size
        piece = next(self._pieces, b"")
        self._bytes += len(piece)
        self._passed(self._bytes)
        return piece


class Unpacker:
    """Takes the stream of a backup apart, as it comes; `finish` says whether it was whole.

    Args:
        limit_bytes: Nothing may be longer than this: the length of the sealed file.
        opened: Gives the file to write an entry to, None to check it only.
    """

    def __init__(self, *, limit_bytes: int, opened: Callable[[Entry], BinaryIO | None]) -> None:
        self._limit_bytes = limit_bytes
        self._opened = opened
        self._head = bytearray()
        self._waiting: Iterator[Entry] = iter(())
        self._entry: Entry | None = None
        self._left = 0
        self._hasher = Hasher()
        self._file: BinaryIO | None = None
        self._manifest: Manifest | None = None

    def write(self, data: bytes, /) -> None:
        """Take the next bytes.

        Raises:
            DamagedBackupError: They are not those of a backup.
            OSError: A file cannot be written.
        """
        rest = memoryview(data)
        while rest:
            rest = self._gather(rest) if self._manifest is None else self._fill(rest)

    def finish(self) -> Manifest:
        """Return what was unpacked.

        Raises:
            DamagedBackupError: Something is missing.
        """
        if self._manifest is None or self._entry is not None:
            raise DamagedBackupError("it ends too early")
        return self._manifest

    def close(self) -> None:
        """Close the file that is open, after a failure."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _gather(self, data: memoryview) -> memoryview:
        """Gather the manifest; return what is behind it.

        Raises:
            DamagedBackupError: It names more than there is.
        """
        taken = data[: self._wanted() - len(self._head)]
        self._head += taken
        if len(self._head) > LENGTH.size and len(self._head) == self._wanted():
            manifest = Manifest.decode(bytes(self._head[LENGTH.size :]))
            if manifest.file_bytes > self._limit_bytes:
                raise DamagedBackupError("its list names more than it holds")
            self._manifest = manifest
            self._waiting = iter(manifest.entries)
            self._next()
        return data[len(taken) :]

    def _wanted(self) -> int:
        """Return how long the head is, as far as that is known.

        Raises:
            DamagedBackupError: Longer than can be.
        """
        if len(self._head) < LENGTH.size:
            return LENGTH.size
        (length,) = LENGTH.unpack(self._head[: LENGTH.size])
        if not 0 < length <= min(MAX_MANIFEST_BYTES, self._limit_bytes):
            raise DamagedBackupError("its list of files is too long")
        return LENGTH.size + int(length)

    def _fill(self, data: memoryview) -> memoryview:
        if self._entry is None:
            raise DamagedBackupError("something follows its last file")
        taken = data[: self._left]
        self._hasher.update(bytes(taken))
        if self._file is not None:
            self._file.write(taken)
        self._left -= len(taken)
        if not self._left:
            self._end(self._entry)
            self._next()
        return data[len(taken) :]

    def _next(self) -> None:
        """Go on to the next file; one without bytes ends at once."""
        for entry in self._waiting:
            self._entry, self._left, self._hasher = entry, entry.size_bytes, Hasher()
            self._file = self._opened(entry)
            if entry.size_bytes:
                return
            self._end(entry)
        self._entry = None

    def _end(self, entry: Entry) -> None:
        self.close()
        if self._hasher.digest() != entry.digest:
            raise DamagedBackupError(f"{entry.name} has another digest")


def _pieces(manifest: Manifest, files: Sequence[Packed]) -> Iterator[bytes]:
    yield manifest.encode()
    for file in files:
        hasher, size = Hasher(), 0
        for piece in _read(file.source):
            hasher.update(piece)
            size += len(piece)
            yield piece
        if size != file.entry.size_bytes or hasher.digest() != file.entry.digest:
            raise StorageError(
                f"{file.entry.name} changed while it was copied", hint="make the backup again"
            )


def _read(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        if source:
            yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
