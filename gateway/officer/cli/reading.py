"""Commands that look: inbox, outbox, show, thread, explain."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.officer.cli.output import (
    MESSAGE_HEADS,
    attempt_line,
    case_lines,
    foreign,
    message_lines,
    message_rows,
)
from gateway.officer.cli.session import at_desk, mid_text
from gateway.officer.client import Client
from gateway.officer.shapes.models import Box, MessageItem
from gateway.terminal import HomeOption, JsonOption, Terminal

PAGE: Final = 200

app = typer.Typer()

MidArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="MID", help="The message's id: 32 hex digits.")
]
LimitOption: TypeAlias = Annotated[
    int, typer.Option("--limit", min=1, help="At most so many, newest first.")
]


@app.command(epilog="Example: a35 inbox --home /var/lib/a35 --json")
def inbox(*, home: HomeOption, limit: LimitOption = PAGE, json: JsonOption = False) -> int:
    """List received messages, newest first."""
    return at_desk(home, lambda desk: _list(desk, "in", limit, Terminal(json=json)))


@app.command(epilog="Example: a35 outbox --home /var/lib/a35")
def outbox(*, home: HomeOption, limit: LimitOption = PAGE, json: JsonOption = False) -> int:
    """List sent messages, newest first."""
    return at_desk(home, lambda desk: _list(desk, "out", limit, Terminal(json=json)))


@app.command(epilog="Example: a35 show 9f2c0a41d27e4b5a8c6612f09be4a7d1 --json")
def show(mid: MidArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Show one message: state, clocks, and what happened with its place in the logs."""
    return at_desk(home, lambda desk: _show(desk, mid_text(mid), Terminal(json=json)))


@app.command(epilog="Example: a35 thread 77ab0a41d27e4b5a8c6612f09be4a7d1")
def thread(
    thread_id: Annotated[str, typer.Argument(metavar="ID", help="The thread's id.")],
    *,
    home: HomeOption,
    json: JsonOption = False,
) -> int:
    """Show a case: where it stands, its clocks, its messages, what may be sent now."""
    return at_desk(home, lambda desk: _thread(desk, mid_text(thread_id), Terminal(json=json)))


@app.command(epilog="Example: a35 explain 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def explain(mid: MidArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Show every attempt to deliver a message, with its reason and the next time."""
    return at_desk(home, lambda desk: _explain(desk, mid_text(mid), Terminal(json=json)))


async def _list(desk: Client, box: Box, limit: int, terminal: Terminal) -> int:
    items: list[MessageItem] = []
    before: int | None = None
    while len(items) < limit:
        page = await desk.messages(box, limit=min(PAGE, limit - len(items)), before=before)
        items.extend(page.items)
        before = page.next
        if before is None:
            break
    _print(items, terminal)
    return 0


async def _show(desk: Client, mid: str, terminal: Terminal) -> int:
    view = await desk.show(mid)
    terminal.document(view.model_dump(mode="json"))
    for line in message_lines(view, SystemClock().now_ms()):
        terminal.say(line)
    return 0


async def _thread(desk: Client, thread_id: str, terminal: Terminal) -> int:
    view = await desk.thread(thread_id)
    terminal.document(view.model_dump(mode="json"))
    now_ms = SystemClock().now_ms()
    for line in case_lines(view, now_ms):
        terminal.say(line)
    terminal.table(MESSAGE_HEADS, message_rows(view.items, now_ms))
    return 0


async def _explain(desk: Client, mid: str, terminal: Terminal) -> int:
    view = await desk.explain(mid)
    terminal.document(view.model_dump(mode="json"))
    terminal.say(f"{view.mid} is {view.state}" + (f": {foreign(view.why)}" if view.why else ""))
    for attempt in view.attempts:
        terminal.say(attempt_line(attempt))
    if not view.attempts:
        terminal.say("no attempt to deliver it was made from here yet")
    return 0


def _print(items: Sequence[MessageItem], terminal: Terminal) -> None:
    terminal.document([item.model_dump(mode="json") for item in items])
    terminal.table(MESSAGE_HEADS, message_rows(items, SystemClock().now_ms()))
