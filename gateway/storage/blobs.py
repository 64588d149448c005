"""Sealed attachments as files: ciphertext only, named by its digest, apart for each sender.

`folder/<owner>/<digest>` is a whole blob; with `.part` behind it, one that is on its way; a
crash leaves a `.part` that goes on from its length, or is swept. An offset that a peer is told
is always synced. Names are private to the sending node: no peer learns what
another one sent.

Source: docs/wire-format.md, rule 24; docs/delivery.md, "Attachments".
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from io import FileIO
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from gateway.pieces import TakenPiece
from gateway.storage.anchor import sync_folder
from gateway.storage.behind import SyncedFile
from gateway.storage.blob_files import (
    PART,
    Arriving,
    Offload,
    disk,
    make_folder,
    opened,
    part_of,
    read_again,
    resume,
    size_of,
    unfinished_of,
)
from gateway.storage.blob_reading import OpenBlob
from gateway.storage.blob_taking import TakenAlready, Taking
from keys.body import StreamDigests, decrypt_stream, encrypt_stream
from keys.errors import DecryptionFailedError
from protocol.delivery.admission import Unfinished
from protocol.errors import Code, MalformedError, NotProvenError
from protocol.identifiers import NodeId

_DIGEST_BYTES: Final = 32
_NS_PER_MS: Final = 1_000_000
_UNFINISHED_KEPT_MS: Final = 24 * 60 * 60 * 1000
"""Rule 24."""


class FileBlobs:
    """Implements ports.Blobs on a folder.

    Args:
        folder: Made if missing, readable for the node's user alone.
        node: This node; its own blobs lie below its name like everybody's.
        offload: Runs what touches the disk; in a thread unless given.
    """

    def __init__(self, folder: Path, *, node: NodeId, offload: Offload = asyncio.to_thread) -> None:
        self._folder = folder
        self._node = node
        self._offload = offload
        self._arriving: dict[Path, Arriving] = {}

    async def seal(self, source: BinaryIO, *, content_key: bytes, context: bytes) -> StreamDigests:
        """Encrypt a file into the store of this node's own blobs; durable when it returns.

        Args:
            source: The plaintext, read from where it stands to its end.
            content_key: 32 bytes, for this file alone.
            context: What the ciphertext is bound to.

        Returns:
            Lengths and digests; the ciphertext's digest is the blob's name.

        Raises:
            StorageError: The disk refused; nothing is left.
        """
        return await self._offload(self._seal, source, content_key, context)

    async def open(
        self, owner: NodeId, digest: bytes, target: BinaryIO, *, content_key: bytes, context: bytes
    ) -> StreamDigests:
        """Decrypt a blob; the caller must not use `target` before this returns.

        Args:
            owner: Who sent it.
            digest: Of the ciphertext, 32 bytes.
            target: A temporary file; worthless after an error.
            content_key: As it came with the content.
            context: What the ciphertext must be bound to.

        Returns:
            Lengths and digests; the plaintext's digest is still to be compared.

        Raises:
            NoInputError: It is not held whole.
            NotProvenError: It does not open under this key and context (E_OPEN).
            StorageError: The disk refused.
        """
        return await self._offload(
            self._open, self._path(owner, digest), target, content_key, context
        )

    async def offset(self, owner: NodeId, digest: bytes) -> int | None:
        """Return the bytes held durably of what this owner sent, None if nothing."""
        path = self._path(owner, digest)
        whole = size_of(path)
        if whole is not None:
            return whole
        arriving = self._arriving.get(path)
        if arriving is not None and (arriving.users or arriving.hasher is not None):
            return arriving.held or None
        if size_of(part_of(path)) is None:
            return None
        async with self._taken(path) as arriving:
            return await self._offload(resume, path, arriving, digest)

    async def put(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int, piece: bytes
    ) -> int:
        """Append a piece that is in memory; see `taking`.

        Returns:
            The bytes held durably now.
        """
        async with self.taking(owner, digest, offset=offset, total=total) as taking:
            taking.write(piece)
        return taking.held

    @contextlib.asynccontextmanager
    async def taking(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int
    ) -> AsyncIterator[TakenPiece]:
        """Take a piece at the offset held while it comes; complete at `total`.

        What was written is durable once the block has ended, also by an error: a sender that was
        cut off goes on behind it.

        Args:
            owner: Who sends it.
            digest: Of the whole ciphertext, 32 bytes.
            offset: Where the piece begins: what `offset` answered.
            total: Length of the whole.

        Yields:
            Where to write; `held` counts after the block.

        Raises:
            MalformedError: The piece does not begin where the blob ends, or goes beyond
                `total` (E_LENGTH), nothing was changed; or the whole has another digest
                (E_HASH), it was deleted.
            StorageError: The disk refused; what was held before is held.
        """
        path = self._path(owner, digest)
        whole = size_of(path)
        if whole is not None:
            if total != whole or offset > whole:
                raise MalformedError("the blob has another length", code=Code.LENGTH)
            yield TakenAlready(whole)
            return
        async with self._taken(path) as arriving:
            hasher = arriving.hasher
            if hasher is None:
                hasher = await self._offload(read_again, arriving, part_of(path))
            if offset != arriving.held or offset > total:
                arriving.hasher = hasher
                raise MalformedError("the piece does not continue the blob", code=Code.LENGTH)
            arriving.hasher = None  # whatever goes wrong from here on, the file is read again
            taking = Taking(
                path, arriving, hasher, digest=digest, total=total, offload=self._offload
            )
            try:
                yield taking
            finally:
                await taking.end()

    async def unfinished(self, owner: NodeId, digest: bytes) -> Unfinished:
        """Return what this owner began and did not finish, and how much of one blob is held.

        Args:
            owner: Who sent it.
            digest: Of the blob that is asked about, 32 bytes.

        Raises:
            StorageError: The disk refused.
        """
        return await asyncio.to_thread(unfinished_of, self._path(owner, digest))

    async def is_complete(self, owner: NodeId, digest: bytes, size_bytes: int) -> bool:
        """Tell whether a blob of exactly this size is held whole."""
        return size_of(self._path(owner, digest)) == size_bytes

    async def read(
        self, owner: NodeId, digest: bytes, *, offset: int, piece_bytes: int
    ) -> AsyncIterator[bytes]:
        """Yield the ciphertext from an offset in pieces.

        Raises:
            NoInputError: It is not held whole.
            StorageError: The disk refused.
        """
        path = self._path(owner, digest)
        with disk(), opened(path) as source:
            source.seek(offset)
            while piece := source.read(piece_bytes):
                yield piece

    def reading(self, owner: NodeId, digest: bytes) -> OpenBlob:
        """Open a blob, to be sent; the caller closes it.

        Raises:
            NoInputError: It is not held whole.
            StorageError: The disk refused.
        """
        return OpenBlob(self._path(owner, digest))

    async def drop(self, owner: NodeId, digest: bytes) -> None:
        """Remove what is held of a blob, for ever; nothing happens if nothing is.

        Raises:
            StorageError: The disk refused.
        """
        path = self._path(owner, digest)
        async with self._taken(path) as arriving:
            arriving.hasher = None
            await self._offload(_drop, path)

    async def sweep(self, *, now_ms: int) -> int:
        """Drop what got no byte for 24 hours and is still not whole; return how many.

        Args:
            now_ms: Milliseconds since 1970, UTC.

        Raises:
            StorageError: The disk refused.
        """
        return await self._offload(self._sweep, now_ms - _UNFINISHED_KEPT_MS)

    @contextlib.asynccontextmanager
    async def _taken(self, path: Path) -> AsyncIterator[Arriving]:
        """Hold a blob on its way; only one at a time has it."""
        arriving = self._arriving.setdefault(path, Arriving())
        arriving.users += 1
        try:
            async with arriving.lock:
                yield arriving
        finally:
            arriving.users -= 1
            if not arriving.users and arriving.hasher is None:
                self._arriving.pop(path, None)

    def _path(self, owner: NodeId, digest: bytes) -> Path:
        if len(digest) != _DIGEST_BYTES:
            raise MalformedError("a blob is named by 32 bytes")
        return self._folder / f"{owner.country}-{owner.number}" / digest.hex()

    def _seal(self, source: BinaryIO, content_key: bytes, context: bytes) -> StreamDigests:
        own = self._path(self._node, bytes(_DIGEST_BYTES)).parent
        with disk():
            make_folder(own)
            handle, name = mkstemp(dir=own, suffix=PART)
            temporary = Path(name)
            try:
                with SyncedFile(FileIO(handle, "wb")) as target:
                    digests = encrypt_stream(content_key, context, source, target)
                temporary.replace(self._path(self._node, digests.sealed_digest))
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(own)
        return digests

    def _open(
        self, path: Path, target: BinaryIO, content_key: bytes, context: bytes
    ) -> StreamDigests:
        with disk(), opened(path) as source:
            try:
                return decrypt_stream(content_key, context, source, target)
            except DecryptionFailedError as fault:
                raise NotProvenError("an attachment does not open", code=Code.OPEN) from fault

    def _sweep(self, before_ms: int) -> int:
        dropped = 0
        with disk():
            for part in self._folder.glob(f"*/*{PART}"):
                arriving = self._arriving.get(part.with_suffix(""))
                if arriving is not None and arriving.users > 0:
                    continue
                # What was finished and renamed since it was listed is none of ours.
                with contextlib.suppress(FileNotFoundError):
                    if part.stat().st_mtime_ns // _NS_PER_MS < before_ms:
                        self._arriving.pop(part.with_suffix(""), None)
                        part.unlink()
                        dropped += 1
        return dropped


def _drop(path: Path) -> None:
    with disk():
        for name in (path, part_of(path)):
            name.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
