"""Files of drafts: announced, sent in parts of 4 MiB, completed; resumed after any break."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator
from typing import Final

from aiohttp.web import Request, Response, RouteDef, delete, get, post, put

from gateway.drafting import PART_BYTES, DraftFiles
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.draftviews import file_view
from gateway.officer.api.reply import BASE, answer, index_of, read
from gateway.officer.shapes.drafts import FileDone, FileRequest, PartList

_FILES: Final = f"{BASE}/drafts/{{id}}/files"
_FILE: Final = f"{_FILES}/{{n}}"
_DIGEST: Final = "Content-Digest"
_PIECE: Final = 64 * 1024


class DraftFileApi:
    """The resource /drafts/{id}/files.

    Args:
        drafts: The use case.
    """

    __slots__ = ("_drafts",)

    def __init__(self, drafts: DraftFiles) -> None:
        self._drafts = drafts

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            post(_FILES, self.begin_file),
            get(_FILE, self.parts),
            delete(_FILE, self.remove_file),
            put(f"{_FILE}/parts/{{k}}", self.put_part),
            post(f"{_FILE}/complete", self.complete),
        ]

    @may(May.COMPOSE)
    async def begin_file(self, request: Request) -> Response:
        """Announce a file; the same name and size again gives the one that is there."""
        asked = await read(request, FileRequest)
        file = await self._drafts.begin_file(
            request.match_info["id"],
            asked.name,
            size_bytes=asked.size_bytes,
            media_type=asked.media_type,
            by=caller_of(request),
        )
        return answer(file_view(file), status=201)

    @may(May.COMPOSE)
    async def parts(self, request: Request) -> Response:
        """List the parts that are held, to go on after an interruption."""
        held = await self._drafts.parts(request.match_info["id"], index_of(request, "n"))
        return answer(PartList(parts=held, part_bytes=PART_BYTES))

    @may(May.COMPOSE)
    async def put_part(self, request: Request) -> Response:
        """Keep one part; `Content-Digest` (RFC 9530) holds its SHA-256.

        Raises:
            DataError: It is larger than a part.
        """
        digest = digest_of(request.headers.get(_DIGEST, ""))
        if (request.content_length or 0) > PART_BYTES:
            raise DataError(f"a part has at most {PART_BYTES} bytes", code="too_large")
        await self._drafts.put_part(
            request.match_info["id"],
            index_of(request, "n"),
            index_of(request, "k"),
            _pieces(request),
            digest=digest,
            by=caller_of(request),
        )
        return Response(status=204)

    @may(May.COMPOSE)
    async def complete(self, request: Request) -> Response:
        """Tell the SHA-256 of a file whose parts are all there."""
        sha256 = await self._drafts.complete(request.match_info["id"], index_of(request, "n"))
        return answer(FileDone(sha256=sha256.hex()))

    @may(May.COMPOSE)
    async def remove_file(self, request: Request) -> Response:
        """Remove a file of a draft that can be edited."""
        await self._drafts.remove_file(
            request.match_info["id"], index_of(request, "n"), by=caller_of(request)
        )
        return Response(status=204)


def digest_of(header: str) -> bytes:
    """Read the SHA-256 in a `Content-Digest`.

    Args:
        header: As `sha-256=:BASE64:`, maybe beside others.

    Raises:
        DataError: It names none.
    """
    for each in header.split(","):
        name, _, value = each.strip().partition("=")
        if name.lower() == "sha-256" and value.startswith(":") and value.endswith(":"):
            try:
                return b64decode(value[1:-1], validate=True)
            except Base64Error as error:
                raise DataError(f"{_DIGEST} is not base64", code="invalid_body") from error
    raise DataError(
        f"a part needs {_DIGEST}: sha-256=:BASE64:",
        code="invalid_body",
        hint="send the SHA-256 of the part with it",
    )


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body of a request as it comes."""
    while piece := await request.content.read(_PIECE):
        yield piece
