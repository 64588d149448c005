"""Padding: the length of an envelope tells its size class, not its size.

plain = u32be(length of inner) || inner || zeros, up to the Padme length with a floor of 256
bytes. Padme lets at most O(log log M) bits of the length through and adds at most 12 %. The
receiver checks every byte, so that padding carries nothing and one inner has one plain form.

Source: docs/wire-format.md, rule 12; Nikitin et al., "Reducing Metadata Leakage from Encrypted
Files and Communication with PURBs" (PoPETS 2019), section 4.
"""

from typing import Final

from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.limits import MIN_PADDED_BYTES

_LENGTH_BYTES: Final = 4
_MAX_INNER_BYTES: Final = 2**32 - 1


def padded_bytes(inner_bytes: int) -> int:
    """Return the length of the padded form of an inner of so many bytes.

    Args:
        inner_bytes: Length of the inner, without its length field; 0 to 2^32 - 1.

    Returns:
        At least 256; never less than `inner_bytes` + 4.

    Raises:
        NotAllowedError: Out of range.
    """
    if not 0 <= inner_bytes <= _MAX_INNER_BYTES:
        raise NotAllowedError("a length that the length field cannot hold")
    length = max(inner_bytes + _LENGTH_BYTES, MIN_PADDED_BYTES)
    exponent = length.bit_length() - 1
    # As many low bits are cleared as a float with a mantissa of log2(exponent) bits would lose.
    lost = exponent - exponent.bit_length()
    mask = (1 << lost) - 1
    return (length + mask) & ~mask


def pad(inner: bytes) -> bytes:
    """Return the padded form.

    Args:
        inner: What is to be sealed, at most 2^32 - 1 bytes.

    Returns:
        `padded_bytes(len(inner))` bytes; `unpad` gives `inner` again.

    Raises:
        NotAllowedError: Too long for the length field.
    """
    zeros = bytes(padded_bytes(len(inner)) - _LENGTH_BYTES - len(inner))
    return b"".join((len(inner).to_bytes(_LENGTH_BYTES, "big"), inner, zeros))


def unpad(plain: bytes) -> bytes:
    """Return the inner of what was decrypted.

    Args:
        plain: What the body held.

    Raises:
        MalformedError: The length is not the one that follows from the length field, or a byte
            of the padding is not zero (E_PAD).

    Source:
        docs/wire-format.md, rule 12.
    """
    end = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES], "big")
    if len(plain) != padded_bytes(end - _LENGTH_BYTES):
        raise MalformedError("a padded length that does not follow", code=Code.PAD)
    if plain.count(0, end) != len(plain) - end:
        raise MalformedError("padding that is not zero", code=Code.PAD)
    return plain[_LENGTH_BYTES:end]
