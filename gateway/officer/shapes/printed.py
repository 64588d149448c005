"""A document as the official form prints it: sections, fields and coded values in both languages.

The order is that of the T-CY template of the document's type, with its numbers; a type without a
template prints its fields in the order of its form. Coded values stand in English and French; what
a person wrote stays in the language that they wrote it in. Nothing that a document holds is left
out: a field that the form does not know is printed by its bare name.

    >>> form = printed({"type": "note", "language": "fr", "body": {"text": "Merci"}})
    >>> form.sections[-1].rows[0].label.french
    'Texte'

Source: docs/domain.md, section 13; docs/desk.md, "Paper".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from protocol.requests.catalogue import TYPES
from protocol.requests.document import Document
from protocol.requests.forms import FieldKind, FormField, form_fields
from protocol.requests.labels import (
    FormLanguage,
    field_label,
    section_heading,
    type_label,
    value_label,
)
from protocol.requests.part import Part
from protocol.requests.template import TEMPLATES, Section

Plain: TypeAlias = Any
"""What JSON can hold: the document came from outside, and nothing is believed of its shape."""

_ITEMS: Final = "items"
_ANNEX: Final = "annex"
_NAME: Final = "item_id"
_ONLY_IN_ANNEX: Final = frozenset({"details", "access_period"})
_HEAD: Final = ("type", "to", "language", "urgency", "handling_code", "handling_text")
_BODY: Final = "body"
_CODED: Final = frozenset({FieldKind.CHOICE, FieldKind.TYPE})
_NAMES: Final = {FieldKind.COUNTRY: "country", FieldKind.LANGUAGE: "language"}
_OURS: Final = frozenset({
    FieldKind.ID, FieldKind.ITEM, FieldKind.MESSAGE, FieldKind.NODE, FieldKind.COUNTRY,
    FieldKind.LANGUAGE, FieldKind.DATE, FieldKind.INSTANT, FieldKind.WHEN, FieldKind.ZONE,
    FieldKind.PHONE, FieldKind.EMAIL, FieldKind.REF, FieldKind.NUMBER,
})  # fmt: skip
"""Kinds whose values are in no language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilingual:
    """One text of ours in the official languages of the Council of Europe."""

    english: str
    french: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedValue:
    """One value.

    Attributes:
        text: As the document has it; somebody else's words.
        coded: What the code means, where the value is one; then `text` is the bare code.
        language: The language of the text, None where it has none or none is known.
        names: `country` or `language` where the text is a code of one; else empty.
    """

    text: str
    coded: Bilingual | None = None
    language: str | None = None
    names: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedRow:
    """One field: its values, or for a form in a form its rows, one tuple for each entry.

    Attributes:
        name: As documents write it; somebody else's word where `label` is None.
        label: What the field is called; None for one that the form does not know.
        values: Its values, none for a form.
        entries: The rows of each form that stands in it.
    """

    name: str
    label: Bilingual | None
    values: tuple[PrintedValue, ...] = ()
    entries: tuple[tuple["PrintedRow", ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedSection:
    """One section of the template.

    Attributes:
        number: In the template; None for a section that has none.
        heading: What it is called; None for the only section of a type without a template.
        restored: Whether the heading was restored from context: shown in brackets.
        rows: Its fields, those that the document has.
    """

    number: int | None
    heading: Bilingual | None
    restored: bool
    rows: tuple[PrintedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedForm:
    """A whole document.

    Attributes:
        type: Its type, as written.
        title: What the type is called; None for one that is not known here.
        article: The provision that it rests on; empty for none.
        language: Of its free text, None if it does not say.
        handling: Its handling code with its meaning, None if it has none.
        handling_text: Which other handling is meant; empty for none.
        head: What stands before the sections: urgency, handling, legal basis, ...
        sections: In the order of the print; sections without a field are left out.
    """

    type: str
    title: Bilingual | None
    article: str
    language: str | None
    handling: PrintedValue | None
    handling_text: str
    head: tuple[PrintedRow, ...]
    sections: tuple[PrintedSection, ...]


_YES: Final = Bilingual(english="Yes", french="Oui")
_NO: Final = Bilingual(english="No", french="Non")
_NONE: Final = Bilingual(english="None", french="Aucun")


def printed(document: Mapping[str, Plain]) -> PrintedForm:
    """Return a document as it is printed.

    Args:
        document: What its author wrote, or a draft with gaps; never refused.
    """
    name = _text(document.get("type"))
    kind = TYPES.get(name)
    language = document.get("language")
    spoken = language if isinstance(language, str) else None
    handling = _rows(Document, document, spoken, only=("handling_code",))
    body = document.get(_BODY)
    return PrintedForm(
        type=name,
        title=None if kind is None else type_title(name),
        article="" if kind is None else kind.article,
        language=spoken,
        handling=next((row.values[0] for row in handling if row.values), None),
        handling_text=_text(document.get("handling_text")),
        head=tuple(_head(document, spoken)),
        sections=tuple(
            _sections(
                None if kind is None else kind.model,
                TEMPLATES.get(name, ()),
                body if isinstance(body, Mapping) else {},
                spoken,
            )
        ),
    )


def type_title(name: str) -> Bilingual:
    """Return what a type is called.

    Args:
        name: A type of the catalogue.

    Raises:
        KeyError: There is no such type.
    """
    return Bilingual(
        english=type_label(name, FormLanguage.ENGLISH).text,
        french=type_label(name, FormLanguage.FRENCH).text,
    )


def _head(document: Mapping[str, Plain], spoken: str | None) -> Iterator[PrintedRow]:
    """Yield what stands beside the body: first what everybody looks for."""
    rows = {row.name: row for row in _rows(Document, document, spoken)}
    rows.pop(_BODY, None)
    ordered = sorted(rows, key=lambda name: name not in _HEAD)
    yield from (rows[name] for name in ordered)


def _sections(
    model: type[Part] | None,
    template: Sequence[Section],
    body: Mapping[str, Plain],
    spoken: str | None,
) -> Iterator[PrintedSection]:
    printed_fields = {field for section in template for field in section.fields}
    for section in template:
        rows = _section_rows(model, section, body, spoken)
        if rows:
            yield PrintedSection(
                number=section.number,
                heading=_heading(section.key),
                restored=section.restored,
                rows=rows,
            )
    rest = tuple(row for row in _rows(model, body, spoken) if row.name not in printed_fields)
    if rest:
        heading = _heading("further") if template else None
        yield PrintedSection(number=None, heading=heading, restored=False, rows=rest)


def _section_rows(
    model: type[Part] | None, section: Section, body: Mapping[str, Plain], spoken: str | None
) -> tuple[PrintedRow, ...]:
    """Return the fields of a section in its order; the items in two halves where it has two."""
    found = {row.name: row for row in _rows(model, body, spoken, only=section.fields)}
    if section.key == "information" and _ITEMS in found:
        found[_ITEMS] = _halved(found[_ITEMS], in_annex=False)
    if section.key == _ANNEX and _ITEMS in found:
        found[_ITEMS] = _halved(found[_ITEMS], in_annex=True)
        if not found[_ITEMS].entries:
            del found[_ITEMS]
    return tuple(found[name] for name in section.fields if name in found)


def _halved(row: PrintedRow, *, in_annex: bool) -> PrintedRow:
    """Return the items with what their section prints of them: ticks stand in the annex."""
    entries: list[tuple[PrintedRow, ...]] = []
    for entry in row.entries:
        kept = tuple(
            each
            for each in entry
            if each.name == _NAME or (each.name in _ONLY_IN_ANNEX) is in_annex
        )
        if not in_annex or len(kept) > 1:
            entries.append(kept)
    return PrintedRow(name=row.name, label=row.label, values=row.values, entries=tuple(entries))


def _rows(
    model: type[Part] | None,
    values: Mapping[str, Plain],
    spoken: str | None,
    only: Sequence[str] | None = None,
) -> tuple[PrintedRow, ...]:
    """Return the fields of one form that are there, and behind them what it does not know."""
    fields = () if model is None else form_fields(model)
    named = {each.name: each for each in fields}
    order = [each.name for each in fields if each.name in values]
    order += [name for name in values if name not in named]
    return tuple(
        _row(model, named.get(name), name, values, spoken=spoken)
        for name in order
        if only is None or name in only
    )


def _row(
    model: type[Part] | None,
    field: FormField | None,
    name: str,
    values: Mapping[str, Plain],
    *,
    spoken: str | None,
) -> PrintedRow:
    value = values[name]
    label = None if model is None or field is None else _label(model, field.name)
    listed = list(value) if isinstance(value, list | tuple) else [value]
    inner = _inner(model, field, name, values)
    if listed and all(isinstance(each, Mapping) for each in listed):
        return PrintedRow(
            name=name, label=label, entries=tuple(_rows(inner, each, spoken) for each in listed)
        )
    shown = tuple(_value(model, field, each, spoken) for each in listed)
    return PrintedRow(name=name, label=label, values=shown)


def _inner(
    model: type[Part] | None, field: FormField | None, name: str, values: Mapping[str, Plain]
) -> type[Part] | None:
    """Return the form of what stands in a field, if that is known."""
    if model is None or field is None:
        return None
    return model.chosen_form(name, values) if field.kind is FieldKind.CHOSEN else field.form


def _value(
    model: type[Part] | None, field: FormField | None, value: Plain, spoken: str | None
) -> PrintedValue:
    match value:
        case None:
            return PrintedValue(text="", coded=_NONE)
        case bool():
            return PrintedValue(text="true" if value else "false", coded=_YES if value else _NO)
        case str():
            return _said(model, field, value, spoken)
        case _:
            return PrintedValue(text=str(value))


def _said(
    model: type[Part] | None, field: FormField | None, value: str, spoken: str | None
) -> PrintedValue:
    if model is None or field is None:
        return PrintedValue(text=value, language=spoken)
    if field.kind in _CODED:
        return PrintedValue(text=value, coded=_meaning(model, field.name, value))
    return PrintedValue(
        text=value,
        language=None if field.kind in _OURS else spoken,
        names=_NAMES.get(field.kind, ""),
    )


def _meaning(model: type[Part], name: str, value: str) -> Bilingual | None:
    """Return what a code means; None for one that is not known here."""
    try:
        return Bilingual(
            english=value_label(model, name, value, FormLanguage.ENGLISH),
            french=value_label(model, name, value, FormLanguage.FRENCH),
        )
    except KeyError:
        return None


def _label(model: type[Part], name: str) -> Bilingual | None:
    try:
        return Bilingual(
            english=field_label(model, name, FormLanguage.ENGLISH).text,
            french=field_label(model, name, FormLanguage.FRENCH).text,
        )
    except KeyError:
        return None


def _heading(key: str) -> Bilingual:
    return Bilingual(
        english=section_heading(key, FormLanguage.ENGLISH),
        french=section_heading(key, FormLanguage.FRENCH),
    )


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else ""
