"""Commands that send or follow: send, answer, wait."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.officer.cli.output import seconds_of, timeline_line
from gateway.officer.cli.papers import document_in
from gateway.officer.cli.session import at_desk, mid_at
from gateway.officer.cli.transfer import Bar, paused
from gateway.officer.client import Client
from gateway.officer.shapes.models import Json, SentAnswer
from gateway.terminal import HomeOption, JsonOption, Terminal
from protocol.cases.ladder import MessageState

app = typer.Typer()


class Goal(StrEnum):
    """A step of the ladder that one can wait for."""

    ACCEPTED = "accepted"
    CONSIGNED = "consigned"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


FileArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="A document, as `a35 check` reads it.")
]
WaitOption: TypeAlias = Annotated[
    Goal | None, typer.Option("--wait", metavar="STAGE", help="Stay until it is " + ", ".join(Goal))
]
TimeoutOption: TypeAlias = Annotated[
    str, typer.Option("--timeout", metavar="T", help="How long to wait: 45s, 30m, 2h, 1d.")
]


@app.command(epilog="Example: a35 send art29.json --to RO --wait opened --timeout 30m --json")
def send(
    file: FileArgument,
    *,
    home: HomeOption,
    to: Annotated[
        str | None, typer.Option("--to", help="Send to this Party or node instead.")
    ] = None,
    wait: WaitOption = None,
    timeout: TimeoutOption = "30m",
    json: JsonOption = False,
) -> int:
    """Check, seal and queue a document with its attachments; print its id, then what happens."""
    terminal = Terminal(json=json)
    limit_s = seconds_of(timeout)
    document = document_in(file)
    if to is not None:
        document["to"] = to

    async def work(desk: Client) -> int:
        sent = await _sent(desk, document, file, terminal)
        return await _after(desk, sent, terminal, goal=wait, limit_s=limit_s)

    return at_desk(home, work)


@app.command(epilog="Example: a35 answer 9f2c0a41d27e4b5a8c6612f09be4a7d1 decision.json")
def answer(
    mid: Annotated[str, typer.Argument(metavar="MID", help="The message that is answered.")],
    file: FileArgument,
    *,
    home: HomeOption,
    wait: WaitOption = None,
    timeout: TimeoutOption = "30m",
    json: JsonOption = False,
) -> int:
    """Send a document as the answer to a message: to its sender, in its thread."""
    terminal = Terminal(json=json)
    limit_s = seconds_of(timeout)
    document = document_in(file)

    async def work(desk: Client) -> int:
        answered = await desk.show(await mid_at(desk, mid))
        _redirect(document, "in_reply_to", answered.mid, terminal)
        _redirect(document, "to", answered.party, terminal)
        sent = await _sent(desk, document, file, terminal)
        return await _after(desk, sent, terminal, goal=wait, limit_s=limit_s)

    return at_desk(home, work)


@app.command(
    epilog="Example: a35 wait 9f2c0a41d27e4b5a8c6612f09be4a7d1 --stage opened --timeout 30m"
)
def wait(
    mid: Annotated[str, typer.Argument(metavar="MID", help="The message.")],
    *,
    home: HomeOption,
    stage: Annotated[Goal, typer.Option("--stage", help="What to wait for.")],
    timeout: TimeoutOption = "30m",
    json: JsonOption = False,
) -> int:
    """Wait until a message reaches a stage; ends with 75 if it does not in time."""
    terminal = Terminal(json=json)
    limit_s = seconds_of(timeout)

    async def work(desk: Client) -> int:
        name = await mid_at(desk, mid)
        view = await desk.wait(name, MessageState(stage), timeout_s=limit_s)
        terminal.document({"mid": name, "thread": view.thread, "state": view.state})
        terminal.say(f"{name} is {view.state}")
        return 0

    return at_desk(home, work)


async def _sent(desk: Client, document: Json, file: Path, terminal: Terminal) -> SentAnswer:
    """Send, with a bar for what goes in parts; Ctrl-C pauses that."""
    with Bar(terminal) as bar, paused(terminal, bar, "the same command"):
        return await desk.send(document, folder=file.parent, told=bar.told)


async def _after(
    desk: Client, sent: SentAnswer, terminal: Terminal, *, goal: Goal | None, limit_s: float
) -> int:
    """Print the ids at once, so that a killed command can be resumed; then what happens."""
    ids = {"mid": sent.mid, "thread": sent.thread}
    terminal.document({**ids, "state": sent.state})
    terminal.say(f"{sent.mid} {sent.state}, thread {sent.thread}")
    if goal is None:
        return 0
    async for entry in desk.follow(sent.mid, MessageState(goal), timeout_s=limit_s):
        if entry.what not in set(MessageState) - {MessageState.QUEUED}:
            continue
        log = None if entry.log is None else entry.log.model_dump()
        terminal.document({**ids, "state": entry.what, "at": entry.at, "by": entry.by, "log": log})
        terminal.say(timeline_line(entry))
    return 0


def _redirect(document: Json, name: str, value: str, terminal: Terminal) -> None:
    """Set a field that the command line decides, and say so if the file says otherwise."""
    if document.get(name, value) not in {value, value.partition("/")[0]}:
        terminal.note(f"note: {name} of the file is replaced by {value}")
    document[name] = value
