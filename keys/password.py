"""Break-glass passwords: what may be one, what is kept of it, and whether it is the one.

argon2id with a cost that makes one try take about two seconds on a slow core and 256 MiB: call it
away from the event loop, one at a time.

Source: docs/desk.md, "Sign-in".
"""

from dataclasses import dataclass
from typing import Final

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

LEAST_CHARACTERS: Final = 14
MOST_CHARACTERS: Final = 200
_LEAST_DIFFERENT: Final = 6
_LONGEST_UNIT: Final = 7
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "1q2w3e4r5t6y7u8i9o0p",
)
_COMMON: Final = frozenset({
    "administrator", "budapestconvention", "changeme", "changemenow", "changethispassword",
    "correcthorsebatterystaple", "cybercrime", "defaultpassword", "dragon", "footballfootball",
    "iloveyou", "iloveyouforever", "letmein", "letmeinplease", "monkey", "mypassword",
    "mypasswordissecret", "nopassword", "notapassword", "p4ssw0rd", "pass", "passphrase", "passwd",
    "password", "passwordisasecret", "passwordpassword", "pointofcontact", "princess", "qwerty",
    "secret", "secretpassword", "sunshine", "superman", "supersecret", "supersecretpassword",
    "temporarypassword", "thisismypassword", "thisisapassword", "trustnoone", "welcome",
    "welcomehome", "welcometotheclub", "whatismypassword",
})  # fmt: skip
"""What people choose when a password has to be long, in small letters without what they add."""

_PLAIN: Final = str.maketrans("@$01345789!", "asoieastbgi")
"""Signs that stand for letters, as people put them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try costs."""

    ops: int = 3
    memory_bytes: int = 256 * 1024 * 1024


def why_not(password: str) -> str | None:
    """Return why something may not be a password, None if it may.

    Args:
        password: As it was typed.
    """
    if len(password) < LEAST_CHARACTERS:
        return f"a password has {LEAST_CHARACTERS} characters at least"
    if len(password) > MOST_CHARACTERS:
        return f"a password has {MOST_CHARACTERS} characters at most"
    if _is_common(password):
        return "this password is one of those that are tried first"
    return None


def keep_password(password: str, cost: Cost) -> str:
    """Return what is kept of a password; seconds of work.

    Args:
        password: That `why_not` lets pass.
        cost: Of one try, now and later.
    """
    kept = argon2id.str(password.encode(), opslimit=cost.ops, memlimit=cost.memory_bytes)
    return kept.decode("ascii")


def is_password(password: str, kept: str) -> bool:
    """Tell whether a password is the one that was kept; seconds of work either way.

    Args:
        password: As it was typed; anything.
        kept: What `keep_password` returned.
    """
    if len(password) > MOST_CHARACTERS:
        return False
    try:
        return argon2id.verify(kept.encode("ascii"), password.encode())
    except (CryptoError, UnicodeEncodeError):
        return False


def _is_common(password: str) -> bool:
    """Tell whether a password is a known one, one unit again and again, or a row of keys."""
    small = password.lower()
    letters = "".join(each for each in small if each.isalnum())
    if len(set(letters)) < _LEAST_DIFFERENT or _repeats(letters):
        return True
    stems = {small.translate(_PLAIN), letters, letters.strip("0123456789")}
    stems |= {"".join(each for each in stem if each.isalpha()) for stem in tuple(stems)}
    return any(stem in _COMMON or _in_row(stem) for stem in stems)


def _repeats(text: str) -> bool:
    return any(
        text == (text[:unit] * len(text))[: len(text)]
        for unit in range(1, min(_LONGEST_UNIT, len(text) // 2) + 1)
    )


def _in_row(text: str) -> bool:
    return len(text) >= _LEAST_DIFFERENT and any(
        text in run * 2 or text in run[::-1] * 2 for run in _RUNS
    )
