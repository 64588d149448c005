"""Answering a message: acknowledge it, decide on it item by item, or begin any other reply.

An acknowledgement goes at once, with what the desk proposes unless the officer says otherwise. A
decision and every other reply become a draft: checked, approved by a second person where one must,
and sent from there. What the state of the case does not allow is refused with its reason.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from aiohttp.web import Request, Response, RouteDef, get, post
from markupsafe import Markup

from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.acknowledging import Acknowledger
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms.moments import day_text, moment_text
from gateway.officer.pages.forms_in import choices_of, form_of
from gateway.officer.pages.layout import language_of
from gateway.officer.pages.naming import code_names, field_name, mid_in, type_name
from gateway.officer.pages.replying import Deciding, Ruling, begun, decided, grounds_of, items_of
from gateway.officer.shapes.models import AcknowledgeRequest
from gateway.people import Caller
from gateway.service.draft import DocumentRefusedError
from gateway.service.shown import MessageContent, MessageDetail
from protocol.cases.facts import Outcome
from protocol.encoding import Value
from protocol.identifiers import MessageId
from protocol.requests.catalogue import TYPES
from protocol.requests.decision import ItemDecision
from protocol.requests.parts import Condition, Ground
from protocol.requests.people import Authority, Contact

_BY: Final = "decision"
_FIELDS: Final[Mapping[str, str]] = {
    "body.recipient_reference": "reference",
    "body.expected_decision_by": _BY,
    "body.officer": "officer",
    "body.note": "note",
}
_NO_OUTCOME: Final = message("Say what is decided on this item")
_DECISION: Final = "decision"
_ACKNOWLEDGEMENT: Final = "acknowledgement"


class AnswerPages:
    """/messages/{mid}/acknowledge, /answer, /decision and /reply.

    Args:
        desk: What pages are built with.
        acknowledger: Writes and sends acknowledgements.
    """

    __slots__ = ("_acknowledger", "_desk")

    def __init__(self, desk: Desk, acknowledger: Acknowledger) -> None:
        self._desk = desk
        self._acknowledger = acknowledger

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        here = "/messages/{mid}"
        return [
            get(f"{here}/acknowledge", self.ask_acknowledgement),
            post(f"{here}/acknowledge", self.acknowledge),
            get(f"{here}/answer", self.answers),
            post(f"{here}/decision", self.decide),
            post(f"{here}/reply", self.reply),
        ]

    @may(May.COMPOSE)
    async def ask_acknowledgement(self, request: Request) -> Response:
        """Show what an acknowledgement would say."""
        return await self._acknowledgement(request, {}, {})

    @may(May.COMPOSE)
    async def acknowledge(self, request: Request) -> Response:
        """Send an acknowledgement; what is wrong with it is said at its field."""
        mid, form = mid_in(request), await form_of(request)
        asked = AcknowledgeRequest(
            reference=form.get("reference") or None,
            decision_by=_moment(form) or None,
            officer=form.get("officer") or None,
            note=form.get("note") or None,
        )
        try:
            await self._acknowledger.acknowledge(
                mid, asked, request_key=_key(mid, form), who=caller_of(request).who
            )
        except DocumentRefusedError as error:
            errors = {_FIELDS.get(one.path, "note"): one.message for one in error.findings}
            return await self._acknowledgement(request, form, errors)
        except DataError as error:
            return await self._acknowledgement(request, form, {"reference": str(error)})
        return self._desk.redirect(f"/messages/{mid}")

    async def _acknowledgement(
        self, request: Request, form: Mapping[str, str], errors: Mapping[str, str]
    ) -> Response:
        mid = mid_in(request)
        proposal = await self._acknowledger.proposal(mid)
        zone = self._desk.services.config.duty.time_zone or "UTC"
        by = datetime.fromtimestamp(proposal.decision_by_ms / 1000, UTC).astimezone(ZoneInfo(zone))
        return await self._desk.show(
            request,
            "acknowledge.html",
            status=422 if errors else 200,
            mid=mid,
            party=(await self._desk.services.consult.show(mid)).line.party,
            values={
                "reference": proposal.reference,
                f"{_BY}.day": by.date().isoformat(),
                f"{_BY}.time": by.strftime("%H:%M"),
                f"{_BY}.zone": zone,
                "officer": "",
                "note": "",
                "key": str(self._desk.clock.now_ms()),
                **form,
            },
            contact=_contact(proposal.contact, language_of(request, caller_of(request))),
            errors=errors,
            zones=sorted({"UTC", zone, *available_timezones()}),
        )

    @may(May.COMPOSE)
    async def answers(self, request: Request) -> Response:
        """Show how a message may be answered now."""
        return await self._answers(request, {}, {}, {})

    async def _answers(
        self,
        request: Request,
        form: Mapping[str, str],
        chosen: Mapping[str, tuple[str, ...]],
        errors: Mapping[str, str],
    ) -> Response:
        mid, language = mid_in(request), language_of(request, caller_of(request))
        content, detail = await self._asked(mid)
        sendable = await self._sendable(detail)
        return await self._desk.show(
            request,
            "answer.html",
            status=422 if errors else 200,
            mid=mid,
            detail=detail,
            type=type_name(str(content.document.get("type")), language),
            types=[(each, type_name(each, language)) for each in sendable if each != _DECISION],
            items=items_of(content.document) if _DECISION in sendable else (),
            may_draft=self._desk.drafts is not None,
            outcomes=code_names(ItemDecision, "outcome", tuple(Outcome), language),
            grounds=code_names(
                Ground, "code", grounds_of(str(content.document.get("type"))), language
            ),
            conditions=code_names(Condition, "kind", None, language),
            kinds=code_names(Authority, "kind", None, language),
            impossible=code_names(ItemDecision, "not_possible_reason", None, language),
            organisation=self._desk.services.config.name,
            form=form,
            chosen=chosen,
            errors=errors,
        )

    @may(May.COMPOSE)
    async def decide(self, request: Request) -> Response:
        """Keep a decision, item by item, as a draft to be checked."""
        mid, form = mid_in(request), await form_of(request)
        content, detail = await self._asked(mid)
        names = items_of(content.document)
        chosen = {
            f"conditions-{n}": await choices_of(request, f"conditions-{n}")
            for n in range(len(names))
        }
        known = set(Outcome)
        missing = [n for n in range(len(names)) if form.get(f"outcome-{n}") not in known]
        if missing:
            say, language = self._desk.templates.languages.say, language_of(request, None)
            errors = {f"outcome-{n}": say(language, _NO_OUTCOME) for n in missing}
            return await self._answers(request, form, chosen, errors)
        rulings = [_ruling(form, chosen, n, name) for n, name in enumerate(names)]
        node = self._desk.services.config.node_id
        document = decided(
            content.document,
            mid,
            detail.line.party,
            deciding=Deciding(
                organisation=form.get("organisation", ""),
                kind=form.get("kind", ""),
                country=node.country,
                decided_on=self._today(),
                reference=form.get("reference", ""),
                other_cooperation=form.get("other_cooperation", ""),
            ),
            rulings=rulings,
        )
        return await self._kept(document, caller_of(request), "/check")

    @may(May.COMPOSE)
    async def reply(self, request: Request) -> Response:
        """Begin a draft that replies to a message.

        Raises:
            DataError: The case does not allow this type now.
        """
        mid, form = mid_in(request), await form_of(request)
        content, detail = await self._asked(mid)
        wanted = form.get("type", "")
        if wanted not in await self._sendable(detail) or wanted not in TYPES:
            raise DataError(
                "the state of the case does not allow this message now",
                code="not_allowed",
                hint="see where the case stands, and what may be sent now",
            )
        if wanted == _ACKNOWLEDGEMENT:
            return self._desk.redirect(f"/messages/{mid}/acknowledge")
        document = begun(content.document, mid, detail.line.party, wanted)
        return await self._kept(document, caller_of(request), "")

    async def _asked(self, mid: MessageId) -> tuple[MessageContent, MessageDetail]:
        consult = self._desk.services.consult
        return await consult.content(mid), await consult.show(mid)

    async def _sendable(self, detail: MessageDetail) -> tuple[str, ...]:
        thread = detail.line.row.thread
        if thread is None:
            return ()
        return (await self._desk.services.consult.case(thread)).sendable

    async def _kept(self, document: dict[str, Any], caller: Caller, page: str) -> Response:
        """Keep a document as a draft and go there.

        Raises:
            DataError: This desk keeps no drafts.
        """
        if self._desk.drafts is None:
            raise DataError(
                "this desk keeps no drafts",
                code="not_allowed",
                hint="write the answer as a file and send it with: a35 answer",
            )
        data = dumps(document, ensure_ascii=False).encode()
        row = await self._desk.drafts.create(data, by=caller)
        return self._desk.redirect(f"/drafts/{row.id}{page}")

    def _today(self) -> str:
        zone = ZoneInfo(self._desk.services.config.duty.time_zone or "UTC")
        now = datetime.fromtimestamp(self._desk.clock.now_ms() / 1000, UTC)
        return now.astimezone(zone).date().isoformat()


def _contact(contact: Value, language: str) -> list[tuple[Markup, str]]:
    """Return whom the other side is told to call, by the names of the form."""
    fields = contact if isinstance(contact, dict) else {}
    return [
        (
            field_name(Contact, name, language),
            ", ".join(map(str, value)) if isinstance(value, list) else str(value),
        )
        for name, value in fields.items()
    ]


def _key(mid: MessageId, form: Mapping[str, str]) -> str:
    """Return what makes the same form sent twice one acknowledgement."""
    return f"page-{mid}-{form.get('key', '')[:20]}"


def _moment(form: Mapping[str, str]) -> str:
    day, time, zone = (form.get(f"{_BY}.{part}", "") for part in ("day", "time", "zone"))
    return moment_text((day, "", "", time, zone), zone)


def _ruling(
    form: Mapping[str, str], chosen: Mapping[str, tuple[str, ...]], n: int, item_id: str
) -> Ruling:
    def typed(name: str) -> str:
        return form.get(f"{name}-{n}", "").strip()

    return Ruling(
        item_id=item_id,
        outcome=Outcome(typed("outcome")),
        ground=typed("ground"),
        ground_reason=typed("ground_reason"),
        reasons=typed("reasons"),
        considered=typed("considered") == "yes",
        granted=typed("granted"),
        conditions=chosen[f"conditions-{n}"],
        condition_text=typed("condition_text"),
        postponed_until=day_text((typed("postponed_until"), "", "")),
        referred_to=typed("referred_to"),
        referred_kind=typed("referred_kind"),
        impossible=typed("impossible"),
    )
