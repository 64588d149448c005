"""One message as a page: how it stands, what may be done, its document, files and timeline.

Reading is no act. Only the button Open tells the sender that somebody has opened it, and only
then the content is shown; before, nobody of the desk can read it, whatever their role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp.web import Request, Response, RouteDef, StreamResponse, get, post

from gateway.casework import Casework
from gateway.errors import GatewayError, NoInputError
from gateway.evidence.material import Variant
from gateway.officer.access import May, allows, caller_of, is_renewal, may, require
from gateway.officer.adapters.languages import message
from gateway.officer.download import send_bundle, send_file
from gateway.officer.ownership import record_of
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.inboxview import Sight, concealed, is_readable, row_of, sight_of
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import mid_in, peer_zone, type_name
from gateway.officer.pages.saying import advised
from gateway.officer.pages.timeline import is_silence, lines_of, reach_of
from gateway.officer.pages.waiting import Waiting
from gateway.officer.shapes.printed import PrintedForm, printed
from gateway.officer.spool import open_spool
from gateway.people import Caller
from gateway.records import Direction
from gateway.service.advice import card_of
from gateway.service.shown import FileLine, MessageDetail
from protocol.cases.ladder import MessageState
from protocol.delivery.reference import spoken

_VARIANTS: Final[Mapping[Variant, str]] = {
    Variant.SEALED: message("Sealed: whoever has the key can open it later"),
    Variant.REDACTED: message("The exchange alone, without the message"),
    Variant.DISCLOSED: message("With the key that opens this message"),
}
_NO_FILE: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What may be read of a message.

    Attributes:
        form: Its document; None while it may not be read.
        files: Its attachments.
        why_not: The code for which it cannot be read; empty if it can, or is not opened yet.
    """

    form: PrintedForm | None = None
    files: tuple[FileLine, ...] = ()
    why_not: str = ""


class MessagePages:
    """/messages/{mid} and what is done there.

    Args:
        desk: What pages are built with.
        casework: Who read what.
        waiting: Emergencies, and who silenced them for themselves.
    """

    __slots__ = ("_casework", "_desk", "_waiting")

    def __init__(self, desk: Desk, casework: Casework, waiting: Waiting) -> None:
        self._desk = desk
        self._casework = casework
        self._waiting = waiting

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        here = "/messages/{mid}"
        return [
            get(here, self.show),
            post(f"{here}/open", self.open),
            post(f"{here}/mute", self.mute),
            get(f"{here}/files/{{n}}", self.file),
            post(f"{here}/evidence", self.evidence),
        ]

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show a message; who may read its content reads it once it was opened.

        What renews the parts of a page that stands open has no content: nobody reads it.
        """
        caller, mid = caller_of(request), mid_in(request)
        services, sight = self._desk.services, sight_of(caller_of(request))
        detail = await services.consult.show(mid)
        reads = sight is Sight.CONTENT and not is_renewal(request)
        shown = await self._content(detail, caller) if reads else Shown()
        line = concealed(detail.line, sight)
        readings = await self._casework.seen(mid)
        names = [one.by.name if sight is Sight.CONTENT else one.by.who for one in readings]
        reach = reach_of(await services.consult.explain(mid))
        is_stuck = detail.card is not None or (reach is not None and reach.failures > 0)
        lines = lines_of(detail, number=None, us=services.config.node_id)
        return await self._desk.show(
            request,
            "message.html",
            row=row_of(line, seen_by=names),
            type=type_name(line.type, language_of(request, caller)),
            is_opened=is_readable(detail.line),
            is_renewed=is_renewal(request),
            may_open=detail.line.row.state is MessageState.CONSIGNED and _is_received(detail),
            sendable=await self._sendable(detail, caller),
            expires_ms=detail.line.row.exp_ms,
            re=detail.line.row.re,
            copy_of=detail.copy_of,
            advice=()
            if sight is Sight.STATES
            else advised(self._desk.templates.languages, language_of(request, caller), detail.said),
            card=card_of(services.directory, detail.line.row.recipient) if is_stuck else None,
            spoken=spoken(mid),
            reach=reach,
            shown=shown,
            lines=lines,
            is_silent=is_silence(lines),
            variants=_variants(caller),
            peer_zone=peer_zone(services.directory, detail.line.party),
            fork=await self._waiting.is_forked(detail.line.party),
        )

    @may(May.COMPOSE)
    async def open(self, request: Request) -> Response:
        """Open a message: an act, and a receipt that tells its sender."""
        caller, mid = caller_of(request), mid_in(request)
        await self._desk.services.act.open(mid, who=caller.who)
        await self._casework.saw(mid, by=caller)
        return self._desk.redirect(f"/messages/{mid}")

    @may(May.SEE_LISTS)
    async def mute(self, request: Request) -> Response:
        """Silence an emergency for who asks, and for nobody else."""
        mid = mid_in(request)
        await self._waiting.mute(caller_of(request), mid)
        return self._desk.redirect("/inbox")

    @may(May.READ_CONTENT)
    async def file(self, request: Request) -> StreamResponse:
        """Download an attachment: never as something that a browser shows."""
        mid, text = mid_in(request), request.match_info["n"]
        is_number = text.isascii() and text.isdigit() and len(text) < len(str(_NO_FILE))
        index = int(text) if is_number else _NO_FILE
        await self._desk.services.consult.content(mid)  # refused before anything is noted
        await self._casework.saw(mid, by=caller_of(request))
        return await send_file(request, self._desk.services.act, mid, index)

    @may(May.TAKE_EVIDENCE)
    async def evidence(self, request: Request) -> StreamResponse:
        """Download the evidence of a message, of one's own cases: an act, stated in our log.

        Raises:
            NoInputError: This desk makes no bundles, or there is no such message.
        """
        mid = mid_in(request)
        service = self._desk.services.evidence
        if service is None:
            raise NoInputError("this desk takes no evidence")
        caller, form = caller_of(request), await form_of(request)
        variant = next((each for each in Variant if each == form.get("variant")), Variant.SEALED)
        if variant is Variant.DISCLOSED:
            require(request, May.READ_CONTENT)  # its key opens the content
        line = (await self._desk.services.consult.show(mid)).line
        await record_of(self._casework, line.row.thread, caller)
        with open_spool() as held:
            await service.export(mid, variant, held, who=caller.who)
            return await send_bundle(request, held, f"{mid}.zip", {})

    async def _sendable(self, detail: MessageDetail, caller: Caller) -> tuple[str, ...]:
        """Return the types by which a message may be answered or continued now."""
        thread = detail.line.row.thread
        if thread is None or not allows(caller, May.COMPOSE) or not is_readable(detail.line):
            return ()
        return (await self._desk.services.consult.case(thread)).sendable

    async def _content(self, detail: MessageDetail, caller: Caller) -> Shown:
        """Return the document and note that it was read, unless nobody has opened it."""
        row = detail.line.row
        if not is_readable(detail.line):
            return Shown()
        try:
            content = await self._desk.services.consult.content(row.mid)
        except GatewayError as error:
            return Shown(why_not=error.code)
        await self._casework.saw(row.mid, by=caller)
        return Shown(form=printed(content.document), files=content.files)


def _is_received(detail: MessageDetail) -> bool:
    return detail.line.row.direction is Direction.IN


def _variants(caller: Caller) -> tuple[tuple[Variant, str], ...]:
    """Return how evidence may be taken: its key goes only to who may read the content."""
    may_read = allows(caller, May.READ_CONTENT)
    return tuple(each for each in _VARIANTS.items() if may_read or each[0] is not Variant.DISCLOSED)
