"""An encrypted key file, bytes to bytes: what is around the secret, and under what it is sealed.

Layout: "A35K", version 1, lock (0 passphrase, 1 credential), length and name of the kind,
operations (u32), memory in bytes (u64), salt (16): the head. Then a SecretBox (nonce,
XSalsa20-Poly1305) of SHA-256(head) and the content, and SHA-256 of all before.

The last digest needs no key: it tells a damaged file (take the backup) from a wrong passphrase
(type it again). The digest inside the box binds kind and costs to the secret.

Source:
    docs/wire-format.md, section Keys; libsodium (secretbox, argon2id).
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Final, assert_never

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from keys.atrest import derive_key, is_encodable
from keys.digest import new_salt, same, sha256
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.suite import DIGEST_BYTES, SALT_BYTES

DEFAULT_OPERATIONS: Final = 3
"""Passes over the memory."""

DEFAULT_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""About half a second with three passes: once a start for the node, each try for a thief."""

CREDENTIAL_BYTES: Final = 32
"""Length of a credential: the key itself."""

_MAGIC: Final = b"A35K"
_VERSION: Final = 1
_PASSPHRASE: Final = 0
_CREDENTIAL: Final = 1
_START: Final = struct.Struct(">4sBBB")  # magic, version, lock, length of the kind
_COSTS: Final = struct.Struct(f">IQ{SALT_BYTES}s")  # operations, memory in bytes, salt
_DAMAGED: Final = "the key file is damaged"
_KIND: Final = re.compile(r"[a-z][a-z-]{0,31}")


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What a person types when the node starts.

    Attributes:
        text: Not empty; not in the repr.

    Raises:
        UnknownSuiteError: It is empty, or cannot be written in UTF-8.
    """

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.text or not is_encodable(self.text):
            raise UnknownSuiteError("a passphrase is text, and not empty")


@dataclass(frozen=True, slots=True)
class Credential:
    """What the service manager hands the node when it starts (a systemd credential).

    Attributes:
        key: 32 random bytes; not in the repr.

    Raises:
        UnknownSuiteError: Another length.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != CREDENTIAL_BYTES:
            raise UnknownSuiteError("a credential has 32 bytes")


Secret = Passphrase | Credential
"""What opens a key file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What deriving the key of a passphrase costs; zero for a credential.

    Attributes:
        operations: Passes over the memory.
        memory_bytes: Memory of the derivation.
    """

    operations: int = DEFAULT_OPERATIONS
    memory_bytes: int = DEFAULT_MEMORY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The part in clear."""

    lock: int
    kind: str
    costs: Costs
    salt: bytes

    def encode(self) -> bytes:
        name = self.kind.encode()
        costs = (self.costs.operations, self.costs.memory_bytes, self.salt)
        return _START.pack(_MAGIC, _VERSION, self.lock, len(name)) + name + _COSTS.pack(*costs)


def encode_key_file(
    kind: str,
    content: bytes,
    secret: Secret,
    *,
    operations: int = DEFAULT_OPERATIONS,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> bytes:
    """Seal a content as a key file. Slow on purpose with a passphrase.

    Args:
        kind: What the file is for: 1 to 32 lower-case letters and hyphens.
        content: The secret bytes.
        secret: What will open it.
        operations: Passes of argon2id, 1 to 16; for a passphrase only.
        memory_bytes: Memory of argon2id, 8 KiB to 1 GiB; for a passphrase only.

    Returns:
        The file; two calls give two files.

    Raises:
        KeyFileError: With reason COSTS.
        UnknownSuiteError: The kind is not of its form.
    """
    if not _KIND.fullmatch(kind):
        raise UnknownSuiteError("the kind of a key file is a word in lower case")
    costs = Costs(operations=operations, memory_bytes=memory_bytes)
    head = _new_head(kind, secret, costs)
    # The key first: it refuses costs that the head has no room for.
    box = SecretBox(_key(head, secret))
    front = head.encode()
    body = front + box.encrypt(sha256(front) + content)
    return body + sha256(body)


def decode_key_file(data: bytes, kind: str, secret: Secret) -> bytes:
    """Open a key file.

    Args:
        data: The file, any bytes.
        kind: What it must be for.
        secret: A passphrase or a credential.

    Returns:
        The content.

    Raises:
        KeyFileError: With reason NOT_A_KEY_FILE, NEWER, DAMAGED, OTHER_KIND, OTHER_SECRET,
            COSTS or WRONG_SECRET, looked for in this order; DAMAGED also if it opens, but its
            head is not the one that was sealed.
    """
    head, front, sealed = _take_apart(data)
    if head.kind != kind:
        raise KeyFileError("a key file of another kind", reason=KeyFileReason.OTHER_KIND)
    if (head.lock == _CREDENTIAL) != isinstance(secret, Credential):
        raise KeyFileError(
            "the key file wants the other of passphrase and credential",
            reason=KeyFileReason.OTHER_SECRET,
        )
    try:
        plain = SecretBox(_key(head, secret)).decrypt(sealed)
    except CryptoError as error:
        raise KeyFileError(
            "the passphrase or credential does not open it", reason=KeyFileReason.WRONG_SECRET
        ) from error
    if not same(plain[:DIGEST_BYTES], sha256(front)):
        raise KeyFileError(_DAMAGED, reason=KeyFileReason.DAMAGED)
    return plain[DIGEST_BYTES:]


def costs_of(data: bytes) -> Costs:
    """Read what opening a key file costs, without opening it.

    Args:
        data: The file, any bytes.

    Returns:
        Its costs, to seal its successor with the same.

    Raises:
        KeyFileError: With reason NOT_A_KEY_FILE, NEWER or DAMAGED.
    """
    return _take_apart(data)[0].costs


def _new_head(kind: str, secret: Secret, costs: Costs) -> _Head:
    match secret:
        case Passphrase():
            return _Head(lock=_PASSPHRASE, kind=kind, costs=costs, salt=new_salt())
        case Credential():
            free = Costs(operations=0, memory_bytes=0)
            return _Head(lock=_CREDENTIAL, kind=kind, costs=free, salt=bytes(SALT_BYTES))
        case _:
            assert_never(secret)


def _take_apart(data: bytes) -> tuple[_Head, bytes, bytes]:
    if len(data) < _START.size or not data.startswith(_MAGIC):
        raise KeyFileError("not a key file", reason=KeyFileReason.NOT_A_KEY_FILE)
    _, version, lock, kind_bytes = _START.unpack_from(data)
    if version != _VERSION:
        raise KeyFileError("a later version wrote it", reason=KeyFileReason.NEWER)
    front_bytes = _START.size + kind_bytes + _COSTS.size
    sealed = data[front_bytes:-DIGEST_BYTES]
    if len(sealed) < SecretBox.NONCE_SIZE + SecretBox.MACBYTES + DIGEST_BYTES:
        raise KeyFileError(_DAMAGED, reason=KeyFileReason.DAMAGED)
    if not same(sha256(data[:-DIGEST_BYTES]), data[-DIGEST_BYTES:]):
        raise KeyFileError(_DAMAGED, reason=KeyFileReason.DAMAGED)
    name = data[_START.size : _START.size + kind_bytes].decode("latin-1")
    if lock not in {_PASSPHRASE, _CREDENTIAL} or not _KIND.fullmatch(name):
        raise KeyFileError(_DAMAGED, reason=KeyFileReason.DAMAGED)
    operations, memory_bytes, salt = _COSTS.unpack_from(data, _START.size + kind_bytes)
    costs = Costs(operations=operations, memory_bytes=memory_bytes)
    return _Head(lock=lock, kind=name, costs=costs, salt=salt), data[:front_bytes], sealed


def _key(head: _Head, secret: Secret) -> bytes:
    match secret:
        case Passphrase(text=text):
            return derive_key(
                text,
                head.salt,
                operations=head.costs.operations,
                memory_bytes=head.costs.memory_bytes,
            )
        case Credential(key=key):
            return key
        case _:
            assert_never(secret)
