"""WebAuthn by py_webauthn; the one place that knows it. Loaded when somebody first uses a passkey.

Two kinds of keys are taken, those that the offline verifier checks: ES256 and EdDSA. The person is
always verified by the device: a passkey stands for somebody, not for something.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

from gateway.accounts import PasskeyRow
from gateway.errors import AccessDeniedError
from gateway.service.passkeys import Enrolled, Site

_NAME: Final = "A35"
_MOST_ANSWER: Final = 16 * 1024


def has_passkeys() -> bool:
    """Tell whether the library is installed."""
    return find_spec("webauthn") is not None


class WebAuthn:
    """Implements passkeys.Authenticator."""

    def enrol_options(
        self, site: Site, *, user: bytes, name: str, challenge: bytes, known: Sequence[bytes]
    ) -> str:
        """Return what the browser is asked so that a device makes a key, as JSON."""
        from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
        from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415
        from webauthn.helpers.structs import (  # noqa: PLC0415
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        return options_to_json(
            generate_registration_options(
                rp_id=site.host,
                rp_name=_NAME,
                user_name=name,
                user_id=user,
                challenge=challenge,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
                supported_pub_key_algs=[
                    COSEAlgorithmIdentifier.ECDSA_SHA_256,
                    COSEAlgorithmIdentifier.EDDSA,
                ],
            )
        )

    def enrolled(self, answer: str, site: Site, *, challenge: bytes) -> Enrolled:
        """Check what the browser answered when a device made a key.

        Raises:
            AccessDeniedError: It fails.
        """
        from webauthn import verify_registration_response  # noqa: PLC0415
        from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415

        try:
            made = verify_registration_response(
                credential=_bounded(answer),
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
                supported_pub_key_algs=[
                    COSEAlgorithmIdentifier.ECDSA_SHA_256,
                    COSEAlgorithmIdentifier.EDDSA,
                ],
            )
        except Exception as error:  # the library reads foreign bytes: whatever it meets, it fails
            refused = _refused()
            raise refused from error
        return Enrolled(
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
        )

    def options(self, site: Site, *, challenge: bytes, known: Sequence[bytes]) -> str:
        """Return what the browser is asked to show a passkey, as JSON."""
        from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415
        from webauthn.helpers.structs import (  # noqa: PLC0415
            PublicKeyCredentialDescriptor,
            UserVerificationRequirement,
        )

        return options_to_json(
            generate_authentication_options(
                rp_id=site.host,
                challenge=challenge,
                allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def credential_of(self, answer: str) -> bytes:
        """Return the id of the key that an answer was made with, not yet checked.

        Raises:
            AccessDeniedError: It is not an answer at all.
        """
        return bytes(_parsed(answer).raw_id)

    def shown(self, answer: str, site: Site, *, challenge: bytes, held: PasskeyRow) -> int:
        """Check an answer; return the device's new count.

        Raises:
            AccessDeniedError: It fails.
        """
        from webauthn import verify_authentication_response  # noqa: PLC0415

        try:
            shown = verify_authentication_response(
                credential=_parsed(answer),
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=held.public_key,
                credential_current_sign_count=held.sign_count,
                require_user_verification=True,
            )
        except Exception as error:  # the library reads foreign bytes: whatever it meets, it fails
            refused = _refused()
            raise refused from error
        return int(shown.new_sign_count)


def _parsed(answer: str) -> Any:  # noqa: ANN401  the library's own class
    """Read an answer.

    Raises:
        AccessDeniedError: It is none.
    """
    from webauthn.helpers import parse_authentication_credential_json  # noqa: PLC0415

    try:
        return parse_authentication_credential_json(_bounded(answer))
    except Exception as error:  # the library reads foreign bytes: whatever it meets, it fails
        refused = _refused()
        raise refused from error


def _bounded(answer: str) -> str:
    """Refuse what no device answers.

    Raises:
        AccessDeniedError: It is too long.
    """
    if len(answer) > _MOST_ANSWER:
        refused = _refused()
        raise refused
    return answer


def _refused() -> AccessDeniedError:
    return AccessDeniedError(
        "the passkey was not accepted", code="not_permitted", hint="try again with your passkey"
    )
