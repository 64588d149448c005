"""Pages of paper: one message in the order of the official form, for the printer and as PDF.

One template serves screen, print and PDF. What leaves the desk is an act in the log: a button
asks for it, and only then the paper is made. The PDF carries the envelope as it was sent, the
proofs and a bundle that anybody verifies.

Source: docs/desk.md, "Paper".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import NoInputError, UnavailableError
from gateway.evidence.export import Paper
from gateway.exhibits import HeldStatement
from gateway.officer.access import CALLER, May, caller_of, may
from gateway.officer.adapters.pdf import MEDIA_TYPE, Enclosure, Job, Typesetter
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.files import download
from gateway.officer.pages.layout import language_of
from gateway.officer.services import PaperService
from gateway.officer.shapes.printed import PrintedForm, printed
from gateway.rows import EventRow
from keys.digest import sha256
from protocol.errors import MalformedError
from protocol.evidence.naming import KINDS as WORDS
from protocol.identifiers import MessageId
from protocol.log.proof import format_tlog_proof

STYLE: Final = "paper.css"
_AS_PDF: Final = "pdf"
_AS_PAGE: Final = "page"
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedMessage:
    """One message as it is printed.

    Attributes:
        mid: Its id.
        sender: Who sent it.
        recipient: Who may accept it.
        t_ms: When it was written, ms since 1970 UTC.
        form: The document in the order of the official form.
        steps: What happened to it, each with its place in a log.
        log: Our own log, its signed size and its root, when this was made; empty without one.
        size: Leaves that its newest checkpoint covers.
        root: Of that checkpoint, in hex; empty without one.
    """

    mid: str
    sender: str
    recipient: str
    t_ms: int
    form: PrintedForm
    steps: tuple[EventRow, ...]
    log: str
    size: int
    root: str


def enclosures_of(paper: Paper) -> tuple[Enclosure, ...]:
    """Return what is embedded: the envelope as sent, each proof, the bundle.

    Args:
        paper: What goes with the message.
    """
    exhibit = paper.exhibit
    found = [
        Enclosure(
            name="envelope-header.cmp",
            data=exhibit.header,
            relationship="Source",
            description="Header of the envelope, as sent",
        ),
        Enclosure(
            name="envelope-body.bin",
            data=exhibit.body,
            relationship="Source",
            description="Sealed body of the envelope, as sent",
        ),
        Enclosure(
            name=f"evidence-{paper.row.mid}.zip",
            data=paper.bundle,
            relationship="Data",
            description="Bundle of evidence: verify it with a35 verify",
        ),
    ]
    return (*found, *_proofs(paper.statements))


def _proofs(statements: Sequence[HeldStatement]) -> tuple[Enclosure, ...]:
    words = {kind: word for word, kind in WORDS.items()}
    return tuple(
        Enclosure(
            name=f"proof-{number:03d}-{words[one.kind]}.tlog-proof",
            data=format_tlog_proof(one.index, one.path, one.note).encode(),
            relationship="Supplement",
            description=f"Proof of entry {one.index} of {one.origin}",
        )
        for number, one in enumerate(statements, 1)
    )


class PaperPages:
    """The pages of paper, below /messages/MID.

    Args:
        desk: What pages are built with.
        typesetter: Sets PDF.
    """

    def __init__(self, desk: Desk, typesetter: Typesetter) -> None:
        self._desk = desk
        self._typesetter = typesetter
        folder = files("gateway.officer.pages") / "static"
        self._style = (folder / STYLE).read_bytes()

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/messages/{mid:[0-9a-f]{32}}/paper", self.show),
            post("/messages/{mid:[0-9a-f]{32}}/print", self.print),
            post("/messages/{mid:[0-9a-f]{32}}/pdf", self.pdf),
        ]

    @may(May.READ_CONTENT)
    async def show(self, request: Request) -> Response:
        """Show the paper on the screen; printing it is asked for by its button."""
        message = await self._printed(_mid(request))
        is_asked = request.query.get("print") == "yes"
        return await self._desk.show(
            request, "paper_page.html", message=message, prints=is_asked, back=str(message.mid)
        )

    @may(May.READ_CONTENT)
    async def print(self, request: Request) -> Response:
        """State that the message is printed, then show the paper."""
        mid = _mid(request)
        await self._printed(mid)
        await self._service().paper(mid, who=caller_of(request).who, why=_AS_PAGE)
        return self._desk.redirect(f"/messages/{mid}/paper?print=yes")

    @may(May.READ_CONTENT)
    async def pdf(self, request: Request) -> Response:
        """Give the message as PDF with its evidence; an act before the first byte."""
        mid = _mid(request)
        self._typesetter.check()
        await self._printed(mid)
        paper = await self._service().paper(mid, who=caller_of(request).who, why=_AS_PDF)
        made_ms = self._desk.clock.now_ms()
        enclosures = enclosures_of(paper)
        html = self._desk.templates.render(
            "paper.html",
            locale=language_of(request, request.get(CALLER)),
            message=await self._printed(mid),
            made_ms=made_ms,
            enclosures=enclosures,
        )
        job = Job(
            html=html,
            identifier=sha256(f"{mid} {made_ms}".encode())[:_ID_BYTES],
            made_ms=made_ms,
            files={STYLE: self._style},
            enclosures=enclosures,
        )
        return download(await self._typesetter.typeset(job), f"{mid}.pdf", MEDIA_TYPE)

    async def _printed(self, mid: MessageId) -> PrintedMessage:
        """Return the message; refused before it was opened, and once it was erased."""
        consult = self._desk.services.consult
        content = await consult.content(mid)
        detail = await consult.show(mid)
        view = await self._desk.services.prove.show()
        row = detail.line.row
        return PrintedMessage(
            mid=str(mid),
            sender=str(row.sender),
            recipient=str(row.recipient),
            t_ms=row.t_ms,
            form=printed(content.document),
            steps=detail.timeline,
            log=str(view.origin),
            size=view.size,
            root="" if view.head is None else view.head.root.hex(),
        )

    def _service(self) -> PaperService:
        """Return what states that something is printed.

        Raises:
            UnavailableError: This desk was built without it.
        """
        if self._desk.services.paper is None:
            raise UnavailableError("this desk cannot print")
        return self._desk.services.paper


def _mid(request: Request) -> MessageId:
    """Return the message that the address names.

    Raises:
        NoInputError: There is none of such an id.
    """
    try:
        return MessageId.parse(request.match_info["mid"])
    except MalformedError as error:
        raise NoInputError("there is no such message") from error
