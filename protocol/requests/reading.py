"""Bytes of a JSON document to plain values: strict, bounded, every text in NFC.

Refused as unreadable: what is no UTF-8 or no JSON, a name that stands twice in an object, a root
that is no object. Kept for the forms to judge: floats, null, unknown names.

Source: docs/domain.md, sections 3 ("Paths") and 4 (G5, G8); RFC 8259.
"""

from collections.abc import Iterable
from json import JSONDecodeError, JSONDecoder
from types import NoneType
from typing import Any, Final, Never
from unicodedata import is_normalized, normalize

from protocol.limits import MAX_DOCUMENT_BYTES
from protocol.requests.faults import FaultCode

MAX_LEVELS: Final = 7
"""Objects and lists within each other, the root counted (G8)."""

_LONGEST_INT: Final = 20
"""Digits; no field admits more, and Python refuses to read thousands of them."""

_HUGE: Final = 10**_LONGEST_INT

_NO_TEXT: Final = frozenset({int, bool, float, NoneType})
"""Types of plain values with no text in them."""


class UnreadableError(Exception):
    """The bytes are no document at all.

    Attributes:
        code: BAD_JSON, TOO_LARGE or TOO_DEEP.
    """

    def __init__(self, code: FaultCode) -> None:
        super().__init__(f"not readable as a document: {code}")
        self.code = code


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError(FaultCode.BAD_JSON)
    return found


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_INT else _HUGE


def _constant(_: str) -> Never:
    raise UnreadableError(FaultCode.BAD_JSON)  # NaN and Infinity are no JSON


def read_json(data: bytes) -> dict[str, Any]:
    """Read the JSON of one document.

    Args:
        data: UTF-8.

    Returns:
        The root object; every text in NFC with LF line ends.

    Raises:
        UnreadableError: Larger than 1 MiB, no JSON object, or absurdly deep.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise UnreadableError(FaultCode.TOO_LARGE)
    # A decoder of our own each time: it holds nothing, and nothing is done at import.
    decoder = JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    try:
        text = data.decode("utf-8")
        root = decoder.decode(text)
    except RecursionError:
        raise UnreadableError(FaultCode.TOO_DEEP) from None
    except (UnicodeDecodeError, JSONDecodeError):
        raise UnreadableError(FaultCode.BAD_JSON) from None
    if not isinstance(root, dict):
        raise UnreadableError(FaultCode.BAD_JSON)
    # Without escapes that could hide one, text whose whole is NFC has only NFC in it.
    if b"\\u" in data or b"\\r" in data or not _is_normal(text):
        return normalised(root)
    return root


def _is_normal(text: str) -> bool:
    """Tell whether a text is in NFC; every text of Latin-1 is, and that is quickly seen."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return is_normalized("NFC", text)
    return True


def normalised(root: dict[str, Any]) -> dict[str, Any]:
    """Return the same values with every text in NFC and with LF line ends.

    Args:
        root: Plain values, as JSON has them; any depth up to a few hundred.

    Returns:
        The same object if nothing had to be changed, which is usual and quickly seen.

    Raises:
        UnreadableError: Deeper than Python reads.
    """
    try:
        if _is_normalised(root):
            return root
        return {_name(name): _normalised(value) for name, value in root.items()}
    except RecursionError:
        raise UnreadableError(FaultCode.TOO_DEEP) from None


def _is_normalised(values: dict[str, Any]) -> bool:
    """Tell whether `normalised` would change nothing; where that is costly to know, say no."""
    return all(map(str.isascii, values)) and _are_normalised(values.values())


def _are_normalised(values: Iterable[Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind is str:
            sound = "\r" not in value and (value.isascii() or is_normalized("NFC", value))
        elif kind is dict:
            sound = _is_normalised(value)
        elif kind is list:
            sound = _are_normalised(value)
        else:
            sound = kind in _NO_TEXT
        if not sound:
            return False
    return True


def _normalised(value: object) -> object:
    if isinstance(value, str):
        return normalize("NFC", value.replace("\r\n", "\n"))
    if isinstance(value, dict):
        return {_name(name): _normalised(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_normalised(each) for each in value]
    return value


def _name(name: str) -> str:
    """Return a name without lone surrogates, which no field has and no printer takes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def is_too_deep(value: object, levels: int = MAX_LEVELS) -> bool:
    """Tell whether objects and lists lie deeper within each other than allowed (G8).

    Args:
        value: Plain values.
        levels: How many levels are left.
    """
    if isinstance(value, dict):
        return levels == 0 or any(is_too_deep(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels == 0 or any(is_too_deep(each, levels - 1) for each in value)
    return False
