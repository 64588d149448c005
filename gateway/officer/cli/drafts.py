"""The commands for drafts: drafts list, new, upload, show, submit, approve, return, send, rm."""

import asyncio
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.officer.cli.output import foreign, lines_of, local_time, seconds_of
from gateway.officer.cli.papers import document_in
from gateway.officer.cli.session import at_desk, page_at
from gateway.officer.cli.transfer import give
from gateway.officer.client import Client
from gateway.officer.drafts import attachment_paths, unfinished
from gateway.officer.shapes.drafts import DraftItem, DraftView
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer(no_args_is_help=True, help="Documents that are not sent yet.")

DraftArgument: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The draft.")]


@app.command("list", epilog="Example: a35 drafts list")
def list_all(*, home: HomeOption, json: JsonOption = False) -> int:
    """List the drafts: state, author, and who must act."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        found = await desk.drafts.all()
        terminal.document(found.model_dump(mode="json")["items"])
        heads = ("ID", "STATE", "AUTHOR", "TYPE", "TO", "REFERENCE", "SAVED", "WAITS FOR")
        terminal.table(heads, [_row(one) for one in found.items])
        return 0

    return at_desk(home, work)


@app.command("new", epilog="Example: a35 drafts new art29.json --submit")
def new(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A document, as `a35 check` reads it.")
    ],
    *,
    home: HomeOption,
    submit: Annotated[bool, typer.Option("--submit", help="Freeze it for approval.")] = False,
    json: JsonOption = False,
) -> int:
    """Make a draft of a document, with its attachments; print its id first.

    Ctrl-C pauses while attachments go up; the same command again goes on.
    """
    terminal = Terminal(json=json)
    document = document_in(file)

    async def work(desk: Client) -> int:
        names = attachment_paths(document)
        begun = await unfinished(desk.drafts, document) if names else None
        draft = begun or await desk.drafts.new(document)
        terminal.note(f"draft {draft.id}" + (" goes on" if begun else ""))
        for name in names:
            digest = await give(desk, draft.id, (name, file.parent / name), terminal)
            terminal.say(f"{foreign(name)}: sha256 {digest}")
        shown = await (desk.drafts.submit if submit else desk.drafts.show)(draft.id)
        return _shown(shown, terminal)

    return at_desk(home, work)


@app.command("upload", epilog="Example: a35 drafts upload 9f2c0a41d27e4b5a8c6612f09be4a7d1 o.pdf")
def upload(
    draft: DraftArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file.")],
    *,
    home: HomeOption,
    name: Annotated[
        str | None, typer.Option("--name", help="As the document names it; else found by its end.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Give a draft a file, or go on where an upload stopped; Ctrl-C pauses."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        shown = await desk.drafts.show(draft)
        named = name or _named(shown, file)
        digest = await give(desk, shown.id, (named, file), terminal)
        size = (await asyncio.to_thread(file.stat)).st_size
        terminal.document({"id": shown.id, "name": named, "size_bytes": size, "sha256": digest})
        terminal.say(f"{foreign(named)}: sha256 {digest}")
        return 0

    return at_desk(home, work)


@app.command("show", epilog="Example: a35 drafts show 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def show(draft: DraftArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Show a draft: where it stands, its files, its text."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        shown = await desk.drafts.show(draft)
        _shown(shown, terminal)
        for each in shown.files:
            parts = f"{each.held} of {each.parts} parts"
            done = f"complete, sha256 {each.sha256}" if each.sha256 else parts
            terminal.say(f"file {each.n}  {foreign(each.name)}  {each.size_bytes} B  {done}")
        for line in lines_of(shown.document):
            terminal.say(line)
        return 0

    return at_desk(home, work)


@app.command("submit", epilog="Example: a35 drafts submit 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def submit_one(draft: DraftArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Freeze a draft for 24 hours: these bytes are approved and sent, no others."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        return _shown(await desk.drafts.submit(draft), terminal)

    return at_desk(home, work)


@app.command("approve", epilog="Example: a35 drafts approve 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def approve(
    draft: DraftArgument,
    *,
    home: HomeOption,
    timeout: Annotated[
        str, typer.Option("--timeout", help="How long to wait: 45s, 30m, 2h, 1d.")
    ] = "10m",
    json: JsonOption = False,
) -> int:
    """Print the page on which an approver approves a draft, and wait until it is."""
    terminal = Terminal(json=json)
    limit_s = seconds_of(timeout)
    page = page_at(home, f"/approve/{draft}")

    async def work(desk: Client) -> int:
        shown = await desk.drafts.show(draft)
        if shown.state != "submitted" and not shown.pending:
            return _shown(shown, terminal)
        terminal.note(f"approve it on the page: {page}")
        return _shown(await desk.approved(draft, timeout_s=limit_s), terminal)

    return at_desk(home, work)


@app.command(
    "return", epilog='Example: a35 drafts return 9f2c0a41d27e4b5a8c66 --comment "Which port?"'
)
def give_back(
    draft: DraftArgument,
    *,
    home: HomeOption,
    comment: Annotated[str, typer.Option("--comment", help="What is to be changed.")],
    json: JsonOption = False,
) -> int:
    """Return a submitted draft to its author."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        return _shown(await desk.drafts.give_back(draft, comment), terminal)

    return at_desk(home, work)


@app.command("send", epilog="Example: a35 drafts send 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def send(
    draft: DraftArgument,
    *,
    home: HomeOption,
    override: Annotated[
        str | None,
        typer.Option(
            "--override", metavar="REASON", help="An emergency goes without a second person."
        ),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Send a submitted draft, approved where that is needed; ends with 77 if it is not."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        if override is None:
            sent = await desk.drafts.send(draft)
        else:
            sent = await desk.drafts.override(draft, override)
        terminal.document({"mid": sent.mid, "thread": sent.thread, "state": sent.state})
        terminal.say(f"{sent.mid} {sent.state}, thread {sent.thread}")
        return 0

    return at_desk(home, work)


@app.command("rm", epilog="Example: a35 drafts rm 9f2c0a41d27e4b5a8c6612f09be4a7d1")
def remove(draft: DraftArgument, *, home: HomeOption, json: JsonOption = False) -> int:
    """Forget a draft that was not sent, with its files."""
    terminal = Terminal(json=json)

    async def work(desk: Client) -> int:
        await desk.drafts.remove(draft)
        terminal.document({"id": draft, "state": "removed"})
        terminal.say(f"{draft} is gone")
        return 0

    return at_desk(home, work)


def _shown(draft: DraftView, terminal: Terminal) -> int:
    terminal.document(draft.model_dump(mode="json"))
    terminal.say(f"{draft.id} {draft.state}, by {draft.author}; waits for {_waits_for(draft)}")
    for approval in draft.approvals:
        terminal.say(f"approved by {approval.who} at {approval.at} by {approval.kind}")
    if draft.commented_by and draft.state == "returned":
        terminal.say(f"{draft.commented_by}: {foreign(draft.comment)}")
    return 0


def _named(draft: DraftView, file: Path) -> str:
    """Return the path by which a draft's document names a file; else the file's own name."""
    names = [name for name in attachment_paths(draft.document) if Path(name).name == file.name]
    return names[0] if len(names) == 1 else file.name


def _row(draft: DraftItem) -> list[str]:
    return [
        draft.id,
        draft.state,
        draft.author,
        foreign(draft.type),
        foreign(draft.to),
        foreign(draft.title),
        local_time(draft.saved),
        _waits_for(draft),
    ]


def _waits_for(draft: DraftItem) -> str:
    """Say who must act next."""
    if draft.pending:
        return "a second person to confirm"
    match draft.state:
        case "submitted" if draft.needs > len(draft.approvals):
            return "an approver"
        case "submitted" | "approved":
            return "an officer to send it"
        case "sent":
            return "nobody"
        case _:
            return "its author"
