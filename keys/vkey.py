"""Public keys of logs and witnesses as one line of text: C2SP verifier keys.

Does: read and write `name+id+key`, the form in which policies and other people's tools name a
key. Only the two types of the suite exist here, Ed25519 notes (0x01) and ML-DSA-44 (0x06); a line
of another type is refused, since nothing could be verified with it.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Final, Self

from typing_extensions import override

from keys.cosignature import KEY_ID_PREFIX_BYTES, SignatureType, key_id
from keys.errors import UnknownSuiteError
from keys.suite import ED25519_PUBLIC_BYTES, MLDSA44_PUBLIC_BYTES

MAX_KEY_NAME_BYTES: Final = 255
"""Longest name of a key: one length byte carries it in the cosigned message."""

_PUBLIC_BYTES: Final = {
    SignatureType.ED25519: ED25519_PUBLIC_BYTES,
    SignatureType.MLDSA44: MLDSA44_PUBLIC_BYTES,
}
_TYPES: Final = frozenset(int(kind) for kind in SignatureType)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A named public key.

    Attributes:
        name: Of the key, 1 to 255 bytes of UTF-8 without spaces, controls and plus.
        kind: Type of its signatures.
        public: 32 bytes for Ed25519, 1312 for ML-DSA-44.

    Raises:
        UnknownSuiteError: One of them is out of these bounds.
    """

    name: str
    kind: SignatureType
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise UnknownSuiteError("not usable as the name of a key")
        if len(self.public) != _PUBLIC_BYTES[self.kind]:
            raise UnknownSuiteError("a public key of another length than its type has")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signature lines name the key."""
        return key_id(self.name, self.kind, self.public)

    @override
    def __str__(self) -> str:
        """Write the key as one line of text without blanks."""
        material = b64encode(bytes((self.kind,)) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key; only the one form that `str` writes is accepted.

        Args:
            text: Name, plus, key id in hex, plus, type and key in base64.

        Returns:
            The key.

        Raises:
            UnknownSuiteError: Not of that form, a type that is not of the suite, a key of another
                length, or an id that is not that of name and key.

        Source:
            C2SP signed-note, section Verifier keys.
        """
        name, _, rest = text.partition("+")
        known_id, plus, encoded = rest.partition("+")
        try:
            material = b64decode(encoded, validate=True)
        except (Base64Error, ValueError) as error:
            raise UnknownSuiteError("not a verifier key") from error
        if not plus or not material or len(known_id) != 2 * KEY_ID_PREFIX_BYTES:
            raise UnknownSuiteError("not a verifier key")
        if material[0] not in _TYPES:
            raise UnknownSuiteError("a verifier key of a type that is not of the suite")
        key = cls(name=name, kind=SignatureType(material[0]), public=material[1:])
        # Writing it again refuses another id and every second spelling of the same bytes.
        if str(key) != text:
            raise UnknownSuiteError("a verifier key whose id or spelling is not its own")
        return key


def is_key_name(name: str) -> bool:
    """Tell whether a key may bear this name.

    Args:
        name: Any text.

    Returns:
        True for 1 to 255 bytes of UTF-8 without spaces, controls and plus.

    Source:
        C2SP signed-note, section Format; tlog-cosignature, ML-DSA-44 signed message.
    """
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return False
    plain = "+" not in name and not any(c.isspace() or c < " " for c in name)
    return 0 < length <= MAX_KEY_NAME_BYTES and plain
