"""Drafts as pages handle them: the text as plain values, its type, and beginning a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from json import dumps, loads
from typing import Any, Final

from aiohttp.web import Request

from gateway.drafting import Checked, DeskDrafts, DraftRow, HeldDraft
from gateway.errors import NoInputError
from gateway.officer.adapters.languages import LANGUAGES, country, long_codes, tongue
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms.keys import Json
from gateway.officer.pages.forms.reading import Spelling
from gateway.officer.pages.forms.widgets import fields_of
from protocol.requests.catalogue import TYPES, type_info
from protocol.requests.codes import COUNTRIES
from protocol.requests.codes import LANGUAGES as TONGUES
from protocol.requests.faults import FaultCode, Finding
from protocol.requests.kinds import DocumentType, Thread

ID: Final = "{id:[0-9a-f]{32}}"
"""A draft in the address of a page."""

NOBODY_THERE: Final = (
    "The directory has no other active node of this address. Choose a country or point of contact"
    " of the list, or ask the operator."
)
_TO: Final = "to"
NO_SUCH_MESSAGE: Final = "This names no message of this node."
"""In the catalogue `forms` as the sentence of a rule."""

_REPLY: Final = "in_reply_to"
_REPLACED: Final = "supersedes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A draft with its text.

    Args:
        row: Its state.
        kind: Its type; None while it names none that there is.
        document: As saved: incomplete, or with faults.
    """

    row: DraftRow
    kind: DocumentType | None
    document: dict[str, Any]


def paper_of(held: HeldDraft) -> Paper:
    """Return a draft with its text as plain values.

    Args:
        held: As the desk keeps it.
    """
    root = loads(held.document)
    document: dict[str, Any] = root if isinstance(root, dict) else {}
    # Of a draft that was sent only its row says what it was.
    name = document.get("type", held.row.type)
    kind = type_info(name) if isinstance(name, str) else None
    return Paper(row=held.row, kind=kind, document=document)


def written(document: Json) -> bytes:
    """Return a document as it is saved.

    Args:
        document: As it was entered. Half of a pair of surrogates cannot come from a form.
    """
    return dumps(document, ensure_ascii=False).encode()


async def checked(desk: Desk, paper: Paper) -> Checked:
    """Return what is wrong with a draft, also where it replies to a message that is not here.

    Args:
        desk: Whose draft it is, and whose directory says who can be written to.
        paper: The draft.
    """
    try:
        found = await drafts_of(desk).check(paper.row.id)
    except NoInputError:
        field = _REPLY if paper.document.get(_REPLY) is not None else _REPLACED
        fault = Finding(path=field, code=FaultCode.BAD_FORMAT, message=NO_SUCH_MESSAGE)
        return Checked(errors=(fault,), warnings=())
    to = paper.document.get(_TO)
    is_said = any(each.path == _TO for each in found.errors)
    if is_said or not isinstance(to, str) or not to or _is_reached(desk, to):
        return found
    unknown = Finding(path=_TO, code=FaultCode.UNKNOWN_POC, message=NOBODY_THERE)
    return Checked(errors=(unknown, *found.errors), warnings=found.warnings)


def _is_reached(desk: Desk, to: str) -> bool:
    """Tell whether the directory has another active node for an address."""
    own = desk.services.config.node_id
    nodes = (each.node_id for each in desk.services.directory.nodes())
    return any(node != own and to in {str(node), node.country} for node in nodes)


def drafts_of(desk: Desk) -> DeskDrafts:
    """Return the desk's drafts.

    Raises:
        NoInputError: This desk keeps none.
    """
    if desk.drafts is None:
        raise NoInputError("this desk keeps no drafts", hint="send with: a35 send FILE")
    return desk.drafts


def draft_in(request: Request) -> str:
    """Return the draft that an address names.

    Args:
        request: Of a page below a draft.
    """
    return request.match_info["id"]


def kind_of(paper: Paper) -> DocumentType:
    """Return the type of a draft.

    Raises:
        NoInputError: It names none that there is.
    """
    if paper.kind is None:
        raise NoInputError(
            "this draft names no type of document", hint="discard it, and choose a type"
        )
    return paper.kind


def opening_types() -> tuple[DocumentType, ...]:
    """Return the types that open a case, in the order of the catalogue."""
    return tuple(kind for kind in TYPES.values() if kind.thread is not Thread.JOINS)


@cache
def spelling() -> Spelling:
    """Return the names of countries and languages that stand for their codes."""
    countries = {
        country(code, page).casefold(): code for page in LANGUAGES for code in sorted(COUNTRIES)
    }
    languages = {
        tongue(code, page).casefold(): code for page in LANGUAGES for code in sorted(TONGUES)
    }
    return Spelling(
        countries={code.casefold(): short for code, short in long_codes().items()}
        | countries
        | {code.casefold(): code for code in COUNTRIES},
        languages=languages | {code: code for code in TONGUES},
    )


@cache
def countries_in(page: str) -> tuple[tuple[str, str], ...]:
    """Return all countries with their names, in the order of the names, to suggest.

    Args:
        page: Language of the page.
    """
    return _by_name((code, country(code, page)) for code in COUNTRIES)


@cache
def tongues_in(page: str) -> tuple[tuple[str, str], ...]:
    """Return all languages with their names, in the order of the names, to suggest.

    Args:
        page: Language of the page.
    """
    return _by_name((code, tongue(code, page)) for code in TONGUES)


def _by_name(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


def new_document(desk: Desk, kind: DocumentType, *, to: str = "") -> dict[str, Any]:
    """Return the text that a draft begins with: what the desk knows is not asked.

    Args:
        desk: Whose address it is sent from.
        kind: The type.
        to: Whom it is for; empty if that is not known yet.
    """
    names = {field.name for field in fields_of(kind.model)}
    today = datetime.fromtimestamp(desk.clock.now_ms() / 1000, UTC).date().isoformat()
    own = _own_authority(desk)
    known: dict[str, Any] = {
        "request_date": today,
        "request_status": ["new_request"],
        "requesting_authority": own,
        "providing_authority": own,
        "confirmation_contact": _own_contact(desk),
    }
    body = {name: value for name, value in known.items() if name in names and value}
    languages = desk.services.config.duty.languages
    return {
        "type": kind.name,
        **({"to": to} if to else {}),
        "urgency": "emergency" if kind.emergency else "routine",
        **({"language": languages[0]} if languages else {}),
        "body": body,
    }


def _own_authority(desk: Desk) -> dict[str, Any]:
    """Return our point of contact as the directory has it."""
    node = desk.services.config.node_id
    party = desk.services.directory.party(node.country)
    points = () if party is None else party.contact_points
    point = next((each for each in points if each.number == node.number), None)
    if point is None:
        return {"organisation": desk.services.config.name, "country": node.country}
    found = {
        "organisation": point.name,
        "country": node.country,
        "telephone": point.telephones[0].number,
        "email": point.email,
        "office_hours": point.hours,
        "time_zone": point.time_zone,
        "languages": list(point.languages),
    }
    return {name: value for name, value in found.items() if value}


def _own_contact(desk: Desk) -> dict[str, Any]:
    """Return whom our settings name for the duty; nothing if they name nobody."""
    duty = desk.services.config.duty
    if duty.name is None:
        return {}
    found = {
        "name": duty.name,
        "job_title": duty.job_title,
        "office_hours": duty.office_hours,
        "telephone": duty.telephone,
        "cell_phone": duty.cell_phone,
        "email": duty.email,
        "time_zone": duty.time_zone,
        "languages": list(duty.languages),
    }
    return {name: value for name, value in found.items() if value}
