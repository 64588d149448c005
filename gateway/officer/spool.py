"""What is made whole before it goes to an officer: in memory while it is small, else sealed.

The rest lies in an unnamed file, in blocks under a key that nobody else has and that ends with this
object. So nothing of an attachment, an export or a bundle is ever on a disk in clear, and what a
crash leaves there is opened by nobody.
"""

from collections.abc import Callable
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from tempfile import TemporaryFile  # noqa: TID251  it is sealed here
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from typing_extensions import override

from gateway.errors import StorageError
from keys.atrest import AT_REST_OVERHEAD_BYTES, new_store_key, open_at_rest, seal_at_rest

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

IN_MEMORY_BYTES: Final = 4 * 1024 * 1024
BLOCK_BYTES: Final = 64 * 1024
_SLOT_BYTES: Final = BLOCK_BYTES + AT_REST_OVERHEAD_BYTES


def _unnamed() -> BinaryIO:
    return cast("BinaryIO", TemporaryFile())


class Spool(RawIOBase):
    """A file to write, then to read, at any place; used by one thread at a time.

    Args:
        in_memory_bytes: So much of it stays in memory, a multiple of a block.
        make_file: Makes the file for the rest, once there is a rest.
    """

    def __init__(
        self,
        in_memory_bytes: int = IN_MEMORY_BYTES,
        *,
        make_file: Callable[[], BinaryIO] = _unnamed,
    ) -> None:
        super().__init__()
        self._kept = in_memory_bytes // BLOCK_BYTES
        self._memory: list[bytearray] = []
        self._make_file = make_file
        self._file: BinaryIO | None = None
        self._key = new_store_key()
        self._at = -1
        self._open = bytearray()
        self._is_changed = False
        self._size = 0
        self._place = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def writable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._place

    @override
    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place, at most to the end.

        Args:
            offset: Bytes from where `whence` says.
            whence: The beginning, here, or the end.

        Returns:
            The place, in bytes from the beginning.

        Raises:
            ValueError: It lies outside: there are no holes.
        """
        base = {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._size}[whence]
        if not 0 <= base + offset <= self._size:
            raise ValueError("outside of the file")
        self._place = base + offset
        return self._place

    @override
    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of it here.

        Args:
            data: Any bytes.

        Returns:
            How many bytes: all.

        Raises:
            StorageError: The disk took no more of it; what was written is of no use.
        """
        left = memoryview(data).cast("B")
        written = len(left)
        while left:
            number, begin = divmod(self._place, BLOCK_BYTES)
            piece = left[: BLOCK_BYTES - begin]
            self._block(number)[begin : begin + len(piece)] = piece
            self._is_changed |= number == self._at
            self._place += len(piece)
            self._size = max(self._size, self._place)
            left = left[len(piece) :]
        return written

    @override
    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read from here as much as there is, or as the buffer holds.

        Args:
            buffer: Takes the bytes.

        Returns:
            How many bytes; 0 at the end.

        Raises:
            StorageError: The disk failed.
            DecryptionFailedError: It gave back other bytes than it took.
        """
        room = memoryview(buffer).cast("B")
        read = 0
        while read < len(room) and self._place < self._size:
            number, begin = divmod(self._place, BLOCK_BYTES)
            piece = self._block(number)[begin : begin + len(room) - read]
            room[read : read + len(piece)] = piece
            read += len(piece)
            self._place += len(piece)
        return read

    @override
    def close(self) -> None:
        """Give back memory and disk; what the disk refuses now was said, or is not wanted."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._memory.clear()
        self._open.clear()
        super().close()

    def _block(self, number: int) -> bytearray:
        """Return a block that is there, or the one behind the last.

        Raises:
            StorageError: The disk refused.
        """
        if number < self._kept:
            if number == len(self._memory):
                self._memory.append(bytearray())
            return self._memory[number]
        if number != self._at:
            try:
                self._put()
                self._open = self._get(number)
            except OSError as error:
                is_full = error.errno in {ENOSPC, EDQUOT}
                raise StorageError(
                    "the disk for files on their way to officers refused one",
                    code="disk_full" if is_full else None,
                    hint="make room where the node keeps temporary files (TMPDIR), and fetch again",
                ) from error
            self._at = number
        return self._open

    def _put(self) -> None:
        if not self._is_changed:
            return
        if self._file is None:
            self._file = self._make_file()
        self._file.seek((self._at - self._kept) * _SLOT_BYTES)
        self._file.write(seal_at_rest(self._key, bytes(self._open), _context(self._at)))
        self._is_changed = False

    def _get(self, number: int) -> bytearray:
        if self._file is None or number * BLOCK_BYTES >= self._size:
            return bytearray()
        self._file.seek((number - self._kept) * _SLOT_BYTES)
        sealed = self._file.read(_SLOT_BYTES)
        return bytearray(open_at_rest(self._key, sealed, _context(number)))


def _context(number: int) -> bytes:
    return b"spool/%d" % number


def open_spool() -> BinaryIO:
    """Return a new one, as those take it who write or read any file."""
    return cast("BinaryIO", Spool())
