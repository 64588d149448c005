"""Kinds of text: what is kept, and by which code the rest is refused."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from protocol.requests.text import (
    AttachmentPath,
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
    line_faults,
)


def verdict(kind: Any, value: str) -> object:  # noqa: ANN401 - an annotated type has no type
    """Return what a value is kept as, or the list of codes by which it is refused."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        return adapter.validate_python(value)
    except ValidationError as refused:
        return [str(code) for code in refused.errors()[0]["ctx"]["codes"]]


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Line, "Prosecutor Élodie", "Prosecutor Élodie"),
        (
            Line,
            "no-break\u00a0space and \u200bzero width",
            "no-break\u00a0space and \u200bzero width",
        ),
        (Line, "x" * 200, "x" * 200),
        (Text, "one\n\ttwo", "one\n\ttwo"),
        (Short, "10 Strada\nSpecimen", "10 Strada\nSpecimen"),
        (Ref, "RO 247/2026", "RO 247/2026"),
        (Id, "srv-traffic", "srv-traffic"),
        (Id, "a" * 32, "a" * 32),
        (ItemRef, "*", "*"),
        (ItemRef, "ip-1", "ip-1"),
        (MessageRef, "0f" * 16, "0f" * 16),
        (Node, "RO", "RO"),
        (Node, "RO/999", "RO/999"),
        (Phone, "+40 (21) 555-01.42", "+40215550142"),
        (Phone, "+1234567", "+1234567"),
        (Email, "desk247@cyber.example", "desk247@cyber.example"),
        (AttachmentPath, "attachments/court order.txt", "attachments/court order.txt"),
        (AttachmentPath, "a..b.txt", "a..b.txt"),
        (Country, "GB", "GB"),
        (Language, "uk", "uk"),
    ],
)
def test_text_of_the_right_kind_is_kept(kind: object, value: str, kept: str) -> None:
    """What an officer may write, and how telephone numbers are kept."""
    assert verdict(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value", "codes"),
    [
        (Line, "", ["empty"]),
        (Line, " \u00a0\u2003", ["empty"]),
        (Line, "two\nlines", ["bad_character"]),
        (Line, "tab\tbed", ["bad_character"]),
        (Line, "x" * 201, ["too_long"]),
        (Line, "\x00" * 201, ["bad_character", "too_long"]),
        (Line, "\x7f", ["bad_character"]),
        (Line, "a\x9b", ["bad_character"]),
        (Line, "a\u2028b", ["bad_character"]),
        (Line, "a\u202eb", ["bad_character"]),
        (Line, "a\u2067b", ["bad_character"]),
        (Line, "a\ue000b", ["bad_character"]),
        (Line, "a\ufffeb", ["bad_character"]),
        (Line, "a\U0002ffffb", ["bad_character"]),
        (Line, "a\U00100000b", ["bad_character"]),
        (Text, "a\rb", ["bad_character"]),
        (Text, "x" * 20_001, ["too_long"]),
        (Short, "x" * 1_001, ["too_long"]),
        (Ref, "x" * 65, ["too_long"]),
        (Ref, " leading", ["bad_character"]),
        (Ref, "trailing ", ["bad_character"]),
        (Ref, "a\u200bb", ["bad_character"]),
        (Ref, "a\u061cb", ["bad_character"]),
        (Ref, "a\ufeffb", ["bad_character"]),
        (Ref, "a\tb", ["bad_character"]),
        (Id, "-a", ["bad_format"]),
        (Id, "a" * 33, ["bad_format"]),
        (Id, "*", ["bad_format"]),
        (Id, "é", ["bad_format"]),
        (Id, "a\n", ["bad_format"]),
        (ItemRef, "**", ["bad_format"]),
        (MessageRef, "0F" * 16, ["bad_format"]),
        (MessageRef, "0" * 31, ["bad_format"]),
        (Node, "ro", ["bad_format"]),
        (Node, "RO/0", ["bad_format"]),
        (Node, "RO/01", ["bad_format"]),
        (Node, "RO/1000", ["bad_format"]),
        (Node, "UK", ["unknown_country"]),
        (Node, "XK/1", ["unknown_country"]),
        (Phone, "0040215550142", ["bad_format"]),
        (Phone, "+123456", ["bad_format"]),
        (Phone, "+1234567890123456", ["bad_format"]),
        (Phone, "+40 21 555 0142 ", ["bad_format"]),
        (Phone, "+40 21 555 ٠١٤٢", ["bad_format"]),
        (Email, "desk", ["bad_format"]),
        (Email, "@cyber.example", ["bad_format"]),
        (Email, "a@b@cyber.example", ["bad_format"]),
        (Email, "desk@localhost", ["bad_format"]),
        (Email, "desk@.example", ["bad_format"]),
        (Email, "de sk@cyber.example", ["bad_format"]),
        (Email, "a" * 250 + "@b.example", ["bad_format"]),
        (AttachmentPath, "../secret", ["bad_format"]),
        (AttachmentPath, "a/../b", ["bad_format"]),
        (AttachmentPath, "/etc/passwd", ["bad_format"]),
        (AttachmentPath, "a\\b", ["bad_format"]),
        (AttachmentPath, "a/", ["bad_format"]),
        (AttachmentPath, "a/.", ["bad_format"]),
        (AttachmentPath, "a\nb", ["bad_character"]),
        (AttachmentPath, "a" * 501, ["too_long"]),
        (Country, "UK", ["unknown_country"]),
        (Country, "EU", ["unknown_country"]),
        (Country, "fr", ["unknown_country"]),
        (Language, "EN", ["unknown_language"]),
        (Language, "xx", ["unknown_language"]),
    ],
)
def test_other_text_is_refused_by_its_code(kind: object, value: str, codes: list[str]) -> None:
    """Each code names what the officer has to mend."""
    assert verdict(kind, value) == codes


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=8))
def test_printable_text_never_holds_a_refused_character(value: str) -> None:
    """The fast way through (str.isprintable) says the same as the table of characters."""
    refused = re.compile(
        "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ue000-\uf8ff\ufdd0-\ufdef"
        "\U000f0000-\U0010ffff\ud800-\udfff]"
    )
    noncharacter = any(ord(each) & 0xFFFE == 0xFFFE for each in value)
    assert bool(line_faults(value)) == (bool(refused.search(value)) or noncharacter)
