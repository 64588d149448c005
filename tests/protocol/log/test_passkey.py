"""What an act keeps of a passkey's approval holds for the content that was approved alone."""

import pytest

from keys.approval import approval_challenge
from keys.digest import sha256
from protocol.errors import NotProvenError
from protocol.log.passkey import PasskeyApproval
from tests.passkeys import HOST_ORIGIN, SoftPasskey

CONTENT = sha256(b"the officer digest of a content")
NONCE = bytes(range(32))


def approval(passkey: SoftPasskey) -> PasskeyApproval:
    """Return what a passkey makes of a challenge of this content."""
    answer = passkey.answer(approval_challenge(NONCE, CONTENT))
    return PasskeyApproval(
        nonce=NONCE,
        authenticator_data=answer.authenticator_data,
        client_data=answer.client_data,
        signature=answer.signature,
        spki=passkey.spki,
    )


def test_approval_holds_for_these_bytes_and_no_others() -> None:
    """Another content, another nonce, another page: nothing is approved."""
    given = approval(SoftPasskey())
    assert given.check(CONTENT) == HOST_ORIGIN
    assert given.check(CONTENT, origins=[HOST_ORIGIN]) == HOST_ORIGIN
    with pytest.raises(NotProvenError):
        given.check(sha256(b"another content"))
    with pytest.raises(NotProvenError):
        given.check(CONTENT, origins=["https://elsewhere.example"])


def test_approval_reads_back_as_it_is_written() -> None:
    """It is evidence."""
    given = approval(SoftPasskey())
    assert PasskeyApproval.from_value(given.to_value()) == given  # type: ignore[arg-type]
