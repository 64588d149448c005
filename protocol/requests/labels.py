"""What officers read in place of names: labels and help of types, fields and values, by language.

The texts are data files beside this module, `labels/<language>/*.toml`, one table for each kind
of entry. A field is looked up as `Form.field`, for its form and then for each base of it, and
last by its bare name; so a text is written once for all forms that mean the same by it.

    >>> from protocol.requests.preservation import PreservationRequest
    >>> field_label(PreservationRequest, "facts", FormLanguage.FRENCH).text
    'Faits'

Source: docs/domain.md, section 13 ("Both templates exist in bilingual prints").
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any, Final

from protocol.requests.part import Part

_FILES: Final = (
    "types",
    "sections",
    "document",
    "people",
    "case",
    "data",
    "requests",
    "answers",
    "notices",
    "values",
)


class FormLanguage(StrEnum):
    """A language in which forms are printed: the official ones of the Council of Europe."""

    ENGLISH = "en"
    FRENCH = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How a type or a field is called, and one sentence on it.

    Args:
        text: One line.
        help: What to write there, or what it is for.
    """

    text: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """All texts of one language.

    Args:
        types: By the type's name.
        fields: By `Form.field` or by `field`.
        values: By `Form.field` or by `field`; then by the value.
        sections: Headings, by the section's key.
    """

    types: dict[str, Label]
    fields: dict[str, Label]
    values: dict[str, dict[str, str]]
    sections: dict[str, str]


@cache
def label_file(language: FormLanguage) -> LabelFile:
    """Return all texts of a language, read once.

    Args:
        language: One of the two.
    """
    merged: dict[str, dict[str, Any]] = {"types": {}, "fields": {}, "values": {}, "sections": {}}
    folder = files("protocol.requests") / "labels" / language.value
    for name in _FILES:
        for table, entries in loads((folder / f"{name}.toml").read_text("utf-8")).items():
            merged[table] |= entries
    return LabelFile(
        types=_labels(merged["types"]),
        fields=_labels(merged["fields"]),
        values=merged["values"],
        sections=merged["sections"],
    )


def _labels(entries: dict[str, Any]) -> dict[str, Label]:
    return {key: Label(text=entry["label"], help=entry["help"]) for key, entry in entries.items()}


def type_label(name: str, language: FormLanguage) -> Label:
    """Return how a type is called.

    Args:
        name: A type of the catalogue.
        language: One of the two.

    Raises:
        KeyError: There is no such type.
    """
    return label_file(language).types[name]


def field_label(form: type[Part], field: str, language: FormLanguage) -> Label:
    """Return how a field is called.

    Args:
        form: The form that it stands in.
        field: As documents write it.
        language: One of the two.

    Raises:
        KeyError: The form has no such field.
    """
    known = label_file(language).fields
    return known[field_key(form, field, known)]


def value_label(form: type[Part], field: str, value: str, language: FormLanguage) -> str:
    """Return how a value of a field is called.

    Args:
        form: The form that the field stands in.
        field: As documents write it.
        value: One that the field admits; the name of a type, where it admits those.
        language: One of the two.

    Raises:
        KeyError: The field admits no such value.
    """
    texts = label_file(language)
    key = field_key(form, field, texts.values)
    if key in texts.values:
        return texts.values[key][value]
    return texts.types[value].text


def section_heading(key: str, language: FormLanguage) -> str:
    """Return the heading of a section of a template.

    Args:
        key: Of protocol.requests.template.
        language: One of the two.

    Raises:
        KeyError: There is no such section.
    """
    return label_file(language).sections[key]


def field_key(form: type[Part], field: str, known: dict[str, Any]) -> str:
    """Return under which key the text for a field stands.

    Args:
        form: The form that it stands in.
        field: As documents write it.
        known: The keys that there are.

    Returns:
        `Form.field` for the form or the nearest base of it, else the bare name.
    """
    keys = (f"{base.__name__}.{field}" for base in form.__mro__)
    return next((key for key in keys if key in known), field)
