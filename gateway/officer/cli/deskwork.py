"""Commands beside single messages: search, statistics, export."""

from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal, TypeAlias

import typer

from gateway.errors import UsageError
from gateway.officer.cli.output import foreign
from gateway.officer.cli.saving import fetch_to, must_be_free
from gateway.officer.cli.session import at_desk, mid_text
from gateway.officer.client import Client
from gateway.officer.shapes.exports import ExportRequest
from gateway.officer.shapes.models import Box
from gateway.officer.shapes.searching import SearchFilters, SearchRequest
from gateway.officer.shapes.statistics import StatisticsItem
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer()

By: TypeAlias = Literal["article", "type", "party"]
Format: TypeAlias = Literal["csv", "json"]
HIT_HEADS: Final = ("Message", "Case", "From", "Where", "Text")
COUNT_HEADS: Final = (
    "",
    "Sent",
    "Received",
    "Acknowledged p50",
    "p90",
    "Answered p50",
    "p90",
    "Overdue",
    "Refused",
    "Lapsed",
)
_MINUTE_MS: Final = 60_000
_HOUR_MIN: Final = 60
_DAY_MIN: Final = 24 * 60


@app.command(epilog="Example: a35 search order.pdf --party FR")
def search(
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="Words that all occur.")],
    *,
    home: HomeOption,
    box: Annotated[Box | None, typer.Option("--box", help="Received or sent alone.")] = None,
    party: Annotated[
        str | None, typer.Option("--party", metavar="CC", help="Of this Party or node alone.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Of this type alone.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="At most so many.")] = 50,
    json: JsonOption = False,
) -> int:
    """Find words of what this desk sent and opened; attachments are found by their names."""
    terminal = Terminal(json=json)
    asked = _asked(" ".join(words), _filters(box, party, kind), limit=limit)
    found = at_desk(home, lambda desk: desk.work.search(asked)).items
    terminal.document([item.model_dump(mode="json") for item in found])
    terminal.table(
        HIT_HEADS,
        [
            (
                hit.mid,
                hit.thread or "-",
                hit.sender,
                hit.where,
                foreign(hit.snippet.replace("\n", " ")),
            )
            for hit in found
        ],
    )
    if not found:
        terminal.note("nothing that was sent or opened has all these words")
    return 0


def _asked(words: str, filters: SearchFilters, *, limit: int) -> SearchRequest:
    """Return what is searched for.

    Raises:
        UsageError: No word, or too many.
    """
    try:
        return SearchRequest(q=words, filters=filters, limit=limit)
    except ValueError as error:
        raise UsageError("search for 1 to 200 characters") from error


def _filters(box: Box | None, party: str | None, kind: str | None) -> SearchFilters:
    """Return what is left out.

    Raises:
        UsageError: Not a Party or a type.
    """
    try:
        return SearchFilters(box=box, party=party, type=kind)
    except ValueError as error:
        raise UsageError(
            "a Party has two capital letters, a node CC/n, a type as in: a35 schema list"
        ) from error


@app.command(epilog="Example: a35 statistics --from 2026-01-01 --to 2027-01-01 --by party")
def statistics(
    *,
    home: HomeOption,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, or a time.")
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The day, or time, after it.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="What rows are told apart by.")] = "article",
    json: JsonOption = False,
) -> int:
    """Count requests: how many, how fast, how many late, why refused; of 30 days."""
    terminal = Terminal(json=json)
    view = at_desk(home, lambda desk: desk.work.statistics(begins=begins, ends=ends, by=by))
    terminal.document(view.model_dump(mode="json"))
    terminal.table(COUNT_HEADS, [_cells(item) for item in (*view.items, view.total)])
    for ground, count in view.grounds.items():
        terminal.say(f"refused by {foreign(ground)}: {count}")
    return 0


@app.command(epilog="Example: a35 export --from 2026-11-01 --to 2026-12-01 --format csv -o nov.csv")
def export(
    *,
    home: HomeOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    thread: Annotated[str | None, typer.Option("--thread", metavar="ID", help="One case.")] = None,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, or a time.")
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The day, or time, after it.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="A table, or nothing lost.")] = "csv",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="You know of conditions on what is exported.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> int:
    """Write messages into a file; it is an act in the log, and says who took what."""
    terminal = Terminal(json=json)
    must_be_free(output, force=force)
    asked = ExportRequest(
        format=form,
        thread=None if thread is None else mid_text(thread),
        begins=begins,
        ends=ends,
        confirm=confirm,
    )

    async def get(desk: Client, target: BinaryIO) -> tuple[int, int]:
        return await desk.work.export(asked, target)

    size, leaf = fetch_to(home, output, get)
    terminal.document({"file": str(output), "size_bytes": size, "leaf": leaf})
    terminal.say(f"{output}: {size} bytes")
    terminal.note(f"this is an act: leaf {leaf} of the log")
    return 0


def _cells(item: StatisticsItem) -> list[str]:
    return [
        foreign(item.key),
        str(item.sent),
        str(item.received),
        *(
            _span(each)
            for each in (
                item.acknowledge_p50_ms,
                item.acknowledge_p90_ms,
                item.answer_p50_ms,
                item.answer_p90_ms,
            )
        ),
        str(item.overdue),
        str(item.refused),
        str(item.lapsed),
    ]


def _span(ms: int | None) -> str:
    if ms is None:
        return "-"
    minutes = ms // _MINUTE_MS
    if minutes < _HOUR_MIN:
        return f"{minutes} min"
    if minutes < _DAY_MIN:
        return f"{minutes // _HOUR_MIN} h {minutes % _HOUR_MIN} min"
    return f"{minutes // _DAY_MIN} d {minutes % _DAY_MIN // _HOUR_MIN} h"
