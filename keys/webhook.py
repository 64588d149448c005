"""The signature under a call of ours to another program, after Standard Webhooks.

A secret is shared with one receiver. It proves to that receiver alone that a call comes from this
node; it signs nothing of the protocol. While a secret is replaced, a call bears two signatures.

Source: the Standard Webhooks specification, "Signature scheme" (standardwebhooks.com).
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from keys.errors import KeysError

PREFIX: Final = "whsec_"
MIN_SECRET_BYTES: Final = 24
MAX_SECRET_BYTES: Final = 64


class WebhookSecretError(KeysError):
    """The text is no secret of a webhook."""


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """One secret that is shared with one receiver.

    Args:
        key: 24 to 64 bytes. Secret.
    """

    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a secret.

        Args:
            text: `whsec_` and the key in base64.

        Raises:
            WebhookSecretError: Not such a text.
        """
        if not text.startswith(PREFIX):
            raise WebhookSecretError(f"the secret of a webhook begins with {PREFIX}")
        try:
            key = b64decode(text.removeprefix(PREFIX), validate=True)
        except (Base64Error, ValueError):
            raise WebhookSecretError("the secret of a webhook is base64") from None
        if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
            raise WebhookSecretError(
                f"the secret of a webhook has {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes"
            )
        return cls(key)

    def sign(self, call_id: str, at_s: int, body: bytes) -> str:
        """Return the signature of one call, as it stands in `webhook-signature`.

        Args:
            call_id: What `webhook-id` says; without a dot, which separates the parts.
            at_s: What `webhook-timestamp` says: seconds since 1970.
            body: The exact bytes of the body.
        """
        mac = HMAC(self.key, SHA256())
        mac.update(f"{call_id}.{at_s}.".encode() + body)
        return f"v1,{b64encode(mac.finalize()).decode()}"
