"""Exporting the evidence of a message: an act in the log, then the bundle as a download.

The bundle lies in memory while it is small, else in an unnamed file that ends with the request.
"""

from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Protocol, cast

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.evidence.export import Exported
from gateway.evidence.material import Variant
from gateway.officer.api.download import IN_MEMORY_BYTES, send_bundle
from gateway.officer.api.forks import ForkApi, ForkService
from gateway.officer.api.reply import BASE, mid_of, read
from gateway.officer.shapes.evidence import EvidenceRequest
from protocol.identifiers import MessageId


class EvidenceService(Protocol):
    """Makes bundles."""

    @property
    def forks(self) -> ForkService | None:
        """Second histories of other nodes' logs; None if nobody looks for them."""

    async def export(
        self, mid: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write the evidence of one message; the act is committed before the first byte."""


class EvidenceApi:
    """The resource /messages/{mid}/evidence, and /forks beside it.

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
        forks = self._service.forks
        return [
            post(f"{BASE}/messages/{{mid}}/evidence", self.export),
            *(() if forks is None else ForkApi(forks, who=self._who).routes()),
        ]

    async def export(self, request: Request) -> StreamResponse:
        """Export a message; what is not in the bundle stands in the headers."""
        mid = mid_of(request)
        asked = await read(request, EvidenceRequest)
        with SpooledTemporaryFile(IN_MEMORY_BYTES) as held:
            done = await self._service.export(
                mid, Variant(asked.variant), cast("BinaryIO", held), who=self._who
            )
            headers = {
                "A35-Statements": str(done.statements),
                "A35-Unproven": str(done.unproven),
                "A35-Missing-Attachments": str(done.missing_blobs),
                "A35-Manifest": done.written.digest.hex(),
            }
            return await send_bundle(request, cast("BinaryIO", held), f"{mid}.zip", headers)
