"""Unlocking a node: each way to give the secret, and a plain sentence for each refusal."""

from pathlib import Path

import pytest

from gateway.config import NodeConfig
from gateway.errors import AccessDeniedError, ConfigError, NoInputError
from gateway.home import Home
from gateway.operator.node import create_node
from gateway.operator.start import (
    Ask,
    RunOptions,
    SecretSource,
    prepare_run,
    read_credential,
    read_handed,
    read_passphrase,
    refused_keys,
    write_credential,
)
from keys.errors import KeyFileError, KeyFileReason
from keys.keyfile import Credential, Passphrase
from tests.gateway.officer.world import StillClock

KEY = bytes(range(32))


@pytest.mark.parametrize("data", [b"correct horse", b"correct horse\n", b"correct horse\r\nmore"])
def test_passphrase_is_the_first_line(tmp_path: Path, data: bytes) -> None:
    """Editors add line ends."""
    assert read_passphrase(written(tmp_path, data)) == Passphrase("correct horse")


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe"])
def test_file_without_a_passphrase_is_refused(tmp_path: Path, data: bytes) -> None:
    """An empty passphrase protects nothing."""
    with pytest.raises(AccessDeniedError):
        read_passphrase(written(tmp_path, data))


def test_file_that_is_not_there_is_no_input(tmp_path: Path) -> None:
    """66: the path is wrong, not the passphrase."""
    with pytest.raises(NoInputError):
        read_passphrase(tmp_path / "none")


def test_credential_has_32_bytes_and_is_private(tmp_path: Path) -> None:
    """It is a key."""
    file = written(tmp_path, KEY)
    assert read_credential(file) == Credential(KEY)
    file.chmod(0o640)
    with pytest.raises(AccessDeniedError) as caught:
        read_credential(file)
    assert caught.value.code == "not_private"
    with pytest.raises(AccessDeniedError, match="32 bytes"):
        read_credential(written(tmp_path, KEY + b"\n", "longer"))


def test_new_credential_is_drawn_once(tmp_path: Path) -> None:
    """An existing file may open another node."""
    file = tmp_path / "credential"
    drawn = write_credential(file)
    assert read_credential(file) == drawn
    with pytest.raises(ConfigError):
        write_credential(file)
    assert read_credential(file) == drawn


def test_systemd_hands_over_either_kind(tmp_path: Path) -> None:
    """Its folder is the unit's alone, whatever the file's mode."""
    file = written(tmp_path, KEY)
    file.chmod(0o444)
    assert read_handed(file) == Credential(KEY)
    assert read_handed(written(tmp_path, b"correct horse\n")) == Passphrase("correct horse")


def test_first_source_that_is_given_counts(tmp_path: Path) -> None:
    """What the operator names on the command line wins; a person is asked last."""
    phrase = written(tmp_path, b"phrase", "phrase")
    key = written(tmp_path, KEY, "key")
    handed = tmp_path / "handed"
    handed.mkdir()
    written(handed, bytes(32), "a35")
    systemd = {"CREDENTIALS_DIRECTORY": str(handed)}
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "typed"

    assert source(phrase, key, environ=systemd, ask=ask).secret() == Passphrase("phrase")
    assert source(None, key, environ=systemd, ask=ask).secret() == Credential(KEY)
    assert source(environ=systemd, ask=ask).secret(configured=key) == Credential(bytes(32))
    elsewhere = {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")}
    assert source(environ=elsewhere, ask=ask).secret(configured=key) == Credential(KEY)
    assert asked == []
    assert source(ask=ask).secret() == Passphrase("typed")
    assert asked == ["Passphrase: "]


def test_environment_never_holds_the_passphrase() -> None:
    """Every process of the account can read it there."""
    environ = {"A35_PASSPHRASE": "phrase", "PASSPHRASE": "phrase"}
    with pytest.raises(AccessDeniedError) as caught:
        source(environ=environ).secret()
    assert caught.value.code == "no_passphrase"
    assert "--passphrase-file" in caught.value.hint


def test_node_is_prepared(tmp_path: Path) -> None:
    """Settings read, keys unlocked."""
    home = made(tmp_path)
    options = prepared(home, written(tmp_path, KEY))
    assert (options.config.node, options.keys.node) == ("RO/1", "RO/1")


def test_wrong_secret_is_77(tmp_path: Path) -> None:
    """Told apart from damaged files."""
    home = made(tmp_path)
    with pytest.raises(AccessDeniedError) as caught:
        prepared(home, written(tmp_path, bytes(32)))
    assert (caught.value.code, caught.value.exit_code) == ("wrong_passphrase", 77)


def test_keys_open_to_others_are_77(tmp_path: Path) -> None:
    """They may have been copied."""
    home = made(tmp_path)
    (home.keys / "node.key").chmod(0o644)
    with pytest.raises(AccessDeniedError) as caught:
        prepared(home, written(tmp_path, KEY))
    assert caught.value.code == "not_private"


def test_home_that_is_not_there_is_78(tmp_path: Path) -> None:
    """The most frequent mistake."""
    with pytest.raises(ConfigError) as caught:
        prepared(Home(tmp_path / "none"), written(tmp_path, KEY))
    assert (caught.value.code, caught.value.exit_code) == ("no_home", 78)


def test_keys_of_another_node_are_78(tmp_path: Path) -> None:
    """Two homes were mixed: signing would speak in another's name."""
    home = made(tmp_path)
    text = home.config_file.read_text().replace('"RO/1"', '"RO/2"')
    home.config_file.write_text(text)
    with pytest.raises(ConfigError, match="keys are those of RO/1"):
        prepared(home, written(tmp_path, KEY))


@pytest.mark.parametrize("reason", list(KeyFileReason))
def test_every_reason_has_a_remedy(reason: KeyFileReason) -> None:
    """The operator stands before it at three in the morning."""
    refused = refused_keys(KeyFileError("text", reason=reason))
    assert refused.exit_code in {77, 78}
    assert refused.hint


def source(
    passphrase_file: Path | None = None,
    credential_file: Path | None = None,
    *,
    environ: dict[str, str] | None = None,
    ask: Ask | None = None,
) -> SecretSource:
    """Return a source."""
    return SecretSource(
        passphrase_file=passphrase_file,
        credential_file=credential_file,
        environ=environ or {},
        ask=ask,
    )


def prepared(home: Home, credential: Path) -> RunOptions:
    """Prepare a node."""
    return prepare_run(home, source(None, credential), file=None, environ={}, json_journal=False)


def made(folder: Path) -> Home:
    """Make a node that the credential opens."""
    config = NodeConfig(node="RO/1", name="RO", url="https://localhost")
    return create_node(Home(folder / "ro"), config, Credential(KEY), clock=StillClock()).home


def written(folder: Path, data: bytes, name: str = "secret") -> Path:
    """Write a private file."""
    file = folder / name
    file.touch(mode=0o600)
    file.write_bytes(data)
    return file
