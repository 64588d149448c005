"""A sealed attachment that is read while it is sent: 64 KiB at a time, none of it held.

Reading what lies in the system's cache takes less than handing it to a thread, so it is read where
it is needed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import NoInputError, StorageError

CHUNK_BYTES: Final = 64 * 1024


class OpenBlob:
    """Implements pieces.SealedFile on a file.

    Args:
        path: Of a blob that is whole.

    Raises:
        NoInputError: There is none.
        StorageError: It cannot be opened.
    """

    __slots__ = ("_handle", "is_broken")

    def __init__(self, path: Path) -> None:
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as fault:
            raise NoInputError("no such attachment is held whole") from fault
        except OSError as fault:
            raise StorageError("a sealed attachment cannot be read") from fault
        self.is_broken = False

    def piece(self, offset: int, size_bytes: int) -> "FilePiece":
        """Return a piece, not read yet.

        Args:
            offset: Where it begins.
            size_bytes: How long it is.
        """
        return FilePiece(file=self, offset=offset, size_bytes=size_bytes)

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes of the file.

        Raises:
            StorageError: They cannot be read.
        """
        try:
            chunk = os.pread(self._handle, size, offset)
        except OSError as fault:
            self.is_broken = True
            raise StorageError("a sealed attachment cannot be read") from fault
        if not chunk:
            self.is_broken = True
            raise StorageError("a sealed attachment is shorter than it was")
        return chunk

    def close(self) -> None:
        """Close it."""
        os.close(self._handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePiece:
    """Implements pieces.Piece on an open file."""

    file: OpenBlob
    offset: int
    size_bytes: int

    def chunks(self) -> Iterator[bytes]:
        """Yield the piece in order.

        Raises:
            StorageError: It cannot be read.
        """
        at, end = self.offset, self.offset + self.size_bytes
        while at < end:
            chunk = self.file.read(at, min(CHUNK_BYTES, end - at))
            at += len(chunk)
            yield chunk
