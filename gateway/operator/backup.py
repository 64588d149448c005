"""Commands for copies of a node: backup, backup check, restore.

A running node is asked through its control socket and makes the copy itself, since no second
process may open its database. For one that does not run this process takes the node's lock.
"""

import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from json import dumps, loads
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Annotated, Any, Final, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.errors import ConfigError, GatewayError, StorageError, UnavailableError, UsageError
from gateway.home import Home
from gateway.operator.options import CredentialOption, PassphraseOption, secret_source
from gateway.operator.restore import Restored
from gateway.operator.restore import check as check_backup
from gateway.operator.restore import restore as restore_backup
from gateway.operator.start import SecretSource, configured_file, load_home, unlock
from gateway.storage.backup import BackupReport, Progress, make_backup
from gateway.storage.connection import StoreLock
from gateway.terminal import HOME_VARIABLE, HomeOption, JsonOption, Terminal

_CLOCK: Final = SystemClock()
_MEBIBYTE: Final = 1024 * 1024
_MAX_LINE_BYTES: Final = 64 * 1024
_STALLED_S: Final = 600.0
"""A node that says nothing for so long while it copies has stopped."""

backup_app = typer.Typer(invoke_without_command=True)
restore_app = typer.Typer()

Step: TypeAlias = dict[str, Any]


@backup_app.callback(epilog="Example: a35 backup -o /media/safe/ro.a35b --home /var/lib/a35")
def backup(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Must not exist.")
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option("--home", envvar=HOME_VARIABLE, metavar="DIR", help="The node's folder."),
    ] = None,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Make a sealed backup of a node, running or not, and read it back.

    Raises:
        UsageError: An option is missing.
    """
    if context.invoked_subcommand is not None:
        return 0
    if output is None or home is None:
        raise UsageError("give -o FILE and --home DIR", hint="see: a35 backup --help")
    terminal = Terminal(json=json)
    place, target = Home(home), output.absolute()
    load_home(place, file=None, environ=os.environ)
    began_s = _CLOCK.monotonic_s()
    said = _asked(place, target, terminal)
    if said is None:
        source = secret_source(passphrase_file, credential_file)
        said = _told(_made(place, target, source, _bar(terminal)))
    terminal.progress("")
    said["seconds"] = round(_CLOCK.monotonic_s() - began_s, 1)
    terminal.document({"file": str(target), **said})
    terminal.say(
        f"{target.name}: {said['bytes'] / _MEBIBYTE:.1f} MiB, log of {said['size']} entries, "
        f"{said['attachments']} attachments, read back"
    )
    return 0


@backup_app.command(epilog="Example: a35 backup check /media/safe/ro.a35b")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    *,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Verify every byte of a backup and its log, and keep nothing."""
    terminal = Terminal(json=json)
    source = secret_source(passphrase_file, credential_file)
    found = check_backup(file, source.secret, progress=_bar(terminal))
    terminal.progress("")
    terminal.document(
        {"node": found.node, "made_ms": found.report.manifest.made_ms, **_both(found)}
    )
    terminal.say(f"good: {found.node}, log of {found.copy.head.size} entries")
    return 0


@restore_app.command(epilog="Example: a35 restore /media/safe/ro.a35b --home /var/lib/a35/home")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    *,
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Put a backup into an empty home; its node asks its peers before it signs again."""
    terminal = Terminal(json=json)
    place = Home(home)
    source = secret_source(passphrase_file, credential_file)
    found = restore_backup(
        file, place, source.secret, now_ms=_CLOCK.now_ms(), progress=_bar(terminal)
    )
    terminal.progress("")
    terminal.document({"node": found.node, "home": str(place.path), **_both(found)})
    terminal.say(f"{found.node} restored into {place.path}, log of {found.copy.head.size} entries")
    for line in _NEXT:
        terminal.note(line)
    return 0


_NEXT: Final = (
    "next:",
    "  1. make sure that no other copy of this node runs, here or elsewhere: two fork the log",
    "  2. is there a newer copy? then restore that one instead",
    "  3. a35 doctor, then a35 run: it accepts and signs when its peers agree with this log",
    "  4. if they hold more than this copy: a35 recover --help",
    "  5. a35 keys witness: a backup never holds the key that cosigns other nodes' logs",
)


def _made(home: Home, target: Path, source: SecretSource, progress: Progress) -> BackupReport:
    """Make the backup of a node that does not run."""
    config = load_home(home, file=None, environ=os.environ).config
    keys = unlock(home, source.secret(configured=configured_file(home, config)))
    lock = StoreLock(home.lock)
    lock.take()
    try:
        return make_backup(
            home,
            target,
            store_key=keys.store_key,
            since=None,
            now_ms=_CLOCK.now_ms(),
            progress=progress,
        )
    finally:
        lock.drop()


def _asked(home: Home, target: Path, terminal: Terminal) -> Step | None:
    """Have the running node make it; None if none answers.

    Raises:
        UnavailableError: It ended before it was done.
        GatewayError: The node could not.
    """
    with socket(AF_UNIX, SOCK_STREAM) as line:
        line.settimeout(_STALLED_S)
        try:
            line.connect(str(home.control))
        except OSError:
            return None
        connection = HTTPConnection("localhost")
        connection.sock = line
        try:
            return _followed(connection, target, _bar(terminal))
        except (OSError, ValueError, HTTPException) as error:
            raise UnavailableError(
                "the node ended before the backup was made",
                hint="see the node's journal, then try again",
            ) from error


def _followed(connection: HTTPConnection, target: Path, progress: Progress) -> Step:
    """Read the stream of a backup to its result.

    Raises:
        GatewayError: The node could not.
        ValueError: It answered otherwise.
    """
    body = dumps({"file": str(target)})
    connection.request(
        "POST", "/api/v1/backups", body=body, headers={"Content-Type": "application/json"}
    )
    with closing(connection.getresponse()) as response:
        while line := response.readline(_MAX_LINE_BYTES):
            step: Step = loads(line)
            problem = step if "status" in step else step.get("problem")
            if problem is not None:
                refused = _error(problem)
                raise refused
            if (result := step.get("result")) is not None:
                return dict(result)
            progress(*step["progress"])
    raise ValueError("no result")


def _error(problem: Step) -> GatewayError:
    """Return what the node met with, of its family as far as a backup knows it."""
    families: dict[str, type[GatewayError]] = {"configuration": ConfigError, "exists": ConfigError}
    family = families.get(problem["code"], StorageError)
    return family(problem["detail"], code=problem["code"], hint=problem["hint"])


def _told(report: BackupReport) -> Step:
    return {
        "bytes": report.file_bytes,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "attachments": report.attachments,
    }


def _both(found: Restored) -> Step:
    return _told(found.report) | {"leaves": found.copy.leaves, "schema": found.copy.schema}


def _bar(terminal: Terminal) -> Progress:
    def show(done: int, total: int) -> None:
        share = 100 if not total else min(100, 100 * done // total)
        terminal.progress(f"{'#' * (share // 4):25} {share:3} % of {total / _MEBIBYTE:.0f} MiB")

    return show
