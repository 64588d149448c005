"""Key sets: the short-lived keys under which a node wants to be written to.

Does: the value, its one encoding, which entry a sender takes, and the answer that carries a key
set with its proof. Leaves to the service: the proof itself, and that a lower version than the
one held is refused.

Source: docs/wire-format.md, rule 15, rule 25 (GET /v1/keys) and section 8.
"""

from dataclasses import dataclass
from typing import Self

from keys.digest import kem_key_id, same
from keys.errors import UnknownSuiteError
from keys.recipient import RecipientKey
from keys.suite import XWING_PUBLIC_BYTES
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import MalformedError
from protocol.fields import Fields, raw_of, uint_of
from protocol.identifiers import NodeId
from protocol.limits import (
    MAX_KEY_SET_ANSWER_BYTES,
    MAX_KEY_SET_BYTES,
    MAX_NOTE_BYTES,
    MAX_PREKEYS,
)
from protocol.standing import note_text, path_of

_ENTRY_KEYS = ("k", "nbf", "exp", "p")
_SET_KEYS = ("v", "typ", "node", "ver", "nbf", "exp", "kem")
_ANSWER_KEYS = ("v", "ks", "i", "p", "at", "cp")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrekeyEntry:
    """One short-lived public key of a node.

    Args:
        public: X-Wing public key, 1216 bytes.
        not_before_ms: First moment in which to use it, ms since 1970 UTC.
        expires_ms: First moment in which to use it no more, ms since 1970 UTC.

    Raises:
        MalformedError: A length or a time out of range, or a time that ends before it begins
            (E_SCHEMA).
    """

    public: bytes
    not_before_ms: int
    expires_ms: int

    def __post_init__(self) -> None:
        raw_of(self.public, XWING_PUBLIC_BYTES, name="p")
        _check_times(self.not_before_ms, self.expires_ms)

    @property
    def key_id(self) -> bytes:
        """The 16 bytes that name the key in wraps."""
        return kem_key_id(self.public)

    def recipient(self) -> RecipientKey:
        """Return the key to seal under, parsed; keep it as long as it is used.

        Raises:
            MalformedError: Bytes that are no X-Wing public key (E_SCHEMA): take another key.
        """
        try:
            return RecipientKey(self.public)
        except UnknownSuiteError as error:
            raise MalformedError("a prekey that is no X-Wing public key") from error

    def to_value(self) -> Encodable:
        """Return {k, nbf, exp, p}."""
        return {
            "k": self.key_id,
            "nbf": self.not_before_ms,
            "exp": self.expires_ms,
            "p": self.public,
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what `to_value` gives.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map, or a key id that is not the key's (E_SCHEMA).
        """
        fields = Fields.of(value, _ENTRY_KEYS)
        entry = cls(
            public=fields.raw("p"),
            not_before_ms=fields.uint("nbf"),
            expires_ms=fields.uint("exp"),
        )
        if not same(fields.raw("k"), entry.key_id):
            raise MalformedError("a key id that does not belong to its key")
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """What a node publishes as a leaf of its log: its prekeys and how long the set counts.

    Args:
        node: Whose keys; the node of the log that states the set.
        version: Rises with every set of this node, also over generations of its log.
        not_before_ms: First moment of the set, ms since 1970 UTC.
        expires_ms: First moment after it, ms since 1970 UTC.
        keys: At most 8, none twice. None at all sends everybody to the last-resort key.

    Raises:
        MalformedError: A number out of range, too many keys or one twice (E_SCHEMA).
    """

    node: NodeId
    version: int
    not_before_ms: int
    expires_ms: int
    keys: tuple[PrekeyEntry, ...]

    def __post_init__(self) -> None:
        uint_of(self.version, name="ver")
        _check_times(self.not_before_ms, self.expires_ms)
        if len(self.keys) > MAX_PREKEYS:
            raise MalformedError("more prekeys than one key set may have")
        if len({entry.public for entry in self.keys}) != len(self.keys):
            raise MalformedError("one prekey twice in a key set")

    def newest_valid(self, now_ms: int) -> PrekeyEntry | None:
        """Return the key to seal under now.

        Args:
            now_ms: The time, ms since 1970 UTC.

        Returns:
            Of the keys valid now the one that became valid last (then: ends last, then: greatest
            key id, so that all choose alike); None if there is none or the set does not count
            now. Then the last-resort key of the directory takes its place.
        """
        if not self.not_before_ms <= now_ms < self.expires_ms:
            return None
        valid = [each for each in self.keys if each.not_before_ms <= now_ms < each.expires_ms]
        return max(valid, key=_newness, default=None)

    def encode(self) -> bytes:
        """Return the canonical bytes, at most 16 KiB: what the statement's digest is over."""
        return encode(
            {
                "v": 1,
                "typ": "keys",
                "node": str(self.node),
                "ver": self.version,
                "nbf": self.not_before_ms,
                "exp": self.expires_ms,
                "kem": [entry.to_value() for entry in self.keys],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a key set of another node; it is claimed until its proof has been believed.

        Args:
            data: The bytes as carried.

        Returns:
            The key set; `encode` of it gives `data` again.

        Raises:
            MalformedError: Above 16 KiB (E_SIZE); not canonical (E_CANON); a key, a type, a
                length or a key id that is not the rule's (E_SCHEMA).
        """
        fields = Fields.of(decode(data, max_bytes=MAX_KEY_SET_BYTES), _SET_KEYS)
        fields.literal("v", 1)
        fields.literal("typ", "keys")
        return cls(
            node=NodeId.parse(fields.text("node")),
            version=fields.uint("ver"),
            not_before_ms=fields.uint("nbf"),
            expires_ms=fields.uint("exp"),
            keys=tuple([PrekeyEntry.from_value(item) for item in fields.items("kem", MAX_PREKEYS)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySetAnswer:
    """What GET /v1/keys gives: a key set and the proof that its owner's log holds it.

    Args:
        key_set: Bytes of a KeySet, not yet read.
        index: Its leaf.
        path: Inclusion path to the checkpoint, at most 64 digests.
        at: Size of the checkpoint.
        note: The checkpoint's signed note, UTF-8, not yet verified.

    Raises:
        MalformedError: A length or a number out of range (E_SCHEMA).
    """

    key_set: bytes
    index: int
    path: tuple[bytes, ...]
    at: int
    note: bytes

    def __post_init__(self) -> None:
        raw_of(self.key_set, max_bytes=MAX_KEY_SET_BYTES, name="ks")
        uint_of(self.index, name="i")
        path_of(list(self.path))
        uint_of(self.at, name="at")
        raw_of(self.note, max_bytes=MAX_NOTE_BYTES, name="cp")

    def encode(self) -> bytes:
        """Return the canonical bytes.

        Raises:
            NotAllowedError: The note is not UTF-8.
        """
        return encode(
            {
                "v": 1,
                "ks": self.key_set,
                "i": self.index,
                "p": list(self.path),
                "at": self.at,
                "cp": note_text(self.note),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the answer of another node.

        Args:
            data: The body of the answer.

        Raises:
            MalformedError: Above 64 KiB (E_SIZE); not canonical (E_CANON); a key, a type or a
                length that is not the rule's (E_SCHEMA).
        """
        fields = Fields.of(decode(data, max_bytes=MAX_KEY_SET_ANSWER_BYTES), _ANSWER_KEYS)
        fields.literal("v", 1)
        return cls(
            key_set=fields.raw("ks"),
            index=fields.uint("i"),
            path=path_of(fields.value("p")),
            at=fields.uint("at"),
            note=fields.text("cp", MAX_NOTE_BYTES).encode(),
        )


def _check_times(not_before_ms: int, expires_ms: int) -> None:
    """Check that a time in which something counts has a beginning and, after it, an end.

    Raises:
        MalformedError: A number out of range, or the end not after the beginning (E_SCHEMA).
    """
    if uint_of(not_before_ms, name="nbf") >= uint_of(expires_ms, name="exp"):
        raise MalformedError("a time that ends before it begins")


def _newness(entry: PrekeyEntry) -> tuple[int, int, bytes]:
    return entry.not_before_ms, entry.expires_ms, entry.key_id
