"""A second person's approval by a passkey: the challenge it answers, and whether it holds.

An assertion of Web Authentication is a signature over the authenticator's data and the digest of
the client's data, which names the challenge. The challenge is the digest of the bytes that are
approved, so that the assertion counts for these bytes and no others. Checked here without the
library that enrols passkeys: whoever verifies evidence needs none.

Source: Web Authentication Level 3, sections 6.1, 6.3.3 and 7.2; docs/wire-format.md, rule 6.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, field
from json import loads
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from nacl.utils import random as draw

from keys.digest import Label, labelled, same, sha256
from keys.errors import BadApprovalError, UnknownSuiteError
from keys.suite import DIGEST_BYTES

NONCE_BYTES: Final = 32
"""Of one challenge; it makes two approvals of the same bytes differ."""

MAX_CLIENT_DATA_BYTES: Final = 2048
MAX_AUTHENTICATOR_DATA_BYTES: Final = 1024
MAX_SIGNATURE_BYTES: Final = 128
MAX_SPKI_BYTES: Final = 128
"""A key of P-256 has 91 bytes, one of Ed25519 has 44."""

_LEAST_DATA_BYTES: Final = 37
_FLAGS_AT: Final = 32
_PRESENT: Final = 0x01
_VERIFIED: Final = 0x04
_BOTH: Final = _PRESENT | _VERIFIED
_ATTESTED: Final = 0x40
_EXTENDED: Final = 0x80

_P256_FRONT: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_ED25519_FRONT: Final = bytes.fromhex("302a300506032b6570032100")
_KTY: Final = 1
_CRV: Final = -1
_X: Final = -2
_Y: Final = -3
_OKP: Final = 1
_EC2: Final = 2
_CURVE_P256: Final = 1
_CURVE_ED25519: Final = 6
_MAP: Final = 0xA0
_SMALL: Final = 24
_NEGATIVE: Final = 0x20
_STRING: Final = 0x40
_STRING_OF_32: Final = b"\x58\x20"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAssertion:
    """What a passkey made, and its key; nothing of it is checked.

    Attributes:
        authenticator_data: As signed.
        client_data: `clientDataJSON`, as signed by its digest.
        signature: ES256 (DER) or EdDSA.
        spki: The passkey's public key as SubjectPublicKeyInfo (DER).
    """

    authenticator_data: bytes
    client_data: bytes = field(repr=False)
    signature: bytes
    spki: bytes


def new_nonce() -> bytes:
    """Draw the nonce of one challenge from the system; 32 bytes."""
    return draw(NONCE_BYTES)


def approval_challenge(nonce: bytes, content_digest: bytes) -> bytes:
    """Return the challenge that a passkey answers to approve some content.

    Args:
        nonce: 32 bytes from `new_nonce`.
        content_digest: H("a35/1/officer" 0x00 content bytes), 32 bytes.

    Returns:
        H("a35/1/approve" 0x00 nonce || content_digest), 32 bytes.

    Raises:
        UnknownSuiteError: Another length.
    """
    if len(nonce) != NONCE_BYTES or len(content_digest) != DIGEST_BYTES:
        raise UnknownSuiteError("nonce and digest of an approval have 32 bytes each")
    return labelled(Label.APPROVE, nonce, content_digest)


def check_assertion(
    signed: SignedAssertion, challenge: bytes, *, origins: Collection[str] | None = None
) -> str:
    """Check that a passkey answered a challenge, with a person verified by it.

    Args:
        signed: Any bytes.
        challenge: What it must have answered.
        origins: Pages on which it may have been made; None for any, where that is not known.

    Returns:
        The origin of the page on which it was made; the passkey is bound to its host.

    Raises:
        BadApprovalError: Of another form, challenge, origin or host, without the person present
            and verified, of another kind of key, or with a signature that does not hold.
    """
    key = _key_of(signed.spki)
    origin = _origin_of(signed.client_data, challenge)
    if origins is not None and origin not in origins:
        raise BadApprovalError("made on another page than this desk's")
    _check_place(signed.authenticator_data, origin)
    _check_signature(key, signed)
    if signed.authenticator_data[_FLAGS_AT] & _BOTH != _BOTH:
        raise BadApprovalError("made without verifying the person")
    return origin


def is_approval_key(spki: bytes) -> bool:
    """Tell whether a passkey's public key is of a kind that can approve.

    Args:
        spki: SubjectPublicKeyInfo in DER, any bytes.

    Returns:
        Whether it is P-256 or Ed25519, in its one spelling.
    """
    try:
        _key_of(spki)
    except BadApprovalError:
        return False
    return True


def spki_of_cose(cose: bytes) -> bytes | None:
    """Return the public key of a passkey as SubjectPublicKeyInfo.

    Args:
        cose: As an authenticator gave it at enrolment: a COSE key, any bytes.

    Returns:
        None if it is of no kind that can approve.

    Source:
        RFC 9053, sections 7.1 and 7.2; CTAP 2.1, section 8 (its one form of CBOR).
    """
    fields = _cose_fields(cose)
    kind, curve, x, y = (fields.get(label) for label in (_KTY, _CRV, _X, _Y))
    if (kind, curve) == (_EC2, _CURVE_P256) and isinstance(x, bytes) and isinstance(y, bytes):
        spki = _P256_FRONT + x + y
    elif (kind, curve) == (_OKP, _CURVE_ED25519) and isinstance(x, bytes):
        spki = _ED25519_FRONT + x
    else:
        return None
    return spki if is_approval_key(spki) else None


def _cose_fields(cose: bytes) -> dict[int, int | bytes]:
    """Read a map of small integers and strings of 32 bytes; empty if it is anything else."""
    fields: dict[int, int | bytes] = {}
    at = 1
    for _ in range(cose[0] - _MAP if cose and _MAP <= cose[0] < _MAP + _SMALL else 0):
        label, value = cose[at : at + 1], cose[at + 1 : at + 3]
        if not label or not value or label[0] >= _STRING:
            return {}
        if value == _STRING_OF_32:
            fields[_small(label[0])] = cose[at + 3 : at + 3 + DIGEST_BYTES]
            at += 3 + DIGEST_BYTES
        elif value[0] < _STRING:
            fields[_small(label[0])] = _small(value[0])
            at += 2
        else:
            return {}
    return fields if at == len(cose) else {}


def _small(byte: int) -> int:
    """Return the integer of one byte of CBOR: 0 to 23, or -1 to -24."""
    return byte if byte < _NEGATIVE else _NEGATIVE - 1 - byte


def _key_of(spki: bytes) -> EllipticCurvePublicKey | Ed25519PublicKey:
    if len(spki) > MAX_SPKI_BYTES:
        raise BadApprovalError("a key longer than any that is known")
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadApprovalError("not the public key of a passkey") from error
    if isinstance(key, EllipticCurvePublicKey):
        if not isinstance(key.curve, SECP256R1):
            raise BadApprovalError("a passkey of a kind that cannot approve")
    elif not isinstance(key, Ed25519PublicKey):
        raise BadApprovalError("a passkey of a kind that cannot approve")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        raise BadApprovalError("a public key in a second spelling")
    return key


def _origin_of(client_data: bytes, challenge: bytes) -> str:
    """Read the client's data and hold them against the challenge; return the page's origin.

    Raises:
        BadApprovalError: Of another form, or the answer to another challenge.
    """
    if len(client_data) > MAX_CLIENT_DATA_BYTES:
        raise BadApprovalError("client data longer than any that is known")
    try:
        said: Any = loads(client_data)
    except (ValueError, RecursionError) as error:
        raise BadApprovalError("client data that are no JSON") from error
    if not isinstance(said, dict) or said.get("type") != "webauthn.get":
        raise BadApprovalError("client data of something else than an assertion")
    answered, origin = said.get("challenge"), said.get("origin")
    if not isinstance(answered, str) or not isinstance(origin, str):
        raise BadApprovalError("client data without challenge or origin")
    expected = urlsafe_b64encode(challenge).rstrip(b"=")
    if not same(answered.encode("utf-8", "replace"), expected):
        raise BadApprovalError("the answer to another challenge: not of these bytes, or old")
    if said.get("crossOrigin", False) is not False:
        raise BadApprovalError("made inside a page of another origin")
    return origin


def _check_place(data: bytes, origin: str) -> None:
    """Check the form of the authenticator's data, and that they are for the page's host.

    Raises:
        BadApprovalError: They are not.
    """
    if not _LEAST_DATA_BYTES <= len(data) <= MAX_AUTHENTICATOR_DATA_BYTES:
        raise BadApprovalError("authenticator data of another length")
    if len(data) > _LEAST_DATA_BYTES and not data[_FLAGS_AT] & (_ATTESTED | _EXTENDED):
        raise BadApprovalError("authenticator data with something behind them")
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError as error:
        raise BadApprovalError("an origin that names no host") from error
    if not host or not same(data[:_FLAGS_AT], sha256(host.encode("utf-8", "replace"))):
        raise BadApprovalError("made for another host")


def _check_signature(
    key: EllipticCurvePublicKey | Ed25519PublicKey, signed: SignedAssertion
) -> None:
    message = signed.authenticator_data + sha256(signed.client_data)
    if len(signed.signature) > MAX_SIGNATURE_BYTES:
        raise BadApprovalError("a signature longer than any that is known")
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signed.signature, message)
        else:
            key.verify(signed.signature, message, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise BadApprovalError("the signature does not hold") from error
