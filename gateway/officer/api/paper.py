"""A message as PDF with its evidence: an act in the log, then the file.

What sets it comes with the extras `[desk]` and `[pdf]`; it is loaded with the first paper.
"""

from importlib.util import find_spec
from typing import Final, Protocol

from aiohttp.web import Request, Response, RouteDef, post

from gateway.officer.access import May, caller_of, may
from gateway.officer.adapters.pdf import MEDIA_TYPE, PdfNotInstalledError, Typesetter
from gateway.officer.api.reply import BASE, mid_of
from gateway.officer.services import OfficerServices
from protocol.identifiers import MessageId

_NEEDED: Final = ("jinja2", "babel", "weasyprint")


class PaperMaker(Protocol):
    """Makes paper: `gateway.officer.paperwork.Paperwork`."""

    async def pdf(self, mid: MessageId, *, who: str, language: str) -> bytes:
        """Return a message as PDF; the act is committed before it is set."""


class PaperApi:
    """The resource /messages/{mid}/pdf.

    Args:
        services: Of the desk.
    """

    __slots__ = ("_paperwork", "_services")

    def __init__(self, services: OfficerServices) -> None:
        self._services = services
        self._paperwork: PaperMaker | None = None

    def routes(self) -> list[RouteDef]:
        """Return the address."""
        return [post(f"{BASE}/messages/{{mid}}/pdf", self.pdf)]

    @may(May.READ_CONTENT)
    async def pdf(self, request: Request) -> Response:
        """Give a message as PDF with its envelope, proofs and evidence embedded; an act."""
        mid = mid_of(request)
        caller = caller_of(request)
        made = await self._made().pdf(mid, who=caller.who, language=caller.language)
        headers = {
            "Content-Disposition": f'attachment; filename="{mid}.pdf"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(body=made, content_type=MEDIA_TYPE, headers=headers)

    def _made(self) -> PaperMaker:
        """Return what makes paper.

        Raises:
            PdfNotInstalledError: An extra is not installed.
        """
        if any(find_spec(name) is None for name in _NEEDED):
            raise PdfNotInstalledError
        if self._paperwork is None:
            # Loaded here: a node without the extras has none of it.
            from gateway.officer.adapters.languages import Languages  # noqa: PLC0415
            from gateway.officer.adapters.templates import Templates  # noqa: PLC0415
            from gateway.officer.paperwork import Paperwork  # noqa: PLC0415

            templates = Templates(Languages.load(), lambda name: name)
            self._paperwork = Paperwork(self._services, templates, Typesetter())
        return self._paperwork
