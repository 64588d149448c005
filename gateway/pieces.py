"""Pieces of sealed attachments on their way: read as they are sent, kept as they come."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Piece(Protocol):
    """Bytes of a sealed attachment that go in one request."""

    @property
    def size_bytes(self) -> int:
        """How many."""

    def chunks(self) -> Iterator[bytes]:
        """Yield them in order; each call begins anew, since another endpoint may be tried.

        Raises StorageError if they cannot be read.
        """


class TakenPiece(Protocol):
    """Where a piece goes that comes in."""

    @property
    def held(self) -> int:
        """The bytes of the blob that are held durably."""

    def write(self, data: bytes, /) -> None:
        """Append bytes of the piece."""


class SealedFile(Protocol):
    """A sealed attachment that is whole, open for reading; the caller closes it."""

    @property
    def is_broken(self) -> bool:
        """Whether it could not be read at some time."""

    def piece(self, offset: int, size_bytes: int) -> Piece:
        """Return a piece, not read yet."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class HeldPiece:
    """A piece that is in memory.

    Args:
        data: All of it.
    """

    data: bytes

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """Yield them at once."""
        yield self.data
