"""Parts of files on their way into drafts: one file each, sealed under the draft's key.

`folder/<draft>/<file>/<part>`; a part is written beside its place, synced and renamed, so that it
is whole or not there, whatever comes twice or out of order. What belongs to no draft is swept at
the start: a crash between a row and its files leaves sealed bytes that nobody can open.

Source: docs/desk.md, "Drafts and second persons".
"""

import asyncio
import os
import shutil
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from gateway.errors import StorageError
from gateway.shelving import PartPlace
from gateway.storage.anchor import sync_folder
from gateway.storage.blob_files import disk, make_folder
from gateway.storage.blobs import Offload
from keys.atrest import open_at_rest, seal_at_rest
from keys.errors import KeysError

_UNFINISHED: Final = ".part"


class FolderParts:
    """Implements shelving.Parts on a folder.

    Args:
        folder: Made if missing, readable for the node's user alone.
        offload: Runs what touches the disk; in a thread unless given.
    """

    def __init__(self, folder: Path, *, offload: Offload = asyncio.to_thread) -> None:
        self._folder = folder
        self._offload = offload

    async def put(self, place: PartPlace, key: bytes, data: bytes) -> None:
        """Keep a part durably in the place of what may be there.

        Raises:
            StorageError: The disk failed; what was there is there.
        """
        await self._offload(self._put, place, key, data)

    async def get(self, place: PartPlace, key: bytes) -> bytes:
        """Return a part.

        Raises:
            StorageError: It is not held, or does not open.
        """
        return await self._offload(self.read, place, key)

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

    def read(self, place: PartPlace, key: bytes) -> bytes:
        """Return a part, in the calling thread.

        Raises:
            StorageError: It is not held, or does not open.
        """
        try:
            sealed = self._path(place).read_bytes()
            return open_at_rest(key, sealed, _context(place))
        except (OSError, KeysError) as error:
            raise StorageError(
                "a part of a draft's file is not held whole",
                code="content_damaged",
                hint="remove the file from the draft and give it again",
            ) from error

    def _path(self, place: PartPlace) -> Path:
        return self._folder / place.draft / str(place.n) / str(place.k)

    def _put(self, place: PartPlace, key: bytes, data: bytes) -> None:
        path = self._path(place)
        with disk():
            for folder in (self._folder, path.parent.parent, path.parent):
                make_folder(folder)
            handle, name = mkstemp(dir=path.parent, suffix=_UNFINISHED)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    target.write(seal_at_rest(key, data, _context(place)))
                    target.flush()
                    os.fsync(target.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)

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
