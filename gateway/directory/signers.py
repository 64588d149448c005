"""The keys that sign the directory: one encrypted file each, made, found and opened here.

Root, targets and Party keys are offline keys: their folder lies on a stick or token in a safe
and is at the machine only while somebody signs. The online key alone may stay. One secret, a
passphrase or a credential, opens the files of one folder.

This is the one place outside keys/ that holds private keys: python-tuf signs with
securesystemslib.

Source: docs/wire-format.md, rule 28 and section Keys.
"""

import re
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
)

from gateway.directory.files import read_bounded, write_whole
from gateway.errors import AccessDeniedError, ConfigError, DataError, NoInputError, StorageError
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import (
    DEFAULT_MEMORY_BYTES,
    DEFAULT_OPERATIONS,
    Secret,
    decode_key_file,
    encode_key_file,
)
from keys.recipient import new_seed

ONLINE: Final = "online"
MAX_KEYS: Final = 9
_KIND: Final = "directory-key"
_MAX_FILE_BYTES: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NUMBER: Final = re.compile(r"-([1-9])\.key\Z")
_DENIED: Final = frozenset({KeyFileReason.WRONG_SECRET, KeyFileReason.OTHER_SECRET})


class KeyFolder:
    """The folder of the authority's or a Party's signing keys; opens nothing by itself.

    Args:
        folder: Where `ROLE-1.key`, `ROLE-2.key`, ... are.
        secret: What seals and opens them.
        operations: Passes of argon2id for new files under a passphrase.
        memory_bytes: Its memory.
    """

    def __init__(
        self,
        folder: Path,
        secret: Secret,
        *,
        operations: int = DEFAULT_OPERATIONS,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
    ) -> None:
        self._folder = folder
        self._secret = secret
        self._operations = operations
        self._memory_bytes = memory_bytes

    def all(self) -> tuple[CryptoSigner, ...]:
        """Open every key here, whatever its role: a holder may have one of several roles.

        Raises:
            NoInputError: There is none.
            AccessDeniedError: The secret does not open them, or others can read them.
            DataError: A file is damaged or is no key file of the directory.
            StorageError: A file cannot be read.
        """
        roles = {_NUMBER.sub("", path.name) for path in self._paths("*")}
        if not roles:
            raise NoInputError("no key here", hint=f"bring the medium to {self._folder}")
        return tuple(signer for role in sorted(roles) for signer in self.load(role))

    def has(self, role: str) -> bool:
        """Tell whether there is a key of a role; nothing is opened."""
        return bool(self._paths(role))

    def create(self, role: str, count: int) -> tuple[CryptoSigner, ...]:
        """Draw new Ed25519 keys for a role.

        Args:
            role: `root`, `targets`, `online` or a Party's role.
            count: How many, 1 to 9.

        Returns:
            What signs with them, in order of their numbers.

        Raises:
            ConfigError: The role has keys already, or the count is out of range; nothing was made.
            StorageError: The folder cannot be written.
        """
        if not 1 <= count <= MAX_KEYS:
            raise ConfigError(f"a role has 1 to {MAX_KEYS} keys")
        if self.has(role):
            raise ConfigError(
                f"there are keys of {role} already", hint="use another --keys-dir, or keep these"
            )
        self._make_folder()
        return tuple(self._create_one(role, number) for number in range(1, count + 1))

    def add(self, role: str, number: int) -> CryptoSigner:
        """Draw one new Ed25519 key: that of one holder, on a medium of its own.

        Args:
            role: `root`, `targets`, `online` or a Party's role.
            number: Which of the role's keys, 1 to 9.

        Returns:
            What signs with it.

        Raises:
            ConfigError: There is a key of this name here, or the number is out of range.
            StorageError: The folder cannot be written.
        """
        if not 1 <= number <= MAX_KEYS:
            raise ConfigError(f"the keys of a role are numbered from 1 to {MAX_KEYS}")
        if (self._folder / f"{role}-{number}.key").exists():
            raise ConfigError(
                f"there is a key {role}-{number} here already",
                hint="take another number or medium; a key is never replaced by itself",
            )
        self._make_folder()
        return self._create_one(role, number)

    def load(self, role: str) -> tuple[CryptoSigner, ...]:
        """Open every key of a role.

        Returns:
            What signs with them, in order of their numbers.

        Raises:
            NoInputError: There is none here.
            AccessDeniedError: The secret does not open them, or others can read them.
            DataError: A file is damaged or is no key file of the directory.
            StorageError: A file cannot be read.
        """
        paths = self._paths(role)
        if not paths:
            raise NoInputError(
                f"no key of {role} here", hint=f"bring its key files to {self._folder}"
            )
        return tuple(self._open_one(path) for path in paths)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                "the folder of the keys cannot be made", hint=f"check {self._folder}"
            ) from error

    def _paths(self, role: str) -> list[Path]:
        found = self._folder.glob(f"{role}-?.key")
        return sorted(path for path in found if _NUMBER.search(path.name) is not None)

    def _create_one(self, role: str, number: int) -> CryptoSigner:
        seed = new_seed()
        try:
            data = encode_key_file(
                _KIND,
                seed,
                self._secret,
                operations=self._operations,
                memory_bytes=self._memory_bytes,
            )
        except KeyFileError as error:
            raise StorageError("a key cannot be sealed under the passphrase here") from error
        write_whole(self._folder / f"{role}-{number}.key", data, mode=0o600)
        return _signer(seed)

    def _open_one(self, path: Path) -> CryptoSigner:
        try:
            if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
                raise AccessDeniedError(
                    f"others can read {path.name}", hint=f"chmod 600 {path}; then make new keys"
                )
            data = read_bounded(path, _MAX_FILE_BYTES)
            return _signer(decode_key_file(data, _KIND, self._secret))
        except OSError as error:
            raise StorageError(f"{path.name} cannot be read", hint=f"check {path}") from error
        except KeyFileError as error:
            if error.reason in _DENIED:
                raise AccessDeniedError(
                    f"the secret does not open {path.name}",
                    hint="give the passphrase or credential that the keys were made with",
                ) from error
            raise DataError(f"{path.name} is refused: {error.reason}") from error
        except (UnknownSuiteError, ValueError) as error:
            raise DataError(f"{path.name} is no key of a directory") from error


def _signer(seed: bytes) -> CryptoSigner:
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed))
