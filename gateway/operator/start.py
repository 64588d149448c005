"""What must be true before a node runs: its settings read, its keys unlocked.

A passphrase comes from the terminal, a file, or a systemd credential; never from the
environment or the command line. Leaves to node.py: the ports and the node itself.
"""

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.config import LoadedConfig, NodeConfig, load_config
from gateway.errors import AccessDeniedError, ConfigError, GatewayError, NoInputError
from gateway.home import Home
from keys.atrest import new_store_key
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import CREDENTIAL_BYTES, Credential, Passphrase, Secret
from keys.keystore import KeyStore
from keys.nodekeys import NodeKeys

CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
"""Set by systemd: the folder of the credentials that the unit was given."""

CREDENTIAL_NAME: Final = "a35"
MAX_PASSPHRASE_BYTES: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_NOT_PERMITTED: Final[Mapping[KeyFileReason, tuple[str, str, str]]] = {
    KeyFileReason.WRONG_SECRET: (
        "wrong_passphrase",
        "the passphrase or credential is wrong",
        "nothing was changed; try again",
    ),
    KeyFileReason.OTHER_SECRET: (
        "other_secret",
        "the keys are sealed under the other kind of secret",
        "a passphrase does not stand in for a credential, nor the other way round",
    ),
    KeyFileReason.NOT_PRIVATE: (
        "not_private",
        "the key files are open to other users, or belong to one",
        "the folder keys has mode 0700, its files 0600, their owner runs the node",
    ),
}
_REMEDY: Final[Mapping[KeyFileReason, str]] = {
    KeyFileReason.EXISTS: "choose another folder",
    KeyFileReason.NEWER: "a newer version wrote them: run that one",
    KeyFileReason.COSTS: "this machine lacks the memory that the passphrase costs",
}

Ask = Callable[[str], str]
"""Asks a person for a passphrase without showing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """A node that may be started.

    Attributes:
        home: Its folder.
        config: Its settings.
        keys: Its keys, unlocked.
        secret: What unlocked them, and will open what replaces them.
        json_journal: Whether the journal is written as JSON lines.
    """

    home: Home
    config: NodeConfig
    keys: NodeKeys
    secret: Secret = field(repr=False)
    json_journal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where the secret of the key files comes from; the first that is given counts.

    Attributes:
        passphrase_file: Holds a passphrase, one line.
        credential_file: Holds 32 random bytes, readable by its owner alone.
        environ: Looked at for systemd's credentials folder only.
        ask: Asks a person; None where nobody can be asked.
    """

    passphrase_file: Path | None
    credential_file: Path | None
    environ: Mapping[str, str]
    ask: Ask | None

    def secret(self, *, configured: Path | None = None, prompt: str = "Passphrase: ") -> Secret:
        """Return the secret.

        Args:
            configured: The credential file that node.toml names, if it does.
            prompt: What a person is asked.

        Raises:
            NoInputError: A file that was named is not there.
            AccessDeniedError: Nothing is given and nobody can be asked; or a credential file is
                open to others, or not of 32 bytes.
        """
        if self.passphrase_file is not None:
            return read_passphrase(self.passphrase_file)
        if self.credential_file is not None:
            return read_credential(self.credential_file)
        folder = self.environ.get(CREDENTIALS_VARIABLE)
        if folder and (Path(folder) / CREDENTIAL_NAME).exists():
            return read_handed(Path(folder) / CREDENTIAL_NAME)
        if configured is not None:
            return read_credential(configured)
        if self.ask is None:
            raise AccessDeniedError(
                "the keys need a passphrase and there is no terminal to ask on",
                code="no_passphrase",
                hint="give --passphrase-file FILE or --credential-file FILE",
            )
        return passphrase(self.ask(prompt))


def prepare_run(
    home: Home,
    source: SecretSource,
    *,
    file: Path | None,
    environ: Mapping[str, str],
    json_journal: bool,
) -> RunOptions:
    """Read settings and unlock keys.

    Args:
        home: The node's folder.
        source: Where the secret comes from.
        file: Another settings file than the home's.
        environ: The environment, for A35_ options.
        json_journal: Whether the journal is written as JSON lines.

    Raises:
        ConfigError: No node in this home, a wrong setting, keys of another node.
        AccessDeniedError: A wrong passphrase, or key files open to others.
    """
    loaded = load_home(home, file=file, environ=environ)
    config = loaded.config
    secret = source.secret(configured=configured_file(home, config))
    keys = unlock(home, secret)
    if keys.node != config.node:
        raise ConfigError(
            f"the keys are those of {keys.node}, the settings those of {config.node}",
            hint="take keys and node.toml from the same home",
        )
    return RunOptions(home=home, config=config, keys=keys, secret=secret, json_journal=json_journal)


def configured_file(home: Home, config: NodeConfig) -> Path | None:
    """Return the credential file that the settings name, if they do."""
    return None if config.credential_file is None else home.path_of(config.credential_file)


def load_home(home: Home, *, file: Path | None, environ: Mapping[str, str]) -> LoadedConfig:
    """Read the settings of a home that exists.

    Args:
        home: The node's folder.
        file: Another settings file than the home's.
        environ: The environment, for A35_ options.

    Raises:
        ConfigError: There is no node in this home, or a setting is wrong.
    """
    if not home.path.is_dir() or not home.keys.is_dir():
        raise ConfigError(
            "there is no node in this home",
            code="no_home",
            hint="name another folder with --home, or make a node with: a35 init",
        )
    return load_config(home.path, file=file, environ=environ)


def unlock(home: Home, secret: Secret) -> NodeKeys:
    """Open the key files.

    Args:
        home: The node's folder.
        secret: Passphrase or credential.

    Raises:
        AccessDeniedError: A wrong secret, or files open to others.
        ConfigError: The files are missing, damaged, of another node or a newer version.
    """
    try:
        return KeyStore(home.keys).load(secret)
    except KeyFileError as error:
        refused = refused_keys(error)
        raise refused from error


def read_passphrase(file: Path) -> Passphrase:
    """Read a passphrase file: its first line, without the line end.

    Args:
        file: UTF-8 text.

    Raises:
        NoInputError: It cannot be read.
        AccessDeniedError: It is empty, or no text.
    """
    line = _read(file, MAX_PASSPHRASE_BYTES).split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        return passphrase(line.decode())
    except UnicodeDecodeError as error:
        raise AccessDeniedError("the passphrase file is no text in UTF-8") from error


def passphrase(text: str) -> Passphrase:
    """Take what somebody typed or wrote.

    Raises:
        AccessDeniedError: Nothing was typed.
    """
    try:
        return Passphrase(text)
    except UnknownSuiteError as error:
        raise AccessDeniedError("a passphrase is not empty", code="no_passphrase") from error


def read_credential(file: Path) -> Credential:
    """Read a credential file: 32 random bytes that its owner alone may read.

    Args:
        file: Made by `a35 init --make-credential`, or with `head -c 32 /dev/urandom`.

    Raises:
        NoInputError: It cannot be read.
        AccessDeniedError: Open to others, or of another length.
    """
    data = _read(file, CREDENTIAL_BYTES + 1)
    if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
        raise AccessDeniedError(
            "the credential file is open to other users",
            code="not_private",
            hint=f"close it with: chmod 600 {file}",
        )
    return _credential(data)


def write_credential(file: Path) -> Credential:
    """Draw a new credential into a file that its owner alone may read.

    Args:
        file: Must not exist.

    Returns:
        The credential.

    Raises:
        ConfigError: The file exists; nothing was changed.
        OSError: The disk refused.
    """
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise ConfigError(f"{file.name} exists already", code="exists") from error
    key = new_store_key()
    file.write_bytes(key)
    return Credential(key)


def read_handed(file: Path) -> Secret:
    """Read what systemd hands over: 32 bytes are a credential, anything else a passphrase.

    Its folder is readable by this unit alone, whatever the mode of the file says.

    Args:
        file: In the credentials folder.

    Raises:
        NoInputError: It cannot be read.
        AccessDeniedError: It is empty.
    """
    data = _read(file, MAX_PASSPHRASE_BYTES)
    return _credential(data) if len(data) == CREDENTIAL_BYTES else read_passphrase(file)


def _credential(data: bytes) -> Credential:
    try:
        return Credential(data)
    except UnknownSuiteError as error:
        raise AccessDeniedError(
            f"a credential has {CREDENTIAL_BYTES} bytes", code="bad_credential"
        ) from error


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(most)
    except OSError as error:
        raise NoInputError(f"the file {file.name} cannot be read") from error


def refused_keys(error: KeyFileError) -> GatewayError:
    """Say what the operator can do about key files that cannot be used.

    Args:
        error: What the key store raised.
    """
    if error.reason in _NOT_PERMITTED:
        code, text, hint = _NOT_PERMITTED[error.reason]
        return AccessDeniedError(text, code=code, hint=hint)
    hint = _REMEDY.get(error.reason, "take the folder keys from the backup")
    return ConfigError(
        f"the key files cannot be used: {error.reason.value}", code="bad_keys", hint=hint
    )
