"""The bytes of C2SP signature lines: key ids, the ML-DSA-44 message, timestamped signatures.

What a line is good for, and which lines a note must carry, is in keys.note and keys.signing.
"""

from enum import IntEnum
from typing import Final

from keys.digest import sha256
from keys.errors import BadNoteError

MAX_TIMESTAMP_S: Final = 2**63 - 1
"""Largest timestamp of a cosignature."""

KEY_ID_PREFIX_BYTES: Final = 4
"""Key id in front of each signature."""

_WORD_BYTES: Final = 8


class SignatureType(IntEnum):
    """The byte that tells C2SP signature types apart, in key ids and verifier keys."""

    ED25519 = 0x01
    MLDSA44 = 0x06


def key_id(name: str, kind: SignatureType, public: bytes) -> bytes:
    """Compute the id by which a signature line names its key.

    Args:
        name: Name of the key.
        kind: Type of its signatures.
        public: The public key in the encoding of that type.

    Returns:
        4 bytes: the first of H(name newline type public). An id, not a commitment.

    Source:
        C2SP signed-note, section Signatures.
    """
    return sha256(name.encode() + b"\n" + bytes((kind,)) + public)[:KEY_ID_PREFIX_BYTES]


def cosigned_message(name: str, timestamp_s: int, *, origin: str, size: int, root: bytes) -> bytes:
    """Build what an ML-DSA-44 line signs: one whole tree, so start is 0 and end its size.

    Args:
        name: Name of the signing key, 1 to 255 bytes.
        timestamp_s: Seconds since 1970, 0 to 2^63 - 1; for a log's own line not 0.
        origin: Name of the log, 1 to 255 bytes; for a log's own line equal to `name`.
        size: Number of leaves, below 2^64.
        root: Root hash, 32 bytes.

    Returns:
        The `cosigned_message` structure.

    Source:
        C2SP tlog-cosignature, section ML-DSA-44 signed message.
    """
    signer, log = name.encode(), origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes((len(signer),)),
            signer,
            timestamp_s.to_bytes(_WORD_BYTES, "big"),
            bytes((len(log),)),
            log,
            bytes(_WORD_BYTES),
            size.to_bytes(_WORD_BYTES, "big"),
            root,
        )
    )


def timestamped(timestamp_s: int, signature: bytes) -> bytes:
    """Build a `timestamped_signature`.

    Args:
        timestamp_s: The one in the message that was signed, seconds since 1970.
        signature: By the rules of the key.

    Returns:
        8 bytes big-endian, then the signature.

    Source:
        C2SP tlog-cosignature, section Format.
    """
    return timestamp_s.to_bytes(_WORD_BYTES, "big") + signature


def check_timestamp(timestamp_s: int) -> None:
    """Refuse a timestamp that no log writes.

    Zero would mean that the head is not said to be the newest, which a log always says.

    Args:
        timestamp_s: Seconds since 1970.

    Raises:
        BadNoteError: It is not within 1 and 2^63 - 1.

    Source:
        docs/wire-format.md, rule 7; C2SP tlog-cosignature, section Format.
    """
    if not 0 < timestamp_s <= MAX_TIMESTAMP_S:
        raise BadNoteError("the timestamp is zero or out of bounds")


def split_timestamped(signature: bytes) -> tuple[int, bytes]:
    """Split a `timestamped_signature`; the length of the second part is the key's affair.

    Args:
        signature: What follows the key id, any length.

    Returns:
        Seconds since 1970, never 0, and the signature itself.

    Raises:
        BadNoteError: The timestamp is zero or out of bounds.

    Source:
        C2SP tlog-cosignature, section Format.
    """
    timestamp_s = int.from_bytes(signature[:_WORD_BYTES], "big")
    check_timestamp(timestamp_s)
    return timestamp_s, signature[_WORD_BYTES:]
