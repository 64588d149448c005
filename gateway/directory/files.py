"""Read a file within bounds; write one so that a crash leaves the old one or the new one.

Leaves what is in the files to the callers. Only plain files are read: a link, a pipe or a
device in a folder that came on a USB stick is refused before a byte is read.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.errors import StorageError

PIECE_BYTES: Final = 64 * 1024


def open_plain(path: Path) -> int:
    """Open a plain file for reading, never a link, never waiting for a pipe.

    The caller closes the descriptor.

    Raises:
        OSError: There is none, it may not be read, or it is no plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a plain file")
    return descriptor


def read_pieces(path: Path) -> Iterator[bytes]:
    """Yield a plain file in pieces of at most 64 KiB.

    Raises:
        OSError: As `open_plain`, or the disk failed.
    """
    descriptor = open_plain(path)
    try:
        while piece := os.read(descriptor, PIECE_BYTES):
            yield piece
    finally:
        os.close(descriptor)


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Read a plain file that may not be longer than a bound.

    Raises:
        OSError: As `open_plain`, or the disk failed.
        ValueError: The file is longer; it was not read whole.
    """
    data = bytearray()
    for piece in read_pieces(path):
        data += piece
        if len(data) > max_bytes:
            raise ValueError(f"longer than {max_bytes} bytes")
    return bytes(data)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put a file in place in one step, synced with its folder; missing folders are made.

    Args:
        path: Where; an older file there is replaced.
        data: All of it.
        mode: Permissions of the file.

    Raises:
        StorageError: The disk refused; what stood there stands there still.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(beside, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise StorageError(
            f"{path.name} cannot be written", hint=f"check space and permissions of {path.parent}"
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
