"""Forms as plain descriptions: each field with its kind, its bounds and the values it admits.

The models are the one statement of what a document may be; whoever shows a form, prints it or
writes about it reads these descriptions and never looks into pydantic.

Source: docs/domain.md, sections 4 to 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args

from pydantic.fields import FieldInfo

from protocol.requests.part import Entries, Part, Yes
from protocol.requests.targets import TargetValue
from protocol.requests.text import (
    AttachmentPath,
    AttachmentRef,
    Country,
    Email,
    Id,
    ItemRef,
    Language,
    Line,
    MessageRef,
    Node,
    Phone,
    Ref,
    Short,
    Text,
)
from protocol.requests.times import Date, Instant, When, Zone
from protocol.requests.walk import marks_in, shape_of


class FieldKind(StrEnum):
    """What one value of a field is; the names of the table in section 4, where it has one."""

    LINE = "line"
    TEXT = "text"
    SHORT = "short"
    REF = "ref"
    ID = "id"
    ITEM = "item id or *"
    MESSAGE = "message id"
    NODE = "node"
    PHONE = "phone"
    EMAIL = "email"
    PATH = "path"
    ATTACHMENT = "path of an attachment"
    TARGET = "value of its kind"
    COUNTRY = "cc"
    LANGUAGE = "lang"
    DATE = "date"
    INSTANT = "instant"
    WHEN = "when"
    ZONE = "zone"
    TYPE = "type"
    FLAG = "bool"
    STATEMENT = "true"
    NUMBER = "int"
    CHOICE = "enum"
    FORM = "object"
    CHOSEN = "body"


_TEXTS: Final = (
    (Line, FieldKind.LINE),
    (Text, FieldKind.TEXT),
    (Short, FieldKind.SHORT),
    (Ref, FieldKind.REF),
    (Id, FieldKind.ID),
    (ItemRef, FieldKind.ITEM),
    (MessageRef, FieldKind.MESSAGE),
    (Node, FieldKind.NODE),
    (Phone, FieldKind.PHONE),
    (Email, FieldKind.EMAIL),
    (AttachmentPath, FieldKind.PATH),
    (AttachmentRef, FieldKind.ATTACHMENT),
    (TargetValue, FieldKind.TARGET),
    (Country, FieldKind.COUNTRY),
    (Language, FieldKind.LANGUAGE),
    (Date, FieldKind.DATE),
    (Instant, FieldKind.INSTANT),
    (When, FieldKind.WHEN),
    (Zone, FieldKind.ZONE),
    (Yes, FieldKind.STATEMENT),
)
_BY_MARK: Final[dict[object, FieldKind]] = {get_args(kind)[1]: name for kind, name in _TEXTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form.

    Args:
        name: As documents write it.
        attribute: As the model has it.
        kind: What one value is.
        required: True when it must be there.
        may_be_null: True when the name must be there, and null states "none".
        many: True for a list of such values.
        distinct: True for a list without repetition.
        values: What a CHOICE admits, else empty.
        form: The form of a FORM, else None.
        least: Of a NUMBER.
        most: Of a NUMBER.
    """

    name: str
    attribute: str
    kind: FieldKind
    required: bool
    may_be_null: bool = False
    many: bool = False
    distinct: bool = False
    values: tuple[str, ...] = ()
    form: type[Part] | None = None
    least: int | None = None
    most: int | None = None


def form_fields(form: type[Part]) -> tuple[FormField, ...]:
    """Return the fields of a form, in its order.

    Args:
        form: Any.
    """
    return tuple(_field(form, name, written) for name, written in shape_of(form).fields)


def forms_below(form: type[Part]) -> tuple[type[Part], ...]:
    """Return a form and all forms in it, each once, each before those in it.

    Args:
        form: Any.
    """
    found: dict[type[Part], None] = {}
    _gather(form, found)
    return tuple(found)


def _gather(form: type[Part], found: dict[type[Part], None]) -> None:
    if form not in found and form is not Part:
        found[form] = None
        for inner in shape_of(form).models.values():
            _gather(inner, found)


def _field(form: type[Part], name: str, written: str) -> FormField:
    info = form.model_fields[name]
    marks = tuple(marks_in(info.annotation, info.metadata))
    entries = [mark for mark in marks if isinstance(mark, Entries)]
    values = tuple(mark for mark in marks if isinstance(mark, str))
    return FormField(
        name=written,
        attribute=name,
        kind=FieldKind.CHOICE if values else next(_kinds(marks)),
        required=info.is_required(),
        may_be_null=name in form.KEY_REQUIRED,
        many=bool(entries),
        distinct=any(mark.distinct for mark in entries),
        values=values,
        form=shape_of(form).models.get(name),
        least=_bound(marks, "ge"),
        most=_bound(marks, "le"),
    )


def _kinds(marks: tuple[object, ...]) -> Iterator[FieldKind]:
    """Yield what the marks say of the kind; what a class alone says comes last."""
    for mark in marks:
        if isinstance(mark, type) and issubclass(mark, Part):
            yield FieldKind.CHOSEN if mark is Part else FieldKind.FORM
        elif not isinstance(mark, type) and (kind := _named(mark)) is not None:
            yield kind
    if bool in marks:
        yield FieldKind.FLAG
    if int in marks:
        yield FieldKind.NUMBER
    yield FieldKind.TYPE


def _named(mark: object) -> FieldKind | None:
    # Marks of pydantic need not be hashable, and none of them is ours.
    return next((kind for known, kind in _BY_MARK.items() if known is mark), None)


def _bound(marks: tuple[object, ...], name: str) -> int | None:
    # Beside None in a union, pydantic leaves the bounds folded up in a FieldInfo.
    opened = [
        inner
        for mark in marks
        for inner in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))
    ]
    found: Any = next((mark for mark in opened if hasattr(mark, name)), None)
    return None if found is None else int(getattr(found, name))
