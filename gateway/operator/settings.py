"""Commands that look a home over: config show, config check, doctor, keys list."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.config import NodeConfig
from gateway.home import Home
from gateway.operator.doctor import (
    SILENT,
    Check,
    ask_node,
    check_ports,
    check_settings,
    examine,
)
from gateway.operator.keylist import describe_keys
from gateway.operator.newkeys import wait_app
from gateway.operator.options import CredentialOption, PassphraseOption, secret_source
from gateway.operator.revocation import tell_app
from gateway.operator.start import configured_file, load_home, unlock
from gateway.operator.turnkeys import turn_app
from gateway.operator.witness import new_witness
from gateway.service.fingerprint import digit_groups
from gateway.storage.connection import StoreLock
from gateway.terminal import HomeOption, JsonOption, Terminal

NOT_WELL: Final = 78

config_app = typer.Typer(no_args_is_help=True, help="Show and check the settings.")
doctor_app = typer.Typer()
keys_app = typer.Typer(no_args_is_help=True, help="The node's keys.")
keys_app.add_typer(turn_app)
keys_app.add_typer(wait_app)
keys_app.add_typer(tell_app)

FileOption: TypeAlias = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Instead of DIR/node.toml.")
]


@config_app.command("show", epilog="Example: a35 config show --home /var/lib/a35 --json")
def config_show(*, home: HomeOption, config: FileOption = None, json: JsonOption = False) -> int:
    """Show every setting and where it comes from."""
    terminal = Terminal(json=json)
    loaded = load_home(Home(home), file=config, environ=os.environ)
    values = {key: _value(loaded.config, key) for key in loaded.origins}
    terminal.document(
        {key: {"value": values[key], "origin": origin} for key, origin in loaded.origins.items()}
    )
    rows = [[key, _text(values[key]), origin] for key, origin in loaded.origins.items()]
    terminal.table(("Setting", "Value", "Origin"), rows)
    return 0


@config_app.command("check", epilog="Example: a35 config check --home /var/lib/a35")
def config_check(*, home: HomeOption, config: FileOption = None, json: JsonOption = False) -> int:
    """Check the settings before anything starts: 0 if they can be used, 78 if not."""
    check, _config = check_settings(Home(home), file=config, environ=os.environ)
    return _report([check], Terminal(json=json))


@doctor_app.command(epilog="Example: a35 doctor --home /var/lib/a35")
def doctor(*, home: HomeOption, config: FileOption = None, json: JsonOption = False) -> int:
    """Look for what keeps the node from working, and say how to mend it."""
    place = Home(home)
    checks = [*examine(place, file=config, environ=os.environ), *ask_node(place)]
    _check, found = check_settings(place, file=config, environ=os.environ)
    if found is not None and checks[-1].detail == SILENT:
        checks.extend(check_ports(found))
    return _report(checks, Terminal(json=json))


@keys_app.callback()
def keys() -> None:
    """The node's keys."""


@keys_app.command("list", epilog="Example: a35 keys list --home /var/lib/a35 --json")
def keys_list(
    *,
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """List what each key is for, since when and until when."""
    terminal = Terminal(json=json)
    place = Home(home)
    config = load_home(place, file=None, environ=os.environ).config
    source = secret_source(passphrase_file, credential_file)
    lines = describe_keys(unlock(place, source.secret(configured=configured_file(place, config))))
    terminal.document(
        [
            {
                "kind": line.kind,
                "use": line.use,
                "since": _utc(line.since_ms),
                "until": _utc(line.until_ms),
                "fingerprint": line.fingerprint,
            }
            for line in lines
        ]
    )
    rows = [[line.kind, line.use, _utc(line.until_ms) or "-", line.fingerprint] for line in lines]
    terminal.table(("Kind", "Use", "Until", "Fingerprint"), rows)
    return 0


@keys_app.command("witness", epilog="Example: a35 keys witness --home /var/lib/a35")
def keys_witness(
    *,
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Make a new witness key, for a stopped node that has none or was restored."""
    terminal = Terminal(json=json)
    place = Home(home)
    config = load_home(place, file=None, environ=os.environ).config
    source = secret_source(passphrase_file, credential_file)
    secret = source.secret(configured=configured_file(place, config))
    lock = StoreLock(place.lock)
    lock.take()
    try:
        made = new_witness(place, config, secret, clock=SystemClock())
    finally:
        lock.drop()
    digest = made.fingerprints["witness"]
    terminal.document(
        {
            "key": made.key,
            "file": str(made.request),
            "fingerprint": digest,
            "spoken": digit_groups(digest),
        }
    )
    terminal.say(f"{made.key}\n  {digest}\n  {digit_groups(digest)}")
    terminal.note("next: it counts once the directory lists it")
    terminal.note(f"  1. send {made.request.name} to the authority, for: a35 directory admit")
    terminal.note("  2. compare the fingerprint by telephone")
    terminal.note("  3. start the node")
    return 0


def _report(checks: Sequence[Check], terminal: Terminal) -> int:
    is_well = all(check.ok for check in checks)
    terminal.document(
        {
            "ok": is_well,
            "checks": [
                {"name": each.name, "ok": each.ok, "detail": each.detail, "fix": each.fix}
                for each in checks
            ],
        }
    )
    for each in checks:
        terminal.say(f"{'ok ' if each.ok else 'BAD'}  {each.name}: {each.detail}")
        if each.fix and not each.ok:
            terminal.say(f"     {each.fix}")
    return 0 if is_well else NOT_WELL


def _value(config: NodeConfig, key: str) -> object:
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    if key == "timestamp":
        return [f"{each.name} ({each.url})" for each in config.timestamp]
    if key == "webhook":
        return [f"{each.url} ({', '.join(each.kinds)})" for each in config.webhook]
    return value


def _utc(at_ms: int | None) -> str | None:
    """Return a time as RFC 3339."""
    if at_ms is None:
        return None
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case tuple() | list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
