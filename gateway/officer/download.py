"""A file on its way to the officer, an attachment or a bundle: made whole, then streamed.

An attachment may be asked for from a byte on (`Range`), so that what was cut goes on where it
stopped: its bytes never change, and `ETag` names them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import BinaryIO, Final
from urllib.parse import quote

from aiohttp.web import Request, Response, StreamResponse

from gateway.officer.services import ActService
from gateway.officer.shapes.visible import visible
from gateway.officer.spool import open_spool
from protocol.identifiers import MessageId

PIECE_BYTES: Final = 64 * 1024
ZIP: Final = "application/zip"
NAME_MOST: Final = 150
SUFFIX_MOST: Final = 12
_UNSAFE: Final = re.compile(r'[/\\:*?"<>|\t\n%]')


async def send_file(
    request: Request,
    act: ActService,
    mid: MessageId,
    index: int,
    *,
    note: Callable[[], Awaitable[None]] | None = None,
) -> StreamResponse:
    """Answer with one attachment, or with the part of it that is asked for.

    Args:
        request: What is answered.
        act: Decrypts.
        mid: The message.
        index: The attachment's place.
        note: Notes that it was read, once it can be and before its first byte goes.

    Returns:
        The finished answer: always as a download, never as something to show; 416 if there is
        no such part.
    """
    with open_spool() as held:
        name = await act.file(mid, index, held)
        if note is not None:
            await note()
        size = held.seek(0, 2)
        tag = f'"{mid}-{index}"'
        start, stop = _part(request, size, tag)
        if start > stop:
            return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        is_part = (start, stop) != (0, size)
        response = StreamResponse(
            status=206 if is_part else 200,
            headers={
                "Content-Disposition": disposition(name),
                "Content-Type": "application/octet-stream",
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                "Accept-Ranges": "bytes",
                "ETag": tag,
            },
        )
        if is_part:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return await _streamed(request, response, held, start=start, stop=stop)


def disposition(name: str) -> str:
    """Return the header that makes a browser keep a file, under a name that does no harm.

    Args:
        name: As its sender called it: text, never a path.
    """
    return f"attachment; filename*=UTF-8''{quote(safe_name(name), safe='')}"


def safe_name(name: str) -> str:
    """Return a name under which a received file may be kept.

    Signs that steer a display are written out, what parts folders and what programs take for
    wild cards or drives becomes `_`, leading dots go, and there are at most 150 signs, of which
    the end of the name (its suffix) stays.

    Args:
        name: As its sender called it.
    """
    plain = _UNSAFE.sub("_", visible(name)).strip(" .")
    if len(plain) > NAME_MOST:
        stem, dot, suffix = plain.rpartition(".")
        kept = f"{dot}{suffix}" if stem and len(suffix) <= SUFFIX_MOST else ""
        plain = plain[: NAME_MOST - len(kept)] + kept
    return plain or "file"


def _part(request: Request, size: int, tag: str) -> tuple[int, int]:
    """Return first and last byte of what is asked for, the last one not in it.

    The first is behind the last where there are no such bytes.
    """
    if request.headers.get("If-Range", tag) != tag:
        return 0, size
    try:
        asked = request.http_range
    except ValueError:
        return 0, size  # not a range of ours (RFC 9110, 14.2): the whole
    start = asked.start or 0
    start = max(0, size + start) if start < 0 else start
    stop = size if asked.stop is None else min(asked.stop, size)
    is_empty = asked.start is not None and start >= stop
    return (1, 0) if is_empty else (start, stop)


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


async def _streamed(
    request: Request,
    response: StreamResponse,
    held: BinaryIO,
    *,
    start: int = 0,
    stop: int | None = None,
) -> StreamResponse:
    left = (held.seek(0, 2) if stop is None else stop) - start
    response.content_length = left
    held.seek(start)
    await response.prepare(request)
    while left and (piece := held.read(min(PIECE_BYTES, left))):
        left -= len(piece)
        await response.write(piece)
    await response.write_eof()
    return response
