"""SHA-256 with labels, the two hashes of the Merkle tree, key ids, and comparison of digests.

A label says what is hashed, so that no digest of one kind can stand for another. What the
parts mean, and that their boundaries are unambiguous, is the caller's task: a part is either of
fixed length or the last.

>>> labelled(Label.RECEIPT, b"bytes") == sha256(b"a35/1/receipt" + bytes(1) + b"bytes")
True
"""

import hashlib
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.constant_time import bytes_eq
from nacl.utils import random as draw

from keys.suite import KEY_ID_BYTES, SALT_BYTES

EMPTY_ROOT: Final = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
"""Root of the tree without leaves: the digest of nothing (RFC 6962 section 2.1)."""


class Label(StrEnum):
    """What a digest, a key derivation or an encryption is for; the closed list of a35/1."""

    ENVELOPE = "a35/1/envelope"
    RECEIPT = "a35/1/receipt"
    OBTAINED = "a35/1/obtained"
    KEY_SET = "a35/1/keyset"
    SEEN = "a35/1/seen"
    DIRECTORY = "a35/1/directory"
    REVOKE = "a35/1/revoke"
    EPOCH = "a35/1/epoch"
    ACT = "a35/1/act"
    SILENCE = "a35/1/silence"
    OFFICER = "a35/1/officer"
    APPROVE = "a35/1/approve"
    KEM = "a35/1/kem"
    CONTENT_KEY = "a35/1/cek"
    BODY = "a35/1/body"
    BLOB = "a35/1/blob"
    REQUEST_KEY = "a35/1/request-key"


class Hasher:
    """SHA-256 of what comes in pieces.

    Not for two threads at once.
    """

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = hashlib.sha256()

    def update(self, data: bytes) -> None:
        """Take the next piece.

        Args:
            data: Any length, also none.
        """
        self._state.update(data)

    def digest(self) -> bytes:
        """Give the digest of all pieces so far; more may follow.

        Returns:
            32 bytes.
        """
        return self._state.digest()

    def copy(self) -> "Hasher":
        """Return another one that goes on from here, apart from this one."""
        other = Hasher()
        other._state = self._state.copy()
        return other


def sha256(data: bytes) -> bytes:
    """Hash one piece, without a label.

    Args:
        data: Any length.

    Returns:
        32 bytes.
    """
    return hashlib.sha256(data).digest()


def labelled(label: Label, *parts: bytes) -> bytes:
    """Hash parts under a label: H(label 0x00 parts).

    The caller keeps every part but the last of fixed length, else two lists of parts could
    give one digest.

    Args:
        label: What the digest is for.
        parts: Hashed one after the other, with nothing between them.

    Returns:
        32 bytes.

    Source:
        docs/wire-format.md, rule 6.
    """
    return hashlib.sha256(b"".join((label.encode(), b"\x00", *parts))).digest()


def leaf_hash(leaf_data: bytes) -> bytes:
    """Hash one leaf: H(0x00 || data).

    Args:
        leaf_data: For a log of this protocol 33 bytes, type and digest.

    Returns:
        32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    return hashlib.sha256(b"\x00" + leaf_data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent: H(0x01 || left || right).

    Args:
        left: Root of the left subtree, 32 bytes.
        right: Root of the right one, 32 bytes.

    Returns:
        32 bytes.

    Source:
        RFC 6962 section 2.1.
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


def kem_key_id(public: bytes) -> bytes:
    """Name a recipient's key.

    Args:
        public: The X-Wing public key, 1216 bytes.

    Returns:
        The first 16 bytes of H("a35/1/kem" 0x00 public).

    Source:
        docs/wire-format.md, rule 15.
    """
    return labelled(Label.KEM, public)[:KEY_ID_BYTES]


def same(a: bytes, b: bytes) -> bool:
    """Compare two byte strings in a time that does not depend on where they differ.

    Args:
        a: Any length.
        b: Any length.

    Returns:
        Whether they are equal; False at once if their lengths differ.
    """
    return bytes_eq(a, b)


def new_salt() -> bytes:
    """Draw a salt from the system.

    Returns:
        16 bytes, never the same twice.
    """
    return draw(SALT_BYTES)
