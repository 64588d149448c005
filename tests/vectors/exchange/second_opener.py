"""The second reader's cryptography of contents: HPKE with X-Wing, chunked encryption, padding.

Written from docs/wire-format.md, rules 12, 13 and 15, with nothing of ours: only SHA-2, SHA-3,
HMAC, AES-GCM, ML-KEM-768 and X25519 come from libraries.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors.exchange.second_reader import demand, labelled

SUITE_ID: Final = b"HPKE" + bytes.fromhex("647a00010002")
XWING_LABEL: Final = bytes.fromhex("5c2e2f2f5e5c")
CHUNK: Final = 16 * 1024 + 16


def expand(key: bytes, info: bytes, size: int, name: str) -> bytes:
    """HKDF-Expand (RFC 5869)."""
    out, block, number = b"", b"", 0
    while len(out) < size:
        number += 1
        block = hmac.digest(key, block + info + bytes((number,)), name)
        out += block
    return out[:size]


def _extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + SUITE_ID + label + secret, "sha256")


def _derive(key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    named = size.to_bytes(2, "big") + b"HPKE-v1" + SUITE_ID + label + info
    return expand(key, named, size, "sha256")


def expanded(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Return both halves of the secret of an X-Wing seed."""
    both = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(both[:64])
    return lattice, X25519PrivateKey.from_private_bytes(both[64:])


def key_id(seed: bytes) -> bytes:
    """Return the id of the public key of a seed."""
    lattice, curve = expanded(seed)
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return labelled("a35/1/kem", public)[:16]


def unwrap(seed: bytes, wrap: bytes, info: bytes) -> bytes:
    """Open a wrap of 1168 bytes with the X-Wing seed of its recipient."""
    demand(len(wrap) == 1168, "a wrap of another length")
    lattice, curve = expanded(seed)
    of_lattice, of_curve, sealed = wrap[:1088], wrap[1088:1120], wrap[1120:]
    shared = hashlib.sha3_256(
        lattice.decapsulate(of_lattice)
        + curve.exchange(X25519PublicKey.from_public_bytes(of_curve))
        + of_curve
        + curve.public_key().public_bytes_raw()
        + XWING_LABEL
    ).digest()
    context = b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    secret = _extract(shared, b"secret", b"")
    key = _derive(secret, b"key", context, 32)
    nonce = _derive(secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed, b"")


def open_body(content_key: bytes, context: bytes, body: bytes) -> bytes:
    """Open a sealed body or blob."""
    salt, commitment, rest = body[:24], body[24:56], body[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = expand(content_key, info, 76, "sha512")
    key, nonce = AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big")
    demand(derived[44:] == commitment, "another key")
    plain, number = b"", 0
    while True:
        chunk, rest = rest[:CHUNK], rest[CHUNK:]
        plain += key.decrypt((nonce ^ number).to_bytes(12, "big"), chunk, b"")
        number += 1
        if len(chunk) < CHUNK:
            demand(not rest, "something behind the last chunk")
            return plain


def padded(size: int) -> int:
    """Return the length of the padded form of an inner of so many bytes."""
    length = max(size + 4, 256)
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return (length + step - 1) // step * step


def unpad(plain: bytes) -> bytes:
    """Return what was padded."""
    size = int.from_bytes(plain[:4], "big")
    inner, rest = plain[4 : 4 + size], plain[4 + size :]
    demand(len(plain) == padded(size) and not any(rest), "padding")
    return inner
