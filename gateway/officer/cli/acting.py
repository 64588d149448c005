"""Commands that act on messages: open, ack, cancel."""

from typing import Annotated, TypeAlias

import typer

from gateway.errors import UsageError
from gateway.officer.cli.output import content_lines
from gateway.officer.cli.session import at_desk, mid_at
from gateway.officer.client import Client
from gateway.officer.shapes.cancel import CancelAnswer
from gateway.officer.shapes.models import AcknowledgeRequest
from gateway.officer.shapes.recovery import MAX_REASON
from gateway.terminal import HomeOption, JsonOption, Terminal
from protocol.cases.ladder import MessageState

app = typer.Typer()

MidArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="MID", help="The message's id, or the code read on the telephone."),
]


@app.command("open", epilog="Example: a35 open 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def open_message(mid: MidArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Open a message and show it: this tells its sender that the desk has opened it."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        view = await desk.received.open(await mid_at(desk, mid))
        terminal.document(view.model_dump(mode="json"))
        for line in content_lines(view):
            terminal.say(line)
        return 0

    return at_desk(home, work)


@app.command(epilog="Example: a35 ack 9f2c0a41d27e4b5a8c6612f09be4a7d1 --ref RO-247-2026-7702")
def ack(
    mid: MidArgument,
    *,
    home: HomeOption,
    ref: Annotated[
        str | None, typer.Option("--ref", help="Your reference; proposed from the id.")
    ] = None,
    decision_by: Annotated[
        str | None,
        typer.Option(
            "--decision-by", metavar="TIME", help="When you expect to decide: a date or a time."
        ),
    ] = None,
    officer: Annotated[
        str | None, typer.Option("--officer", help="Who has it, as the other side should see it.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="A remark for the sender.")] = None,
    json: JsonOption = False,
) -> int:
    """Tell the sender that a person has the message, with reference, date and whom to call."""
    terminal = Terminal(json=json)
    asked = AcknowledgeRequest(reference=ref, decision_by=decision_by, officer=officer, note=note)

    async def work(desk: Client) -> int:
        name = await mid_at(desk, mid)
        sent = await desk.received.acknowledge(name, asked, key=f"ack {name} {ref} {decision_by}")
        terminal.document({"mid": sent.mid, "thread": sent.thread, "state": sent.state})
        terminal.say(f"{sent.mid} {sent.state}: acknowledgement of {name}")
        return 0

    return at_desk(home, work)


@app.command(epilog='Example: a35 cancel 9f2c0a41d27e4b5a8c6612f09be4a7d1 --reason "wrong number"')
def cancel(
    mid: MidArgument,
    *,
    home: HomeOption,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", help="Why; stated in the log, and sent on if the message had arrived."
        ),
    ],
    json: JsonOption = False,
) -> int:
    """Take back a message that this node sent, as long as no receipt for it is held.

    Raises:
        UsageError: The reason is empty or too long.
    """
    if not 1 <= len(reason) <= MAX_REASON:
        raise UsageError(f"a reason has 1 to {MAX_REASON} characters")
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        view = await desk.sent.cancel(await mid_at(desk, mid), reason)
        terminal.document(view.model_dump(mode="json"))
        terminal.say(f"{view.mid} {view.state}: {_cancelled(view)}")
        for copy in view.copies:
            terminal.say(f"its copy for the second contact point goes on: a35 cancel {copy}")
        return 0

    return at_desk(home, work)


def _cancelled(view: CancelAnswer) -> str:
    """Say what is known of a cancelled message."""
    if not view.may_have_arrived:
        return "it never left this node"
    if view.state == MessageState.CANCELLED.value:
        return "it may have arrived; if it did, a receipt tells and its addressee is told"
    if view.withdrawal is None:
        return "it was cancelled, but it arrived"
    return f"it was cancelled, but it arrived; withdrawn with {view.withdrawal}"
