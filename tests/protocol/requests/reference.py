"""Writes docs/messages.md from the models: run `python -m tests.protocol.requests.reference`.

What a document may say is stated once, in protocol/requests; this page is that statement for
people. A test compares the page with what would be written now.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from protocol.requests.catalogue import RESERVED, TYPES, USUAL_ANSWERS
from protocol.requests.decision import GROUNDS
from protocol.requests.document import Document
from protocol.requests.forms import FieldKind, FormField, form_fields, forms_below
from protocol.requests.kinds import DocumentType, Family, Thread
from protocol.requests.labels import (
    FormLanguage,
    field_key,
    field_label,
    label_file,
    section_heading,
    type_label,
    value_label,
)
from protocol.requests.messages import MESSAGES
from protocol.requests.part import Part
from protocol.requests.profile import _CHECKS
from protocol.requests.results import GROUNDS_OF_WITHHOLDING
from protocol.requests.rules import RULE_MARK
from protocol.requests.signing import SIGNING
from protocol.requests.template import (
    PRESERVATION_TEMPLATE,
    SUBSCRIBER_TEMPLATE,
    Section,
    section_numbers,
)
from protocol.requests.times import TIME_RULES, TimeRule

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "messages.md"
EXAMPLES: Final = ROOT / "tests" / "examples"
WIDTH: Final = 110

_INTRODUCTION: Final = """# Messages

Every document that can be sent: its fields, its rules, what may answer it, and an example. The
text is written from the models in `protocol/requests` by `python -m
tests.protocol.requests.reference`; do not edit it. What the rules rest on, and how far a claim on
the law was checked, is in [domain.md](domain.md); section numbers below are its own. Check a
document with `a35 check FILE`; `a35 schema show TYPE` prints its form as JSON Schema.

A field marked **R** is required. Kinds of values are those of domain.md, section 4; `list` means
1 to 200 of them, `set` the same without repetition. `section` is that of the official template,
where the type has one. Objects, written like [Offence](#offence), are described after the types.
"""

_THREADS: Final = {
    Thread.STARTS: "opens a thread",
    Thread.STARTS_OR_JOINS: "opens a thread, or comes inside one",
    Thread.JOINS: "comes inside a thread: `in_reply_to` is required",
}


def page() -> str:
    """Return the whole page."""
    parts = [
        _INTRODUCTION,
        *_contents(),
        *_document(),
        *(line for kind in TYPES.values() for line in _type(kind)),
        *_objects(),
        *_values(),
        *_times(),
        *_profiles(),
        *_templates(),
        *_codes(),
    ]
    return "\n".join(parts) + "\n"


def _contents() -> Iterator[str]:
    yield "| type | direction | article | what it is |\n|---|---|---|---|"
    for name, kind in TYPES.items():
        line = type_label(name, FormLanguage.ENGLISH).help
        yield f"| [`{name}`](#{name}) | {kind.direction.value} | {kind.article} | {line} |"
    yield f"\nMade by nodes, never sent by anybody: {_codes_of(sorted(RESERVED))}."


def _document() -> Iterator[str]:
    yield "\n## The document\n\nThe same for every type; `body` is the form of the type.\n"
    yield from _table(Document)
    yield from _rules(Document)


def _type(kind: DocumentType) -> Iterator[str]:
    english = type_label(kind.name, FormLanguage.ENGLISH)
    french = type_label(kind.name, FormLanguage.FRENCH)
    yield f"\n## {kind.name}\n\n**{english.text}** / *{french.text}*. {english.help}\n"
    yield from _facts(kind)
    yield ""
    yield from _table(kind.model, kind.name)
    yield from _rules(kind.model)
    yield f"\nExample:\n\n```json\n{_example(kind.name)}\n```"


def _facts(kind: DocumentType) -> Iterator[str]:
    """Yield what the catalogue says of a type."""
    article = f", {kind.article}" if kind.article else ""
    yield f"- {kind.direction.value}{article}; {_THREADS[kind.thread]}."
    if kind.legal_basis:
        yield f"- Legal basis, when none is written: {_codes_of(kind.legal_basis)}."
    if kind.answers:
        usual = f"; and {_codes_of(USUAL_ANSWERS)}" if kind.is_request else ""
        yield f"- Answered by {_links(kind.answers)}{usual}."
    if kind.family is not Family.REQUEST:
        asked = _links(name for name, each in TYPES.items() if kind.name in each.answers)
        yield f"- Answers {asked} only." if kind.only_if_asked else "- Fits every thread."
    if kind.ladder_effect is not None:
        yield f"- Makes what it replies to {kind.ladder_effect.value}."
    if kind.name in GROUNDS:
        yield f"- Grounds for refusing it: {_codes_of(sorted(GROUNDS[kind.name]))}."
    if kind.name == "path_disclosure":
        yield f"- Grounds for withholding: {_codes_of(sorted(GROUNDS_OF_WITHHOLDING))}."
    yield from _demands(kind)
    yield from _signing(kind)


def _signing(kind: DocumentType) -> Iterator[str]:
    """Yield who stands behind a type."""
    signing = SIGNING.get(kind.name)
    if signing is None:
        return
    kinds = f" (as a rule {_codes_of(signing.kinds)})" if signing.kinds else ""
    copy = "; when urgent, a copy through central authorities" if signing.copy_when_urgent else ""
    yield f"- Names its authority in `{signing.authority}`{kinds}."
    yield f"- Transmitted by {signing.transmitter.value}{copy}."


def _demands(kind: DocumentType) -> Iterator[str]:
    """Yield what a type asks of the document around its body."""
    if kind.second_protocol:
        yield "- Needs the Second Protocol in force on both sides (P3)."
    if kind.emergency:
        yield "- Its urgency is `emergency`."
    if kind.copies_required:
        yield "- `copies_to` is required."
    if kind.required_roles:
        yield f"- An attachment of role {' or '.join(map(_code, kind.required_roles))} is required."
    if kind.capability is not None:
        yield f"- Asks of the point of contact: `{kind.capability.value}` (P9)."


def _table(form: type[Part], type_name: str = "") -> Iterator[str]:
    numbered = any(section_numbers(type_name, field.name) for field in form_fields(form))
    head = "| field | kind | section | label |" if numbered else "| field | kind | label |"
    yield head + "\n" + "|---" * (head.count("|") - 1) + "|"
    for field in form_fields(form):
        english = field_label(form, field.name, FormLanguage.ENGLISH)
        french = field_label(form, field.name, FormLanguage.FRENCH)
        required = " **R**" if field.required else ""
        cells = [f"`{field.name}`{required}", _kind(form, field)]
        if numbered:
            cells.append(", ".join(map(str, section_numbers(type_name, field.name))))
        cells.append(f"{english.text} / *{french.text}*. {english.help}")
        yield f"| {' | '.join(cells)} |"


def _kind(form: type[Part], field: FormField) -> str:
    text = field.kind.value
    if field.kind is FieldKind.FORM and field.form is not None:
        text = f"[{field.form.__name__}](#{field.form.__name__.lower()})"
    elif field.kind is FieldKind.NUMBER:
        text = f"int {field.least}..{field.most}"
    elif field.kind is FieldKind.CHOICE and set(field.values) <= TYPES.keys():
        text = "type of a request"
    elif field.kind is FieldKind.CHOICE:
        heading = _values_heading(form, field)
        text = f"[enum](#{heading.lower().replace(' ', '-')})"
    many = "set of " if field.distinct else "list of " if field.many else ""
    return many + text + (" or null" if field.may_be_null else "")


def _values_heading(form: type[Part], field: FormField) -> str:
    key = field_key(form, field.name, label_file(FormLanguage.ENGLISH).values)
    return f"Values of {key.replace('.', ' ')}"


def _rules(form: type[Part]) -> Iterator[str]:
    found = [
        (value.__name__, (value.__doc__ or "").splitlines()[0])
        for base in reversed(form.__mro__)
        for value in vars(base).values()
        if isinstance(value, FunctionType) and hasattr(value, RULE_MARK)
    ]
    if found:
        yield "\nRules between fields:\n"
        yield from (f"- {text}" for _, text in found)


def _objects() -> Iterator[str]:
    yield "\n## Objects\n\nThey stand inside bodies, and in each other."
    bodies = {Document, *(kind.model for kind in TYPES.values())}
    found = [form for form in _all_forms() if form not in bodies]
    for form in sorted(found, key=lambda each: each.__name__):
        text = (form.__doc__ or "").splitlines()[0]
        yield f"\n### {form.__name__}\n\n{text}\n"
        yield from _table(form)
        yield from _rules(form)


def _values() -> Iterator[str]:
    yield "\n## Values\n\nWhat fields of kind `enum` admit; exactly in this spelling."
    found: dict[str, tuple[type[Part], FormField]] = {}
    for form in _all_forms():
        for field in form_fields(form):
            if field.values and not set(field.values) <= TYPES.keys():
                found.setdefault(_values_heading(form, field), (form, field))
    for heading, (form, field) in sorted(found.items()):
        yield f"\n### {heading}\n\n| value | English | French |\n|---|---|---|"
        for value in _admitted(heading):
            english = value_label(form, field.name, value, FormLanguage.ENGLISH)
            french = value_label(form, field.name, value, FormLanguage.FRENCH)
            yield f"| `{value}` | {english} | {french} |"


def _admitted(heading: str) -> list[str]:
    """Return the values of all fields that share a table, each once."""
    return list(
        dict.fromkeys(
            value
            for form in _all_forms()
            for field in form_fields(form)
            if field.values and _values_heading(form, field) == heading
            for value in field.values
        )
    )


def _all_forms() -> list[type[Part]]:
    bodies: tuple[type[Part], ...] = (Document, *(kind.model for kind in TYPES.values()))
    return list(dict.fromkeys(form for body in bodies for form in forms_below(body)))


def _times() -> Iterator[str]:
    yield "\n## Times\n\nHeld against the day of the check, wherever the field stands.\n"
    for rule in TimeRule:
        names = [name for name, each in TIME_RULES.items() if each is rule]
        yield f"- {rule.value}: {_codes_of(names)}."
    yield "- `start` of a period: as the first, but under Articles 33 and 34, where its `end` is"
    yield "  as the third."


def _profiles() -> Iterator[str]:
    yield "\n## Held against the Party's profile\n\nWith `--party-profile`, and at sending.\n"
    yield from (f"- {(check.__doc__ or '').splitlines()[0]}" for check in _CHECKS)


def _templates() -> Iterator[str]:
    yield "\n## Sections of the official templates\n"
    yield "Headings in brackets are lost in the print at hand, and ours. So are the French ones.\n"
    yield "| section | Article 31 | field |\n|---|---|---|"
    yield from map(_section, SUBSCRIBER_TEMPLATE)
    yield "\nArticles 29 and 30: sections 1 to 7 are known, the rest follows the other template.\n"
    yield "| section | Articles 29 and 30 | field |\n|---|---|---|"
    yield from map(_section, PRESERVATION_TEMPLATE)


def _section(section: Section) -> str:
    english = section_heading(section.key, FormLanguage.ENGLISH)
    french = section_heading(section.key, FormLanguage.FRENCH)
    heading = f"[{english}]" if section.restored else english
    number = "" if section.number is None else str(section.number)
    return f"| {number} | {heading} / *{french}* | {_codes_of(section.fields)} |"


def _codes() -> Iterator[str]:
    yield "\n## Codes of findings\n\n| code | what an officer reads |\n|---|---|"
    yield from (f"| `{code.value}` | {text} |" for code, text in MESSAGES.items())


def _example(name: str) -> str:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return _json(document, "")


def _json(value: object, indent: str) -> str:
    """Return JSON in which what fits stands on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {_json(each, deeper)}" for key, each in value.items()]
        first, last = "{", "}"
    else:
        lines = [_json(each, deeper) for each in value]
        first, last = "[", "]"
    inner = ",\n".join(deeper + line for line in lines)
    return f"{first}\n{inner}\n{indent}{last}"


def _code(name: str) -> str:
    return f"`{name}`"


def _codes_of(names: Any) -> str:  # noqa: ANN401 - any names
    return ", ".join(map(_code, names))


def _links(names: Any) -> str:  # noqa: ANN401 - any names
    return ", ".join(f"[`{name}`](#{name})" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"wrote {PAGE.relative_to(ROOT)}\n")
