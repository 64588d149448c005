"""The commands `a35 keys rotate` and `a35 keys revoke`, for a stopped node."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.home import Home
from gateway.operator.options import CredentialOption, PassphraseOption, secret_source
from gateway.operator.rotation import Kind, Rotated, rotate
from gateway.operator.start import configured_file, load_home
from gateway.service.fingerprint import digit_groups
from gateway.terminal import HomeOption, JsonOption, Terminal

turn_app = typer.Typer()

KindArgument: TypeAlias = Annotated[
    Kind, typer.Argument(metavar="KIND", help="log, tls or kem (the last-resort key).")
]


@turn_app.command("rotate", epilog="Example: a35 keys rotate tls --home /var/lib/a35")
def keys_rotate(
    kind: KindArgument,
    *,
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Make a new key in the place of one of a stopped node.

    The old one serves on until the directory has moved on; prekeys are renewed by the node itself.
    """
    terminal = Terminal(json=json)
    made = _made(kind, home, passphrase_file, credential_file, is_stolen=False)
    _tell(made, terminal)
    terminal.note("start the node now: it goes on under the old key until the new one is listed")
    return 0


@turn_app.command("revoke", epilog="Example: a35 keys revoke log --home /var/lib/a35")
def keys_revoke(
    kind: KindArgument,
    *,
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Replace a stolen key of a stopped node; with its next start it tells its peers so.

    They refuse the old key at once, and know the new one when it is listed; what was witnessed
    before stands.
    """
    terminal = Terminal(json=json)
    made = _made(kind, home, passphrase_file, credential_file, is_stolen=True)
    _tell(made, terminal)
    terminal.note(
        "call the authority now: until it publishes, peers know no other key of this kind"
    )
    terminal.note("start the node: it tells its peers, who refuse the stolen key from then on")
    return 0


def _made(
    kind: Kind,
    home: Path,
    passphrase_file: Path | None,
    credential_file: Path | None,
    *,
    is_stolen: bool,
) -> Rotated:
    place = Home(home)
    config = load_home(place, file=None, environ=os.environ).config
    source = secret_source(passphrase_file, credential_file)
    secret = source.secret(configured=configured_file(place, config))
    return rotate(place, config, secret, kind=kind, clock=SystemClock(), is_stolen=is_stolen)


def _tell(made: Rotated, terminal: Terminal) -> None:
    spoken = {name: digit_groups(digest) for name, digest in made.fingerprints.items()}
    terminal.document(
        {
            "kind": made.kind.value,
            "file": str(made.request),
            "fingerprints": dict(made.fingerprints),
            "spoken": spoken,
        }
    )
    for name, digest in made.fingerprints.items():
        terminal.say(f"{name}\n  {digest}\n  {spoken[name]}")
    terminal.note("next: it counts once the directory lists it")
    terminal.note(
        f"  1. send {made.request.name} to the authority, for: a35 directory admit --replace"
    )
    terminal.note("  2. compare the fingerprints by telephone")
