"""Files of drafts: announced, taken in parts, completed, and read again to be sealed for sending.

Of a file only pieces are in memory. A part is durable when it is answered, may come
twice and in any order; what is missing is named, so that an upload goes on after a break.

Source: docs/desk.md, "Drafts and second persons".
"""

from asyncio import to_thread
from collections.abc import AsyncIterator
from io import RawIOBase
from itertools import chain
from typing import Final

from typing_extensions import override

from gateway.drafting import PART_BYTES, DraftFile, Need, PartData
from gateway.errors import DataError, NoInputError
from gateway.people import Caller
from gateway.service.draft_desk import DraftBase, DraftPorts, parts_of, writer_of
from gateway.service.draft_hashed import Hashed
from gateway.shelving import KeptDraft, KeptFile, PartPlace, Parts
from keys.digest import Hasher, same
from protocol.delivery.urgency import urgency_of
from protocol.limits import MAX_BLOBS

_MAX_NAME_BYTES: Final = 255
_MAX_TYPE_BYTES: Final = 127
_MAX_FILE_BYTES: Final = 64 * 1024**3
_ANY_BYTES: Final = "application/octet-stream"
_READ_BYTES: Final = 64 * 1024


class Uploads(DraftBase):
    """Implements drafting.DraftFiles.

    Args:
        ports: What drafts are made over.
    """

    def __init__(self, ports: DraftPorts) -> None:
        super().__init__(ports)
        self._hashed = Hashed()

    async def begin_file(
        self, draft: str, name: str, *, size_bytes: int, media_type: str, by: Caller
    ) -> DraftFile:
        """Announce a file; the same name and size again gives the file that is there.

        Raises:
            NoInputError: There is no such draft.
            DataError: It cannot be edited, has a file of this name, or may not have this one.
            StorageError: The disk has no room.
        """
        check_name(name, size_bytes=size_bytes, media_type=media_type)
        kept = await self._shelf.draft(draft)
        for file in kept.files:
            if file.name == name and file.size_bytes == size_bytes:
                return await self._file(draft, file)
            if file.name == name:
                raise DataError(
                    "the draft has another file of this name",
                    code="not_allowed",
                    hint="remove it first, or give this one another name",
                )
        if len(kept.files) >= MAX_BLOBS:
            raise DataError(
                f"one message carries at most {MAX_BLOBS} attachments", code="too_many_attachments"
            )
        self._check_room(kept, name, size_bytes)
        await self._wrote(kept, by)
        file = await self._shelf.add_draft_file(
            draft,
            name,
            media_type=media_type or _ANY_BYTES,
            size_bytes=size_bytes,
            now_ms=self._ports.clock.now_ms(),
        )
        return await self._file(draft, file)

    async def put_part(
        self, draft: str, n: int, k: int, data: PartData, *, digest: bytes, by: Caller
    ) -> None:
        """Keep part `k`, sealed and durable; again or out of order is harmless.

        Raises:
            NoInputError: There is no such draft or file.
            OtherLengthError: Not of the length that the part has.
            DataError: Not these bytes by their digest, or another part than the one that a
                complete file has there.
            StorageError: The disk refused, or has no room.
        """
        kept = await self._shelf.draft(draft)
        file = _file_of(kept, n)
        if not 0 <= k < parts_of(file.size_bytes):
            raise OtherLengthError(k)
        place = PartPlace(draft=draft, n=n, k=k)
        key = await self._shelf.draft_key(draft)
        if file.sha256 is not None:
            await _drained(_checked(data, file, k, digest))
            if not same(await to_thread(self._digest_of, place, key), digest):
                raise DataError("the file is complete", code="not_allowed", hint="remove it first")
            return
        self._check_room(kept, file.name, file.size_bytes - k * PART_BYTES)
        await self._wrote(kept, by)
        following = self._hashed.follow(draft, file, k)
        with self._ports.submit.guard.watched():
            async with self._ports.parts.arriving(place, key) as part:
                async for piece in _checked(data, file, k, digest):
                    part.write(piece)
                    following.update(piece)
                await part.keep()
        following.keep()

    def _digest_of(self, place: PartPlace, key: bytes) -> bytes:
        hasher = Hasher()
        for piece in self._ports.parts.pieces(place, key):
            hasher.update(piece)
        return hasher.digest()

    async def parts(self, draft: str, n: int) -> tuple[int, ...]:
        """Return the parts that are held.

        Raises:
            NoInputError: There is no such draft or file.
        """
        _file_of(await self._shelf.draft(draft), n)
        return await self._ports.parts.held(draft, n)

    async def complete(self, draft: str, n: int) -> bytes:
        """Return the SHA-256 of the whole file.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: Parts are missing (`incomplete`).
            StorageError: The disk refused, or a part is damaged.
        """
        file = _file_of(await self._shelf.draft(draft), n)
        if file.sha256 is not None:
            return file.sha256
        count = parts_of(file.size_bytes)
        missing = count - len(await self._ports.parts.held(draft, n))
        if missing:
            raise DataError(
                f"{missing} of {count} parts of the file are missing",
                code="incomplete",
                hint="ask which are held, and send the others",
            )
        sha256 = self._hashed.whole(draft, file)
        if sha256 is None:
            key = await self._shelf.draft_key(draft)
            source = PartSource(self._ports.parts, draft, file, key)
            sha256 = await to_thread(_sha256_of, source)
        await self._shelf.complete_draft_file(draft, n, sha256)
        return sha256

    async def remove_file(self, draft: str, n: int, *, by: Caller) -> None:
        """Remove a file of a draft that can be edited.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: It cannot be edited.
            StorageError: The disk refused.
        """
        await self._wrote(await self._shelf.draft(draft), by)
        await self._shelf.drop_draft_file(draft, n, now_ms=self._ports.clock.now_ms())
        self._hashed.forget(draft, n)
        # A crash here leaves sealed parts of no file, which go with the draft.
        await self._ports.parts.drop(draft, n)

    async def _wrote(self, kept: KeptDraft, by: Caller) -> None:
        """Note, before a file is changed, that this is writing: nobody approves what they attached.

        Raises:
            DataError: The draft cannot be edited.
            StorageError: It was not noted, so nothing may be changed.
        """
        if by.person is not None and by.person not in kept.writers:
            await self._shelf.note_draft_writer(kept.id, writer_of(by))

    def _check_room(self, kept: KeptDraft, name: str, missing_bytes: int) -> None:
        """Refuse what there is no room for, and keep room for the rest of a file.

        A file lies on the disk twice before it is sent: in parts, and sealed for its message.

        Raises:
            StorageError: The disk has none for a file of a document of its class.
        """
        word = "emergency" if Need.EMERGENCY in kept.needs else "routine"
        urgency = urgency_of(word, kept.heading.type)
        place = (f"draft {kept.id}", name)
        self._ports.submit.guard.check_file(place, 2 * missing_bytes, urgency)


class OtherLengthError(DataError):
    """A part has not the length that it has by the length of its file."""

    default_code = "invalid_body"

    def __init__(self, k: int) -> None:
        super().__init__(f"part {k} of this file has another length")


class PartSource(RawIOBase):
    """A file in parts as one that a worker thread reads; a piece of a part in memory at a time.

    What was read is genuine and in order; that nothing is missing behind it is known at the end.

    Args:
        parts: Where they are.
        draft: Of which.
        file: Which of its files, all its parts held.
        key: Of the draft.
    """

    def __init__(self, parts: Parts, draft: str, file: KeptFile, key: bytes) -> None:
        super().__init__()
        places = (PartPlace(draft=draft, n=file.n, k=k) for k in range(parts_of(file.size_bytes)))
        self._pieces = chain.from_iterable(parts.pieces(place, key) for place in places)
        self._rest = memoryview(b"")

    @override
    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, none only at the end.

        Raises:
            StorageError: A part is lost or damaged.
        """
        if size < 0:
            rest, self._rest = self._rest, memoryview(b"")
            return bytes(rest) + b"".join(self._pieces)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        taken = bytes(self._rest[:size])
        self._rest = self._rest[size:]
        return taken

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # only memoryviews
        """Fill a buffer, maybe in part."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


async def _checked(data: PartData, file: KeptFile, k: int, digest: bytes) -> AsyncIterator[bytes]:
    """Yield a part as it comes; it is not to be kept if this raises.

    Raises:
        OtherLengthError: Another length.
        DataError: Not these bytes by their digest.
    """
    left, hasher = _length_of(file, k), Hasher()
    async for piece in _once(data) if isinstance(data, bytes) else data:
        left -= len(piece)
        if left < 0:
            raise OtherLengthError(k)
        hasher.update(piece)
        yield piece
    if left:
        raise OtherLengthError(k)
    if not same(hasher.digest(), digest):
        raise DataError("the part is not what its digest says", code="digest_mismatch")


async def _drained(pieces: AsyncIterator[bytes]) -> None:
    async for _ in pieces:
        pass


async def _once(data: bytes) -> AsyncIterator[bytes]:  # noqa: RUF029 - stands for what comes
    yield data


def _sha256_of(source: PartSource) -> bytes:
    hasher = Hasher()
    while piece := source.read(_READ_BYTES):
        hasher.update(piece)
    return hasher.digest()


def check_name(name: str, *, size_bytes: int, media_type: str) -> None:
    """Refuse a file that no message can carry.

    Raises:
        DataError: Its name, size or kind is out of bounds.
    """
    is_named = 0 < len(name.encode("utf-8", "replace")) <= _MAX_NAME_BYTES
    if not is_named or any(ord(sign) < ord(" ") for sign in name):
        raise DataError("a file has a name of 1 to 255 bytes", code="invalid_body")
    if len(media_type) > _MAX_TYPE_BYTES or not media_type.isascii():
        raise DataError("a media type has at most 127 characters", code="invalid_body")
    if not 0 <= size_bytes <= _MAX_FILE_BYTES:
        raise DataError("the file is larger than any attachment", code="too_large")


def _file_of(kept: KeptDraft, n: int) -> KeptFile:
    """Return a file of a draft.

    Raises:
        NoInputError: It has none of this number.
    """
    for file in kept.files:
        if file.n == n:
            return file
    raise NoInputError("there is no such file in this draft")


def _length_of(file: KeptFile, k: int) -> int:
    return min(PART_BYTES, file.size_bytes - k * PART_BYTES)
