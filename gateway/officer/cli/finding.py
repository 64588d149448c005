"""`a35 directory search`: which point of contact takes this, in which language, and is it there."""

from typing import Annotated, Final

import typer

from gateway.clock import SystemClock
from gateway.officer.cli.output import foreign, in_words
from gateway.officer.cli.session import at_desk
from gateway.officer.client import Client
from gateway.officer.shapes.finding import PointItem
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer()

HEADS: Final = (
    "Node",
    "Party",
    "Point of contact",
    "Articles",
    "Languages",
    "Hours",
    "Last contact",
    "Desk answered",
)


@app.command("search", epilog="Example: a35 directory search --article 29 --language en")
def search(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="Words of names and remit.")
    ] = None,
    *,
    home: HomeOption,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CC", help="Of this Party alone.")
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--function", help="What it does itself or passes on: preservation, police, ..."
        ),
    ] = None,
    article: Annotated[
        str | None, typer.Option("--article", help="Which it takes: 29, 35(1)(c), '2ap 9'.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="LANG", help="It reads: en, fr, ...")
    ] = None,
    available: Annotated[
        bool, typer.Option("--available", help="Met within an hour, or answered within a day.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Find points of contact in the directory that this node uses."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        view = await desk.directory.search(
            " ".join(words or ()),
            country=country,
            function=function,
            article=article,
            language=language,
            available=available,
        )
        terminal.document([item.model_dump(mode="json") for item in view.items])
        now_ms = SystemClock().now_ms()
        terminal.table(HEADS, [point_row(item, now_ms) for item in view.items])
        if not view.items:
            terminal.note("no point of contact fits: leave something out")
        elif any(item.articles is None for item in view.items):
            terminal.note("articles ?: the Party has not stated what it takes")
        return 0

    return at_desk(home, work)


def point_row(item: PointItem, now_ms: int) -> list[str]:
    """Return one row of the table, in the order of `HEADS`.

    Args:
        item: A point of contact.
        now_ms: The present time.
    """
    node = item.node if item.active else f"{item.node} (no node)"
    return [
        node,
        foreign(item.party_name),
        foreign(item.name),
        "?" if item.articles is None else " ".join(each.replace(" ", "") for each in item.articles),
        " ".join(item.languages),
        foreign(item.hours),
        in_words(item.last_contact, now_ms).replace(" late", " ago"),
        in_words(item.last_answer, now_ms).replace(" late", " ago"),
    ]
