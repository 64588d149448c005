"""Secrets that somebody shows to come in: drawn here, kept by others as a digest alone.

Each has enough random bits that its plain SHA-256 can be stored: whoever reads the digests finds
no secret by trying. Passwords, which people choose, are the business of `keys.password`.

Source: docs/desk.md, "Sign-in".
"""

from base64 import urlsafe_b64encode
from typing import Final

from nacl.utils import random as draw

from keys.digest import sha256

SECRET_BYTES: Final = 32
CODE_BYTES: Final = 16
TOKEN_PREFIX: Final = "a35t_"  # noqa: S105  the prefix alone
"""How a bearer token begins, so that a search for lost secrets finds it."""

_MOST: Final = 128
_CONFIRM: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters of a code that people compare: none that reads as another, no vowel, so no word."""

_CONFIRM_LETTERS: Final = 8
_CSRF: Final = b"a35 csrf\x00"


def new_secret() -> str:
    """Draw the secret of a session: 256 bits as 43 characters that fit into a cookie."""
    return _text(draw(SECRET_BYTES))


def new_code() -> str:
    """Draw the code of a one-time link: 128 bits as 22 characters that fit into an address."""
    return _text(draw(CODE_BYTES))


def new_token() -> str:
    """Draw a bearer token: its prefix and 256 bits."""
    return TOKEN_PREFIX + _text(draw(SECRET_BYTES))


def new_confirmation() -> str:
    """Draw what two screens show and a person compares: eight letters, as `BCDF-GHJK`."""
    letters: list[str] = []
    while len(letters) < _CONFIRM_LETTERS:
        # Bytes that would favour some letters are thrown away.
        letters.extend(
            _CONFIRM[each % len(_CONFIRM)]
            for each in draw(_CONFIRM_LETTERS)
            if each < 256 - 256 % len(_CONFIRM)
        )
    text = "".join(letters[:_CONFIRM_LETTERS])
    return f"{text[:4]}-{text[4:]}"


def digest_of(secret: str) -> bytes | None:
    """Return what is stored of a secret, None for what cannot be one.

    Args:
        secret: As it was shown; anything.
    """
    if not secret or len(secret) > _MOST or not secret.isascii():
        return None
    return sha256(secret.encode())


def csrf_of(secret: str) -> str:
    """Return the token that forms of a session carry; nobody learns the secret from it.

    Args:
        secret: Of the session, in ASCII.
    """
    return _text(sha256(_CSRF + secret.encode()))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
