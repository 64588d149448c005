"""Wrap a content key for one recipient, and unwrap it: HPKE base mode with X-Wing.

A wrap opens only with the recipient's secret and under the same `info`; through `info` the
header of an envelope is bound to it. Base mode does not say who wrapped: that is what the
sender's log is for.

The library has no serialisation of the composite private key, so the 32-byte X-Wing seed is
what is stored, and SHAKE256 expands it.

Source:
    docs/wire-format.md, rule 15; RFC 9180; draft-connolly-cfrg-xwing-kem.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from nacl.utils import random as draw

from keys.digest import kem_key_id
from keys.errors import DecryptionFailedError, UnknownSuiteError
from keys.suite import CONTENT_KEY_BYTES, WRAP_BYTES, XWING_PUBLIC_BYTES, XWING_SEED_BYTES

_MLKEM_SEED_BYTES: Final = 64
_MLKEM_PUBLIC_BYTES: Final = 1184
_EXPANDED_BYTES: Final = 96


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """A public key to seal for, parsed and checked once; keep it as long as it is valid.

    Attributes:
        public: 1216 bytes: ML-KEM-768, then X25519.
        key_id: 16 bytes, made from it.

    Raises:
        UnknownSuiteError: Another length, an ML-KEM key out of its field, or an X25519 point
            of small order, with which no secret could be agreed.
    """

    public: bytes
    key_id: bytes = field(init=False)
    _key: MLKEM768X25519PublicKey = field(init=False, repr=False, compare=False)
    _suite: Suite = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.public) != XWING_PUBLIC_BYTES:
            raise UnknownSuiteError("a recipient's public key has 1216 bytes")
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(self.public[:_MLKEM_PUBLIC_BYTES])
            curve = X25519PublicKey.from_public_bytes(self.public[_MLKEM_PUBLIC_BYTES:])
            # Refused here and not at the first envelope: any scalar shows a small order.
            X25519PrivateKey.from_private_bytes(bytes(XWING_SEED_BYTES)).exchange(curve)
        except ValueError as error:
            raise UnknownSuiteError("not an X-Wing public key") from error
        # The only writes ever: a frozen value that carries what is costly to make again.
        object.__setattr__(self, "key_id", kem_key_id(self.public))
        object.__setattr__(self, "_key", MLKEM768X25519PublicKey(lattice, curve))
        object.__setattr__(self, "_suite", _suite())

    def wrap(self, content_key: bytes, info: bytes) -> bytes:
        """Seal a content key for this recipient. Each call gives another wrap.

        Args:
            content_key: 32 bytes.
            info: What the wrap is bound to; not secret, any length.

        Returns:
            1168 bytes: encapsulated key, sealed content key, tag.

        Raises:
            UnknownSuiteError: The content key has another length; nothing was sealed.
        """
        if len(content_key) != CONTENT_KEY_BYTES:
            raise UnknownSuiteError("a content key has 32 bytes")
        return self._suite.encrypt(content_key, self._key, info)


class RecipientSecret:
    """The secret half, expanded from its seed once; never print, never copy.

    Args:
        seed: The X-Wing seed, 32 bytes from `new_seed`.

    Raises:
        UnknownSuiteError: The seed has another length.
    """

    __slots__ = ("_key", "_key_id", "_public", "_suite")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != XWING_SEED_BYTES:
            raise UnknownSuiteError("an X-Wing seed has 32 bytes")
        expanded = hashlib.shake_256(seed).digest(_EXPANDED_BYTES)
        lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        curve = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        self._key = MLKEM768X25519PrivateKey(lattice, curve)
        self._suite = _suite()
        self._public = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )
        self._key_id = kem_key_id(self._public)

    @property
    def public(self) -> bytes:
        """The public key, 1216 bytes."""
        return self._public

    @property
    def key_id(self) -> bytes:
        """Id of the public key, 16 bytes."""
        return self._key_id

    def unwrap(self, wrap: bytes, info: bytes) -> bytes:
        """Open a wrap that was made for this key.

        Args:
            wrap: As received, any bytes.
            info: What the wrap must be bound to.

        Returns:
            The content key, 32 bytes.

        Raises:
            DecryptionFailedError: Another length, key or info, or changed on the way.
        """
        if len(wrap) != WRAP_BYTES:
            raise DecryptionFailedError("a wrap has 1168 bytes")
        try:
            return self._suite.decrypt(wrap, self._key, info)
        except (InvalidTag, ValueError) as error:  # ValueError: a point of small order
            raise DecryptionFailedError("the wrap does not open") from error


def new_seed() -> bytes:
    """Draw the seed of a new recipient's key from the system.

    Returns:
        32 bytes; secret.
    """
    return draw(XWING_SEED_BYTES)


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
