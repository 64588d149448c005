"""The operator's commands on a home: init, join request, run."""

import os
from errno import EADDRINUSE
from json import loads
from pathlib import Path
from typing import Annotated

import typer

from gateway.clock import SystemClock
from gateway.errors import ConfigError, UnavailableError
from gateway.home import Home
from gateway.operator.launch import Launcher
from gateway.operator.node import NewNode, create_node, read_join_request, refuse_used
from gateway.operator.options import (
    CredentialOption,
    PassphraseOption,
    absolute_text,
    directory_section,
    new_config,
    node_named,
    peer_section,
    secret_source,
    trusted_root,
)
from gateway.operator.start import RunOptions, prepare_run, write_credential
from gateway.service.fingerprint import digit_groups
from gateway.terminal import HomeOption, JsonOption, Terminal

app = typer.Typer()
join_app = typer.Typer(no_args_is_help=True, help="Ask to be listed in the directory.")


@app.command(
    epilog='Example: a35 init --country RO --number 1 --name "24/7 desk" '
    "--url https://a35.example.org --home /var/lib/a35"
)
def init(
    *,
    home: HomeOption,
    country: Annotated[str, typer.Option("--country", help="ISO 3166-1 code of the Party.")],
    number: Annotated[int, typer.Option("--number", min=1, max=999, help="Which of its nodes.")],
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    url: Annotated[str, typer.Option("--url", help="Where other nodes reach it: https://...")],
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="Where it listens for them.")
    ] = None,
    directory: Annotated[
        str | None, typer.Option("--directory", metavar="URL", help="Where the directory is.")
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="ROOT.json", help="The directory's root of trust."),
    ] = None,
    telephone: Annotated[
        str | None, typer.Option("--telephone", help="How `a35 ack` says the desk is called.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="Likewise.")] = None,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    make_credential: Annotated[
        Path | None,
        typer.Option("--make-credential", metavar="FILE", help="Draw a new credential into it."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Create a node: its keys, its store with the key set as entry 0, its settings."""
    terminal = Terminal(json=json)
    place = Home(home)
    refuse_used(place)
    config = new_config(
        node=str(node_named(country, number)),
        name=name,
        url=url,
        peer=peer_section(url, listen),
        directory=directory_section(directory, root),
        duty={"telephone": telephone, "email": email},
        credential_file=absolute_text(credential_file or make_credential),
    )
    trusted = None if root is None else trusted_root(root)
    source = secret_source(passphrase_file, credential_file, is_new=True)
    made = create_node(
        place,
        config,
        source.secret() if make_credential is None else write_credential(make_credential),
        clock=SystemClock(),
        root=trusted,
    )
    _tell(made, terminal)
    return 0


@join_app.callback()
def join() -> None:
    """Ask to be listed in the directory."""


@join_app.command("request", epilog="Example: a35 join request --home DIR > ro-join.json")
def join_request(*, home: HomeOption, json: JsonOption = False) -> int:
    """Print the node's part of its directory entry, with its first checkpoint, as JSON."""
    terminal = Terminal(json=True)  # the request is JSON, asked for or not
    request = loads(read_join_request(Home(home)))
    terminal.document(request)
    if not json:
        terminal.note(
            "send this file to the directory authority; compare fingerprints by telephone"
        )
    return 0


@app.command(epilog="Example: a35 run --home /var/lib/a35 --credential-file /etc/a35/credential")
def run(
    context: typer.Context,
    *,
    home: HomeOption,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Instead of DIR/node.toml.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json_journal: Annotated[
        bool, typer.Option("--json-journal", help="Write the journal as JSON lines.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Run the node until SIGTERM; its journal goes to standard error."""
    launcher = _launcher(context)
    options = prepare_run(
        Home(home),
        secret_source(passphrase_file, credential_file),
        file=config,
        environ=os.environ,
        json_journal=json_journal or json,
    )
    return _started(launcher, options)


def _launcher(context: typer.Context) -> Launcher:
    """Return what starts the node.

    Raises:
        ConfigError: The command line was called without one.
    """
    launcher = context.find_object(Launcher)
    if launcher is None:
        raise ConfigError("this program was started without a node to run")
    return launcher


def _started(launcher: Launcher, options: RunOptions) -> int:
    """Run the node.

    Raises:
        UnavailableError: Its port is taken.
        OSError: The system refused something else.
    """
    try:
        return launcher.run(options)
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        raise UnavailableError(
            "a port of this node is in use by another program",
            code="port_in_use",
            hint="see peer.listen and desk.port in node.toml; is the node running already?",
        ) from error


def _tell(made: NewNode, terminal: Terminal) -> None:
    spoken = {key: digit_groups(digest) for key, digest in made.fingerprints.items()}
    terminal.document(
        {"node": str(made.node), "fingerprints": dict(made.fingerprints), "spoken": spoken}
    )
    terminal.say(f"node {made.node} made in {made.home.path}")
    for key, digest in made.fingerprints.items():
        terminal.say(f"{key}\n  {digest}\n  {spoken[key]}")
    terminal.say("next: a35 join request, and read the fingerprints to the directory authority")
