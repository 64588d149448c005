"""Bytes to plain values: what is no document, and what normalisation does."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.limits import MAX_DOCUMENT_BYTES
from protocol.requests.faults import FaultCode
from protocol.requests.reading import UnreadableError, is_too_deep, normalised, read_json


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", FaultCode.BAD_JSON),
        (b"{", FaultCode.BAD_JSON),
        (b"[]", FaultCode.BAD_JSON),
        (b'"text"', FaultCode.BAD_JSON),
        (b"{} {}", FaultCode.BAD_JSON),
        (b'\xef\xbb\xbf{"a": 1}', FaultCode.BAD_JSON),
        ('{"a": 1}'.encode("utf-16"), FaultCode.BAD_JSON),
        (b'{"a": "\xff"}', FaultCode.BAD_JSON),
        (b'{"a": 1, "a": 1}', FaultCode.BAD_JSON),
        (b'{"b": [{"a": 1, "a": 2}]}', FaultCode.BAD_JSON),
        (b'{"a": NaN}', FaultCode.BAD_JSON),
        (b'{"a": -Infinity}', FaultCode.BAD_JSON),
        (b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", FaultCode.TOO_DEEP),
        (b'{"a": "' + b"x" * MAX_DOCUMENT_BYTES + b'"}', FaultCode.TOO_LARGE),
    ],
)
def test_what_is_no_document_is_refused_whole(data: bytes, code: FaultCode) -> None:
    """Nothing can be said of its fields."""
    with pytest.raises(UnreadableError) as refused:
        read_json(data)
    assert refused.value.code is code


def test_a_document_of_just_one_mebibyte_is_read() -> None:
    """The limit itself is admitted."""
    data = b'{"a": "' + b"x" * (MAX_DOCUMENT_BYTES - 9) + b'"}'
    assert len(data) == MAX_DOCUMENT_BYTES
    assert len(read_json(data)["a"]) == MAX_DOCUMENT_BYTES - 9


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ('{"a": "e\u0301"}'.encode(), "é"),
        (b'{"a": "e\\u0301"}', "é"),
        (b'{"a": "one\\r\\ntwo\\rthree"}', "one\ntwo\rthree"),
        (b'{"a": ["e\\u0301", {"b": "e\\u0301"}]}', ["é", {"b": "é"}]),
        (b'{"a": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"a": "\\ud83d"}', "\ud83d"),
        (b'{"a": null}', None),
        (b'{"a": 1.5}', 1.5),
    ],
)
def test_text_is_read_into_nfc_and_lf(data: bytes, value: object) -> None:
    """Two spellings of one text must not make two documents."""
    assert read_json(data) == {"a": value}


def test_numbers_of_any_length_are_read_without_failing() -> None:
    """Python by itself refuses thousands of digits; the form says that they are out of range."""
    assert read_json(b'{"a": ' + b"9" * 5_000 + b"}")["a"] > 10**19
    assert read_json(b'{"a": -12}') == {"a": -12}


def test_a_name_with_half_a_character_is_made_printable() -> None:
    """No field has such a name, and no printer takes it."""
    assert read_json(b'{"\\ud800": 1}') == {"\\ud800": 1}


def test_plain_values_deeper_than_python_reads_are_refused() -> None:
    """The same holds for values that did not come from JSON."""
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(UnreadableError) as refused:
        normalised(deep)
    assert refused.value.code is FaultCode.TOO_DEEP
    while deep:  # taken apart by hand: so deep a value would not be freed by itself
        deep = deep.pop("a")  # type: ignore[assignment]


@pytest.mark.parametrize(("levels", "deep"), [(7, False), (8, True)])
def test_seven_levels_are_the_most(levels: int, *, deep: bool) -> None:
    """Objects and lists count alike, and so does the root (G8)."""
    value: object = "leaf"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    assert is_too_deep(value) is deep


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_reading_is_the_same_with_and_without_escapes(text: str) -> None:
    """The short cut for text that is NFC already never changes what is read."""
    escaped = json.dumps({"a": text}).encode()
    plain = json.dumps({"a": text}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert read_json(escaped) == read_json(plain)


_TEXTS = st.text(st.sampled_from(["a", "\r", "\n", "\u0301", "\u00e9", "\ud83d"]), max_size=4)
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS | st.just(1.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)


def _slowly(value: object) -> object:
    match value:
        case str():
            return unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
        case list():
            return [_slowly(each) for each in value]
        case dict():
            names = (name.encode("utf-8", "backslashreplace").decode() for name in value)
            return dict(zip(names, map(_slowly, value.values()), strict=True))
        case _:
            return value


@given(st.dictionaries(_TEXTS, _PLAIN, max_size=3))
@settings(max_examples=300, deadline=None)
def test_what_is_normal_already_comes_back_as_it_is(root: dict[str, Any]) -> None:
    """The quick look must never pass over what the whole way would change."""
    assert normalised(root) == _slowly(root)


class _Text(str):
    """A text of a type of its own."""

    __slots__ = ()


def test_a_text_of_another_type_is_normalised_too() -> None:
    """A program may give an enumerated text; the quick look knows plain ones only."""
    assert normalised({"a": _Text("e\u0301")}) == {"a": "é"}
