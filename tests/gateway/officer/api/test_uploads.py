"""An upload that stops in the middle ends, and leaves the node as it was."""

import asyncio

import pytest

from gateway.errors import DataError
from gateway.officer.api.uploads import UploadSource


class Body:
    """A request's body: pieces, then what the test says."""

    def __init__(self, pieces: list[bytes], *, hangs: bool = False) -> None:
        self.pieces = pieces
        self.hangs = hangs

    async def read(self, size: int = -1) -> bytes:
        """Return the next piece, all that is left, or nothing at the end."""
        if size < 0:
            whole, self.pieces = b"".join(self.pieces), []
            return whole
        if not self.pieces:
            if self.hangs:
                await asyncio.Event().wait()
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]


def test_pieces_are_joined_to_what_was_asked_for() -> None:
    """Sealing reads in blocks; the network brings what it likes."""
    assert read(Body([b"ab", b"cdefg", b"h"]), 3, 3, 3) == [b"abc", b"def", b"gh"]
    assert read(Body([b"ab", b"c"]), -1, -1) == [b"abc", b""]


def test_buffer_is_filled_as_far_as_the_body_goes() -> None:
    """Readers of the standard library use it."""

    async def run() -> tuple[int, bytes]:
        source = UploadSource(Body([b"ab", b"c"]), asyncio.get_running_loop())
        assert source.readable()
        buffer = bytearray(5)
        count = await asyncio.to_thread(source.readinto, memoryview(buffer))
        return count, bytes(buffer)

    assert asyncio.run(run()) == (3, b"abc\x00\x00")


def test_upload_that_stops_is_given_up() -> None:
    """Who sends nothing must not hold a thread of the node for ever."""
    with pytest.raises(DataError, match="stopped in the middle"):
        read(Body([b"ab"], hangs=True), 3, wait_s=0.0)


def read(body: Body, *sizes: int, wait_s: float = 10.0) -> list[bytes]:
    """Read from another thread than the loop's, as sealing does."""

    async def run() -> list[bytes]:
        source = UploadSource(body, asyncio.get_running_loop(), wait_s=wait_s)
        return await asyncio.to_thread(lambda: [source.read(size) for size in sizes])

    return asyncio.run(run())
