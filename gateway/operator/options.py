"""What stood on the command line of an operator's command, turned into settings and secrets."""

import os
import sys
from getpass import getpass
from json import loads
from pathlib import Path
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

import typer

from gateway.config import NodeConfig
from gateway.errors import DataError, NoInputError, UsageError
from gateway.operator.node import MAX_ROOT_BYTES, ROOT_FILE
from gateway.operator.start import Ask, SecretSource
from gateway.terminal import Terminal
from protocol.errors import MalformedError
from protocol.identifiers import NodeId

DEFAULT_PORT: Final = 443
ADVISED_CHARACTERS: Final = 14
"""Length of a passphrase that is advised, not demanded."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1"})

PassphraseOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Holds the passphrase of the keys."),
]
CredentialOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--credential-file", metavar="FILE", help="Holds 32 random bytes instead."),
]


def new_config(**options: object) -> NodeConfig:
    """Make the settings of a new node.

    Raises:
        UsageError: An option has a value that cannot be.
    """
    try:
        return NodeConfig.model_validate(options)
    except ValueError as error:
        # The model's own text: a line with the option, one with what is wrong; no values.
        lines = str(error).splitlines()
        why = lines[2].strip().partition(" [type=")[0].removeprefix("Value error, ")
        raise UsageError(f"{lines[1]}: {why}") from error


def node_named(country: str, number: int) -> NodeId:
    """Name the node.

    Raises:
        UsageError: Not a country code.
    """
    try:
        return NodeId(country, number)
    except MalformedError as error:
        raise UsageError("--country takes two capital letters, as RO") from error


def peer_section(url: str, listen: str | None) -> dict[str, str]:
    """Return where to listen: on every address at the port of the URL, unless it is loopback."""
    if listen is not None:
        return {"listen": listen}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
    except ValueError:
        return {}
    return {"listen": f"{'127.0.0.1' if host in LOOPBACK else '0.0.0.0'}:{port}"}  # noqa: S104


def directory_section(url: str | None, root: Path | None) -> dict[str, str]:
    """Return where the directory is.

    Raises:
        UsageError: One of the two options without the other.
    """
    if (url is None) != (root is None):
        raise UsageError("--directory and --root belong together")
    return {} if url is None else {"url": url, "root": ROOT_FILE}


def trusted_root(file: Path) -> bytes:
    """Read the directory's root of trust.

    Raises:
        NoInputError: It cannot be read.
        DataError: It is no JSON of a plausible size.
    """
    try:
        with file.open("rb") as source:
            data = source.read(MAX_ROOT_BYTES + 1)
    except OSError as error:
        raise NoInputError(f"the file {file.name} cannot be read") from error
    try:
        whole = len(data) <= MAX_ROOT_BYTES and isinstance(loads(data), dict)
    except ValueError:
        whole = False
    if not whole:
        raise DataError(f"{file.name} is no root of a directory")
    return data


def secret_source(
    passphrase_file: Path | None, credential_file: Path | None, *, is_new: bool = False
) -> SecretSource:
    """Return where the secret of the key files comes from.

    Args:
        passphrase_file: If it was given.
        credential_file: If it was given.
        is_new: Whether a person is asked for a new one, twice.
    """
    ask = asked_twice if is_new else getpass
    return SecretSource(
        passphrase_file=passphrase_file,
        credential_file=credential_file,
        environ=os.environ,
        ask=ask if sys.stdin.isatty() else None,
    )


def asked_twice(prompt: str, *, ask: Ask = getpass) -> str:
    """Ask a person for a new passphrase, twice, so that nobody locks a node by a mistyped one.

    Args:
        prompt: What is asked for.
        ask: Asks without showing what is typed.

    Raises:
        UsageError: The two differ.
    """
    first = ask(f"New {prompt.lower()}")
    if len(first) < ADVISED_CHARACTERS:
        Terminal(json=True).note(
            f"a passphrase below {ADVISED_CHARACTERS} characters is soon guessed"
        )
    if ask("Once more: ") != first:
        raise UsageError("the two passphrases differ", hint="nothing was made; begin again")
    return first


def absolute_text(file: Path | None) -> str | None:
    """Return a file's absolute path, for the settings."""
    return None if file is None else str(file.absolute())
