"""What the commands over the directory's keys share: options, secrets, files that are named."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.clock import SystemClock
from gateway.directory.files import read_bounded
from gateway.errors import NoInputError, StorageError, UsageError
from gateway.operator.start import SecretSource
from keys.keyfile import Secret
from protocol.envelope.header import DirectoryStamp

OutOption: TypeAlias = Annotated[
    Path, typer.Option("--out", help="The published folder.", metavar="DIR")
]
KeysOption: TypeAlias = Annotated[
    Path, typer.Option("--keys-dir", help="The folder of the signing keys.", metavar="DIR")
]
PassphraseOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", help="File with the passphrase of the keys; else it is asked."
    ),
]
CredentialOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--credential-file", help="File with 32 random bytes that open the keys."),
]


def now_ms() -> int:
    """Return the time of this machine, ms since 1970 UTC."""
    return SystemClock().now_ms()


def key_secret(passphrase: Path | None, credential: Path | None, *, is_new: bool = False) -> Secret:
    """Take what opens the keys from the file named, else from a person at the terminal.

    Raises:
        UsageError: Both files are named.
    """
    if passphrase is not None and credential is not None:
        raise UsageError("give a passphrase file or a credential file, not both")
    ask = _ask_twice if is_new else getpass
    source = SecretSource(
        passphrase_file=passphrase,
        credential_file=credential,
        environ={},  # what systemd hands over is the node's, not the authority's
        ask=ask if sys.stdin.isatty() else None,
    )
    return source.secret(prompt="Passphrase of the directory's keys: ")


def _ask_twice(prompt: str) -> str:
    first = getpass(prompt)
    if getpass("Once more: ") != first:
        raise UsageError("the two passphrases differ", hint="nothing was made; begin again")
    return first


def read_named(path: Path, max_bytes: int) -> bytes:
    """Read a file that was named on the command line.

    Raises:
        NoInputError: There is none.
        StorageError: It cannot be read.
        UsageError: It is too long.
    """
    try:
        return read_bounded(path.resolve(), max_bytes)
    except FileNotFoundError as error:
        raise NoInputError(f"there is no file {path}", hint="check the name") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read", hint="check its permissions") from error
    except ValueError as error:
        raise UsageError(f"{path} is longer than it may be", hint="check the name") from error


def version_of(stamp: DirectoryStamp) -> dict[str, object]:
    """Return a version of the directory as JSON output has it."""
    return {
        "root": stamp.root_version,
        "timestamp": stamp.timestamp_version,
        "digest": stamp.digest.hex(),
    }
