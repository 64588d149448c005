"""The sections of a form in the order of the official template, with its numbers.

A type without a template has the order of its siblings, and no numbers. Sections in which all is
optional and nothing is written are folded; one with a fault never is.

Source: docs/domain.md, section 13; protocol.requests.template.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node, Section
from protocol.requests.kinds import DocumentType, Thread
from protocol.requests.template import SUBSCRIBER_TEMPLATE, TEMPLATES
from protocol.requests.template import Section as Printed

HEAD: Final = "addressee"
ASKED: Final = "asked"
CONTENT: Final = "content"
FILES: Final = "files"
REST: Final = "document_further"
OWN_HEADINGS: Final = (HEAD, ASKED, CONTENT, FILES, REST)
"""Sections that are in no template; their headings are in the catalogue `forms`."""

_HEAD_FIELDS: Final = ("to", "urgency", "handling_code", "handling_text", "language")
_REPLY: Final = "in_reply_to"
_COPIES: Final = "copies_to"
_ATTACHMENTS: Final = "attachments"
_BODY: Final = "body"
_LAST_BEFORE_ASKED: Final = "summary"
"""What a type asks for beside its siblings stands behind the summary of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """A section before it has its nodes."""

    key: str
    numbers: tuple[int, ...]
    fields: tuple[str, ...]
    restored: bool = False


def arrange(kind: DocumentType, root: Group, at_fault: Iterable[str] = ()) -> tuple[Section, ...]:
    """Return the sections of a page.

    Args:
        kind: The document's type.
        root: Its form (`build`).
        at_fault: Names of controls with faults.

    Returns:
        Every field of the document once: addressee, body, files, the rest.
    """
    faults = tuple(at_fault)
    own = {_last(node): node for node in root.nodes}
    body = own.pop(_BODY)
    inside = {_last(node): node for node in body.nodes} if isinstance(body, Group) else {}
    head = _head_of(kind)
    attachments = own.pop(_ATTACHMENTS)
    sections = [
        _section(HEAD, "", [own.pop(name) for name in head if name in own], faults),
        *(
            _section(
                plan.key,
                ", ".join(map(str, plan.numbers)),
                [inside[name] for name in plan.fields],
                faults,
                restored=plan.restored,
            )
            for plan in _plan(kind, tuple(inside))
        ),
        _section(FILES, "", [attachments], faults),
        _section(REST, "", list(own.values()), faults),
    ]
    return tuple(section for section in sections if section.nodes)


def names_in_order(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the names of nodes and of all below them, in the order of the page.

    Args:
        nodes: Any.
    """
    for node in nodes:
        yield node.name
        match node:
            case Group():
                yield from names_in_order(node.nodes)
            case Entries():
                yield from names_in_order(node.groups)
            case Control():
                pass


def is_open(node: Node, faults: tuple[str, ...] = ()) -> bool:
    """Tell whether a node must be seen at once: it is asked for, written in, or at fault.

    Args:
        node: Any.
        faults: Names of controls with faults.
    """
    return node.is_filled or is_required(node) or any(below(name, node.name) for name in faults)


def is_required(node: Node) -> bool:
    """Tell whether the form asks for a node, as far as it can be told before the check.

    Args:
        node: Any.
    """
    if node.is_apart:
        return False
    return node.field.required and not (isinstance(node, Control) and node.field.may_be_null)


def below(name: str, place: str) -> bool:
    """Tell whether a name lies at or below a place.

    Args:
        name: Of a control.
        place: Of a node.
    """
    return name == place or (name.startswith(place) and name[len(place)] in ".[")


def _section(
    key: str, number: str, nodes: list[Node], faults: tuple[str, ...], *, restored: bool = False
) -> Section:
    return Section(
        key=key,
        number=number,
        nodes=tuple(nodes),
        restored=restored,
        is_folded=key != FILES and not any(is_open(node, faults) for node in nodes),
    )


def _head_of(kind: DocumentType) -> tuple[str, ...]:
    joins = (_REPLY,) if kind.thread is Thread.JOINS else ()
    copies = (_COPIES,) if kind.copies_required else ()
    return (*_HEAD_FIELDS, *joins, *copies)


def _plan(kind: DocumentType, fields: tuple[str, ...]) -> Iterator[_Planned]:
    """Yield the sections of a body; each field once, in the first section that prints it."""
    if not kind.is_request:
        yield _Planned(key=CONTENT, numbers=(), fields=fields)
        return
    left = dict.fromkeys(fields)
    printed = TEMPLATES.get(kind.name)
    known = {name for section in printed or SUBSCRIBER_TEMPLATE for name in section.fields}
    others = tuple(name for name in fields if name not in known)
    for section in printed or _siblings():
        chosen = tuple(name for name in section.fields if name in left)
        for name in chosen:
            del left[name]
        if chosen:
            numbers = _numbers(printed, chosen) if printed is not None else ()
            yield _Planned(
                key=section.key, numbers=numbers, fields=chosen, restored=section.restored
            )
        if section.key == _LAST_BEFORE_ASKED and others:
            yield _Planned(key=ASKED, numbers=(), fields=others)


def _siblings() -> Iterator[Printed]:
    """Yield the sections that types without a template share with their siblings."""
    for section in SUBSCRIBER_TEMPLATE:
        key = "data_to_be_disclosed" if section.key == "information" else section.key
        yield Printed(number=None, key=key, fields=section.fields)


def _numbers(printed: tuple[Printed, ...], fields: tuple[str, ...]) -> tuple[int, ...]:
    found = (
        section.number
        for section in printed
        if section.number is not None and set(section.fields) & set(fields)
    )
    return tuple(sorted(found))


def _last(node: Node) -> str:
    return str(node.path[-1])
