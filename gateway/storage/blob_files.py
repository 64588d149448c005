"""The files of attachments: one on its way, one that is whole, and what a crash leaves.

A blob becomes whole in this order: bytes synced, digest checked, renamed, folder synced. How a
piece of one comes: gateway.storage.blob_taking.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, Protocol, TypeVar

from gateway.errors import NoInputError, StorageError
from gateway.storage.anchor import sync_folder
from keys.digest import Hasher
from protocol.delivery.admission import Unfinished
from protocol.errors import Code, MalformedError

P = ParamSpec("P")
T = TypeVar("T")

PART: Final = ".part"
"""Suffix of a blob on its way."""

_READ_BYTES: Final = 64 * 1024


class Offload(Protocol):
    """Runs a function that waits for the disk, as asyncio.to_thread does."""

    async def __call__(self, work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """Run it and return its result."""


class Arriving:
    """One blob on its way: its pieces come one by one, over a running digest.

    Without a hasher, file and digest are read again before the next piece.
    """

    __slots__ = ("hasher", "held", "lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.hasher: Hasher | None = None
        self.held = 0


def complete(path: Path, *, is_right: bool) -> None:
    """Make a synced blob whole, or delete it.

    Raises:
        MalformedError: Its digest is another one (E_HASH); it was deleted.
    """
    if not is_right:
        part_of(path).unlink()
        raise MalformedError("the blob has another digest", code=Code.HASH)
    part_of(path).replace(path)
    sync_folder(path.parent)


def unfinished_of(path: Path) -> Unfinished:
    """Return what lies unfinished beside a blob, itself included.

    Args:
        path: Of the blob when it is whole.

    Raises:
        StorageError: The disk refused.
    """
    sizes: dict[str, int] = {}
    with disk():
        for part in path.parent.glob(f"*{PART}"):
            with contextlib.suppress(FileNotFoundError):  # finished since it was listed
                sizes[part.name] = part.stat().st_size
    return Unfinished(
        size_bytes=sum(sizes.values()),
        blobs=len(sizes),
        most_bytes=max(sizes.values(), default=0),
        this_bytes=sizes.get(part_of(path).name, 0),
    )


def resume(path: Path, arriving: Arriving, digest: bytes) -> int | None:
    """Return the length of what is held of a blob after a start, made durable first.

    A crash between the last piece and the rename leaves a blob that is all there and not whole:
    nobody would send a further piece of it, so it becomes whole here.

    Args:
        path: Of the blob when it is whole.
        arriving: Its state in memory, locked by the caller; gets the digest of what is held.
        digest: What the whole must have.

    Raises:
        StorageError: The disk refused.
    """
    part = part_of(path)
    if synced_size(part) is None:
        return None
    with disk():
        hasher = arriving.hasher or read_again(arriving, part)
        if hasher.digest() == digest:
            complete(path, is_right=True)
        else:
            arriving.hasher = hasher
    return arriving.held or None


def read_again(arriving: Arriving, part: Path) -> Hasher:
    """Return the digest of what is held, computed from the file; its length is noted.

    Raises:
        StorageError: The disk refused.
    """
    hasher = Hasher()
    arriving.held = 0
    with disk(), contextlib.suppress(FileNotFoundError), part.open("rb") as source:
        while piece := source.read(_READ_BYTES):
            hasher.update(piece)
            arriving.held += len(piece)
    return hasher


def part_of(path: Path) -> Path:
    """Return the file in which a blob arrives."""
    return path.with_name(path.name + PART)


def synced_size(part: Path) -> int | None:
    """Return the length of what is held of a blob, made durable first."""
    if size_of(part) is None:
        return None
    with disk(), part.open("rb") as source:
        os.fsync(source.fileno())
        return os.fstat(source.fileno()).st_size or None


def size_of(path: Path) -> int | None:
    """Return the length of a file, None if there is none.

    Raises:
        StorageError: The disk refused.
    """
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StorageError("the folder of attachments cannot be read") from fault


def make_folder(folder: Path) -> None:
    """Make a folder for the node's user alone, durably.

    Raises:
        OSError: The disk refused.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def opened(path: Path) -> BinaryIO:
    """Open a blob that is whole.

    Raises:
        NoInputError: There is none.
    """
    try:
        return path.open("rb")
    except FileNotFoundError as fault:
        raise NoInputError("no such attachment is held whole") from fault


@contextlib.contextmanager
def disk(what: str = "the folder of attachments") -> Iterator[None]:
    """Turn what the disk refuses into our error.

    Args:
        what: Was being read or written.

    Raises:
        StorageError: The disk refused.
    """
    try:
        yield
    except OSError as fault:
        is_full = fault.errno in {ENOSPC, EDQUOT}
        raise StorageError(
            f"the disk refused {what}",
            code="disk_full" if is_full else None,
            hint="Look for free space and for the rights of the folder.",
        ) from fault
