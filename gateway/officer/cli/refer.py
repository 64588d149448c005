"""The command that hands a request over inside the Party: refer."""

from typing import Annotated

import typer

from gateway.officer.cli.acting import MidArgument
from gateway.officer.cli.session import at_desk, mid_at
from gateway.officer.client import Client
from gateway.officer.shapes.refer import ReferRequest
from gateway.terminal import HomeOption, JsonOption, Terminal
from keys.digest import sha256

app = typer.Typer()


@app.command(
    epilog='Example: a35 refer 9f2c0a41d27e4b5a8c6612f09be4a7d1 --to "Prosecutor\'s Office"'
    ' --kind prosecution --scope "order the data" --until 2026-12-01'
)
def refer(
    mid: MidArgument,
    *,
    home: HomeOption,
    to: Annotated[str, typer.Option("--to", help="The authority that has it from now on.")],
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="police, prosecution, court, central_authority, ministry, other."
        ),
    ],
    scope: Annotated[str, typer.Option("--scope", help="What it has it for.")],
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="By when its decision is expected.")
    ],
    item: Annotated[
        list[str] | None, typer.Option("--item", help="Only this item; repeatable.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Of that authority.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="Of that authority.")] = None,
    telephone: Annotated[str | None, typer.Option("--telephone", help="Of that authority.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="Of that authority.")] = None,
    ref: Annotated[str | None, typer.Option("--ref", help="That authority's reference.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the requester.")] = None,
    json: JsonOption = False,
) -> int:
    """Hand a request over inside the Party, and tell the requester; the thread stays here."""
    terminal = Terminal(json=json)
    asked = ReferRequest(
        organisation=to,
        kind=kind,
        unit=unit,
        address=address,
        telephone=telephone,
        email=email,
        scope=scope,
        until=until,
        items=tuple(item or ()),
        reference=ref,
        reason=reason,
    )

    async def work(desk: Client) -> int:
        name = await mid_at(desk, mid)
        said = sha256(f"{name} {asked.model_dump_json()}".encode()).hex()
        sent = await desk.received.refer(name, asked, key=f"refer {said}")
        terminal.document({"mid": sent.mid, "thread": sent.thread, "state": sent.state})
        terminal.say(f"{sent.mid} {sent.state}: tells who has {name} now, until {until}")
        return 0

    return at_desk(home, work)
