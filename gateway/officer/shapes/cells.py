r"""Tables as CSV that a spreadsheet shows as text: every file of the desk is written by this.

A cell that a spreadsheet would take for a formula begins with an apostrophe; signs that steer a
display stand as visible marks. All cells are quoted, lines end with CR LF, and a BOM says UTF-8.
So the file is for people; JSON is the lossless form.

    >>> line(["=1+1", 7, None, True])
    b'"\'=1+1","7","","yes"\r\n'

Source: docs/desk.md, "Paper"; RFC 4180.
"""

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
            shown = visible(value)
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


def _is_formula(text: str) -> bool:
    first = text.lstrip(_BLANKS)[:1]
    # A full-width sign counts as the plain one.
    return bool(first) and normalize("NFKC", first)[:1] in _FORMULA
