"""The short code of a message, for two people on the telephone.

It is the first 40 bits of the message's id, so that both sides derive the same one and can look
for it, in an alphabet without letters that are mistaken for digits: `9F0K-W2T4`. It names, it
proves nothing: a message is known by its whole id.

Source: docs/delivery.md, "Delivery in rules", rule 14; the alphabet is Crockford's base 32.
"""

from typing import Final

from protocol.errors import MalformedError
from protocol.identifiers import MESSAGE_ID_BYTES, MessageId

CODE_BYTES: Final = 5
"""40 bits: among 100,000 messages two share a code once in 200 nodes."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS: Final = 5
_SIGNS: Final = CODE_BYTES * 8 // _BITS
_GROUP: Final = _SIGNS // 2
_HEARD: Final = str.maketrans("OIL", "011", "- ")
"""What people write for what they heard; groups are for the eye."""

_SPOKEN: Final = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Alfa", "Bravo",
    "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "Juliett", "Kilo", "Mike", "November",
    "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Victor", "Whiskey", "X-ray", "Yankee", "Zulu",
)  # fmt: skip


def code_of(mid: MessageId) -> str:
    """Return the short code of a message.

    Args:
        mid: Its id.

    Returns:
        Two groups of four signs: `9F0K-W2T4`.
    """
    signs = "".join(_ALPHABET[value] for value in _values(mid))
    return f"{signs[:_GROUP]}-{signs[_GROUP:]}"


def spoken(mid: MessageId) -> str:
    """Return the short code as it is read aloud, in the words of the radio alphabet."""
    words = [_SPOKEN[value] for value in _values(mid)]
    return f"{' '.join(words[:_GROUP])}, {' '.join(words[_GROUP:])}"


def bounds_of(code: str) -> tuple[MessageId, MessageId]:
    """Return the lowest and the highest id that has a code.

    Args:
        code: As somebody wrote it down: small letters, blanks and O, I, L for digits are read.

    Returns:
        Both ends, included.

    Raises:
        MalformedError: Not eight signs of the alphabet.
    """
    signs = code.upper().translate(_HEARD)
    if len(signs) != _SIGNS or any(sign not in _ALPHABET for sign in signs):
        raise MalformedError("a code has eight letters and digits")
    number = 0
    for sign in signs:
        number = number << _BITS | _ALPHABET.index(sign)
    head = number.to_bytes(CODE_BYTES, "big")
    rest = MESSAGE_ID_BYTES - CODE_BYTES
    return MessageId(head + bytes(rest)), MessageId(head + b"\xff" * rest)


def _values(mid: MessageId) -> list[int]:
    number = int.from_bytes(mid.value[:CODE_BYTES], "big")
    return [number >> shift & (1 << _BITS) - 1 for shift in range(_BITS * (_SIGNS - 1), -1, -_BITS)]
