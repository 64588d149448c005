"""The commands `evidence`: what is held of one message, or against one log, as one file."""

from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import typer

from gateway.errors import NoInputError, UsageError
from gateway.officer.cli.saving import fetch_to, must_be_free
from gateway.officer.cli.session import at_desk, mid_at
from gateway.officer.client import Client
from gateway.officer.evidence import Fetched
from gateway.officer.shapes.evidence import EvidenceRequest
from gateway.terminal import HomeOption, JsonOption, Terminal
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin

app = typer.Typer(help="Export evidence of a message, or of a fork.", no_args_is_help=True)


@app.callback()
def evidence() -> None:
    """Export evidence of a message, or of a log with two histories."""


@app.command(epilog="Example: a35 evidence export 9f2c0a41d27e4b5a8c6612f09be4a7d1 -o case.zip")
def export(
    mid: Annotated[str, typer.Argument(metavar="MID", help="The message, or its short code.")],
    *,
    home: HomeOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    redacted: Annotated[
        bool, typer.Option("--redacted", help="Prove the exchange without its content.")
    ] = False,
    with_content: Annotated[
        bool, typer.Option("--with-content", help="Disclose the key that opens the content.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> int:
    """Export what shows who said what of a message; the export is an act in the log."""
    terminal = Terminal(json=json)
    asked = EvidenceRequest(variant=_variant(redacted=redacted, with_content=with_content))
    must_be_free(output, force=force)

    async def get(desk: Client, target: BinaryIO) -> tuple[str, Fetched]:
        name = await mid_at(desk, mid)
        return name, await desk.evidence.export(name, asked, target)

    name, fetched = fetch_to(home, output, get)
    terminal.document({
        "mid": name,
        "file": str(output),
        "variant": asked.variant,
        "size_bytes": fetched.size_bytes,
        "statements": fetched.statements,
        "unproven": fetched.unproven,
        "missing_attachments": fetched.missing_attachments,
        "manifest": fetched.manifest,
    })  # fmt: skip
    terminal.say(f"{output}: {fetched.size_bytes} bytes, {fetched.statements} statements")
    if fetched.unproven:
        terminal.note(f"{fetched.unproven} statements are not in it: not signed yet, or erased")
    if fetched.missing_attachments:
        terminal.note(f"{fetched.missing_attachments} attachments are not in it")
    terminal.say(f"verify it anywhere with: a35 verify {output} --root ROOT.json")
    return 0


def _variant(*, redacted: bool, with_content: bool) -> Literal["sealed", "disclosed", "redacted"]:
    """Return how much goes in.

    Raises:
        UsageError: Both were asked for.
    """
    if redacted and with_content:
        raise UsageError("--redacted and --with-content exclude each other")
    if redacted:
        return "redacted"
    return "disclosed" if with_content else "sealed"


@app.command(epilog="Example: a35 evidence forks --json")
def forks(*, home: HomeOption, json: JsonOption = False) -> int:
    """List logs of other nodes with two histories, proven or feared."""
    terminal = Terminal(json=json)
    found = at_desk(home, lambda desk: desk.evidence.forks()).items
    terminal.document([item.model_dump(mode="json") for item in found])
    terminal.table(
        ("log", "shows", "refused", "found", "shown by", "held", "other"),
        [
            (
                item.log, item.shows, "yes" if item.refused else "not yet", item.found,
                item.shown_by, str(item.held_size), str(item.offered_size),
            )
            for item in found
        ],
    )  # fmt: skip
    return 0


@app.command(epilog="Example: a35 evidence fork a35/FR/1/log/1 -o fork.zip")
def fork(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The log, a35/CC/n/log/g.")],
    *,
    home: HomeOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> int:
    """Export both signed heads of a log with two histories; the export is an act in the log.

    Raises:
        NoInputError: No log is called so.
    """
    terminal = Terminal(json=json)
    try:
        origin = LogOrigin.parse(log)
    except MalformedError as error:
        raise NoInputError(
            "a log is named a35/CC/n/log/g", hint="list them with: a35 evidence forks"
        ) from error
    must_be_free(output, force=force)

    async def get(desk: Client, target: BinaryIO) -> Fetched:
        return await desk.evidence.export_fork(origin, target)

    fetched = fetch_to(home, output, get)
    terminal.document({
        "log": str(origin),
        "file": str(output),
        "size_bytes": fetched.size_bytes,
        "manifest": fetched.manifest,
    })  # fmt: skip
    terminal.say(f"{output}: {fetched.size_bytes} bytes")
    terminal.say(f"verify it anywhere with: a35 verify {output} --root ROOT.json")
    return 0
