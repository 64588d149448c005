"""One fault planted into a document: where, and what the check must say of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from protocol.requests.catalogue import TYPES
from protocol.requests.document import Document
from protocol.requests.forms import FieldKind, FormField, form_fields
from protocol.requests.part import Part
from protocol.requests.text import (
    EMAIL_LENGTH,
    LINE_LENGTH,
    PATH_LENGTH,
    REF_LENGTH,
    SHORT_LENGTH,
    TEXT_LENGTH,
)
from tests.protocol.requests.samples import GONE

Json = dict[str, Any]

LONGEST: Final = {
    FieldKind.LINE: LINE_LENGTH,
    FieldKind.TEXT: TEXT_LENGTH,
    FieldKind.SHORT: SHORT_LENGTH,
    FieldKind.REF: REF_LENGTH,
    FieldKind.PATH: PATH_LENGTH,
}
_OBJECTS: Final = frozenset({FieldKind.FORM, FieldKind.CHOSEN})
_NO_TEXT: Final = _OBJECTS | {FieldKind.FLAG, FieldKind.STATEMENT, FieldKind.NUMBER}
_WRONG: Final[dict[FieldKind, tuple[tuple[object, str], ...]]] = {
    FieldKind.ID: (("a b", "bad_format"), ("-a", "bad_format")),
    FieldKind.ITEM: (("a b", "bad_format"), ("**", "bad_format")),
    FieldKind.MESSAGE: (("A" * 32, "bad_format"), ("a" * 31, "bad_format")),
    FieldKind.NODE: (("RO/0", "bad_format"), ("UK", "unknown_country")),
    FieldKind.PHONE: (("0215550142", "bad_format"), ("+40 21 x", "bad_format")),
    FieldKind.EMAIL: (("desk", "bad_format"), (f"a@{'b' * EMAIL_LENGTH}.example", "bad_format")),
    FieldKind.PATH: (("../order.txt", "bad_format"), ("/order.txt", "bad_format")),
    FieldKind.ATTACHMENT: (("no-such-file", "unknown_attachment"), ("a/", "bad_format")),
    FieldKind.COUNTRY: (("UK", "unknown_country"), ("ro", "unknown_country")),
    FieldKind.LANGUAGE: (("xx", "unknown_language"), ("EN", "unknown_language")),
    FieldKind.DATE: (("2026-02-30", "bad_date"), ("21.11.2026", "bad_date")),
    FieldKind.INSTANT: (
        ("2026-11-20T10:00:00", "naive_time"),
        ("2026-11-20t10:00:00Z", "bad_time"),
        ("2026-11-20T23:59:60Z", "bad_time"),
    ),
    FieldKind.WHEN: (("2026-11-20T10:00:00", "naive_time"), ("tomorrow", "bad_date")),
    FieldKind.ZONE: (("Europe/Atlantis", "unknown_zone"), ("+14:01", "unknown_zone")),
    FieldKind.CHOICE: (("Perhaps", "not_allowed_value"), ("", "empty")),
    FieldKind.STATEMENT: ((False, "not_allowed_value"), ("true", "wrong_type")),
    FieldKind.FLAG: (("true", "wrong_type"), (1, "wrong_type")),
    FieldKind.NUMBER: (("1", "wrong_type"), (1.0, "wrong_type"), (10**9, "out_of_range")),
    FieldKind.TYPE: (("wish", "unknown_type"), ("ping", "not_sendable")),
    FieldKind.FORM: (("text", "wrong_type"), ([], "wrong_type")),
    FieldKind.CHOSEN: (("text", "wrong_type"), ([], "wrong_type")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field that a document has.

    Args:
        path: Of the field.
        field: Its description.
        value: What stands there.
        draft: True inside the draft of a body, where nothing is required.
    """

    path: str
    field: FormField
    value: object
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A change that makes a document faulty.

    Args:
        path: Of the field to change.
        value: What to write there; GONE to leave it out.
        code: What the check must say of that field.
    """

    path: str
    value: object
    code: str


def places(document: Json) -> list[Place]:
    """Return every field that a document has, at every level."""
    return list(_below(Document, document, "", draft=False))


def _below(form: type[Part], values: Json, path: str, *, draft: bool) -> Iterator[Place]:
    for field in form_fields(form):
        if field.name not in values:
            continue
        place = f"{path}.{field.name}" if path else field.name
        value = values[field.name]
        yield Place(path=place, field=field, value=value, draft=draft)
        inner = field.form
        if field.kind is FieldKind.CHOSEN:
            inner = TYPES[values["type" if field.name == "body" else "draft_type"]].model
        if inner is not None:
            inside = draft or field.name == "draft"
            entries = value if field.many else [value]
            for index, entry in enumerate(entries):
                at = f"{place}[{index}]" if field.many else place
                yield from _below(inner, entry, at, draft=inside)


def faults_at(place: Place) -> list[Planted]:
    """Return the faults that can be planted in a field."""
    field, path = place.field, place.path
    found: list[Planted] = []

    def plant(value: object, code: str, at: str = path) -> None:
        found.append(Planted(path=at, value=value, code=code))

    if field.required and not place.draft:
        plant(GONE, "missing")
        if not field.may_be_null:
            plant(None, "missing")
    at = path
    if isinstance(place.value, list):
        at = f"{path}[0]"
        _lists(field, path, place.value, plant)
    for value, code in _WRONG.get(field.kind, ()):
        if not (place.draft and code == "unknown_attachment"):  # papers of a draft may come later
            plant(value, code, at)
    _texts(field, at, plant)
    if field.kind in _OBJECTS:
        plant("x", "unknown_field", f"{at}.colour")
    return found


def _lists(
    field: FormField, path: str, value: list[Any], plant: Callable[[object, str, str], None]
) -> None:
    """Plant what is wrong with a list as such."""
    plant([], "empty_list", path)
    plant([value[0]] * 201, "too_many", path)
    plant("text", "wrong_type", path)
    if field.distinct:
        plant(value[0], "duplicate", f"{path}[{len(value)}]")


def _texts(field: FormField, at: str, plant: Callable[[object, str, str], None]) -> None:
    """Plant what is wrong in every kind of text, or in those of some length."""
    if field.kind in _NO_TEXT or field.kind is FieldKind.TYPE:
        return
    plant(5, "wrong_type", at)
    plant(" ", "empty", at)
    if field.kind in LONGEST:
        plant("x" * (LONGEST[field.kind] + 1), "too_long", at)
        plant("a\u202eb", "bad_character", at)
