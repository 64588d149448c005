"""The one suite, a35/1, and its sizes in bytes. There is no other and no negotiation.

Signatures: Ed25519 and ML-DSA-44, always both. Key encapsulation: X-Wing (ML-KEM-768 with
X25519) in HPKE base mode with HKDF-SHA256 and AES-256-GCM. Bodies: C2SP chunked encryption,
Cobblestone-256. Digests: SHA-256.

Source:
    docs/wire-format.md, rules 4, 7, 13 and 15.
"""

from typing import Final

SUITE: Final = "a35/1"
"""Name of the suite and of the protocol; each label of keys.digest begins with it."""

DIGEST_BYTES: Final = 32
"""SHA-256."""

SALT_BYTES: Final = 16
"""Salt of a statement and of a passphrase."""

KEY_ID_BYTES: Final = 16
"""Id of a recipient's key, cut from a digest; 2^64 work for a collision, which gains nothing."""

CONTENT_KEY_BYTES: Final = 32
"""Key of one body or one blob."""

SEED_BYTES: Final = 32
"""Seed of an Ed25519 or an ML-DSA-44 key."""

XWING_SEED_BYTES: Final = 32
"""Seed from which SHAKE256 makes the ML-KEM-768 and the X25519 half."""

XWING_PUBLIC_BYTES: Final = 1216
"""1184 of ML-KEM-768, then 32 of X25519."""

WRAP_BYTES: Final = 1168
"""Encapsulated key (1088 and 32), sealed content key (32) and tag (16)."""

ED25519_PUBLIC_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64
MLDSA44_PUBLIC_BYTES: Final = 1312
MLDSA44_SIGNATURE_BYTES: Final = 2420

BODY_CHUNK_BYTES: Final = 16 * 1024
"""Plaintext of one chunk; the last chunk is always shorter, and may be empty."""

BODY_TAG_BYTES: Final = 16
"""AES-GCM tag behind each chunk."""

BODY_OVERHEAD_BYTES: Final = 56
"""Salt (24) and key commitment (32) in front of the first chunk."""
