"""Fingerprints for two people on a telephone: digits and words that every language can read aloud.

The words are proquints: 16 bits each, consonant and vowel in turn, of sounds that most languages
have. They need no list and mean nothing in any language.

Source: D. S. Wilkerson, A Proposal for Proquints, arXiv:0901.4016.
"""

from typing import Final

GROUPS: Final = 8
"""Eight groups of five digits hold 128 bits: nobody finds a second key with the same ones."""

_GROUP_DIGITS: Final = 5
_BYTES: Final = 16
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"


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


def words(fingerprint: str) -> str:
    """Return the first 128 bits of a fingerprint as eight words of five letters.

    Args:
        fingerprint: SHA-256 in hex.

    Returns:
        For example `lusab babad gutih tugad mudof sakat lusab babad`.
    """
    data = bytes.fromhex(fingerprint)[:_BYTES]
    return " ".join(
        _word(int.from_bytes(data[start : start + 2], "big")) for start in range(0, _BYTES, 2)
    )


def _word(bits: int) -> str:
    return (
        _CONSONANTS[bits >> 12]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )
