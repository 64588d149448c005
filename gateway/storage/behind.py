"""Files that the disk takes while more of them is written: the last sync has little left to do."""

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor
from io import FileIO
from types import TracebackType
from typing import Final, Self

from gateway.storage.blob_files import Offload, disk

SYNC_BYTES: Final = 2 * 1024 * 1024
"""What may come before the disk is told to begin."""


def append(file: FileIO, data: bytes) -> None:
    """Write all of it: one call may take a part.

    Raises:
        OSError: The disk refused.
    """
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


class Behind:
    """Syncs a file behind the back of an event loop that writes it.

    Args:
        offload: Runs what waits for the disk.
    """

    __slots__ = ("_offload", "_syncing", "_unsynced")

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._unsynced = 0
        self._syncing: asyncio.Future[None] | None = None

    def wrote(self, file: FileIO, size: int) -> None:
        """Take note of what was written, and begin to sync if it is much.

        Raises:
            StorageError: The sync before failed: another one would prove nothing.
        """
        self._unsynced += size
        if self._unsynced >= SYNC_BYTES and (self._syncing is None or self._syncing.done()):
            if self._syncing is not None:
                self._syncing.result()
            self._unsynced = 0
            self._syncing = asyncio.ensure_future(self._offload(sync, file))

    async def settled(self) -> None:
        """Wait for a sync that was begun.

        Raises:
            StorageError: It failed.
        """
        if self._syncing is not None:
            await self._syncing


class SyncedFile:
    """A file that a thread writes, synced by another one meanwhile.

    Args:
        file: Taken over: closed with the block, synced if that ended well.
    """

    __slots__ = ("_file", "_syncer", "_syncing", "_unsynced")

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._unsynced = 0
        self._syncer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sync")
        self._syncing: Future[None] | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until the disk has all of it, or give it up.

        Raises:
            StorageError: The disk refused.
        """
        try:
            if kind is None:
                if self._syncing is not None:
                    self._syncing.result()
                sync(self._file)
        finally:
            self._syncer.shutdown()
            self._file.close()

    def write(self, data: bytes, /) -> None:
        """Write all of it.

        Raises:
            StorageError: The disk refused, now or when it synced.
        """
        with disk():
            append(self._file, data)
        self._unsynced += len(data)
        if self._unsynced >= SYNC_BYTES and (self._syncing is None or self._syncing.done()):
            if self._syncing is not None:
                self._syncing.result()
            self._unsynced = 0
            self._syncing = self._syncer.submit(sync, self._file)


def sync(file: FileIO) -> None:
    """Make durable what was written of a file; its length too, not its times.

    Raises:
        StorageError: The disk refused.
    """
    with disk():
        os.fdatasync(file.fileno())
