"""Signatures of webhooks are those that every receiver's library expects."""

import pytest

from keys.webhook import WebhookSecret, WebhookSecretError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  published
"""Of the published test vector."""


def test_signature_is_that_of_the_published_vector() -> None:
    """What the reference libraries verify in their own tests."""
    signature = WebhookSecret.parse(SECRET).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_part_is_under_the_signature() -> None:
    """A replayed body with a new time must not verify."""
    secret = WebhookSecret.parse(SECRET)
    signed = {
        secret.sign("a", 1, b"x"),
        secret.sign("b", 1, b"x"),
        secret.sign("a", 2, b"x"),
        secret.sign("a", 1, b"y"),
    }
    assert len(signed) == 4


@pytest.mark.parametrize(
    "text",
    ["", SECRET[6:], "whsec_", "whsec_AAAA", "whsec_*", "whsec_" + "A" * 120],
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    """A short key, or a line from the wrong file."""
    with pytest.raises(WebhookSecretError):
        WebhookSecret.parse(text)


def test_secret_does_not_show() -> None:
    """Not in a traceback, not in a journal."""
    assert "MfKQ" not in repr(WebhookSecret.parse(SECRET))
    assert "key" not in repr(WebhookSecret.parse(SECRET))
