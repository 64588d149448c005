"""A passkey in software: what a browser and an authenticator make together, for tests."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from json import dumps

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.digest import sha256

HOST_ORIGIN = "http://localhost:8351"
_VERIFIED = 0x05
"""A person was present and verified."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a passkey answers to a challenge."""

    credential: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


class SoftPasskey:
    """One passkey of P-256.

    Args:
        credential: Its id.
        origin: Of the page in which it answers.
    """

    def __init__(self, *, credential: bytes = b"credential 1", origin: str = HOST_ORIGIN) -> None:
        self.credential = credential
        self._origin = origin
        self._key = generate_private_key(SECP256R1())

    @property
    def spki(self) -> bytes:
        """Its public key."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def answer(self, challenge: bytes) -> Answer:
        """Sign a challenge."""
        host = self._origin.split("//")[1].split(":")[0]
        data = sha256(host.encode()) + bytes((_VERIFIED,)) + bytes(4)
        client = dumps(
            {
                "type": "webauthn.get",
                "challenge": urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                "origin": self._origin,
                "crossOrigin": False,
            }
        ).encode()
        signature = self._key.sign(data + sha256(client), ECDSA(SHA256()))
        return Answer(
            credential=self.credential,
            authenticator_data=data,
            client_data=client,
            signature=signature,
        )
