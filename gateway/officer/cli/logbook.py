"""Commands on the node's own log: log show, verify, proof."""

from typing import Annotated, Final

import typer

from gateway.errors import NoInputError, UnavailableError
from gateway.officer.cli.session import at_desk
from gateway.officer.client import Client
from gateway.officer.shapes.models import LogVerification
from gateway.terminal import HomeOption, JsonOption, Terminal

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
    json: JsonOption = False,
) -> int:
    """Compute every statement and the tree anew from what is stored; 76 if it does not hold."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        head = await desk.log.head()
        if origin not in {None, head.origin}:
            raise NoInputError(
                f"this node keeps no log of the name {origin}", hint=f"its own is {head.origin}"
            )
        result = await _verified(desk, terminal)
        terminal.document(result.model_dump(mode="json"))
        terminal.say(
            f"{result.origin}  {result.checked} of {result.size} entries, "
            f"{result.erased} erased, {len(result.faults)} faults"
        )
        for fault in result.faults:
            terminal.say(f"#{'-' if fault.index is None else fault.index}: {fault.what}")
        return PROOF_FAILED if result.faults else 0

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


async def _verified(desk: Client, terminal: Terminal) -> LogVerification:
    result: LogVerification | None = None
    async for step in desk.log.verify():
        if step.progress is not None:
            done, total = step.progress
            terminal.progress(f"{done} of {total}")
        result = step.result
    terminal.progress("")
    if result is None:
        raise UnavailableError("the node ended before its log was verified")
    return result
