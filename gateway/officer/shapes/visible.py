r"""What others wrote, made harmless to look at: signs that steer a display become visible marks.

Bidi controls turn text around, zero-width signs hide in it, control characters do either. The
pages, papers and tables of the desk all show foreign text by this one rule.

Joiners stay (U+200C, U+200D): Persian, Indic scripts and emoji are written with them, and they
move nothing. Line feed and tab stay as well.

>>> visible("FR\u202e11-62")
'FR[U+202E]11-62'

Source: docs/desk.md, "Looks"; Unicode UAX 9 and UTS 55.
"""

import re
from collections.abc import Iterator
from typing import Final

_STEERING: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls
    "\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # separators, invisible signs
    "\U000e0000-\U000e007f"  # tags: a second, hidden text
    "\ud800-\udfff"  # lone surrogates: cannot be written as UTF-8
    "]"
)


def visible(text: str) -> str:
    """Return text with every sign that steers a display written out as `[U+202E]`.

    Args:
        text: Whatever somebody else wrote.
    """
    return "".join(f"[{mark}]" if is_mark else mark for mark, is_mark in pieces(text))


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the runs of a text: (text as it is, False), or (`U+202E`, True) for one sign.

    Args:
        text: Whatever somebody else wrote; CR LF counts as one line feed.
    """
    text = text.replace("\r\n", "\n")
    start = 0
    for found in _STEERING.finditer(text):
        if found.start() > start:
            yield text[start : found.start()], False
        yield f"U+{ord(found.group()):04X}", True
        start = found.end()
    if start < len(text):
        yield text[start:], False
