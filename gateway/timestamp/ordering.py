"""Certificates of an answer in the order that DER demands of a set.

`openssl ts`, and authorities built on it, write the certificates of a chain as they come; a
strict decoder refuses that. Their order carries no meaning and no signature covers it, so that
they may be put right before decoding. Nothing else is touched, and what cannot be walked is
handed on as it is, for the decoder to judge.

Source: RFC 5652 section 5.1; X.690 section 11.6.
"""

from dataclasses import dataclass
from typing import Final

_SEQUENCE: Final = 0x30
_CONTEXT_0: Final = 0xA0
_LONG_FORM: Final = 0x80
_MULTIPLE_BYTES: Final = 0x1F
_MAX_LENGTH_BYTES: Final = 3
_PATH: Final = ((1, _SEQUENCE), (1, _CONTEXT_0), (0, _SEQUENCE))
"""From the answer to its SignedData: the token, its content, and that itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """One value of DER within an answer: its tag, and where it and its content lie."""

    tag: int
    begin: int
    content: int
    end: int


def in_order(answer: bytes) -> bytes:
    """Put the certificates of an answer in order.

    Args:
        answer: Any bytes.

    Returns:
        As many bytes; the same, if they are in order or not those of an answer with certificates.
    """
    try:
        certificates = _certificates(answer)
        found = [answer[each.begin : each.end] for each in _within(answer, certificates)]
    except ValueError:
        return answer
    front, behind = answer[: certificates.content], answer[certificates.end :]
    return b"".join((front, *sorted(found), behind))


def _certificates(answer: bytes) -> _Element:
    """Find the set of certificates.

    Raises:
        ValueError: There is none, or not where it must be.
    """
    here = _element(answer, 0, len(answer))
    for place, tag in _PATH:
        inside = _within(answer, here)
        if len(inside) <= place or inside[place].tag != tag:
            raise ValueError("not an answer with a stamp")
        here = inside[place]
    for each in _within(answer, here):
        if each.tag == _CONTEXT_0:
            return each
    raise ValueError("no certificates")


def _within(data: bytes, outer: _Element) -> list[_Element]:
    found = []
    place = outer.content
    while place < outer.end:
        found.append(_element(data, place, outer.end))
        place = found[-1].end
    return found


def _element(data: bytes, begin: int, end: int) -> _Element:
    """Read tag and length.

    Raises:
        ValueError: A long tag, a length that is indefinite or very long, or one beyond the end.
    """
    if end - begin < 2 or data[begin] & _MULTIPLE_BYTES == _MULTIPLE_BYTES:  # noqa: PLR2004 - tag, length
        raise ValueError("not an element")
    length, content = data[begin + 1], begin + 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        if not 1 <= count <= _MAX_LENGTH_BYTES:
            raise ValueError("a length that no answer has")
        length = int.from_bytes(data[content : content + count], "big")
        content += count
    if content + length > end:
        raise ValueError("an element beyond its end")
    return _Element(tag=data[begin], begin=begin, content=content, end=content + length)
