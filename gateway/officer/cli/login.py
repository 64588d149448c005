"""The commands by which somebody acts as a person of the desk: login, whoami, logout."""

import asyncio
from platform import node as host_name
from typing import Annotated, Final

import typer

from gateway.clock import SystemClock
from gateway.errors import NoInputError, NotYetError
from gateway.officer.cli.output import foreign, seconds_of
from gateway.officer.cli.session import at_desk, token_file, write_token
from gateway.officer.client import Client
from gateway.terminal import HomeOption, JsonOption, Terminal

_EVERY_S: Final = 1.0

app = typer.Typer()


@app.command(epilog="Example: a35 login --home /var/lib/a35")
def login(
    *,
    home: HomeOption,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", help="How long to wait: 90s, 10m.")
    ] = "10m",
    json: JsonOption = False,
) -> int:
    """Let commands act as a person: shows a code that the person confirms on their page.

    Raises:
        NotYetError: Nobody confirmed it in time.
    """
    terminal = Terminal(json=json)
    most_s = seconds_of(timeout)

    async def work(desk: Client) -> int:
        asked = await desk.people.ask_in(f"a35 on {host_name() or 'this machine'}"[:60])
        terminal.note(f"Code:  {asked.code}")
        terminal.note(f"Confirm it at {asked.page} (until {asked.ends_at})")
        try:
            async with asyncio.timeout(most_s):
                token = await _confirmed(desk, asked.secret)
        except TimeoutError as error:
            raise NotYetError("nobody confirmed the code in time", hint="begin again") from error
        await asyncio.to_thread(write_token, token_file(home), token)
        return 0

    at_desk(home, work, as_operator=True)
    return at_desk(home, lambda desk: _show(desk, terminal))


@app.command(epilog="Example: a35 whoami --json")
def whoami(*, home: HomeOption, json: JsonOption = False) -> int:
    """Show who acts by this home's login, as what, at which desk."""
    terminal = Terminal(json=json)
    return at_desk(home, lambda desk: _show(desk, terminal))


@app.command(epilog="Example: a35 logout --home /var/lib/a35")
def logout(*, home: HomeOption, json: JsonOption = False) -> int:
    """Revoke the token of this home's login, and forget it.

    Raises:
        NoInputError: Nobody has signed in here.
    """
    terminal, file = Terminal(json=json), token_file(home)
    if not file.exists():
        raise NoInputError("nobody has signed in here", hint="see: a35 login")

    async def work(desk: Client) -> int:
        await desk.people.end_this()
        return 0

    try:
        at_desk(home, work)
    finally:
        file.unlink(missing_ok=True)
    terminal.document({"signed_in": False})
    terminal.say("Signed out; the token counts no more.")
    return 0


async def _confirmed(desk: Client, secret: str) -> str:
    """Wait until a person has confirmed the code, and return the token."""
    clock = SystemClock()
    while True:
        try:
            return await desk.people.take(secret)
        except NotYetError:
            await clock.sleep(_EVERY_S)


async def _show(desk: Client, terminal: Terminal) -> int:
    me = await desk.people.me()
    terminal.document(me.model_dump(mode="json"))
    roles = ", ".join(role.value for role in me.roles)
    terminal.say(f"{foreign(me.name)}  {me.who}  {roles}  at {foreign(me.desk)}")
    return 0
