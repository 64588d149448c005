"""Commands that look: inbox, outbox, show, thread, explain, peers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.errors import NoInputError, UsageError
from gateway.officer.cli.output import (
    MESSAGE_HEADS,
    attempt_line,
    case_lines,
    foreign,
    message_lines,
    message_rows,
)
from gateway.officer.cli.peers import PEER_HEADS, peer_rows
from gateway.officer.cli.session import at_desk, mid_at, mid_text
from gateway.officer.client import Client
from gateway.officer.shapes.models import Box, MessageItem
from gateway.officer.shapes.recovery import MAX_REASON
from gateway.terminal import HOME_VARIABLE, HomeOption, JsonOption, Terminal
from protocol.errors import MalformedError
from protocol.identifiers import NodeId

PAGE: Final = 200
_LISTED: Final = set(MessageItem.model_fields)
"""What a list shows of a message, also of one that was looked up whole."""

app = typer.Typer()
peers_app = typer.Typer()

MidArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="MID", help="The message's id, or the code read on the telephone."),
]
CodeOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--code", help="Only what has this code, as it was read on the telephone."),
]
OverdueOption: TypeAlias = Annotated[
    bool, typer.Option("--overdue", help="Only what waits for somebody and is late.")
]
PartyOption: TypeAlias = Annotated[
    str | None, typer.Option("--party", metavar="CC", help="Of this Party or node alone.")
]
TypeOption: TypeAlias = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="Of this type alone.")
]
LimitOption: TypeAlias = Annotated[
    int, typer.Option("--limit", min=1, help="At most so many, newest first.")
]


@app.command(epilog="Example: a35 inbox --home /var/lib/a35 --json")
def inbox(
    *,
    home: HomeOption,
    limit: LimitOption = PAGE,
    code: CodeOption = None,
    overdue: OverdueOption = False,
    party: PartyOption = None,
    kind: TypeOption = None,
    json: JsonOption = False,
) -> int:
    """List received messages, newest first; what is late is marked."""
    asked = _filters(overdue=overdue, party=party, kind=kind)
    return at_desk(
        home,
        lambda desk: _list(desk, "in", Terminal(json=json), limit=limit, code=code, filters=asked),
    )


@app.command(epilog="Example: a35 outbox --home /var/lib/a35")
def outbox(
    *,
    home: HomeOption,
    limit: LimitOption = PAGE,
    code: CodeOption = None,
    overdue: OverdueOption = False,
    party: PartyOption = None,
    kind: TypeOption = None,
    json: JsonOption = False,
) -> int:
    """List sent messages, newest first; what is late is marked."""
    asked = _filters(overdue=overdue, party=party, kind=kind)
    return at_desk(
        home,
        lambda desk: _list(desk, "out", Terminal(json=json), limit=limit, code=code, filters=asked),
    )


@app.command(epilog="Example: a35 show 9f2c0a41d27e4b5a8c6612f09be4a7d1 --json")
def show(mid: MidArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Show one message: state, clocks, and what happened with its place in the logs."""
    return at_desk(home, lambda desk: _show(desk, mid, Terminal(json=json)))


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
    """Tell why a message is where it is: attempts, next time, lane, stages, what would end it."""
    return at_desk(home, lambda desk: _explain(desk, mid, Terminal(json=json)))


@peers_app.callback(invoke_without_command=True, epilog="Example: a35 peers --json")
def peers(
    context: typer.Context,
    *,
    home: Annotated[
        Path | None,
        typer.Option("--home", envvar=HOME_VARIABLE, help="The node's folder.", metavar="DIR"),
    ] = None,
    json: JsonOption = False,
) -> int | None:
    """List every active node: last contact, lane, what waits, both logs, clock, silence.

    Raises:
        UsageError: No home is named.
    """
    if context.invoked_subcommand is not None:
        return None
    if home is None:
        raise UsageError("--home is missing", hint="name the node's folder, or set A35_HOME")
    return at_desk(home, lambda desk: _peers(desk, Terminal(json=json)))


@peers_app.command(epilog='Example: a35 peers accept RO/1 --reason "spoken to by telephone"')
def accept(
    node: Annotated[str, typer.Argument(metavar="NODE", help="CC/n, with two histories.")],
    *,
    home: HomeOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; stated in this node's log.")],
    json: JsonOption = False,
) -> int:
    """Let a node with two histories go on in a new generation of its log.

    Raises:
        UsageError: The reason is empty or too long.
    """
    if not reason.strip() or len(reason) > MAX_REASON:
        raise UsageError(f"a reason has 1 to {MAX_REASON} characters")
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        accepted = await desk.node.accept(_node_name(node), reason)
        terminal.document(accepted.model_dump(mode="json"))
        terminal.say(f"{accepted.node} may go on above generation {accepted.above} of its log")
        return 0

    return at_desk(home, work)


def _node_name(text: str) -> str:
    """Read the name of a node.

    Raises:
        NoInputError: Not CC/n, so no node is called so.
    """
    try:
        return str(NodeId.parse(text))
    except MalformedError as error:
        raise NoInputError("a node is named CC/n", hint="see: a35 peers") from error


async def _peers(desk: Client, terminal: Terminal) -> int:
    found = (await desk.node.peers()).items
    terminal.document([item.model_dump(mode="json") for item in found])
    terminal.table(PEER_HEADS, peer_rows(found, SystemClock().now_ms()))
    return 0


def _filters(*, overdue: bool, party: str | None, kind: str | None) -> dict[str, str]:
    """Return the filters that were asked for."""
    asked = {"party": party, "type": kind, "overdue": "true" if overdue else None}
    return {name: value for name, value in asked.items() if value is not None}


async def _list(
    desk: Client,
    box: Box,
    terminal: Terminal,
    *,
    limit: int,
    code: str | None,
    filters: Mapping[str, str],
) -> int:
    if code is not None:
        coded = [await desk.show(item.mid) for item in (await desk.coded(code)).items]
        _print([item for item in coded if item.box == box], terminal)
        return 0
    items: list[MessageItem] = []
    before: int | None = None
    while len(items) < limit:
        page = await desk.messages(
            box, limit=min(PAGE, limit - len(items)), before=before, filters=filters
        )
        items.extend(page.items)
        before = page.next
        if before is None:
            break
    _print(items, terminal)
    return 0


async def _show(desk: Client, mid: str, terminal: Terminal) -> int:
    view = await desk.show(await mid_at(desk, mid))
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
    view = await desk.explain(await mid_at(desk, mid))
    terminal.document(view.model_dump(mode="json"))
    terminal.say(f"{view.mid} is {view.state}" + (f": {foreign(view.why)}" if view.why else ""))
    for sentence in view.sentences:
        terminal.say(foreign(sentence))
    for attempt in view.attempts:
        terminal.say(attempt_line(attempt))
    return 0


def _print(items: Sequence[MessageItem], terminal: Terminal) -> None:
    terminal.document([item.model_dump(mode="json", include=_LISTED) for item in items])
    terminal.table(MESSAGE_HEADS, message_rows(items, SystemClock().now_ms()))
