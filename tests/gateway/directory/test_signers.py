"""The signing keys: sealed, private, never overwritten, and refused with a remedy."""

from pathlib import Path

import pytest

from gateway.directory.signers import KeyFolder
from gateway.errors import (
    AccessDeniedError,
    ConfigError,
    DataError,
    NoInputError,
    StorageError,
)
from keys.keyfile import Credential, Passphrase, encode_key_file
from tests.gateway.directory.world import SECRET


def test_keys_read_back_as_they_were_made(tmp_path: Path) -> None:
    """In order of their numbers."""
    folder = KeyFolder(tmp_path / "keys", SECRET)
    made = folder.create("root", 3)
    assert len({key.public_key.keyid for key in made}) == 3
    found = KeyFolder(tmp_path / "keys", SECRET).load("root")
    assert [key.public_key.keyid for key in found] == [key.public_key.keyid for key in made]
    assert folder.has("root")
    assert not folder.has("targets")


def test_key_files_are_private_and_show_nothing(tmp_path: Path) -> None:
    """The 2022 audit of python-tuf found a key that everybody could read."""
    KeyFolder(tmp_path / "keys", SECRET).create("root", 1)
    path = tmp_path / "keys" / "root-1.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" not in path.read_bytes()


def test_a_passphrase_seals_them_too(tmp_path: Path) -> None:
    """People have passphrases, service managers credentials."""
    secret = Passphrase("correct horse battery staple")
    cheap = {"operations": 1, "memory_bytes": 8192}
    KeyFolder(tmp_path, secret, **cheap).create("online", 1)
    assert KeyFolder(tmp_path, secret).load("online")
    for other in (Passphrase("wrong"), SECRET):
        with pytest.raises(AccessDeniedError):
            KeyFolder(tmp_path, other).load("online")


def test_a_wrong_credential_is_no_permission(tmp_path: Path) -> None:
    """Exit code 77, and the hint says what to give."""
    KeyFolder(tmp_path, SECRET).create("online", 1)
    with pytest.raises(AccessDeniedError) as caught:
        KeyFolder(tmp_path, Credential(bytes(32))).load("online")
    assert caught.value.hint


def test_keys_are_never_made_over_others(tmp_path: Path) -> None:
    """A lost root key is a lost network."""
    folder = KeyFolder(tmp_path, SECRET)
    folder.create("root", 1)
    before = (tmp_path / "root-1.key").read_bytes()
    with pytest.raises(ConfigError):
        folder.create("root", 2)
    assert (tmp_path / "root-1.key").read_bytes() == before


@pytest.mark.parametrize("count", [0, 10])
def test_a_role_has_one_to_nine_keys(tmp_path: Path, count: int) -> None:
    """More signatures than that nobody gathers."""
    with pytest.raises(ConfigError):
        KeyFolder(tmp_path, SECRET).create("root", count)
    assert not list(tmp_path.iterdir())


def test_a_missing_key_says_where_to_bring_it(tmp_path: Path) -> None:
    """Offline keys lie in a safe."""
    with pytest.raises(NoInputError) as caught:
        KeyFolder(tmp_path, SECRET).load("party-RO")
    assert str(tmp_path) in caught.value.hint


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Whoever could read it may have copied it."""
    folder = KeyFolder(tmp_path, SECRET)
    folder.create("root", 1)
    (tmp_path / "root-1.key").chmod(0o640)
    with pytest.raises(AccessDeniedError):
        folder.load("root")


@pytest.mark.parametrize("data", [b"", b"A35K", b"x" * 5000])
def test_a_damaged_key_file_is_refused(tmp_path: Path, data: bytes) -> None:
    """With our own error."""
    path = tmp_path / "root-1.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(DataError):
        KeyFolder(tmp_path, SECRET).load("root")


def test_a_key_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A node's key is no directory key, even under the same secret; nor is half a seed."""
    for kind, content in (("node-key", bytes(32)), ("directory-key", bytes(31))):
        path = tmp_path / "root-1.key"
        path.write_bytes(encode_key_file(kind, content, SECRET))
        path.chmod(0o600)
        with pytest.raises(DataError):
            KeyFolder(tmp_path, SECRET).load("root")


def test_a_folder_that_cannot_be_used_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    """A file stands in its place; a key is a folder."""
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StorageError):
        KeyFolder(tmp_path / "file", SECRET).create("root", 1)
    (tmp_path / "root-1.key").mkdir(mode=0o700)
    with pytest.raises(StorageError):
        KeyFolder(tmp_path, SECRET).load("root")


def test_costs_that_cannot_be_paid_are_said(tmp_path: Path) -> None:
    """Deriving needs memory."""
    folder = KeyFolder(tmp_path, Passphrase("x"), operations=0)
    with pytest.raises(StorageError):
        folder.create("root", 1)
