"""One message as paper: what is printed of it, and the PDF that carries its evidence.

Pages and API make paper by this alone. What leaves the desk is an act in the log, committed before
the first byte; the PDF embeds the envelope as it was sent, each proof, and a bundle that anybody
verifies.

Source: docs/desk.md, "Paper".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from gateway.errors import UnavailableError
from gateway.evidence.export import Paper
from gateway.exhibits import HeldStatement
from gateway.officer.adapters.pdf import Enclosure, Job, Typesetter
from gateway.officer.adapters.templates import Templates
from gateway.officer.services import OfficerServices
from gateway.officer.shapes.printed import PrintedForm, printed
from gateway.rows import EventRow
from keys.digest import sha256
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


class Paperwork:
    """Makes paper.

    Args:
        services: Of the desk.
        templates: Of the package.
        typesetter: Sets PDF.
    """

    def __init__(
        self, services: OfficerServices, templates: Templates, typesetter: Typesetter
    ) -> None:
        self._services = services
        self._templates = templates
        self._typesetter = typesetter
        self._style = (files("gateway.officer.pages") / "static" / STYLE).read_bytes()

    async def message(self, mid: MessageId) -> PrintedMessage:
        """Return what is printed of a message.

        Args:
            mid: A message that was sent here, or received and opened.

        Raises:
            NoInputError: No such message, or its content was never readable.
            NotOpenedError: It was received and no officer has opened it.
        """
        consult = self._services.consult
        content = await consult.content(mid)
        detail = await consult.show(mid)
        view = await self._services.prove.show()
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

    async def print(self, mid: MessageId, *, who: str) -> None:
        """State that a message is printed by the browser.

        Args:
            mid: As for `message`.
            who: The person, as "RO/1 officer 3": never a name.

        Raises:
            NoInputError: As for `message`.
            UnavailableError: This desk cannot print.
            StorageError: Nothing was stated.
        """
        await self.message(mid)
        await self._paper(mid, who=who, why=_AS_PAGE)

    async def pdf(self, mid: MessageId, *, who: str, language: str) -> bytes:
        """Return a message as PDF; the act is committed before it is set.

        Args:
            mid: As for `message`.
            who: As for `print`.
            language: Of the few words that are in neither language of the form.

        Raises:
            PdfNotInstalledError: What sets PDF is not installed; nothing was stated.
            NoInputError: As for `message`.
            UnavailableError: This desk cannot print, or the paper could not be set.
            StorageError: Nothing was stated.
        """
        self._typesetter.check()
        await self.message(mid)
        paper = await self._paper(mid, who=who, why=_AS_PDF)
        made_ms = self._services.clock.now_ms()
        enclosures = enclosures_of(paper)
        html = self._templates.render(
            "paper.html",
            locale=language,
            message=await self.message(mid),
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
        return await self._typesetter.typeset(job)

    async def _paper(self, mid: MessageId, *, who: str, why: str) -> Paper:
        if self._services.paper is None:
            raise UnavailableError("this desk cannot print")
        return await self._services.paper.paper(mid, who=who, why=why)
