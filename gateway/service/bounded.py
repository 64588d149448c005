"""A file that is read no further than the length that was announced for it, nor longer than taken.

What is checked of a document is checked with these lengths, and the room on the disk as well: who
sends more than was announced could fill it.

Source: docs/desk.md, "Limits".
"""

from collections.abc import Sequence
from io import RawIOBase
from typing import BinaryIO

from typing_extensions import override

from gateway.errors import DataError
from protocol.directory import DEFAULT_BLOB_BYTES, NodeEntry
from protocol.identifiers import NodeId


class OtherLengthError(DataError):
    """A file is longer or shorter than was announced."""

    default_code = "invalid_body"

    def __init__(self) -> None:
        super().__init__(
            "the file has another length than was announced", hint="begin again with its length"
        )


class BoundedSource(RawIOBase):
    """Reads on from a file, up to a length.

    Args:
        source: The plaintext, read from where it stands.
        size: Bytes that were announced.
    """

    def __init__(self, source: BinaryIO, size: int) -> None:
        super().__init__()
        self._source = source
        self._left = size

    @override
    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, nothing at the end.

        Raises:
            OtherLengthError: There are more than were announced.
        """
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        piece = self._source.read(wanted)
        if len(piece) > self._left:
            raise OtherLengthError
        self._left -= len(piece)
        return piece

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # only memoryviews
        """Fill a buffer; fewer bytes only at the end of the file."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def refuse_too_large(entry: NodeEntry | None, to: NodeId, sizes: Sequence[int]) -> None:
    """Refuse files that their addressee would refuse, before they are sealed and queued.

    Args:
        entry: Of the addressee, None if the directory has none.
        to: The addressee.
        sizes: Of the files, before they are sealed.

    Raises:
        DataError: One is larger than its node takes.
    """
    most = DEFAULT_BLOB_BYTES if entry is None else entry.limits.blob_bytes
    if max(sizes, default=0) > most:
        raise DataError(
            f"an attachment is larger than {to} takes: at most {most} bytes",
            code="too_large",
            hint="send it in several files",
        )
