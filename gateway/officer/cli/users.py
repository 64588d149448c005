"""The commands that administer people: user add, list, roles, lock, unlock, link.

They speak over the control socket as the operator, whoever has signed in on this home.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.errors import NoInputError
from gateway.officer.cli.output import foreign
from gateway.officer.cli.session import at_desk
from gateway.officer.client import Client
from gateway.officer.shapes.people import LinkView, UserAdded, UserView
from gateway.people import Role
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer(no_args_is_help=True, help="People of the desk.")

NameArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="As the desk calls them, or their number.")
]


@app.command("add", epilog="Example: a35 user add duty1 --role officer --role approver")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Never leaves this node.")],
    *,
    home: HomeOption,
    role: Annotated[list[Role], typer.Option("--role", help="What they hold; repeatable.")],
    service: Annotated[
        bool, typer.Option("--service", help="A program: prints its token, once.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Add a person, and print the link by which they come in once; or a program."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        added = await desk.people.add(name, tuple(dict.fromkeys(role)), is_service=service)
        terminal.document(added.model_dump(mode="json"))
        for line in _added(added):
            terminal.say(line)
        return 0

    return at_desk(home, work, as_operator=True)


@app.command("list", epilog="Example: a35 user list --json")
def list_all(*, home: HomeOption, json: JsonOption = False) -> int:
    """List everybody, with what they hold and how they come in."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        found = await desk.people.all()
        terminal.document(found.model_dump(mode="json")["items"])
        heads = ("NAME", "WHO", "ROLES", "PASSKEYS", "SESSIONS", "TOKENS", "STATE")
        terminal.table(heads, [_row(one) for one in found.items])
        return 0

    return at_desk(home, work, as_operator=True)


@app.command("roles", epilog="Example: a35 user roles duty1 officer approver")
def roles(
    name: NameArgument,
    role: Annotated[list[Role], typer.Argument(metavar="ROLE...", help="All that they hold.")],
    *,
    home: HomeOption,
    json: JsonOption = False,
) -> int:
    """Give a person other roles; what they have open ends at once."""
    wanted = tuple(dict.fromkeys(role))
    return _change(
        home, Terminal(json=json), name, lambda desk, one: desk.people.set_roles(one, wanted)
    )


@app.command("lock", epilog="Example: a35 user lock duty1")
def lock(name: NameArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Let a person in no more; what they have open ends at once."""
    return _change(
        home, Terminal(json=json), name, lambda desk, one: desk.people.set_locked(one, on=True)
    )


@app.command("unlock", epilog="Example: a35 user unlock duty1")
def unlock(name: NameArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Let a person in again."""
    return _change(
        home, Terminal(json=json), name, lambda desk, one: desk.people.set_locked(one, on=False)
    )


@app.command("link", epilog="Example: a35 user link duty1")
def link(name: NameArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Print another link by which a person comes in once."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        made = await desk.people.link((await _named(desk, name)).number)
        terminal.document(made.model_dump(mode="json"))
        terminal.say(_link(made))
        return 0

    return at_desk(home, work, as_operator=True)


def _change(
    home: Path,
    terminal: Terminal,
    name: str,
    change: Callable[[Client, int], Awaitable[UserView]],
) -> int:
    async def work(desk: Client) -> int:
        view = await change(desk, (await _named(desk, name)).number)
        terminal.document(view.model_dump(mode="json"))
        terminal.say("  ".join(_row(view)))
        return 0

    return at_desk(home, work, as_operator=True)


async def _named(desk: Client, name: str) -> UserView:
    """Return the person who is called so.

    Raises:
        NoInputError: Nobody is.
    """
    found = await desk.people.named(name)
    if found is None:
        raise NoInputError("nobody at this desk is called so", hint="see: a35 user list")
    return found


def _row(view: UserView) -> list[str]:
    state = "locked" if view.locked else "program" if view.service else "-"
    return [
        foreign(view.name),
        view.who,
        ", ".join(role.value for role in view.roles),
        str(view.passkeys),
        str(view.sessions),
        str(view.tokens),
        state,
    ]


def _added(added: UserAdded) -> list[str]:
    first = f"{foreign(added.user.name)} is {added.user.who}."
    if added.link is None:
        return [first, f"Token, shown this once (until {added.ends_at}):", str(added.token)]
    return [first, _link(LinkView(link=added.link, ends_at=added.ends_at))]


def _link(made: LinkView) -> str:
    return f"{made.link}\n  counts once, until {made.ends_at}; hand it over by a way that you trust"
