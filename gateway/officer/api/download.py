"""A file on its way to the officer, an attachment or a bundle: made whole, then streamed.

The file lies in memory while it is small, else in an unnamed file that ends with the request:
nothing of it can be opened by its name, and a crash leaves no name behind.
"""

import asyncio
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast
from urllib.parse import quote

from aiohttp.web import Request, StreamResponse

from gateway.officer.services import ActService
from protocol.identifiers import MessageId

IN_MEMORY_BYTES: Final = 4 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024
ZIP: Final = "application/zip"


async def send_file(
    request: Request, act: ActService, mid: MessageId, index: int
) -> StreamResponse:
    """Answer with one attachment.

    Args:
        request: What is answered.
        act: Decrypts.
        mid: The message.
        index: The attachment's place.

    Returns:
        The finished answer: always as a download, never as something to show.
    """
    with SpooledTemporaryFile(IN_MEMORY_BYTES) as held:
        name = await act.file(mid, index, cast("BinaryIO", held))
        response = StreamResponse(
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "Content-Type": "application/octet-stream",
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            }
        )
        return await _streamed(request, response, cast("BinaryIO", held))


async def send_bundle(
    request: Request, held: BinaryIO, name: str, headers: Mapping[str, str]
) -> StreamResponse:
    """Answer with a bundle of evidence.

    Args:
        request: What is answered.
        held: The bundle, whole.
        name: For the file; nothing that a peer chose.
        headers: What stands beside it.

    Returns:
        The finished answer.
    """
    response = StreamResponse(
        headers={
            "Content-Type": ZIP,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **headers,
        }
    )
    return await _streamed(request, response, held)


async def _streamed(request: Request, response: StreamResponse, held: BinaryIO) -> StreamResponse:
    response.content_length = held.seek(0, 2)
    held.seek(0)
    await response.prepare(request)
    while piece := await asyncio.to_thread(held.read, PIECE_BYTES):
        await response.write(piece)
    await response.write_eof()
    return response
