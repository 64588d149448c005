"""Parts of files on their way into drafts: one file each, sealed as it comes.

`folder/<draft>/<file>/<part>`; a part is written beside its place, synced and renamed, so that it
is whole or not there, whatever comes twice or out of order. It is the part's own key, sealed under
the draft's, and behind it the part in chunks under that key: none of it is held in memory. What
belongs to no draft is swept at the start: a crash between a row and its files leaves sealed bytes
that nobody can open.

Source: docs/desk.md, "Drafts and second persons".
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from io import FileIO
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from gateway.errors import CONTENT_DAMAGED, StorageError
from gateway.shelving import PartPlace
from gateway.storage.anchor import sync_folder
from gateway.storage.behind import Behind, append
from gateway.storage.blob_files import Offload, disk, make_folder
from keys.atrest import AT_REST_OVERHEAD_BYTES, open_at_rest, seal_at_rest
from keys.body import SealingStream, new_content_key, opened_pieces
from keys.errors import KeysError
from keys.suite import CONTENT_KEY_BYTES

_UNFINISHED: Final = ".part"
_WRAPPED_BYTES: Final = CONTENT_KEY_BYTES + AT_REST_OVERHEAD_BYTES


class FilePart:
    """Implements shelving.ArrivingPart on a file beside its place.

    Args:
        path: Its place.
        key: Of the draft.
        context: Of the place.
        offload: Runs what waits for the disk.
    """

    __slots__ = ("_behind", "_file", "_is_kept", "_offload", "_path", "_stream", "_temporary")

    def __init__(self, path: Path, key: bytes, context: bytes, *, offload: Offload) -> None:
        content_key = new_content_key()
        self._path = path
        self._offload = offload
        self._behind = Behind(offload)
        self._stream = SealingStream(content_key, context)
        with disk():
            for folder in (path.parent.parent.parent, path.parent.parent, path.parent):
                make_folder(folder)
            handle, name = mkstemp(dir=path.parent, suffix=_UNFINISHED)
            self._temporary = Path(name)
            self._is_kept = False
            self._file = FileIO(handle, "wb")
            append(self._file, seal_at_rest(key, content_key, context))

    def write(self, data: bytes, /) -> None:
        """Take the next bytes: into the system's cache, which costs less than a thread.

        Raises:
            StorageError: The disk refused.
        """
        sealed = self._stream.update(data)
        with disk():
            append(self._file, sealed)
        self._behind.wrote(self._file, len(sealed))

    async def keep(self) -> None:
        """Keep the part durably in the place of what may be there.

        Raises:
            StorageError: The disk refused; what was there is there.
        """
        with disk():
            append(self._file, self._stream.finish())
        await self._behind.settled()
        await self._offload(self._place)

    def close(self) -> None:
        """Leave nothing of a part that was not kept."""
        self._file.close()
        if not self._is_kept:
            self._temporary.unlink(missing_ok=True)

    def _place(self) -> None:
        with disk():
            os.fsync(self._file.fileno())
            self._temporary.replace(self._path)
            self._is_kept = True
            sync_folder(self._path.parent)


class FolderParts:
    """Implements shelving.Parts on a folder.

    Args:
        folder: Made if missing, readable for the node's user alone.
        offload: Runs what touches the disk; in a thread unless given.
    """

    def __init__(self, folder: Path, *, offload: Offload = asyncio.to_thread) -> None:
        self._folder = folder
        self._offload = offload

    @contextlib.asynccontextmanager
    async def arriving(self, place: PartPlace, key: bytes) -> AsyncIterator[FilePart]:
        """Take a part while it comes; nothing is left of one that is not kept.

        Raises:
            StorageError: The disk refused; what was there is there.
        """
        part = await self._offload(
            FilePart, self._path(place), key, _context(place), offload=self._offload
        )
        try:
            yield part
        finally:
            part.close()

    async def held(self, draft: str, n: int) -> tuple[int, ...]:
        """Return the numbers of the parts that are held, rising.

        Raises:
            StorageError: The disk failed.
        """
        return await self._offload(self._held, draft, n)

    async def drop(self, draft: str, n: int | None = None) -> None:
        """Remove the parts of a file, or of a whole draft; nothing happens if there are none.

        Raises:
            StorageError: The disk failed.
        """
        await self._offload(self._drop, draft, n)

    async def sweep(self, known: frozenset[str]) -> int:
        """Remove what belongs to none of these drafts; return of how many.

        Raises:
            StorageError: The disk failed.
        """
        return await self._offload(self._sweep, known)

    def pieces(self, place: PartPlace, key: bytes) -> Iterator[bytes]:
        """Yield a part piece by piece, in the calling thread.

        Raises:
            StorageError: It is not held, or does not open, which may show only at its end.
        """
        context = _context(place)
        try:
            with self._path(place).open("rb", buffering=0) as source:
                content_key = open_at_rest(key, source.read(_WRAPPED_BYTES), context)
                yield from opened_pieces(content_key, context, source)
        except (OSError, KeysError) as error:
            raise StorageError(
                "a part of a draft's file is not held whole",
                code=CONTENT_DAMAGED,
                hint="remove the file from the draft and give it again",
            ) from error

    def _path(self, place: PartPlace) -> Path:
        return self._folder / place.draft / str(place.n) / str(place.k)

    def _held(self, draft: str, n: int) -> tuple[int, ...]:
        with disk():
            folder = self._folder / draft / str(n)
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return tuple(sorted(int(name) for name in names if name.isdecimal()))

    def _drop(self, draft: str, n: int | None) -> None:
        folder = self._folder / draft if n is None else self._folder / draft / str(n)
        with disk():
            if folder.is_dir():
                shutil.rmtree(folder)

    def _sweep(self, known: frozenset[str]) -> int:
        with disk():
            folders = list(self._folder.iterdir()) if self._folder.is_dir() else []
            lost = [folder for folder in folders if folder.name not in known]
            for folder in lost:
                shutil.rmtree(folder)
        return len(lost)


def _context(place: PartPlace) -> bytes:
    # No part can contain a space, hence one reading only.
    return f"a35 draft part {place.draft} {place.n} {place.k}".encode()
