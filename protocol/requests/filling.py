"""Plain values to a document: forms are filled in, and every field that is at fault is named.

A sound document is built by compiled validators alone. A document with faults is built a second
time, by hand, with UNSOUND where something is wrong, so that the rules between the other fields
can still be checked.

Source: docs/domain.md, sections 3 ("Paths") and 4 (G1 to G8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from protocol.requests.catalogue import RESERVED, TYPES
from protocol.requests.document import Document
from protocol.requests.faults import UNSOUND, Fault, FaultCode, Path
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Part
from protocol.requests.text import REFUSED
from protocol.requests.walk import shape_of

_LEFT_OUT: Final = Part.model_construct()
"""Stands for a body that was not looked at, or that has faults of its own."""

_CODES: Final[dict[str, FaultCode]] = {
    "missing": FaultCode.MISSING,
    "extra_forbidden": FaultCode.UNKNOWN_FIELD,
    "greater_than_equal": FaultCode.OUT_OF_RANGE,
    "less_than_equal": FaultCode.OUT_OF_RANGE,
    "string_unicode": FaultCode.BAD_CHARACTER,
}
"""What pydantic's errors mean; all others are values of a wrong kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A document, and what is wrong with its fields.

    Args:
        kind: Its type; None when there is no such type.
        document: Complete if there are no faults; else with UNSOUND in their places.
        faults: With paths from the root, in no order.
    """

    kind: DocumentType | None
    document: Document
    faults: tuple[Fault, ...]


def fill(root: Mapping[str, Any]) -> Filled:
    """Fill in the form of a document's type.

    Args:
        root: Plain values, text in NFC (protocol.requests.reading).
    """
    name = root.get("type")
    kind = TYPES.get(name) if isinstance(name, str) else None
    if kind is not None:
        try:
            body = kind.model.model_validate(root.get("body"))
            document = Document.model_validate({**root, "body": body})
        except ValidationError:
            pass
        else:
            return Filled(kind=kind, document=document, faults=())
    faults = tuple(_faults(root, kind))
    return Filled(kind=kind, document=_partial(root, kind, faults), faults=faults)


def _faults(root: Mapping[str, Any], kind: DocumentType | None) -> list[Fault]:
    """Return what is wrong with each field by itself."""
    head = dict(root)
    if root.get("body") is not None:
        head["body"] = _LEFT_OUT
    found = list(_refusals(Document, head, ()))
    if kind is None:
        found.extend(_type_fault(root.get("type")))
    elif root.get("body") is not None:
        found.extend(_refusals(kind.model, root["body"], ("body",)))
    return found


def _type_fault(name: object) -> Iterator[Fault]:
    if isinstance(name, str):
        if not name or name.isspace():
            yield Fault(("type",), FaultCode.EMPTY)
        elif name in RESERVED:
            yield Fault(("type",), FaultCode.NOT_SENDABLE)
        else:
            yield Fault(("type",), FaultCode.UNKNOWN_TYPE)


def _refusals(model: type[Part], values: object, place: Path) -> Iterator[Fault]:
    """Yield the faults that pydantic finds."""
    try:
        model.model_validate(values)
    except ValidationError as refused:
        for error in refused.errors(include_url=False):
            path = (*place, *error["loc"])
            for code in _codes(error):
                yield Fault(path, code)


def _codes(error: ErrorDetails) -> tuple[FaultCode, ...]:
    """Return what an error of pydantic means here."""
    value, name = error["input"], error["type"]
    if name == REFUSED:
        return tuple(error["ctx"]["codes"])
    if name in _CODES:
        return (_CODES[name],)
    if value is None and isinstance(error["loc"][-1], str):
        return (FaultCode.MISSING,)  # G2: null is absent; an entry of a list it cannot be
    if name == "literal_error" and isinstance(value, str):
        return (FaultCode.NOT_ALLOWED_VALUE if value.strip() else FaultCode.EMPTY,)
    return (FaultCode.WRONG_TYPE,)


def _partial(
    root: Mapping[str, Any], kind: DocumentType | None, faults: tuple[Fault, ...]
) -> Document:
    """Build what is sound of a document."""
    unsound = {fault.path for fault in faults if fault.code is not FaultCode.UNKNOWN_FIELD}
    body: Any = UNSOUND
    if kind is not None and ("body",) not in unsound:
        body = _construct(kind.model, root["body"], ("body",), unsound)
    values = _values(Document, root, (), unsound)
    return Document.model_construct(**(values | {"body": body}))


def _construct(model: type[Part], raw: Mapping[str, Any], place: Path, unsound: set[Path]) -> Part:
    return model.model_construct(**_values(model, raw, place, unsound))


def _values(
    model: type[Part], raw: Mapping[str, Any], place: Path, unsound: set[Path]
) -> dict[str, Any]:
    """Return the fields of a form, without validation; UNSOUND for those at fault."""
    return {
        name: _value(_form(model, name, raw), raw.get(written), (*place, written), unsound)
        for name, written in shape_of(model).fields
    }


def _form(model: type[Part], name: str, raw: Mapping[str, Any]) -> type[Part] | None:
    """Return the form of a field; None when it holds none, or one that nobody knows."""
    form = shape_of(model).models.get(name)
    return model.chosen_form(name, raw) if form is Part else form


def _value(model: type[Part] | None, raw: object, place: Path, unsound: set[Path]) -> object:
    if place in unsound:
        return UNSOUND
    if isinstance(raw, list):
        return tuple(
            _value(model, each, (*place, index), unsound) for index, each in enumerate(raw)
        )
    if model is not None and isinstance(raw, dict):
        return _construct(model, raw, place, unsound)
    return raw
