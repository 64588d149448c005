"""The command `attachment get`: a received file, whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, BinaryIO, cast

import typer

from gateway.errors import DataError, NoInputError, StorageError
from gateway.officer.cli.output import foreign
from gateway.officer.cli.session import at_desk, mid_text
from gateway.officer.client import Client
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer(help="Fetch attachments.", no_args_is_help=True)


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
    """Fetch an attachment of an opened message; the file appears only once it is whole."""
    terminal = Terminal(json=json)
    name = mid_text(mid)
    _must_be_free(output, force=force)
    shown, size = _fetch(home, name, index, output)
    terminal.document({"mid": name, "index": index, "name": shown, "size_bytes": size})
    terminal.say(f"{output}: {size} bytes, sent as {foreign(shown)}")
    return 0


def _fetch(home: Path, mid: str, index: int, output: Path) -> tuple[str, int]:
    """Write beside the target first, so that a half file never bears its name.

    Returns:
        The name that its sender gave it, and its size.

    Raises:
        StorageError: The folder cannot be written to.
    """
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=".a35-", delete=False) as held:
            part = Path(held.name)
            try:
                got = at_desk(home, lambda desk: _get(desk, mid, index, cast("BinaryIO", held)))
                held.flush()
                os.fsync(held.fileno())
                part.replace(output)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(f"{output.name} cannot be written") from error
    return got


async def _get(desk: Client, mid: str, index: int, target: BinaryIO) -> tuple[str, int]:
    """Fetch one file; return its name and size.

    Raises:
        NoInputError: The message has no such attachment.
    """
    files = (await desk.received.content(mid)).files
    if index >= len(files):
        raise NoInputError("the message has no such attachment", hint=f"see: a35 open {mid}")
    return files[index].name, await desk.received.file(mid, index, target)


def _must_be_free(output: Path, *, force: bool) -> None:
    """Refuse to replace a file unasked.

    Raises:
        DataError: It exists.
    """
    if output.exists() and not force:
        raise DataError(
            f"{output.name} exists already", code="exists", hint="add --force to replace it"
        )
