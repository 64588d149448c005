"""Documents as the official form prints them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.officer.shapes.printed import Bilingual, PrintedRow, PrintedValue, printed
from protocol.requests.catalogue import TYPES

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.json"))


def _document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / name).read_text("utf-8"))
    return found


def _all_rows(rows: Sequence[PrintedRow]) -> Iterator[PrintedRow]:
    for row in rows:
        yield row
        for entry in row.entries:
            yield from _all_rows(entry)


def _leaves(value: object) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _leaves(inner)
        case list():
            for inner in value:
                yield from _leaves(inner)
        case bool():
            yield "true" if value else "false"
        case None:
            yield ""
        case _:
            yield str(value)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_printed_and_every_field_is_called_something(name: str) -> None:
    """A form that leaves something out is not the document; in both languages."""
    document = _document(name)
    form = printed(document)
    rows = [*_all_rows(form.head)]
    for section in form.sections:
        rows += _all_rows(section.rows)
    assert all(row.label is not None for row in rows)
    shown = [value.text for row in rows for value in row.values]
    assert set(_leaves(document)) <= set(shown)
    assert form.title is not None
    assert form.article == TYPES[document["type"]].article


def test_sections_follow_the_template_with_its_numbers() -> None:
    """A prosecutor looks for section 12; items stand in 14, their ticks in 21."""
    form = printed(_document("subscriber_information_request.json"))
    numbers = [section.number for section in form.sections if section.number is not None]
    assert numbers == sorted(numbers)
    assert {1, 2, 3, 14, 21} <= set(numbers)
    by_number = {section.number: section for section in form.sections}
    asked = {row.name for row in _all_rows(by_number[14].rows)}
    annex = {row.name for row in _all_rows(by_number[21].rows)}
    assert "targets" in asked
    assert "details" not in asked
    assert "details" in annex
    assert "targets" not in annex


def test_request_without_ticks_has_no_annex() -> None:
    """An empty section 21 would look like something that was forgotten."""
    document = _document("subscriber_information_request.json")
    for item in document["body"]["items"]:
        item.pop("details", None)
        item.pop("access_period", None)
    assert 21 not in {section.number for section in printed(document).sections}


def test_coded_value_stands_in_both_languages_and_free_text_in_its_own() -> None:
    """Only what a person wrote needs a translator."""
    form = printed(_document("preservation_request.json"))
    assert form.handling == PrintedValue(
        text="H1",
        coded=Bilingual(
            english="H1: no use in court without permission",
            french="H1\u00a0: pas d\u2019usage en justice sans autorisation",
        ),
    )
    rows = {row.name: row for section in form.sections for row in section.rows}
    assert rows["facts"].values[0].language == "en"
    assert rows["request_date"].values[0].language is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "no_such", "body": {"x": [1, 2.5], "y": None, "z": [{"a": True}]}},
        {"type": "note", "body": 7, "language": 3},
        {"type": "note", "urgency": "of my own", "body": {"text": ["a", "b"], "unknown": []}},
        {"type": ["note"], "body": {"items": "x"}},
        {"type": "subscriber_information_request", "body": {"items": "x", "facts": {"a": "b"}}},
    ],
)
def test_anything_is_printed_somehow(document: dict[str, Any]) -> None:
    """Drafts have gaps, and another Party's next version has fields that we do not know."""
    form = printed(document)
    texts = [
        value.text
        for section in form.sections
        for row in _all_rows(section.rows)
        for value in row.values
    ]
    body = document.get("body")
    assert set(_leaves(body) if isinstance(body, dict) else ()) <= set(texts)


def test_unknown_code_is_printed_as_it_is() -> None:
    """Nothing is said of what a code means that is not known here."""
    form = printed({"type": "note", "urgency": "tomorrow", "body": {}})
    [urgency] = [row for row in form.head if row.name == "urgency"]
    assert urgency.values == (PrintedValue(text="tomorrow"),)
