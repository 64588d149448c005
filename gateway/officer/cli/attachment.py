"""The command `attachment get`: a received file, whole or not at all.

It is written beside its place, and gets its name once its SHA-256 is that which its sender stated.
What was cut off by Ctrl-C, or by a node that stopped, is kept and gone on with.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.errors import DataError, GatewayError, NoInputError, StorageError, UnavailableError
from gateway.officer.cli.output import foreign
from gateway.officer.cli.saving import must_be_free
from gateway.officer.cli.session import at_desk, mid_text
from gateway.officer.cli.transfer import Bar, paused
from gateway.officer.client import Client
from gateway.officer.drafts import AGAIN_S, MOST_S
from gateway.officer.resources import Target
from gateway.officer.shapes.models import FileItem
from gateway.terminal import HomeOption, JsonOption, Terminal
from keys.digest import Hasher

Fetch: TypeAlias = Callable[[Target, int], Awaitable[int]]
app = typer.Typer(help="Fetch attachments.", no_args_is_help=True)
_READ_BYTES: Final = 1024 * 1024


@app.callback()
def attachment() -> None:
    """Fetch attachments."""


@app.command(
    "get", epilog="Example: a35 attachment get 9f2c0a41d27e4b5a8c6612f09be4a7d1 0 -o a.pdf"
)
def attachment_get(
    mid: Annotated[str, typer.Argument(metavar="MID", help="The message, opened already.")],
    index: Annotated[int, typer.Argument(metavar="N", min=0, help="Which one, from 0.")],
    *,
    home: HomeOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> int:
    """Fetch an attachment of an opened message; Ctrl-C pauses, the same command again goes on."""
    terminal = Terminal(json=json)
    name = mid_text(mid)
    must_be_free(output, force=force)
    part = output.parent / f".a35-{name}-{index}.part"

    async def work(desk: Client) -> FileItem:
        files = (await desk.received.content(name)).files
        if index >= len(files):
            raise NoInputError("the message has no such attachment", hint=f"see: a35 open {name}")
        with Bar(terminal) as bar, paused(terminal, bar, "the same command"):
            await Fetching(
                lambda target, start: desk.received.file(name, index, target, start=start),
                files[index],
                part,
                bar,
            ).run()
        return files[index]

    file = _landed(lambda: at_desk(home, work), part, output)
    terminal.document(
        {
            "mid": name,
            "index": index,
            "name": file.name,
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
        }
    )
    terminal.say(f"{output}: {file.size_bytes} bytes, sent as {foreign(file.name)}")
    terminal.say(f"sha256 {file.sha256}")
    return 0


def _landed(fetch: Callable[[], FileItem], part: Path, output: Path) -> FileItem:
    """Give what was fetched its name.

    Raises:
        StorageError: The folder cannot be written to.
    """
    try:
        file = fetch()
        part.replace(output)
    except OSError as error:
        raise StorageError(f"{output.name} cannot be written") from error
    return file


class Fetching:
    """One attachment on its way into a file.

    Args:
        fetch: Fetches it into a target from a byte on.
        file: Which it is.
        part: Where it is written; what lies there is gone on with.
        bar: Shows how far it is.
    """

    def __init__(self, fetch: Fetch, file: FileItem, part: Path, bar: Bar) -> None:
        self._fetch_from = fetch
        self._file = file
        self._part = part
        self._bar = bar
        self._target: BinaryIO | None = None
        self._hasher = Hasher()
        self._held = 0

    async def run(self) -> None:
        """Fetch what is missing, and check the whole; outlives restarts of the node.

        Raises:
            UnavailableError: The node did not answer for a quarter of an hour; what came is kept.
            GatewayError: The node refused, or it is not the file that its sender stated; nothing
                is left.
        """
        clock = SystemClock()
        since_s = clock.monotonic_s()
        while True:
            try:
                await self._fetch()
            except UnavailableError:
                if clock.monotonic_s() - since_s > MOST_S:
                    raise
                await clock.sleep(AGAIN_S)
            except GatewayError:
                self._part.unlink(missing_ok=True)
                raise
            else:
                return

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""
        if self._target is not None:
            self._target.write(data)
        self._hasher.update(data)
        self._held += len(data)
        self._bar.told(self._file.name, self._held, self._file.size_bytes)
        return len(data)

    async def _fetch(self) -> None:
        """Fetch once.

        Raises:
            DataError: It is not the file that its sender stated.
        """
        with self._part.open("ab+") as target:
            self._target = target
            self._read_again(target)
            if self._held < self._file.size_bytes or not self._held:
                await self._fetch_from(self, self._held)
            target.flush()
            os.fsync(target.fileno())
        if (self._held, self._hasher.digest().hex()) != (self._file.size_bytes, self._file.sha256):
            raise DataError(
                "what came is not the file that its sender stated",
                code="digest_mismatch",
                hint="fetch it again: the same command",
            )

    def _read_again(self, target: BinaryIO) -> None:
        """Take up what lies there, if there is any."""
        self._hasher, self._held = Hasher(), 0
        target.seek(0)
        while piece := target.read(_READ_BYTES):
            self._hasher.update(piece)
            self._held += len(piece)
