"""`a35 directory ...`: the commands of the directory's authority.

Does: reads options and secrets, calls gateway.directory.publish, and says what came of it. With
`--json` each command prints one JSON document. Errors leave as GatewayError; gateway.main turns
them into text and exit codes.
"""

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from gateway.directory.publish import (
    Admitted,
    KeyFolder,
    RoleSummary,
    Summary,
    admit,
    delegate,
    new_root,
    publish,
    show,
)
from gateway.directory.serve import FolderServer
from gateway.operator.ceremony import ceremony_app
from gateway.operator.entry import entry_app
from gateway.operator.keyholding import (
    CredentialOption,
    KeysOption,
    OutOption,
    PassphraseOption,
    key_secret,
    now_ms,
    read_named,
    version_of,
)
from gateway.operator.revocation import revocation_app
from gateway.operator.tufclient import client_app
from gateway.service.fingerprint import digit_groups, words
from gateway.terminal import JsonOption, Terminal
from protocol.directory import NodeState, fingerprints
from protocol.directory_values import time_text
from protocol.limits import MAX_JOIN_BYTES

directory_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, sign and publish the directory of nodes.",
    epilog="Order: new-root, delegate CC, admit FILE, publish; then serve or copy the folder.",
)

directory_app.add_typer(ceremony_app)
directory_app.add_typer(entry_app)
directory_app.add_typer(revocation_app)
directory_app.add_typer(client_app, name="client")


@directory_app.command("new-root", epilog="Example: a35 directory new-root --out pub --keys-dir k")
def new_root_command(
    out: OutOption,
    keys_dir: KeysOption,
    *,
    threshold: Annotated[int, typer.Option(help="How many root keys must sign.")] = 2,
    keys: Annotated[int, typer.Option(help="How many root keys, and targets keys.")] = 3,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Make a new directory and its keys.

    Root and targets keys are for the safe, the online key stays; no Party is listed yet.
    """
    terminal = Terminal(json=json)
    secret = key_secret(passphrase_file, credential_file, is_new=True)
    made = new_root(
        out, KeyFolder(keys_dir, secret), threshold=threshold, count=keys, now_ms=now_ms()
    )
    terminal.document(
        {
            "root": str(made.path),
            "fingerprint": made.fingerprint,
            "spoken": digit_groups(made.fingerprint),
            "words": words(made.fingerprint),
            "threshold": threshold,
            "keys": keys,
            "version": version_of(made.stamp),
        }
    )
    terminal.say(f"root      {made.path}")
    terminal.say(f"SHA-256   {made.fingerprint}\n          {digit_groups(made.fingerprint)}")
    terminal.say(f"          {words(made.fingerprint)}")
    terminal.say("Give every node this file as ROOT.json and compare the SHA-256 by telephone.")
    terminal.say("Take the root and targets keys off this machine; keep copies apart.")


@directory_app.command(
    "delegate", epilog="Example: a35 directory delegate RO --out pub --keys-dir k"
)
def delegate_command(
    country: Annotated[str, typer.Argument(help="The Party's code.", metavar="CC")],
    out: OutOption,
    keys_dir: KeysOption,
    *,
    threshold: Annotated[int, typer.Option(help="How many of its keys must sign.")] = 2,
    keys: Annotated[int, typer.Option(help="How many keys are made if it has none.")] = 2,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Give a Party its part.

    Its keys are made here, or used if they are there; counts with the next publication.
    """
    terminal = Terminal(json=json)
    folder = KeyFolder(keys_dir, key_secret(passphrase_file, credential_file))
    changed = delegate(out, folder, country, threshold=threshold, count=keys, now_ms=now_ms())
    terminal.document({"party": country, "changed": changed})
    terminal.say(f"{country} is delegated" if changed else f"{country} was delegated before")


@directory_app.command("admit", epilog="Example: a35 directory admit ro-join.json --out pub")
def admit_command(
    file: Annotated[Path, typer.Argument(help="The join request.", metavar="FILE")],
    out: OutOption,
    *,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="List it without making it active.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a node that has other keys.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check a join request, draft the entry.

    Shows the fingerprints to compare by telephone before the draft is published.
    """
    terminal = Terminal(json=json)
    state = NodeState.CANDIDATE if candidate else NodeState.ACTIVE
    data = read_named(
        file, MAX_JOIN_BYTES + 1
    )  # one more: then the request itself is called too long
    admitted = admit(out, data, now_ms=now_ms(), state=state, replace=replace)
    terminal.document(_admitted(admitted))
    terminal.say(
        f"{admitted.node.id} stands in the draft of {admitted.entry.party} as {admitted.node.state}"
    )
    for name, digest in admitted.fingerprints.items():
        terminal.say(f"{name}\n  {digest}\n  {digit_groups(digest)}\n  {words(digest)}")
    terminal.say("Compare these by telephone with what the node shows; then: directory publish")


@directory_app.command("publish", epilog="Example: a35 directory publish --out pub --keys-dir k")
def publish_command(
    out: OutOption,
    keys_dir: KeysOption,
    *,
    renew: Annotated[
        bool, typer.Option("--renew", help="Sign also what did not change, for another year.")
    ] = False,
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> None:
    """Sign drafts and publish them.

    A Party's draft needs its keys; without drafts the online key alone says that nothing changed.
    """
    terminal = Terminal(json=json)
    folder = KeyFolder(keys_dir, key_secret(passphrase_file, credential_file))
    published = publish(out, folder, now_ms=now_ms(), renew=renew)
    left_out = dict(published.verified.left_out)
    expires = time_text(published.verified.expires_ms)
    terminal.document(
        {
            "version": version_of(published.stamp),
            "signed": list(published.signed),
            "left_out": left_out,
            "expires": expires,
        }
    )
    stamp = published.stamp
    terminal.say(f"version {stamp.root_version}.{stamp.timestamp_version}, until {expires}")
    for country in published.signed:
        terminal.say(f"  signed: {country}")
    for country, why in left_out.items():
        terminal.note(f"  left out: {country}: {why}")


@directory_app.command("show", epilog="Example: a35 directory show --out pub --json")
def show_command(out: OutOption, *, json: JsonOption = False) -> None:
    """Verify a folder and list what it holds.

    It is verified as a node would verify it; what has expired is shown all the same.
    """
    terminal = Terminal(json=json)
    summary = show(out, now_ms=now_ms())
    terminal.document(_summary(summary))
    terminal.table(
        ("role", "version", "signed", "until"),
        [
            (
                name,
                str(role.version),
                f"{role.signatures} of {role.keys}, {role.threshold} needed",
                time_text(role.expires_ms),
            )
            for name, role in summary.roles.items()
        ],
    )
    for party in summary.parties:
        draft = ", a draft waits" if party.has_draft else ""
        name = party.left_out if party.entry is None else party.entry.name
        terminal.say(f"{party.country}  {name}{draft}")
        for node in () if party.entry is None else party.entry.nodes:
            terminal.say(f"  {node.id}  {node.state}  {' '.join(node.endpoints)}")


@directory_app.command("serve", epilog="Example: a35 directory serve --out pub --port 8080")
def serve_command(
    out: OutOption,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 lets the system choose.")] = 0,
    json: JsonOption = False,
) -> None:
    """Serve the folder on this machine.

    Over HTTP on 127.0.0.1, until SIGTERM or Ctrl-C. The first line says where.
    """
    terminal = Terminal(json=json)
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = FolderServer(out)
    url = server.start(port)
    terminal.document({"ready": True, "url": url})
    terminal.say(f"ready: {url}")
    try:
        stopped.wait()
    finally:
        server.stop()


def _admitted(admitted: Admitted) -> dict[str, object]:
    return {
        "node": admitted.node.id,
        "party": admitted.entry.party,
        "state": admitted.node.state.value,
        "new": admitted.is_new,
        "fingerprints": dict(admitted.fingerprints),
        "spoken": {key: digit_groups(digest) for key, digest in admitted.fingerprints.items()},
        "words": {key: words(digest) for key, digest in admitted.fingerprints.items()},
    }


def _role(role: RoleSummary) -> dict[str, object]:
    return {
        "version": role.version,
        "keys": role.keys,
        "threshold": role.threshold,
        "signatures": role.signatures,
        "expires": time_text(role.expires_ms),
    }


def _summary(summary: Summary) -> dict[str, object]:
    parties = []
    for party in summary.parties:
        nodes = () if party.entry is None else party.entry.nodes
        parties.append(
            {
                "party": party.country,
                "name": None if party.entry is None else party.entry.name,
                "left_out": party.left_out,
                "draft": party.has_draft,
                "role": None if party.role is None else _role(party.role),
                "nodes": [
                    {
                        "node": node.id,
                        "state": node.state.value,
                        "endpoints": list(node.endpoints),
                        "fingerprints": fingerprints(node),
                    }
                    for node in nodes
                ],
            }
        )
    return {
        "version": version_of(summary.verified.stamp),
        "roles": {name: _role(role) for name, role in summary.roles.items()},
        "parties": parties,
    }
