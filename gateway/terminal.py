"""What every command shares: where its output goes, and the options that all commands take.

With `--json`, standard output carries JSON and nothing else; whatever is meant for people then
goes to standard error. Without it, people's text goes to standard output: a drawn table on a
terminal, tab-separated columns in a pipe.

Leaves to others: what to say, and how text from outside is made harmless
(gateway.officer.cli.output).
"""

import sys
from collections.abc import Sequence
from json import dumps
from os import environ
from pathlib import Path
from typing import Annotated, Final, TextIO, TypeAlias

import typer

HOME_VARIABLE: Final = "A35_HOME"
DESK_VARIABLE: Final = "A35_DESK_URL"
"""The address of a desk that commands speak to instead of a home's control socket."""

TOKEN_VARIABLE: Final = "A35_DESK_TOKEN_FILE"  # noqa: S105  a file's name
"""The file whose token says who acts; without it the home's file `login`."""

HomeOption: TypeAlias = Annotated[
    Path, typer.Option("--home", envvar=HOME_VARIABLE, help="The node's folder.", metavar="DIR")
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
]


class Terminal:
    """The two output streams of one command.

    Args:
        json: Whether `--json` was given.
        out: Standard output unless given.
        err: Standard error unless given.
    """

    __slots__ = ("_err", "_out", "json")

    def __init__(self, *, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._out = sys.stdout if out is None else out
        self._err = sys.stderr if err is None else err

    def document(self, value: object) -> None:
        """Print one JSON document on one line, if `--json` was given; nothing otherwise.

        Args:
            value: What `json.dumps` takes. Everything outside ASCII is escaped, so no control
                or bidi character reaches the terminal.
        """
        if self.json:
            self._out.write(dumps(value) + "\n")
            self._out.flush()

    def say(self, text: str) -> None:
        """Print a line for people."""
        stream = self._err if self.json else self._out
        stream.write(text + "\n")
        stream.flush()

    def note(self, text: str) -> None:
        """Print a remark, a warning or progress for people: always on standard error."""
        self._err.write(text + "\n")
        self._err.flush()

    def progress(self, text: str) -> None:
        """Show progress in place, on a terminal only; the last call has an empty text."""
        if self._err.isatty():
            self._err.write(f"\r{text}\x1b[K")
            self._err.flush()

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows for people; nothing with `--json`, where the document says it all.

        Args:
            heads: Names of the columns.
            rows: Cells, already made harmless; without tab and line feed.
        """
        if self.json:
            return
        if self._out.isatty():
            self._draw(heads, rows)
            return
        for row in rows:
            self._out.write("\t".join(row) + "\n")
        self._out.flush()

    def _draw(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        # Loaded here: drawing tables costs 80 ms of start-up that pipes and --json never need.
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        drawn = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            drawn.add_column(head, overflow="fold")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in row))
        Console(file=self._out, no_color="NO_COLOR" in environ, highlight=False).print(drawn)
