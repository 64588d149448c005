"""Fingerprints for two people on a telephone: digits, which every language reads aloud alike."""

from typing import Final

GROUPS: Final = 8
"""Eight groups of five digits hold 128 bits: nobody finds a second key with the same ones."""

_GROUP_DIGITS: Final = 5
_BYTES: Final = 16


def digit_groups(fingerprint: str) -> str:
    """Return the first 128 bits of a fingerprint as eight groups of five digits.

    Args:
        fingerprint: SHA-256 in hex.

    Returns:
        For example `03402 82366 92093 84634 63374 60743 17682 11455`.
    """
    digits = str(int.from_bytes(bytes.fromhex(fingerprint)[:_BYTES], "big"))
    padded = digits.zfill(GROUPS * _GROUP_DIGITS)
    starts = range(0, GROUPS * _GROUP_DIGITS, _GROUP_DIGITS)
    return " ".join(padded[start : start + _GROUP_DIGITS] for start in starts)
