"""Exporting the evidence of a message: an act in the log, then the bundle as a download.

The bundle lies in memory while it is small, else in an unnamed file that ends with the request.
"""

import asyncio
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, Protocol, cast

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.evidence.export import Exported
from gateway.evidence.material import Variant
from gateway.officer.api.reply import BASE, mid_of, read
from gateway.officer.shapes.evidence import EvidenceRequest
from protocol.identifiers import MessageId

ZIP: Final = "application/zip"
_IN_MEMORY_BYTES: Final = 4 * 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024


class EvidenceService(Protocol):
    """Makes bundles."""

    async def export(
        self, mid: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write the evidence of one message; the act is committed before the first byte."""


class EvidenceApi:
    """The resource /messages/{mid}/evidence.

    Args:
        service: The use case.
        who: Who acts, as the log sees it.
    """

    __slots__ = ("_service", "_who")

    def __init__(self, service: EvidenceService, *, who: str) -> None:
        self._service = service
        self._who = who

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [post(f"{BASE}/messages/{{mid}}/evidence", self.export)]

    async def export(self, request: Request) -> StreamResponse:
        """Export a message; what is not in the bundle stands in the headers."""
        mid = mid_of(request)
        asked = await read(request, EvidenceRequest)
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as held:
            done = await self._service.export(
                mid, Variant(asked.variant), cast("BinaryIO", held), who=self._who
            )
            response = StreamResponse(
                headers={
                    "Content-Type": ZIP,
                    "Content-Disposition": f'attachment; filename="{mid}.zip"',
                    "Cache-Control": "no-store",
                    "X-Content-Type-Options": "nosniff",
                    "A35-Statements": str(done.statements),
                    "A35-Unproven": str(done.unproven),
                    "A35-Missing-Attachments": str(done.missing_blobs),
                    "A35-Manifest": done.written.digest.hex(),
                }
            )
            response.content_length = held.seek(0, 2)
            held.seek(0)
            await response.prepare(request)
            while piece := await asyncio.to_thread(held.read, _PIECE_BYTES):
                await response.write(piece)
            await response.write_eof()
        return response
