"""Exporting the evidence of a message: an act in the log, then the bundle as a download.

The bundle is made whole first (`gateway.officer.spool`), and ends with the request.
"""

from aiohttp.web import Request, RouteDef, StreamResponse, post

from gateway.casework import Casework
from gateway.evidence.material import Variant
from gateway.officer.access import May, caller_of, may, require
from gateway.officer.api.forks import ForkApi
from gateway.officer.api.reply import BASE, mid_of, read
from gateway.officer.download import send_bundle
from gateway.officer.ownership import record_of
from gateway.officer.services import EvidenceService
from gateway.officer.shapes.evidence import EvidenceRequest
from gateway.officer.spool import open_spool
from gateway.service.consult import Consult


class EvidenceApi:
    """The resource /messages/{mid}/evidence, and /forks beside it.

    Args:
        service: The use case.
        consult: Says to which case a message belongs.
        casework: Whose case that is; without, on a node without a desk, nobody asks.
    """

    __slots__ = ("_casework", "_consult", "_service")

    def __init__(
        self,
        service: EvidenceService,
        *,
        consult: Consult | None = None,
        casework: Casework | None = None,
    ) -> None:
        self._service = service
        self._consult = consult
        self._casework = casework

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        forks = self._service.forks
        return [
            post(f"{BASE}/messages/{{mid}}/evidence", self.export),
            *(() if forks is None else ForkApi(forks).routes()),
        ]

    @may(May.TAKE_EVIDENCE)
    async def export(self, request: Request) -> StreamResponse:
        """Export a message of one's own cases; what is not in the bundle stands in the headers."""
        mid = mid_of(request)
        asked = await read(request, EvidenceRequest)
        if Variant(asked.variant) is Variant.DISCLOSED:
            require(request, May.READ_CONTENT)  # its key opens the content
        if self._consult is not None and self._casework is not None:
            line = (await self._consult.show(mid)).line
            await record_of(self._casework, line.row.thread, caller_of(request))
        with open_spool() as held:
            done = await self._service.export(
                mid, Variant(asked.variant), held, who=caller_of(request).who
            )
            headers = {
                "A35-Statements": str(done.statements),
                "A35-Unproven": str(done.unproven),
                "A35-Missing-Attachments": str(done.missing_blobs),
                "A35-Manifest": done.written.digest.hex(),
            }
            return await send_bundle(request, held, f"{mid}.zip", headers)
