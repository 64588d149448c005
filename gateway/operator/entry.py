"""`a35 directory ...`: a Party's own entry: taken out to edit, checked, drawn up for its holders.

Does: the entry as text to edit, its validation by every rule, what changes, and the sheet that two
people of the Party sign; the state of a node in the draft. Leaves signing to
gateway.operator.ceremony. Nothing here needs the authority: the signed sheet is sent to it as a
file, and its online key takes it into the next snapshot as it is.

Source: docs/wire-format.md, rules 28 and 29; docs/directory-ceremony.md, section 4.
"""

from pathlib import Path
from typing import Annotated

import typer

from gateway.directory.describing import difference, pretty
from gateway.directory.draft import Drafts
from gateway.directory.drawing import draw_party, with_sheets
from gateway.directory.files import write_whole
from gateway.directory.repository import Repository
from gateway.errors import DataError, NoInputError, UsageError
from gateway.operator.ceremony import (
    AfterOption,
    SheetOption,
    YesOption,
    confirm,
    read_sheet,
    refuse_existing,
    write_drawn,
)
from gateway.operator.keyholding import OutOption, now_ms, read_named
from gateway.terminal import JsonOption, Terminal
from protocol.directory import NodeState, PartyEntry, encode_entry, parse_entry
from protocol.errors import MalformedError
from protocol.identifiers import NodeId
from protocol.limits import MAX_ENTRY_BYTES

entry_app = typer.Typer()

_ROOM = 4
"""An entry that people edit has blanks and line feeds besides what is signed."""


@entry_app.command("entry", epilog="Example: a35 directory entry RO --out pub --to ro.json")
def entry_command(
    country: Annotated[str, typer.Argument(help="The Party's code.", metavar="CC")],
    out: OutOption,
    to: Annotated[Path, typer.Option("--to", help="The file to edit.", metavar="FILE")],
    *,
    json: JsonOption = False,
) -> None:
    """Take a Party's entry out to edit: the draft, or what is published."""
    terminal = Terminal(json=json)
    refuse_existing(to)
    write_whole(to, pretty(_current(out, country)).encode())
    terminal.document({"party": country, "file": str(to)})
    terminal.say(f"{to}: edit it, then: a35 directory draw-party {to}")


@entry_app.command(
    "draw-party", epilog="Example: a35 directory draw-party ro.json --out pub --sheet ro.sheet"
)
def draw_party_command(
    file: Annotated[Path, typer.Argument(help="The edited entry.", metavar="FILE")],
    out: OutOption,
    sheet: SheetOption,
    *,
    after: AfterOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Check a Party's entry, show what changes, and draw up its sheet.

    The Party's holders sign the sheet, each on a medium of their own; then it goes to the
    authority as a file.
    """
    entry = read_entry(file)
    state = with_sheets(Repository(out), [read_sheet(path) for path in after or ()])
    drawn = draw_party(state, entry, now_ms=now_ms())
    terminal = Terminal(json=json)
    if not yes:
        for line in difference(state.entry(entry.party), encode_entry(entry)):
            terminal.say(line)
    confirm("Is this what shall change? Type yes: ", yes=yes)
    write_drawn(terminal, drawn, sheet, state)


@entry_app.command("state", epilog="Example: a35 directory state RO/1 suspended --out pub")
def state_command(
    node: Annotated[str, typer.Argument(help="The node.", metavar="CC/n")],
    state: Annotated[str, typer.Argument(help="active, candidate, suspended or removed.")],
    out: OutOption,
    *,
    json: JsonOption = False,
) -> None:
    """Suspend, remove or bring back a node, in its Party's draft.

    Counts when the Party has signed the draft and it was published.
    """
    terminal = Terminal(json=json)
    country = _set_state(out, node, state)
    terminal.document({"node": node, "state": state})
    terminal.say(f"{node} is {state} in the draft of {country}; it counts when that is signed")


def _set_state(out: Path, node: str, state: str) -> str:
    """Change a node's state in the draft of its Party, and return the Party.

    Raises:
        UsageError: No node's name, or no state.
        NoInputError: The node is not listed.
    """
    try:
        wanted = None if state == "removed" else NodeState(state)
        country = NodeId.parse(node).country
    except (MalformedError, ValueError) as error:
        raise UsageError(
            "a node is CC/n, its state active, candidate, suspended or removed"
        ) from error
    entry = parse_entry(_current(out, country))
    if all(each.id != node for each in entry.nodes):
        raise NoInputError(f"{node} is not listed")
    nodes = tuple(
        each if each.id != node or wanted is None else each.model_copy(update={"state": wanted})
        for each in entry.nodes
        if each.id != node or wanted is not None
    )
    Drafts(out).save(entry.model_copy(update={"nodes": nodes}))
    return country


def read_entry(path: Path) -> PartyEntry:
    """Read an entry that people edited.

    Raises:
        DataError: It is refused; the text names the place.
    """
    data = read_named(path, _ROOM * MAX_ENTRY_BYTES)
    try:
        entry = parse_entry(data)
        return parse_entry(encode_entry(entry))  # within its limit as it will be signed
    except MalformedError as error:
        raise DataError(f"the entry is refused: {error}", hint=f"mend {path}") from error


def _current(out: Path, country: str) -> bytes:
    """Return the draft of a Party, else its published entry.

    Raises:
        NoInputError: It has neither.
    """
    draft = Drafts(out).load(country)
    if draft is not None:
        return encode_entry(draft)
    published = Repository(out).entry(country)
    if published is None:
        raise NoInputError(f"{country} has no entry yet", hint="admit its first node")
    return published
