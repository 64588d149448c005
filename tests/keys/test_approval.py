"""An approval counts for the bytes that were approved, by a verified person, on our page."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.approval import (
    SignedAssertion,
    approval_challenge,
    check_assertion,
    is_approval_key,
    new_nonce,
    spki_of_cose,
)
from keys.digest import sha256
from keys.errors import BadApprovalError, UnknownSuiteError

FILE = loads((Path(__file__).parent / "webauthn_vectors.json").read_text())
VECTORS: dict[str, dict[str, str]] = {one["name"]: one for one in FILE["vectors"]}
COSE = {
    "packed-es256": (
        "a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29"
        "edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3"
        "887e57f0cc2bece803b920c423"
    ),
    "packed-eddsa": (
        "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832"
    ),
}
ORIGIN = "http://localhost:8351"
CHALLENGE = bytes(range(32))
SOUND = ("none-es256-long-credential-id", "packed-es256", "tpm-es256")


def vector(name: str) -> tuple[SignedAssertion, bytes]:
    """Return an assertion of the specification and its challenge."""
    one = VECTORS[name]
    signed = SignedAssertion(
        authenticator_data=bytes.fromhex(one["authenticator_data"]),
        client_data=bytes.fromhex(one["client_data"]),
        signature=bytes.fromhex(one["signature"]),
        spki=bytes.fromhex(one["spki"]),
    )
    return signed, bytes.fromhex(one["challenge"])


def made(
    *, host: bytes = b"localhost", flags: int = 0x05, tail: bytes = b"", **said: object
) -> SignedAssertion:
    """Return what a passkey of Ed25519 makes of any client data."""
    key = Ed25519PrivateKey.generate()
    client: dict[str, Any] = {
        "type": "webauthn.get",
        "challenge": urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode(),
        "origin": ORIGIN,
        "crossOrigin": False,
    }
    data = sha256(host) + bytes((flags,)) + bytes(4) + tail
    text = dumps(client | said).encode()
    return SignedAssertion(
        authenticator_data=data,
        client_data=text,
        signature=key.sign(data + sha256(text)),
        spki=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


@pytest.mark.parametrize("name", SOUND)
def test_assertion_of_the_specification_holds(name: str) -> None:
    """Vectors that others made: ES256, the person verified."""
    signed, challenge = vector(name)
    assert check_assertion(signed, challenge, origins={FILE["origin"]}) == FILE["origin"]
    assert is_approval_key(signed.spki)


@pytest.mark.parametrize("name", [*SOUND, "none-es256", "packed-self-es256", "packed-eddsa"])
def test_any_bit_of_an_assertion_of_the_specification_counts(name: str) -> None:
    """Its signature, its data, its key; here of ES256 and of EdDSA."""
    signed, challenge = vector(name)
    for changed in (
        replace(signed, signature=signed.signature[:-1] + bytes((signed.signature[-1] ^ 1,))),
        replace(signed, authenticator_data=signed.authenticator_data[:-1] + b"\x01"),
        replace(signed, client_data=signed.client_data + b" "),
    ):
        with pytest.raises(BadApprovalError, match="the signature does not hold"):
            check_assertion(changed, challenge)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none-es256", "without verifying the person"),
        ("packed-eddsa", "without verifying the person"),
        ("none-es256-crossOrigin", "inside a page of another origin"),
        ("packed-es384", "of a kind that cannot approve"),
        ("packed-es512", "longer than any"),
        ("packed-rs256", "longer than any"),
    ],
)
def test_sound_assertion_of_another_kind_is_refused(name: str, why: str) -> None:
    """The signature of the first two holds: what is looked at last is the person."""
    signed, challenge = vector(name)
    with pytest.raises(BadApprovalError, match=why):
        check_assertion(signed, challenge)


def test_assertion_counts_for_one_challenge_and_one_page() -> None:
    """Other bytes, another nonce, another desk."""
    signed = made()
    assert check_assertion(signed, CHALLENGE, origins=[ORIGIN]) == ORIGIN
    assert check_assertion(made(tail=b"\xa0", flags=0x85), CHALLENGE) == ORIGIN
    with pytest.raises(BadApprovalError, match="another challenge"):
        check_assertion(signed, sha256(b"other bytes"), origins=[ORIGIN])
    with pytest.raises(BadApprovalError, match="another page"):
        check_assertion(signed, CHALLENGE, origins=["http://localhost:8352"])


@pytest.mark.parametrize(
    "signed",
    [
        made(host=b"127.0.0.1"),
        made(flags=0x04),
        made(flags=0x01),
        made(tail=b"\xa0"),
        made(tail=b"x" * 1024, flags=0x85),
        made(origin=7),
        made(origin="http://"),
        made(origin="http://[localhost"),
        made(origin="http://\ud800"),
        made(challenge=None),
        made(challenge="\ud800"),
        made(type="webauthn.create"),
        made(crossOrigin=True),
        made(pad="x" * 2048),
        replace(made(), authenticator_data=bytes(36)),
        replace(made(), client_data=b"{"),
        replace(made(), client_data=b"\xff"),
        replace(made(), client_data=b"[" * 2000),
        replace(made(), client_data=b'"text"'),
        replace(made(), signature=bytes(129)),
        replace(made(), signature=b""),
        replace(made(), spki=b""),
        replace(made(), spki=made().spki),
        replace(made(), spki=made().spki + b"\x00"),
    ],
)
def test_malformed_assertion_is_refused_and_nothing_else(signed: SignedAssertion) -> None:
    """It comes out of evidence that anybody may have written."""
    with pytest.raises(BadApprovalError):
        check_assertion(signed, CHALLENGE)


def test_challenge_is_of_the_content_and_of_the_nonce() -> None:
    """Its formula, spelled out."""
    nonce, digest = new_nonce(), sha256(b"content")
    assert approval_challenge(nonce, digest) == sha256(b"a35/1/approve\x00" + nonce + digest)
    assert new_nonce() != nonce
    for wrong in ((nonce[:-1], digest), (nonce, digest + b"x")):
        with pytest.raises(UnknownSuiteError):
            approval_challenge(*wrong)


def test_key_in_a_second_spelling_is_none() -> None:
    """A compressed point is the same key; evidence has one spelling of everything."""
    key = generate_private_key(SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    spki = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    assert not is_approval_key(spki)
    assert is_approval_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_key_of_a_passkey_is_read_from_what_it_gave_at_enrolment() -> None:
    """The registrations of the specification; the rest is no key that can approve."""
    for name in ("packed-es256", "packed-eddsa"):
        assert spki_of_cose(bytes.fromhex(COSE[name])) == vector(name)[0].spki
    sound = bytes.fromhex(COSE["packed-es256"])
    off = sound[:-1] + bytes((sound[-1] ^ 1,))
    wrong = (b"", b"\xa0", b"\x00", sound[:-1], sound + b"\x00", sound[:4], sound[:1], off)
    for cose in (*wrong, b"\xa1\x01\x60", b"\xa1\x60\x01", b"\xa4" + sound[1:]):
        assert spki_of_cose(cose) is None


def test_the_library_that_enrols_passkeys_agrees() -> None:
    """What py_webauthn takes for good is good here, and the other way round."""
    webauthn = pytest.importorskip("webauthn")
    refused = pytest.importorskip("webauthn.helpers.exceptions").InvalidAuthenticationResponse
    cbor2 = pytest.importorskip("cbor2")
    private = generate_private_key(SECP256R1())
    point = private.public_key().public_numbers()
    cose = cbor2.dumps(
        {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    )
    plain = made()
    message = plain.authenticator_data + sha256(plain.client_data)
    signed = replace(
        plain,
        signature=private.sign(message, ECDSA(SHA256())),
        spki=private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )

    def theirs(challenge: bytes) -> None:
        webauthn.verify_authentication_response(
            credential={
                "id": "AAAA",
                "rawId": "AAAA",
                "type": "public-key",
                "response": {
                    "authenticatorData": _text(signed.authenticator_data),
                    "clientDataJSON": _text(signed.client_data),
                    "signature": _text(signed.signature),
                },
            },
            expected_challenge=challenge,
            expected_rp_id="localhost",
            expected_origin=ORIGIN,
            credential_public_key=cose,
            credential_current_sign_count=0,
            require_user_verification=True,
        )

    theirs(CHALLENGE)
    assert check_assertion(signed, CHALLENGE, origins=[ORIGIN]) == ORIGIN
    other = sha256(b"other")
    with pytest.raises(refused):
        theirs(other)
    with pytest.raises(BadApprovalError):
        check_assertion(signed, other, origins=[ORIGIN])


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
