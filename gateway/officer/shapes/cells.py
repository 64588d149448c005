r"""Tables as CSV that a spreadsheet shows as text: every file of the desk is written by this.

A cell that a spreadsheet would take for a formula begins with an apostrophe, and so does what
would begin a cell for a spreadsheet that splits at semicolons, tabs or bars; signs that steer a
display stand as visible marks. All cells are quoted, lines end with CR LF, and a BOM says UTF-8.
So the file is for people; JSON is the lossless form.

    >>> line(["=1+1", 7, None, True])
    b'"\'=1+1","7","","yes"\r\n'

Source: docs/desk.md, "Paper"; RFC 4180.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias
from unicodedata import normalize

from gateway.officer.shapes.visible import visible

Cell: TypeAlias = str | int | float | bool | None

BOM: Final = b"\xef\xbb\xbf"
MEDIA_TYPE: Final = "text/csv"

_FORMULA: Final = frozenset("=+-@\t\r\n|%\u2212")
_BLANKS: Final = " \u00a0\u3000"
"""Some programs drop these before they look whether a cell is a formula."""

_INSIDE: Final = re.compile(rf'([;|\t\r\n])([{_BLANKS}"]*[^{_BLANKS}"])')
"""What follows a sign at which some readers split, whatever wrote the file: quotes do not hold
there, since only the first cell of a line begins with one for them."""


def cell(value: Cell) -> str:
    """Return a value as the text of a cell, not quoted yet.

    Args:
        value: A text of anybody's, a number or a truth of ours; None is an empty cell.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            shown = _INSIDE.sub(_marked, visible(value))
            return f"'{shown}" if _is_formula(value) else shown
        case _:
            return str(value)


def line(cells: Sequence[Cell]) -> bytes:
    """Return one line of a file, its end included.

    Args:
        cells: In the order of the columns.
    """
    quoted = (f'"{cell(each).replace(chr(34), chr(34) * 2)}"' for each in cells)
    return f"{','.join(quoted)}\r\n".encode()


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a file piece by piece: the BOM, the names of the columns, the rows.

    Args:
        heads: Names of the columns.
        rows: Each as many cells as there are names.

    Yields:
        Pieces to be written one after the other.
    """
    yield BOM + line(heads)
    for row in rows:
        yield line(row)


def _marked(found: re.Match[str]) -> str:
    """Return what may begin a cell for a reader who splits at another sign, made harmless."""
    before, behind = found.group(1), found.group(2)
    return f"{before}'{behind}" if _is_formula(behind.replace('"', "")) else before + behind


def _is_formula(text: str) -> bool:
    first = text.lstrip(_BLANKS)[:1]
    # A full-width sign counts as the plain one.
    return bool(first) and normalize("NFKC", first)[:1] in _FORMULA
