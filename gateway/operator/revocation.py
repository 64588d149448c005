"""`a35 directory revocation` and `a35 keys tell-revocation`: a Party takes a key of its node back.

The first signs a small file with a key of the Party's role, where that key lies; the second gives
the file to a running node of anybody, which tells the others.

Source: docs/wire-format.md, rule 32.
"""

from base64 import b64encode
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from gateway.directory.files import write_whole
from gateway.directory.layout import party_role
from gateway.directory.signers import KeyFolder
from gateway.errors import DataError, UsageError
from gateway.home import Home
from gateway.operator.keyholding import (
    CredentialOption,
    KeysOption,
    PassphraseOption,
    key_secret,
    now_ms,
    read_named,
)
from gateway.operator.recovering import call
from gateway.service.fingerprint import digit_groups
from gateway.terminal import HomeOption, JsonOption, Terminal
from keys.suite import DIGEST_BYTES
from protocol.errors import MalformedError
from protocol.identifiers import NodeId
from protocol.limits import MAX_REVOCATION_BYTES
from protocol.log.deed import KeyKind, Revocation
from protocol.revoking import ByRole, ToldRevocation, signed_digest

revocation_app = typer.Typer()
tell_app = typer.Typer()

_HEX: Final = frozenset("0123456789abcdef")

FileArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="Made by a35 directory revocation.")
]


@revocation_app.command(
    "revocation",
    epilog="Example: a35 directory revocation FR/1 tls 9f86d08... --keys-dir /media/a --file f.rev",
)
def revocation_command(
    node: Annotated[str, typer.Argument(metavar="CC/n", help="Whose key is revoked.")],
    kind: Annotated[KeyKind, typer.Argument(metavar="KIND", help="log, witness, kem or tls.")],
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="Of that key, 64 hex digits.")
    ],
    *,
    keys_dir: KeysOption,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="Where it is written.")],
    passphrase_file: PassphraseOption = None,
    credential_file: CredentialOption = None,
    json: JsonOption = False,
) -> int:
    """Sign, with one key of the Party's role, that a key of its node counts no more.

    Effective as soon as a node has it (a35 keys tell-revocation), and never taken back.

    Raises:
        UsageError: No name of a node, or no fingerprint.
    """
    terminal = Terminal(json=json)
    digest = _digest(fingerprint)
    try:
        name = NodeId.parse(node)
    except MalformedError as error:
        raise UsageError("a node is written CC/n", hint="as in FR/1") from error
    keys = KeyFolder(keys_dir, key_secret(passphrase_file, credential_file))
    signer = keys.load(party_role(name.country))[0]
    deed = Revocation(node=name, kind=kind, key_digest=digest, t_ms=now_ms()).encode()
    signature = signer.sign(signed_digest(deed))
    word = ByRole(key_id=signature.keyid, signature=bytes.fromhex(signature.signature))
    write_whole(file, ToldRevocation(deed=deed, word=word).encode())
    terminal.document({"file": str(file), "node": node, "kind": kind.value, "key": fingerprint})
    terminal.say(
        f"{file}: takes the {kind.value} key of {node} back\n  {digit_groups(fingerprint)}"
    )
    terminal.note("next, on any running node: a35 keys tell-revocation FILE")
    return 0


@tell_app.command("tell-revocation", epilog="Example: a35 keys tell-revocation f.rev --home /a35")
def keys_tell_revocation(
    file: FileArgument,
    *,
    home: HomeOption,
    json: JsonOption = False,
) -> int:
    """Give a Party's revocation to the running node: it counts at once, and the others are told.

    Raises:
        DataError: The file is no revocation; nothing was sent.
    """
    terminal = Terminal(json=json)
    data = read_named(file, MAX_REVOCATION_BYTES)
    try:
        ToldRevocation.decode(data)
    except MalformedError as error:
        raise DataError(f"{file.name} is no revocation") from error
    asked: dict[str, object] = {"told": b64encode(data).decode("ascii")}
    view = call(Home(home), "POST", "/keys/revocations", asked)
    terminal.document(view)
    terminal.say(f"the {view['kind']} key of {view['node']} counts no more; the others are told")
    return 0


def _digest(text: str) -> bytes:
    """Read a fingerprint.

    Raises:
        UsageError: Not 64 hex digits.
    """
    if len(text) != 2 * DIGEST_BYTES or not set(text) <= _HEX:
        raise UsageError("a fingerprint has 64 hex digits", hint="see a35 keys list")
    return bytes.fromhex(text)
