"""Files that commands give and fetch: a bar on a terminal, a pause, and going on after it.

A bar is drawn on a terminal alone: nothing of it with `--json`, nor in a pipe. Ctrl-C pauses: what
was transferred stays, and the command says by what it goes on.
"""

import sys
from asyncio import CancelledError, to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gateway.errors import NoInputError
from gateway.officer.cli.output import foreign
from gateway.officer.client import Client
from gateway.terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """How far one command's files are.

    Args:
        terminal: Of the command.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._is_shown = not terminal.json and sys.stderr.isatty()
        self._drawn: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self.last = ("", 0, 0)

    def __enter__(self) -> Self:
        """Begin to draw, if there is somebody to see it."""
        if self._is_shown:
            self._drawn = _progress()
            self._drawn.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._drawn is not None:
            self._drawn.stop()

    def told(self, name: str, done: int, total: int) -> None:
        """Show how far a file is.

        Args:
            name: Of the file, whoever chose it.
            done: Bytes that are there.
            total: Bytes in all.
        """
        self.last = (name, done, total)
        if self._drawn is None:
            return
        if name not in self._tasks:
            self._tasks[name] = self._drawn.add_task(foreign(name), total=total)
        self._drawn.update(self._tasks[name], completed=done)


@contextmanager
def paused(terminal: Terminal, bar: Bar, again: str) -> Iterator[None]:
    """Say after Ctrl-C how far it is and how to go on.

    Args:
        terminal: Of the command.
        bar: Knows how far it is.
        again: The command that goes on.

    Raises:
        CancelledError: It was pressed.
    """
    try:
        yield
    except CancelledError:  # what Ctrl-C does to what waits
        name, done, total = bar.last
        if total:
            terminal.note(f"paused: {foreign(name)}, {done} of {total} bytes are there")
        terminal.note(f"go on with: {again}")
        raise


async def give(desk: Client, draft: str, named: tuple[str, Path], terminal: Terminal) -> str:
    """Give a draft a file, or go on with it.

    Args:
        desk: The node.
        draft: Its id.
        named: The file, as the document names it, and where it lies.
        terminal: Of the command.

    Returns:
        Its SHA-256, in hex.

    Raises:
        NoInputError: There is no such file.
    """
    name, file = named
    if not await to_thread(file.is_file):
        raise NoInputError(f"{file.name} cannot be read", code="attachment_missing")
    again = f"a35 drafts upload {draft} {file}"
    with Bar(terminal) as bar, paused(terminal, bar, again):
        return await desk.drafts.upload(
            draft, name, file, told=lambda done, total: bar.told(name, done, total)
        )


def _progress() -> "Progress":
    # Loaded here: pipes and --json never need it, and it costs 80 ms.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr, no_color="NO_COLOR" in environ),
    )
