"""One piece of a blob while it comes: hashed and appended where it is read, made durable behind.

Nothing of a piece is held: 64 KiB go to the digest and to the system's cache at once, which costs
less than handing them to a thread. The disk is told every few MiB, while more comes, and waited
for once, at the end of the piece: no offset is told before.
"""

import contextlib
import os
from io import FileIO
from pathlib import Path

from gateway.errors import StorageError
from gateway.storage.anchor import sync_folder
from gateway.storage.behind import Behind, append
from gateway.storage.blob_files import Arriving, Offload, complete, disk, make_folder, part_of
from keys.digest import Hasher
from protocol.errors import Code, MalformedError


class Taking:
    """A piece on its way into its blob.

    Args:
        path: Of the blob when it is whole.
        arriving: Its state in memory, locked by the caller.
        hasher: Over what is held.
        digest: What the whole must have.
        total: Length of the whole.
        offload: Runs what waits for the disk.
    """

    __slots__ = (
        "_arriving",
        "_behind",
        "_digest",
        "_file",
        "_hasher",
        "_is_torn",
        "_offload",
        "_path",
        "_total",
        "_written",
    )  # fmt: skip

    def __init__(
        self,
        path: Path,
        arriving: Arriving,
        hasher: Hasher,
        *,
        digest: bytes,
        total: int,
        offload: Offload,
    ) -> None:
        self._path = path
        self._arriving = arriving
        self._hasher = hasher
        self._digest = digest
        self._total = total
        self._offload = offload
        self._file: FileIO | None = None
        self._is_torn = False
        self._written = arriving.held
        self._behind = Behind(offload)

    @property
    def held(self) -> int:
        """The bytes held durably."""
        return self._arriving.held

    def write(self, data: bytes, /) -> None:
        """Append bytes; they are held once the piece has ended.

        Raises:
            MalformedError: They go beyond the whole (E_LENGTH).
            StorageError: The disk refused.
        """
        if self._written + len(data) > self._total:
            raise MalformedError("the piece does not continue the blob", code=Code.LENGTH)
        self._is_torn = True
        with disk():
            file = self._opened()
            append(file, data)
        self._hasher.update(data)
        self._written += len(data)
        self._behind.wrote(file, len(data))
        self._is_torn = False

    async def end(self) -> None:
        """Make durable what came, whatever ended it; the blob becomes whole at its length.

        Raises:
            MalformedError: The whole has another digest (E_HASH); it was deleted.
            StorageError: The disk refused; what was held before the piece is held.
        """
        file, held = self._file, self._arriving.held
        if file is None and held < self._total:
            self._arriving.hasher = self._hasher
            return
        try:
            await self._behind.settled()
            if self._is_torn:
                await self._offload(_cut, part_of(self._path), held)
            else:
                await self._offload(self._finish, file)
        except StorageError:
            await self._offload(_cut, part_of(self._path), held)
            raise
        finally:
            if file is not None:
                file.close()

    def _finish(self, file: FileIO | None) -> None:
        with disk():
            if file is not None:
                os.fsync(file.fileno())
                if self._arriving.held == 0:
                    sync_folder(self._path.parent)
            self._arriving.held = self._written
            if self._written == self._total:
                complete(self._path, is_right=self._hasher.digest() == self._digest)
            else:
                self._arriving.hasher = self._hasher

    def _opened(self) -> FileIO:
        if self._file is None:
            make_folder(self._path.parent)
            self._file = FileIO(part_of(self._path), "ab")
        return self._file


class TakenAlready:
    """A piece of a blob that is whole: what comes of it again is not looked at.

    Args:
        held: Length of the blob.
    """

    __slots__ = ("held",)

    def __init__(self, held: int) -> None:
        self.held = held

    def write(self, data: bytes, /) -> None:
        """Pass over bytes that are there."""


def _cut(part: Path, size: int) -> None:
    """Leave of a piece that the disk took in part only what was held before."""
    with contextlib.suppress(OSError):
        os.truncate(part, size)
