"""Files of drafts: announced, taken in parts, completed, and read again to be sealed for sending.

Never more than one part of a file is in memory. A part is durable when it is answered, may come
twice and in any order; what is missing is named, so that an upload goes on after a break.

Source: docs/desk.md, "Drafts and second persons".
"""

from io import RawIOBase
from typing import Final

from typing_extensions import override

from gateway.drafting import PART_BYTES, DraftFile, Need
from gateway.errors import DataError, NoInputError
from gateway.people import Caller
from gateway.service.draft_desk import DraftBase, parts_of, writer_of
from gateway.shelving import KeptDraft, KeptFile, PartPlace, Parts
from keys.digest import Hasher, same, sha256
from protocol.delivery.urgency import urgency_of
from protocol.limits import MAX_BLOBS

_MAX_NAME_BYTES: Final = 255
_MAX_TYPE_BYTES: Final = 127
_MAX_FILE_BYTES: Final = 64 * 1024**3
_ANY_BYTES: Final = "application/octet-stream"


class Uploads(DraftBase):
    """Implements drafting.DraftFiles."""

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
        self._check_room(kept)
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
        self, draft: str, n: int, k: int, data: bytes, *, digest: bytes, by: Caller
    ) -> None:
        """Keep part `k`, sealed and durable; again or out of order is harmless.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: Not these bytes by their digest, not of the length that the part has, or
                another part than the one that a complete file has there.
            StorageError: The disk refused, or has no room.
        """
        kept = await self._shelf.draft(draft)
        file = _file_of(kept, n)
        if not 0 <= k < parts_of(file.size_bytes) or len(data) != _length_of(file, k):
            raise DataError(f"part {k} of this file has another length", code="invalid_body")
        if not same(sha256(data), digest):
            raise DataError("the part is not what its digest says", code="digest_mismatch")
        place = PartPlace(draft=draft, n=n, k=k)
        key = await self._shelf.draft_key(draft)
        if file.sha256 is not None:
            if same(sha256(await self._ports.parts.get(place, key)), digest):
                return
            raise DataError("the file is complete", code="not_allowed", hint="remove it first")
        self._check_room(kept)
        await self._wrote(kept, by)
        with self._ports.submit.guard.watched():
            await self._ports.parts.put(place, key, data)

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
        key, hasher = await self._shelf.draft_key(draft), Hasher()
        for k in range(count):
            hasher.update(await self._ports.parts.get(PartPlace(draft=draft, n=n, k=k), key))
        await self._shelf.complete_draft_file(draft, n, hasher.digest())
        return hasher.digest()

    async def remove_file(self, draft: str, n: int, *, by: Caller) -> None:
        """Remove a file of a draft that can be edited.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: It cannot be edited.
            StorageError: The disk refused.
        """
        await self._wrote(await self._shelf.draft(draft), by)
        await self._shelf.drop_draft_file(draft, n, now_ms=self._ports.clock.now_ms())
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

    def _check_room(self, kept: KeptDraft) -> None:
        """Refuse what there is no room for.

        Raises:
            StorageError: The disk has none for a document of its class.
        """
        urgency = "emergency" if Need.EMERGENCY in kept.needs else "routine"
        self._ports.submit.guard.check(urgency_of(urgency, kept.heading.type))


class PartSource(RawIOBase):
    """A file in parts as one that a worker thread reads; one part in memory at a time.

    Args:
        parts: Where they are.
        draft: Of which.
        file: Which of its files, complete.
        key: Of the draft.
    """

    def __init__(self, parts: Parts, draft: str, file: KeptFile, key: bytes) -> None:
        super().__init__()
        self._parts = parts
        self._draft = draft
        self._file = file
        self._key = key
        self._next = 0
        self._rest = memoryview(b"")

    @override
    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all of them unless the file ends.

        Raises:
            StorageError: A part is lost or damaged.
        """
        pieces: list[bytes] = []
        wanted = self._file.size_bytes if size < 0 else size
        while wanted > 0 and self._fill():
            piece = bytes(self._rest[:wanted])
            self._rest = self._rest[wanted:]
            wanted -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # only memoryviews
        """Fill a buffer; fewer bytes only at the end of the file."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _fill(self) -> bool:
        """Have the next part at hand; tell whether there is any left."""
        if self._rest:
            return True
        if self._next >= parts_of(self._file.size_bytes):
            return False
        place = PartPlace(draft=self._draft, n=self._file.n, k=self._next)
        self._rest = memoryview(self._parts.read(place, self._key))
        self._next += 1
        return True


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
