"""Seal what lies on the disk, and make a key from a passphrase.

Contents are sealed under the store key with XChaCha20-Poly1305; 192 bits of random nonce need
no counter, which a restored backup would set back. The context names the row or file, so that
one sealed value cannot be moved into the place of another.

Source:
    docs/wire-format.md, section Keys; libsodium (argon2id 1.3).
"""

import unicodedata
from typing import Final

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as unseal
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as seal
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumError
from nacl.pwhash import argon2id
from nacl.utils import random as draw

from keys.errors import DecryptionFailedError, KeyFileError, KeyFileReason, UnknownSuiteError
from keys.suite import SALT_BYTES

STORE_KEY_BYTES: Final = 32
"""Key of what is sealed at rest."""

AT_REST_OVERHEAD_BYTES: Final = 40
"""Nonce (24) in front and tag (16) behind."""

_NONCE_BYTES: Final = 24

MAX_OPERATIONS: Final = 16
"""Passes over the memory; a node uses 3. More would hold up a start for a minute."""

MIN_MEMORY_BYTES: Final = 8 * 1024
"""What libsodium asks for at least; tests use it."""

MAX_MEMORY_BYTES: Final = 1024**3
"""Memory of one derivation; a node uses 256 MiB. A file must not be able to ask for more."""


def new_store_key() -> bytes:
    """Draw a store key from the system.

    Returns:
        32 bytes; secret.
    """
    return draw(STORE_KEY_BYTES)


def seal_at_rest(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Seal one value for the disk.

    Args:
        key: The store key, 32 bytes.
        plain: Any length.
        context: Where the value lives (table, row, column); not secret, not stored here.

    Returns:
        Nonce, ciphertext, tag: 40 bytes more than `plain`.

    Raises:
        UnknownSuiteError: The key has another length; nothing was sealed.
    """
    if len(key) != STORE_KEY_BYTES:
        raise UnknownSuiteError("a store key has 32 bytes")
    # What nacl.secret.Aead does, without the objects that it makes for each value.
    nonce = draw(_NONCE_BYTES)
    return nonce + seal(plain, context, nonce, key)


def open_at_rest(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal_at_rest` made.

    Args:
        key: The store key, 32 bytes.
        sealed: As read from the disk, any bytes.
        context: Where the value was read from.

    Returns:
        The value.

    Raises:
        DecryptionFailedError: Another key or context, changed, moved or cut short.
        UnknownSuiteError: The key has another length.
    """
    if len(key) != STORE_KEY_BYTES:
        raise UnknownSuiteError("a store key has 32 bytes")
    if len(sealed) < AT_REST_OVERHEAD_BYTES:
        raise DecryptionFailedError("the sealed value is too short")
    try:
        return unseal(sealed[_NONCE_BYTES:], context, sealed[:_NONCE_BYTES], key)
    except CryptoError as error:
        raise DecryptionFailedError("the sealed value does not open") from error


def is_encodable(text: str) -> bool:
    """Tell whether a text has bytes in UTF-8; half a character from a broken terminal has none.

    Args:
        text: Any text.

    Returns:
        Whether it holds no lone surrogate.
    """
    return not any("\ud800" <= c <= "\udfff" for c in text)


def derive_key(passphrase: str, salt: bytes, *, operations: int, memory_bytes: int) -> bytes:
    """Make a key from a passphrase with argon2id. Slow on purpose, and not for the event loop.

    The passphrase is brought to Unicode form NFC first: keyboards differ in how they write é.

    Args:
        passphrase: Not empty; how good it is, is the caller's affair.
        salt: 16 bytes from `keys.digest.new_salt`, kept with what the key seals.
        operations: Passes over the memory, 1 to 16; a node uses 3.
        memory_bytes: 8 KiB to 1 GiB; a node uses 256 MiB.

    Returns:
        32 bytes; secret.

    Raises:
        KeyFileError: With reason COSTS: they are out of bounds, or this machine cannot give the
            memory.
        UnknownSuiteError: The salt has another length, or the passphrase cannot be written in
            UTF-8.
    """
    if len(salt) != SALT_BYTES:
        raise UnknownSuiteError("the salt of a passphrase has 16 bytes")
    if not (
        1 <= operations <= MAX_OPERATIONS and MIN_MEMORY_BYTES <= memory_bytes <= MAX_MEMORY_BYTES
    ):
        raise KeyFileError(
            "the costs of the passphrase are out of bounds", reason=KeyFileReason.COSTS
        )
    # Asked beforehand: the error of a failed encoding would carry the passphrase.
    if not is_encodable(passphrase):
        raise UnknownSuiteError("the passphrase cannot be written in UTF-8")
    secret = unicodedata.normalize("NFC", passphrase).encode()
    try:
        return argon2id.kdf(STORE_KEY_BYTES, secret, salt, operations, memory_bytes)
    except SodiumError as error:
        raise KeyFileError(
            "no memory for the costs of the passphrase", reason=KeyFileReason.COSTS
        ) from error
