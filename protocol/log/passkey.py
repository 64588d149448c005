"""What a passkey signed when a second person approved a content: kept in the act that says so.

Does: its canonical form inside an act, and whether it holds for a content. Leaves to
`keys.approval` what a passkey signs, and to callers whose passkey it is: the node's own word.

Source: docs/wire-format.md, rule 6; docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Self

from keys.approval import (
    MAX_AUTHENTICATOR_DATA_BYTES,
    MAX_CLIENT_DATA_BYTES,
    MAX_SIGNATURE_BYTES,
    MAX_SPKI_BYTES,
    NONCE_BYTES,
    SignedAssertion,
    approval_challenge,
    check_assertion,
)
from keys.errors import BadApprovalError
from protocol.encoding import Encodable, Value
from protocol.errors import NotProvenError
from protocol.fields import Fields

_KEYS: Final = ("ad", "cd", "key", "n", "sig")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyApproval:
    """An assertion over some content, with all that is needed to check it but the content.

    Attributes:
        nonce: Of the challenge, 32 bytes.
        authenticator_data: As the passkey signed them.
        client_data: As the browser wrote them; they name the page.
        signature: ES256 or EdDSA.
        spki: The passkey's public key.
    """

    nonce: bytes
    authenticator_data: bytes
    client_data: bytes = field(repr=False)
    signature: bytes
    spki: bytes

    def check(self, content_digest: bytes, *, origins: Collection[str] | None = None) -> str:
        """Check that it approves exactly this content.

        Args:
            content_digest: The officer digest of the content, 32 bytes.
            origins: Pages on which it may have been made; None for any.

        Returns:
            The page on which it was made.

        Raises:
            NotProvenError: It does not.
        """
        signed = SignedAssertion(
            authenticator_data=self.authenticator_data,
            client_data=self.client_data,
            signature=self.signature,
            spki=self.spki,
        )
        try:
            challenge = approval_challenge(self.nonce, content_digest)
            return check_assertion(signed, challenge, origins=origins)
        except BadApprovalError as error:
            raise NotProvenError(f"an approval that does not hold: {error}") from error

    def to_value(self) -> dict[str, Encodable]:
        """Return it as an act holds it."""
        return {
            "ad": self.authenticator_data,
            "cd": self.client_data,
            "key": self.spki,
            "n": self.nonce,
            "sig": self.signature,
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what an act holds.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA).
        """
        fields = Fields.of(value, _KEYS)
        return cls(
            nonce=fields.raw("n", NONCE_BYTES),
            authenticator_data=fields.raw("ad", max_bytes=MAX_AUTHENTICATOR_DATA_BYTES),
            client_data=fields.raw("cd", max_bytes=MAX_CLIENT_DATA_BYTES),
            signature=fields.raw("sig", max_bytes=MAX_SIGNATURE_BYTES),
            spki=fields.raw("key", max_bytes=MAX_SPKI_BYTES),
        )
