"""One command line over everything: `a35 COMMAND`, with one rule for errors and exit codes.

A command's module is imported when the command is called, and only then: `a35 --help` and
`a35 check` start without the network and without any cryptography. Exit codes are those of
sysexits; with `--json` an error is one JSON document on standard output.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from os import environ
from pathlib import PurePath
from traceback import extract_tb
from typing import Annotated, Any, Final, Protocol, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group
from typing_extensions import override

from gateway.errors import GatewayError
from gateway.operator.launch import Launcher
from gateway.terminal import DESK_VARIABLE, HOME_VARIABLE, TOKEN_VARIABLE, Terminal
from protocol.errors import LocalProtocolError, ProtocolError

USAGE: Final = 64
DATA: Final = 65
BUG: Final = 70
IO: Final = 74
PROOF: Final = 76
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is found.

    Args:
        line: What it does, for the list of commands.
        module: The module that holds it.
        app: The name of the typer application there.
        is_group: Whether the application as a whole is the command, with commands below it.
        more: A module with further commands of a group.
    """

    line: str
    module: str
    app: str = "app"
    is_group: bool = False
    more: str | None = None


def _group(line: str, module: str, app: str = "app", more: str | None = None) -> Entry:
    return Entry(line, module, app, is_group=True, more=more)


_CLI: Final = "gateway.officer.cli."
_OPERATOR: Final = "gateway.operator."

COMMANDS: Final[dict[str, Entry]] = {
    "demo": Entry("Run three nodes and a directory on this machine.", "gateway.demo.command"),
    "simulate": Entry(
        "Simulate networks with faults, and check what must hold.", "gateway.simulator.command"
    ),
    "init": Entry("Create a node: its keys, its store, its settings.", f"{_OPERATOR}command"),
    "join": _group("Ask to be listed in the directory.", f"{_OPERATOR}command", "join_app"),
    "run": Entry("Run the node.", f"{_OPERATOR}command"),
    "config": _group("Show and check the settings.", f"{_OPERATOR}settings", "config_app"),
    "doctor": Entry(
        "Look for what keeps a node from working.", f"{_OPERATOR}settings", "doctor_app"
    ),
    "backup": _group(
        "Make a sealed copy of a node, or check one.", f"{_OPERATOR}backup", "backup_app"
    ),
    "restore": Entry("Put a sealed copy into an empty home.", f"{_OPERATOR}backup", "restore_app"),
    "keys": _group("List, replace or revoke the node's keys.", f"{_OPERATOR}settings", "keys_app"),
    "directory": _group(
        "The directory authority's tools; find points of contact.",
        f"{_OPERATOR}authority",
        "directory_app",
        f"{_CLI}finding",
    ),
    "check": Entry("Check a document by every rule, offline.", f"{_CLI}papers"),
    "schema": _group("Show message types and their forms.", f"{_CLI}papers", "schema_app"),
    "send": Entry("Send a document.", f"{_CLI}sending"),
    "drafts": _group("Write, submit, approve and send drafts.", f"{_CLI}drafts"),
    "inbox": Entry("List received messages.", f"{_CLI}reading"),
    "outbox": Entry("List sent messages.", f"{_CLI}reading"),
    "show": Entry("Show one message with its clocks and timeline.", f"{_CLI}reading"),
    "thread": Entry("List the messages of a thread.", f"{_CLI}reading"),
    "search": Entry("Find words of what was sent and opened.", f"{_CLI}deskwork"),
    "statistics": Entry("Count requests: how many, how fast, how late.", f"{_CLI}deskwork"),
    "export": Entry("Write messages into a table or JSON.", f"{_CLI}deskwork"),
    "open": Entry("Open a received message.", f"{_CLI}acting"),
    "ack": Entry("Acknowledge a received message.", f"{_CLI}acting"),
    "cancel": Entry("Take back a sent message.", f"{_CLI}acting"),
    "answer": Entry("Answer a received message with a document.", f"{_CLI}sending"),
    "wait": Entry("Wait until a message reaches a stage.", f"{_CLI}sending"),
    "login": Entry("Let commands act as a person of the desk.", f"{_CLI}login"),
    "whoami": Entry("Show who acts, and as what.", f"{_CLI}login"),
    "logout": Entry("Revoke the token of this home.", f"{_CLI}login"),
    "user": _group("Add, list and lock people of the desk.", f"{_CLI}users"),
    "hold": Entry("Keep a case from being erased, or release it.", f"{_CLI}hold"),
    "refer": Entry("Hand a request over inside the Party.", f"{_CLI}refer"),
    "explain": Entry("Tell why a message is where it is.", f"{_CLI}reading"),
    "recover": Entry(
        "Show whether the log may be signed; go on after a loss.", f"{_OPERATOR}recovering"
    ),
    "peers": _group("List the other nodes as this one sees them.", f"{_CLI}reading", "peers_app"),
    "ping": Entry("Ask whether nodes and people are there; answer who asks.", f"{_CLI}ping"),
    "attachment": _group("Fetch attachments.", f"{_CLI}attachment", "app"),
    "log": _group("Look into the node's own log.", f"{_CLI}logbook", "app"),
    "evidence": _group("Export evidence of a message.", f"{_CLI}evidence", "app"),
    "verify": Entry("Verify evidence, without a node or a network.", f"{_CLI}verify"),
    "webhook": _group("Try the programs that are told of events.", f"{_CLI}hooks"),
}
"""Every command, in the order of the list that `a35 --help` prints."""


class Formatter(Protocol):
    """What the list of commands is written with."""

    def section(self, name: str) -> AbstractContextManager[None]:
        """Begin a part with a heading."""

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write names with what they mean."""


class CommandTable(TyperGroup):
    """The commands of the table, each loaded when it is called."""

    @override
    def list_commands(self, ctx: object) -> list[str]:
        """Return every name, in order."""
        return list(COMMANDS)

    @override
    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Load one command; None if there is none of this name."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else load(cmd_name, entry)

    @override
    def format_commands(self, ctx: object, formatter: Formatter) -> None:
        """Write the list without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


app = typer.Typer(
    cls=CommandTable,
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(value: bool) -> None:  # noqa: FBT001  typer gives it by position
    """Print the version and end.

    Raises:
        typer.Exit: The version was asked for.
    """
    if value:
        # Loaded here: it costs 20 ms that no other command needs.
        from importlib.metadata import version as installed  # noqa: PLC0415

        Terminal(json=False).say(installed("a35-gateway"))
        raise typer.Exit


@app.callback(epilog="Each command explains itself: a35 COMMAND --help")
def a35(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, help="Print the version and end.", is_eager=True
        ),
    ] = False,
    desk: Annotated[
        str | None,
        typer.Option("--desk", metavar="URL", help="Speak to the desk at this address."),
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option("--token-file", metavar="FILE", help="Act as whoever this token names."),
    ] = None,
) -> None:
    """Secure point-to-point messaging between the 24/7 contact points of the network."""
    if desk is not None:
        environ[DESK_VARIABLE] = desk
        environ.setdefault(HOME_VARIABLE, ".")  # no home is needed then
    if token_file is not None:
        environ[TOKEN_VARIABLE] = token_file


def load(name: str, entry: Entry) -> TyperCommand | TyperGroup:
    """Import one command.

    Args:
        name: As on the command line.
        entry: Where it is.
    """
    found: typer.Typer = getattr(import_module(entry.module), entry.app)
    found.rich_markup_mode = None
    group = get_group(found)
    if entry.is_group:
        group.name = name
        if entry.more is not None:
            added: typer.Typer = import_module(entry.more).app
            added.rich_markup_mode = None
            group.commands.update(get_group(added).commands)
        for each in (group, *group.commands.values()):
            _for_people(cast("TyperCommand", each))
        return group
    command = cast("TyperCommand", group.commands[name])
    _for_people(command)
    return command


def _for_people(command: TyperCommand | TyperGroup) -> None:
    """Leave out of a help what its function says to programmers."""
    if command.help is not None:
        command.help = command.help.partition("\n\nRaises:")[0]


def command_line(argv: Sequence[str] | None = None, *, run: Callable[[Any], int]) -> int:
    """Run one command.

    Args:
        argv: What stood behind `a35`; the process's own arguments unless given.
        run: Starts a node from gateway.operator.start.RunOptions and returns when it has ended.

    Returns:
        The exit code of the process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    terminal = Terminal(json="--json" in arguments)
    try:
        with _own_choices():
            outcome = get_command(app).main(
                args=arguments, prog_name="a35", standalone_mode=False, obj=Launcher(run)
            )
    except typer.TyperException as error:
        return _fail(
            terminal, Failure(USAGE, "usage", error.format_message(), _usage_hint(arguments))
        )
    except Exception as error:  # noqa: BLE001  the outermost loop of a command
        return _fail(terminal, _failure(error))
    return outcome if isinstance(outcome, int) else 0


@contextmanager
def _own_choices() -> Iterator[None]:
    """Let what a command line chose go with it: `--desk` and `--token-file` are told that way."""
    names = (DESK_VARIABLE, TOKEN_VARIABLE, HOME_VARIABLE)
    before = {name: environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value


@dataclass(frozen=True, slots=True)
class Failure:
    """How a command ended badly.

    Args:
        exit_code: The sysexits value.
        code: A stable word.
        message: What happened.
        hint: What to do now; may be empty.
        faults: Faults of a document: path, code, message.
    """

    exit_code: int
    code: str
    message: str
    hint: str = ""
    faults: tuple[tuple[str, str, str], ...] = ()


def _failure(error: Exception) -> Failure:
    """Say how a command ended by an error; one of no family of ours is a bug."""
    match error:
        case GatewayError():
            return Failure(error.exit_code, error.code, str(error), error.hint, _faults(error))
        case LocalProtocolError():
            return Failure(DATA, "not_allowed", str(error))
        case ProtocolError():
            return Failure(PROOF, "proof", str(error))
        case OSError():
            return Failure(IO, "io", f"the system refused: {error.strerror or 'input or output'}")
        case typer.Abort():
            return Failure(INTERRUPTED, "interrupted", "the command was interrupted")
        case _:
            frame = extract_tb(error.__traceback__)[-1]
            where = f"{PurePath(frame.filename).name}:{frame.lineno}"
            hint = "report it: nothing that you did is at fault"
            return Failure(BUG, "bug", f"{type(error).__name__} at {where}", hint)


def _faults(error: GatewayError) -> tuple[tuple[str, str, str], ...]:
    """Return the faults that an error carries; RefusedError of the officers' side does."""
    faults = getattr(error, "faults", ())
    return tuple((each.path, each.code, each.message) for each in faults)


def _usage_hint(arguments: Sequence[str]) -> str:
    """Name the command that was meant, or where its options are explained."""
    name = next((each for each in arguments if not each.startswith("-")), "")
    if not name or name in COMMANDS:
        return f"see: a35 {name} --help".replace("  ", " ")
    near = get_close_matches(name, COMMANDS, n=1)
    return f"the nearest command is: a35 {near[0]}" if near else "see: a35 --help"


def _fail(terminal: Terminal, failure: Failure) -> int:
    shown: dict[str, object] = {
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
    }
    if failure.faults:
        shown["errors"] = [
            {"path": path, "code": code, "message": message}
            for path, code, message in failure.faults
        ]
    terminal.document({"error": shown})
    terminal.note(f"a35: {failure.message}")
    for path, code, message in failure.faults:
        terminal.note(f"  {path or 'document'}: {message} ({code})")
    if failure.hint:
        terminal.note(f"  {failure.hint}")
    return failure.exit_code
