"""Commands on the node's own log: log show, verify, proof."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.directory.files import read_bounded
from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.officer.cli.session import at_desk
from gateway.officer.cli.stopped import verify_stopped
from gateway.officer.client import Client
from gateway.officer.shapes.models import LogVerification
from gateway.officer.shapes.verifying import verification_view
from gateway.terminal import HomeOption, JsonOption, Terminal
from protocol.limits import MAX_NOTE_BYTES

PROOF_FAILED: Final = 76

app = typer.Typer(help="Look into the node's own log.", no_args_is_help=True)


@app.command(epilog="Example: a35 log show --json")
def show(*, home: HomeOption, json: JsonOption = False) -> int:
    """Show the newest signed head."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        head = await desk.log.head()
        terminal.document(head.model_dump(mode="json"))
        terminal.say(f"{head.origin}  {head.size} entries  root {head.root}")
        return 0

    return at_desk(home, work)


@app.command(epilog="Example: a35 log verify --json")
def verify(
    *,
    home: HomeOption,
    origin: Annotated[
        str | None, typer.Option("--origin", metavar="O", help="Which log; the node's own one.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="NOTE", help="A checkpoint of it that others hold."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Compute every statement and the tree anew from what is stored; 76 if it does not hold.

    Raises:
        NoInputError: The node keeps no such log.
        UnavailableError: The node ended meanwhile.
    """
    terminal = Terminal(json=json)
    note = None if against is None else _note(against)

    async def work(desk: Client) -> LogVerification:
        return await _verified(desk, origin, note, terminal)

    try:
        result = at_desk(home, work)
    except UnavailableError as error:
        if error.code != "node_not_running":
            raise
        stopped = verify_stopped(home, origin, against=note, progress=_bar(terminal))
        result = verification_view(stopped)
    terminal.progress("")
    left_out = {"checkpoints"} if result.lost else {"checkpoints", "lost"}
    terminal.document(result.model_dump(mode="json", exclude=left_out))
    lost = f", {result.lost} lost with a log that was given up" if result.lost else ""
    terminal.say(
        f"{result.origin}  {result.checked} of {result.size} entries, {result.erased} erased, "
        f"{result.checkpoints} checkpoints, {len(result.faults)} faults{lost}"
    )
    for fault in result.faults:
        terminal.say(f"#{'-' if fault.index is None else fault.index}: {fault.what}")
    for remedy in dict.fromkeys(fault.remedy for fault in result.faults):
        terminal.note(f"what to do: {remedy}")
    return PROOF_FAILED if result.faults else 0


@app.command(epilog="Example: a35 log witnesses --json")
def witnesses(*, home: HomeOption, json: JsonOption = False) -> int:
    """List who is asked to cosign the log, and what each saw of it last."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        found = await desk.log.witnesses()
        terminal.document(found.model_dump(mode="json"))
        terminal.say(f"enough witnesses saw {found.witnessed} entries")
        rows = [
            [each.witness, str(each.size), each.cosigned or "-", each.failed or "-"]
            for each in found.items
        ]
        terminal.table(("Witness", "Entries", "Cosigned", "Failed"), rows)
        return 0

    return at_desk(home, work)


@app.command(epilog="Example: a35 log proof 8812 > entry.tlog-proof")
def proof(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="The entry's number.")],
    *,
    home: HomeOption,
    json: JsonOption = False,
) -> int:
    """Print a C2SP tlog-proof of one entry."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        text = await desk.log.proof(index)
        terminal.document({"index": index, "proof": text})
        if not json:
            terminal.say(text.rstrip("\n"))
        return 0

    return at_desk(home, work)


async def _verified(
    desk: Client, origin: str | None, note: bytes | None, terminal: Terminal
) -> LogVerification:
    show = _bar(terminal)
    async for step in desk.log.verify(origin, against=note):
        if step.progress is not None:
            show(*step.progress)
        if step.result is not None:
            return step.result
    raise UnavailableError("the node ended before its log was verified")


def _note(path: Path) -> bytes:
    """Read a signed note.

    Raises:
        NoInputError: It cannot be read.
        DataError: It is longer than any, or empty.
    """
    try:
        note = read_bounded(path.resolve(), MAX_NOTE_BYTES)
    except OSError as error:
        raise NoInputError(f"{path.name} cannot be read") from error
    except ValueError as error:
        raise DataError(f"{path.name} is longer than any checkpoint", code="too_large") from error
    if not note:
        raise DataError(f"{path.name} is empty")
    return note


def _bar(terminal: Terminal) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        share = 100 if not total else 100 * done // total
        terminal.progress(f"{'#' * (share // 4):25} {share:3} % of {total} entries")

    return show
