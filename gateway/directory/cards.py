"""Key cards: the public half of a signing key as a small file that is carried to the others.

Does: reading and writing a card, and the fingerprint that its holder reads out. Leaves private
keys to gateway.directory.signers, and what a card is used for to gateway.directory.drawing.

Source: docs/directory-ceremony.md; docs/wire-format.md, rule 28.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps, loads
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import (  # type: ignore[attr-defined]  # public, but not marked so
    CryptoSigner,
    Key,
    SSlibKey,
)

from gateway.directory.layout import ROOT, TARGETS, party_of_role
from gateway.directory.signers import MAX_KEYS, ONLINE
from gateway.errors import DataError
from keys.digest import sha256

MAX_CARD_BYTES: Final = 4096
_FORMAT: Final = "a35/1/key-card"
_PUBLIC: Final = re.compile(r"[0-9a-f]{64}\Z")
_ROLES: Final = frozenset({ROOT, TARGETS, ONLINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCard:
    """One public key of the directory.

    Attributes:
        role: `root`, `targets`, `online` or a Party's role.
        number: Which of that role's keys, 1 to 9: the name of the medium, no more.
        public: Ed25519, 64 lower-case hex digits.
    """

    role: str
    number: int
    public: str

    @property
    def name(self) -> str:
        """What people call the key: `root-1`."""
        return f"{self.role}-{self.number}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, in hex: what its holder reads out."""
        return fingerprint_of(self.public)

    @property
    def key(self) -> Key:
        """The key as roles list it."""
        return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public)))


def fingerprint_of(public: str) -> str:
    """Return the fingerprint of a public key.

    Args:
        public: Ed25519, 64 lower-case hex digits.
    """
    return sha256(bytes.fromhex(public)).hex()


def public_of(key: Key) -> str:
    """Return a key's public half in hex; empty for a key of another kind than ours."""
    public = key.keyval.get("public", "")
    return public if isinstance(public, str) and _PUBLIC.match(public) else ""


def card_of(role: str, number: int, signer: CryptoSigner) -> KeyCard:
    """Return the card of a key."""
    return KeyCard(role=role, number=number, public=public_of(signer.public_key))


def encode_card(card: KeyCard) -> bytes:
    """Write a card: one JSON document."""
    document = {
        "format": _FORMAT,
        "role": card.role,
        "number": card.number,
        "public": card.public,
    }
    return dumps(document, sort_keys=True).encode("ascii") + b"\n"


def parse_card(data: bytes) -> KeyCard:
    """Read a card.

    Raises:
        DataError: It is none.
    """
    try:
        return _parse(data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            "this is no key card", hint="take the file that `a35 directory key` wrote"
        ) from error


def _parse(data: bytes) -> KeyCard:
    document = loads(data)
    card = KeyCard(role=document["role"], number=document["number"], public=document["public"])
    if document["format"] != _FORMAT or not _is_good(card):
        raise ValueError("not a card")
    card.key  # noqa: B018  bytes that are no key are refused here
    return card


def check_cards(cards: Sequence[KeyCard]) -> None:
    """Refuse cards of which two hold one key: it would count as two people.

    Raises:
        DataError: There are such.
    """
    if len({card.public for card in cards}) != len(cards):
        raise DataError("two cards hold one key", hint="each key is made by `a35 directory key`")


def is_role(text: str) -> bool:
    """Tell whether a role of this name has keys."""
    return text in _ROLES or party_of_role(text) is not None


def _is_good(card: KeyCard) -> bool:
    return (
        is_role(card.role)
        and type(card.number) is int
        and 1 <= card.number <= MAX_KEYS
        and _PUBLIC.match(card.public) is not None
    )
