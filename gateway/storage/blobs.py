"""Sealed attachments as files: ciphertext only, named by its digest, apart for each sender.

`folder/<owner>/<digest>` is a whole blob; with `.part` behind it, one that is on its way. A
blob becomes whole in this order: bytes synced, digest checked, renamed, folder synced; a crash
before the rename leaves a `.part` that goes on from its length, or is swept. An offset that a
peer is told is always synced. Names are private to the sending node: no peer learns what
another one sent.

Source: docs/wire-format.md, rule 24; docs/architecture.md, "attachments".
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from gateway.errors import NoInputError, StorageError
from gateway.storage.anchor import sync_folder
from keys.body import StreamDigests, decrypt_stream, encrypt_stream
from keys.digest import Hasher
from keys.errors import DecryptionFailedError
from protocol.errors import Code, MalformedError, NotProvenError
from protocol.identifiers import NodeId

READ_BYTES: Final = 64 * 1024
"""Bytes in memory at a time."""

_PART: Final = ".part"
_DIGEST_BYTES: Final = 32
_NS_PER_MS: Final = 1_000_000
_UNFINISHED_KEPT_MS: Final = 24 * 60 * 60 * 1000
"""Rule 24."""


class _Arriving:
    """One blob on its way: its pieces come one by one, over a running digest.

    Without a hasher, file and digest are read again before the next piece.
    """

    __slots__ = ("hasher", "held", "lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.hasher: Hasher | None = None
        self.held = 0


class FileBlobs:
    """Implements ports.Blobs on a folder.

    Args:
        folder: Made if missing, readable for the node's user alone.
        node: This node; its own blobs lie below its name like everybody's.
    """

    def __init__(self, folder: Path, *, node: NodeId) -> None:
        self._folder = folder
        self._node = node
        self._arriving: dict[Path, _Arriving] = {}

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
        return await asyncio.to_thread(self._seal, source, content_key, context)

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
        return await asyncio.to_thread(
            self._open, self._path(owner, digest), target, content_key, context
        )

    async def offset(self, owner: NodeId, digest: bytes) -> int | None:
        """Return the bytes held durably of what this owner sent, None if nothing."""
        path = self._path(owner, digest)
        whole = _size(path)
        if whole is not None:
            return whole
        arriving = self._arriving.get(path)
        if arriving is not None and (arriving.users or arriving.hasher is not None):
            return arriving.held or None
        return await asyncio.to_thread(_synced_size, _part(path))

    async def put(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int, piece: bytes
    ) -> int:
        """Append a piece at the offset held; return the new offset; complete at `total`.

        Args:
            owner: Who sends it.
            digest: Of the whole ciphertext, 32 bytes.
            offset: Where the piece begins: what `offset` answered.
            total: Length of the whole.
            piece: In memory once; the caller keeps it small.

        Returns:
            The bytes held durably now.

        Raises:
            MalformedError: The piece does not begin where the blob ends, or goes beyond
                `total` (E_LENGTH), nothing was changed; or the whole has another digest
                (E_HASH), it was deleted.
            StorageError: The disk refused; what was synced before is held.
        """
        path = self._path(owner, digest)
        whole = _size(path)
        if whole is not None:
            return _repeated(whole, offset=offset, total=total, piece=piece)
        arriving = self._arriving.setdefault(path, _Arriving())
        arriving.users += 1
        try:
            async with arriving.lock:
                return await asyncio.to_thread(
                    self._append, path, arriving, digest, (offset, total, piece)
                )
        finally:
            arriving.users -= 1
            if not arriving.users and arriving.hasher is None:
                self._arriving.pop(path, None)

    async def is_complete(self, owner: NodeId, digest: bytes, size_bytes: int) -> bool:
        """Tell whether a blob of exactly this size is held whole."""
        return _size(self._path(owner, digest)) == size_bytes

    async def read(
        self, owner: NodeId, digest: bytes, *, offset: int, piece_bytes: int
    ) -> AsyncIterator[bytes]:
        """Yield the ciphertext from an offset in pieces.

        Raises:
            NoInputError: It is not held whole.
            StorageError: The disk refused.
        """
        path = self._path(owner, digest)
        with _disk(), _opened(path) as source:
            source.seek(offset)
            while piece := source.read(piece_bytes):
                yield piece

    async def sweep(self, *, now_ms: int) -> int:
        """Drop what got no byte for 24 hours and is still not whole; return how many.

        Args:
            now_ms: Milliseconds since 1970, UTC.

        Raises:
            StorageError: The disk refused.
        """
        return await asyncio.to_thread(self._sweep, now_ms - _UNFINISHED_KEPT_MS)

    def _path(self, owner: NodeId, digest: bytes) -> Path:
        if len(digest) != _DIGEST_BYTES:
            raise MalformedError("a blob is named by 32 bytes")
        return self._folder / f"{owner.country}-{owner.number}" / digest.hex()

    def _seal(self, source: BinaryIO, content_key: bytes, context: bytes) -> StreamDigests:
        own = self._path(self._node, bytes(_DIGEST_BYTES)).parent
        with _disk():
            _make_folder(own)
            handle, name = mkstemp(dir=own, suffix=_PART)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    digests = encrypt_stream(content_key, context, source, target)
                    target.flush()
                    os.fsync(target.fileno())
                temporary.replace(self._path(self._node, digests.sealed_digest))
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(own)
        return digests

    def _open(
        self, path: Path, target: BinaryIO, content_key: bytes, context: bytes
    ) -> StreamDigests:
        with _disk(), _opened(path) as source:
            try:
                return decrypt_stream(content_key, context, source, target)
            except DecryptionFailedError as fault:
                raise NotProvenError("an attachment does not open", code=Code.OPEN) from fault

    def _sweep(self, before_ms: int) -> int:
        dropped = 0
        with _disk():
            for part in self._folder.glob(f"*/*{_PART}"):
                arriving = self._arriving.get(part.with_suffix(""))
                is_used = arriving is not None and arriving.users > 0
                if not is_used and part.stat().st_mtime_ns // _NS_PER_MS < before_ms:
                    self._arriving.pop(part.with_suffix(""), None)
                    part.unlink()
                    dropped += 1
        return dropped

    def _append(
        self, path: Path, arriving: _Arriving, digest: bytes, sent: tuple[int, int, bytes]
    ) -> int:
        offset, total, piece = sent
        with _disk():
            hasher = _hasher_of(arriving, _part(path))
            if offset != arriving.held or offset + len(piece) > total:
                raise MalformedError("the piece does not continue the blob", code=Code.LENGTH)
            # Whatever goes wrong from here on, file and digest are read again.
            arriving.hasher = None
            _write(_part(path), piece, offset=offset)
            hasher.update(piece)
            arriving.held = offset + len(piece)
            if arriving.held == total:
                _complete(path, is_right=hasher.digest() == digest)
            else:
                arriving.hasher = hasher
            return arriving.held


def _write(part: Path, piece: bytes, *, offset: int) -> None:
    """Append a piece durably.

    Raises:
        OSError: The disk refused; nothing of the piece is left.
    """
    _make_folder(part.parent)
    try:
        with part.open("ab") as target:
            target.write(piece)
            target.flush()
            os.fsync(target.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.truncate(part, offset)
        raise
    if offset == 0:
        sync_folder(part.parent)


def _complete(path: Path, *, is_right: bool) -> None:
    """Make a synced blob whole, or delete it.

    Raises:
        MalformedError: Its digest is another one (E_HASH); it was deleted.
    """
    if not is_right:
        _part(path).unlink()
        raise MalformedError("the blob has another digest", code=Code.HASH)
    _part(path).replace(path)
    sync_folder(path.parent)


def _repeated(whole: int, *, offset: int, total: int, piece: bytes) -> int:
    """Answer a piece of a blob that is whole already: its answer was lost.

    Raises:
        MalformedError: It is said to have another length (E_LENGTH).
    """
    if total != whole or offset + len(piece) > total:
        raise MalformedError("the blob has another length", code=Code.LENGTH)
    return whole


def _hasher_of(arriving: _Arriving, part: Path) -> Hasher:
    """Return the digest of what is held; after a start it is computed from the file."""
    if arriving.hasher is not None:
        return arriving.hasher
    hasher = Hasher()
    arriving.held = 0
    with contextlib.suppress(FileNotFoundError), part.open("rb") as source:
        while piece := source.read(READ_BYTES):
            hasher.update(piece)
            arriving.held += len(piece)
    return hasher


def _part(path: Path) -> Path:
    return path.with_name(path.name + _PART)


def _synced_size(part: Path) -> int | None:
    """Return the length of what is held of a blob, made durable first."""
    if _size(part) is None:
        return None
    with _disk(), part.open("rb") as source:
        os.fsync(source.fileno())
        return os.fstat(source.fileno()).st_size or None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StorageError("the folder of attachments cannot be read") from fault


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def _opened(path: Path) -> BinaryIO:
    """Open a blob that is whole.

    Raises:
        NoInputError: There is none.
    """
    try:
        return path.open("rb")
    except FileNotFoundError as fault:
        raise NoInputError("no such attachment is held whole") from fault


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk refuses into our error.

    Raises:
        StorageError: The disk refused.
    """
    try:
        yield
    except OSError as fault:
        raise StorageError(
            "the folder of attachments refused",
            hint="Look for free space and for the rights of the folder.",
        ) from fault
