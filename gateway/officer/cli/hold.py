"""The command that holds a thread against retention: hold."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.errors import UsageError
from gateway.officer.cli.session import at_desk, mid_text
from gateway.officer.client import Client
from gateway.officer.shapes.recovery import MAX_REASON
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer()


class Switch(StrEnum):
    """Held, or not any more."""

    ON = "on"
    OFF = "off"


@app.command(
    epilog='Example: a35 hold 9f2c0a41d27e4b5a8c6612f09be4a7d1 on --reason "appeal pending"'
)
def hold(
    thread: Annotated[
        str, typer.Argument(metavar="THREAD", help="The id of the case's first message.")
    ],
    switch: Annotated[Switch, typer.Argument(metavar="on|off", help="Hold it, or release it.")],
    *,
    home: HomeOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; stated in the log.")],
    json: JsonOption = False,
) -> int:
    """Keep everything of a case from being erased under retention, or release it.

    Raises:
        UsageError: The reason is empty or too long.
    """
    if not 1 <= len(reason) <= MAX_REASON:
        raise UsageError(f"a reason has 1 to {MAX_REASON} characters")
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        view = await desk.threads.hold(mid_text(thread), on=switch is Switch.ON, reason=reason)
        terminal.document(view.model_dump(mode="json"))
        what = "is held: nothing of it is erased" if view.on else "is not held any more"
        terminal.say(f"{view.thread} {what}  {view.log.origin} #{view.log.index}")
        return 0

    return at_desk(home, work)
