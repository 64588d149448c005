"""Pages of paper: one message in the order of the official form, for the printer and as PDF.

One template serves screen, print and PDF. A look is no act: a button asks for paper, and only then
it is made.

Source: docs/desk.md, "Paper".
"""

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import NoInputError
from gateway.officer.access import CALLER, May, caller_of, is_renewal, may
from gateway.officer.adapters.pdf import MEDIA_TYPE, Typesetter
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.layout import language_of
from gateway.officer.paperwork import Paperwork
from protocol.errors import MalformedError
from protocol.identifiers import MessageId


class PaperPages:
    """The pages of paper, below /messages/MID.

    Args:
        desk: What pages are built with.
        typesetter: Sets PDF.
    """

    def __init__(self, desk: Desk, typesetter: Typesetter) -> None:
        self._desk = desk
        self._paperwork = Paperwork(desk.services, desk.templates, typesetter)

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/messages/{mid:[0-9a-f]{32}}/paper", self.show),
            post("/messages/{mid:[0-9a-f]{32}}/print", self.print),
            post("/messages/{mid:[0-9a-f]{32}}/pdf", self.pdf),
        ]

    @may(May.READ_CONTENT)
    async def show(self, request: Request) -> Response:
        """Show the paper on the screen; printing it is asked for by its button.

        What renews the frame of a page that stands open has no paper: nobody reads it.
        """
        mid, casework = _mid(request), self._desk.services.casework
        message, is_read = await self._paperwork.message(mid), not is_renewal(request)
        if casework is not None and is_read:
            await casework.saw(mid, by=caller_of(request))
        return await self._desk.show(
            request,
            "paper_page.html",
            message=message if is_read else None,
            prints=request.query.get("print") == "yes",
            back=str(mid),
        )

    @may(May.READ_CONTENT)
    async def print(self, request: Request) -> Response:
        """State that the message is printed, then show the paper."""
        mid = _mid(request)
        await self._paperwork.print(mid, who=caller_of(request).who)
        return self._desk.redirect(f"/messages/{mid}/paper?print=yes")

    @may(May.READ_CONTENT)
    async def pdf(self, request: Request) -> Response:
        """Give the message as PDF with its evidence; an act before the first byte."""
        mid = _mid(request)
        language = language_of(request, request.get(CALLER))
        made = await self._paperwork.pdf(mid, who=caller_of(request).who, language=language)
        return download(made, f"{mid}.pdf", MEDIA_TYPE)


def _mid(request: Request) -> MessageId:
    """Return the message that the address names.

    Raises:
        NoInputError: There is none of such an id.
    """
    try:
        return MessageId.parse(request.match_info["mid"])
    except MalformedError as error:
        raise NoInputError("there is no such message") from error
