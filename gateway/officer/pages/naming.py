"""What pages call things: types of documents, coded values, places and ids in an address.

Types and codes have names in English and French; a page in another language shows the English
one, marked as such.

Source: docs/desk.md, "Looks".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp.web import Request
from markupsafe import Markup, escape

from gateway.errors import NoInputError
from gateway.officer.adapters.templates import foreign
from gateway.officer.shapes.printed import Bilingual
from gateway.ports import Directory
from gateway.service.advice import card_of
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId
from protocol.requests.catalogue import TYPES
from protocol.requests.forms import form_fields
from protocol.requests.labels import FormLanguage, field_label, type_label, value_label
from protocol.requests.part import Part
from protocol.requests.targets import Target

_KIND: Final = "kind"


def in_language(text: Bilingual, language: str) -> Markup:
    """Return a text of ours in the language of a page, or in English and marked so.

    Args:
        text: In both official languages.
        language: Of the page.
    """
    if language == FormLanguage.FRENCH:
        return escape(text.french)
    is_own = language == FormLanguage.ENGLISH
    return escape(text.english) if is_own else foreign(text.english, FormLanguage.ENGLISH.value)


def type_name(name: str | None, language: str) -> Markup:
    """Return what a type of document is called; what another version has, by its bare name.

    Args:
        name: As in the field `type`; None if it is not known.
        language: Of the page.
    """
    if name is None:
        return Markup()
    if name not in TYPES:
        return foreign(name)
    names = (type_label(name, each).text for each in (FormLanguage.ENGLISH, FormLanguage.FRENCH))
    english, french = names
    return in_language(Bilingual(english=english, french=french), language)


def subject_of(document: Mapping[str, object], language: str) -> Markup:
    """Return what is asked for, by kind and number: `Account, IP address (3)`; empty if unknown.

    Args:
        document: As its author wrote it.
        language: Of the page.
    """
    counts = Counter(_kinds(document))
    shown = [
        Markup("{}{}").format(_kind_name(kind, language), "" if n == 1 else f" ({n})")
        for kind, n in counts.items()
    ]
    return Markup(", ").join(shown)


def peer_zone(directory: Directory, node: NodeId) -> str:
    """Return the time zone of another desk, as the directory has it.

    Empty if that is not known, or is UTC: each time says that already.

    Args:
        directory: In use.
        node: The other node.
    """
    card = card_of(directory, node)
    if card is None:
        return ""
    try:
        zone = ZoneInfo(card.time_zone).key
    except (ZoneInfoNotFoundError, ValueError):
        return ""  # an offset, or a name that this system does not know
    return "" if zone in {"UTC", "Etc/UTC"} else zone


def mid_in(request: Request, name: str = "mid") -> MessageId:
    """Read the id in the address of a page.

    Args:
        request: Whose path has a part of this name.
        name: Of that part.

    Raises:
        NoInputError: Not an id, so there is no such message or case.
    """
    try:
        return MessageId.parse(request.match_info[name])
    except MalformedError as error:
        raise NoInputError("a message id has 32 lower-case hex digits") from error


def field_name(form: type[Part], name: str, language: str) -> Markup:
    """Return what a field of a form is called.

    Args:
        form: The form that it stands in.
        name: As documents write it.
        language: Of the page.

    Raises:
        KeyError: The form has no such field.
    """
    english, french = (
        field_label(form, name, each).text for each in (FormLanguage.ENGLISH, FormLanguage.FRENCH)
    )
    return in_language(Bilingual(english=english, french=french), language)


def code_names(
    form: type[Part], name: str, codes: Sequence[str] | None, language: str
) -> list[tuple[str, Markup]]:
    """Return what the values of a coded field are called, to be chosen from.

    Args:
        form: The form that the field stands in.
        name: Of the field.
        codes: Those to be offered; None for all that the field admits.
        language: Of the page.
    """
    field = next(each for each in form_fields(form) if each.name == name)
    offered = field.values if codes is None else codes
    return [(str(code), _value_name(form, name, str(code), language)) for code in offered]


def _kinds(document: Mapping[str, object]) -> list[str]:
    """Return the kind of each target of each item; of an item without any its category."""
    body = document.get("body")
    items = body.get("items") if isinstance(body, Mapping) else None
    found: list[str] = []
    for item in items if isinstance(items, list) else ():
        targets = item.get("targets") if isinstance(item, Mapping) else None
        for target in targets if isinstance(targets, list) else ():
            kind = target.get(_KIND) if isinstance(target, Mapping) else None
            if isinstance(kind, str):
                found.append(kind)
    return found


def _kind_name(kind: str, language: str) -> Markup:
    try:
        return _value_name(Target, _KIND, kind, language)
    except KeyError:
        return foreign(kind)


def _value_name(form: type[Part], name: str, value: str, language: str) -> Markup:
    english, french = (
        value_label(form, name, value, each) for each in (FormLanguage.ENGLISH, FormLanguage.FRENCH)
    )
    return in_language(Bilingual(english=english, french=french), language)
