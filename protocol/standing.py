"""Where two nodes stand with their logs: the part that every frame and every answer carries.

Does: the six fields `at`, `cp`, `old`, `con`, `seen`, `heads`, their checks of form, and the
answer to a question about one's own log. Leaves to protocol.log: signatures, links and proofs;
nothing here is believed yet. `seen` and `heads` are hints: a wrong one costs a round trip, never
a statement.

Source: docs/wire-format.md, rules 9a, 9b, 17, 20 and 25.
"""

from dataclasses import dataclass
from typing import Final, Protocol, Self, TypedDict

from keys.suite import DIGEST_BYTES
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import MalformedError, NotAllowedError
from protocol.fields import Fields, raw_of, raws_of, text_of, uint_of
from protocol.identifiers import LogOrigin
from protocol.limits import (
    MAX_CONSISTENCY_HASHES,
    MAX_HEADS,
    MAX_LOG_PROOF_BYTES,
    MAX_NOTE_BYTES,
    MAX_PROOF_HASHES,
)

STANDING_KEYS: Final = ("at", "cp", "old", "con", "seen", "heads")
"""The keys that a frame's head and an answer have in common, besides `v`."""

_HEAD_ITEMS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdHead:
    """A checkpoint of somebody else's log that the speaker has linked (gossip); only a hint.

    Args:
        origin: Whose log.
        size: Its size.
        root: Its root, 32 bytes.

    Raises:
        MalformedError: A number or a length out of range (E_SCHEMA).
    """

    origin: LogOrigin
    size: int
    root: bytes

    def __post_init__(self) -> None:
        uint_of(self.size, name="size")
        raw_of(self.root, DIGEST_BYTES, name="root")

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read [origin, size, root].

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such an array (E_SCHEMA).
        """
        if not isinstance(value, list) or len(value) != _HEAD_ITEMS:
            raise MalformedError("a head has three items")
        origin, size, root = value
        return cls(origin=LogOrigin.parse(text_of(origin)), size=uint_of(size), root=raw_of(root))


class Standing(Protocol):
    """What one side says of its own log and of what it holds of the other's."""

    @property
    def at(self) -> int:
        """Size of the speaker's checkpoint to which the proofs beside it lead."""

    @property
    def checkpoint(self) -> bytes | None:
        """Its signed note, UTF-8, or None if the other side has linked it."""

    @property
    def old(self) -> int:
        """Where `consistency` starts: `head` as the other side last stated it."""

    @property
    def consistency(self) -> tuple[bytes, ...]:
        """At most 128 digests; none if there is no checkpoint."""

    @property
    def seen(self) -> int:
        """Size of the speaker's `head` of the other side's log; a hint."""

    @property
    def heads(self) -> tuple[ThirdHead, ...]:
        """At most 16 heads of third logs; hints."""


class StandingArguments(TypedDict):
    """A Standing as arguments for the constructor of a frame's head or an answer."""

    at: int
    checkpoint: bytes | None
    old: int
    consistency: tuple[bytes, ...]
    seen: int
    heads: tuple[ThirdHead, ...]


def check_standing(standing: Standing) -> None:
    """Check the form of a standing, when the value that holds it is made.

    Args:
        standing: A frame's head or an answer.

    Raises:
        MalformedError: A number or a length out of range, or a consistency proof without a
            checkpoint (E_SCHEMA).
    """
    uint_of(standing.at, name="at")
    uint_of(standing.old, name="old")
    uint_of(standing.seen, name="seen")
    raws_of(list(standing.consistency), DIGEST_BYTES, MAX_CONSISTENCY_HASHES)
    if len(standing.heads) > MAX_HEADS:
        raise MalformedError("more heads than one frame may carry")
    if standing.checkpoint is not None:
        raw_of(standing.checkpoint, max_bytes=MAX_NOTE_BYTES, name="cp")
    elif standing.consistency:
        raise MalformedError("a consistency proof to no checkpoint")


def standing_fields(standing: Standing) -> dict[str, Encodable]:
    """Return the fields of STANDING_KEYS.

    Args:
        standing: A frame's head or an answer of ours.

    Raises:
        NotAllowedError: The note is not UTF-8.
    """
    return {
        "at": standing.at,
        "cp": None if standing.checkpoint is None else note_text(standing.checkpoint),
        "old": standing.old,
        "con": list(standing.consistency),
        "seen": standing.seen,
        "heads": [[str(head.origin), head.size, head.root] for head in standing.heads],
    }


def read_standing(fields: Fields) -> StandingArguments:
    """Read the fields of STANDING_KEYS out of a frame's head or an answer.

    Args:
        fields: A map whose keys were checked.

    Returns:
        The arguments; `check_standing` follows in the constructor that takes them.

    Raises:
        MalformedError: A type, a length or a range that is not the rule's (E_SCHEMA).
    """
    checkpoint = fields.text_or_none("cp", MAX_NOTE_BYTES)
    return StandingArguments(
        at=fields.uint("at"),
        checkpoint=None if checkpoint is None else checkpoint.encode(),
        old=fields.uint("old"),
        consistency=raws_of(fields.value("con"), DIGEST_BYTES, MAX_CONSISTENCY_HASHES),
        seen=fields.uint("seen"),
        heads=tuple([ThirdHead.from_value(item) for item in fields.items("heads", MAX_HEADS)]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """What GET /v1/log/proof gives: that one's own log at `old` is a prefix of it at `new`.

    Args:
        old: The smaller size.
        new: The larger size, or the same.
        path: Consistency proof, at most 128 digests.

    Raises:
        MalformedError: A number or a length out of range, or `old` above `new` (E_SCHEMA).
    """

    old: int
    new: int
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if uint_of(self.old, name="old") > uint_of(self.new, name="new"):
            raise MalformedError("a log proof from the larger to the smaller size")
        raws_of(list(self.path), DIGEST_BYTES, MAX_CONSISTENCY_HASHES)


def encode_log_proof(proof: LogProof) -> bytes:
    """Return the canonical bytes of a proof about our own log.

    Args:
        proof: Ours.
    """
    return encode({"v": 1, "old": proof.old, "new": proof.new, "con": list(proof.path)})


def decode_log_proof(data: bytes) -> LogProof:
    """Read another node's proof about its own log; it is believed only after it was checked.

    Args:
        data: The body of the answer.

    Raises:
        MalformedError: Above 8 KiB (E_SIZE); not canonical (E_CANON); a key, a type or a length
            that is not the rule's (E_SCHEMA).

    Source:
        docs/wire-format.md, rules 9a and 25.
    """
    value = decode(data, max_bytes=MAX_LOG_PROOF_BYTES)
    fields = Fields.of(value, ("v", "old", "new", "con"))
    fields.literal("v", 1)
    return LogProof(
        old=fields.uint("old"),
        new=fields.uint("new"),
        path=raws_of(fields.value("con"), DIGEST_BYTES, MAX_CONSISTENCY_HASHES),
    )


def path_of(value: Value) -> tuple[bytes, ...]:
    """Return an inclusion path, `p` of an envelope, a receipt or a key set.

    Args:
        value: A decoded value, or a path of our own as a list.

    Returns:
        At most 64 digests; that their number follows from index and size is checked with the
        proof.

    Raises:
        MalformedError: Not such a list (E_SCHEMA).
    """
    return raws_of(value, DIGEST_BYTES, MAX_PROOF_HASHES)


def note_text(note: bytes) -> str:
    """Return a signed note as the text that it is on the wire.

    Args:
        note: UTF-8.

    Raises:
        NotAllowedError: It is not UTF-8.
    """
    try:
        return note.decode()
    except UnicodeDecodeError as error:
        raise NotAllowedError("a signed note is UTF-8") from error
