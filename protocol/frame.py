"""One POST between two nodes: a head, then the sealed bodies, one after the other.

Frame = MAGIC || u32be(length of head) || head || body || body ... Does: the prefix, the head with
all limits that it can show before a body is read, and the buffers to send. Leaves to the service
what each item holds: headers, wraps and receipts are carried as bytes and read one by one, so
that a bad one costs its own entry in the answer and not the frame. Whether the checkpoint is
linked is decided from the head, too, but by protocol.log.linking.

Source: docs/wire-format.md, rules 17, 17a and 22.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, assert_never

from protocol.answer import (
    Answer,
    AnswerItem,
    ErrorAnswer,
    Receipted,
    Refused,
    decode_answer,
    decode_error,
    encode_answer,
    encode_error,
)
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError, TooLargeError
from protocol.fields import Fields, raw_of, uint_of
from protocol.limits import (
    MAX_BODY_BYTES,
    MAX_ENVELOPES,
    MAX_FRAME_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADER_BYTES,
    MAX_RECEIPT_BYTES,
    MAX_VOID,
    MAX_WRAPS_BYTES,
)
from protocol.standing import (
    STANDING_KEYS,
    LogProof,
    ThirdHead,
    check_standing,
    decode_log_proof,
    encode_log_proof,
    path_of,
    read_standing,
    standing_fields,
)

__all__ = [
    "MAGIC",
    "MEDIA_TYPE",
    "PREFIX_BYTES",
    "Answer",
    "AnswerItem",
    "EnvelopeItem",
    "ErrorAnswer",
    "FrameHead",
    "FrameKind",
    "LogProof",
    "ReceiptItem",
    "Receipted",
    "Refused",
    "ThirdHead",
    "decode_answer",
    "decode_error",
    "decode_head",
    "decode_log_proof",
    "decode_prefix",
    "encode_answer",
    "encode_error",
    "encode_frame",
    "encode_head",
    "encode_log_proof",
]

MEDIA_TYPE: Final = "application/vnd.a35+msgpack"
"""Of frames, answers, errors and every other msgpack body between nodes."""

MAGIC: Final = b"A35F\x01"
"""What a frame begins with; the last byte is the version of this form."""

PREFIX_BYTES: Final = 9
"""MAGIC and the length of the head, four bytes, big-endian."""

_ENVELOPE_KEYS: Final = ("h", "w", "n", "q", "i", "p")
_RECEIPT_KEYS: Final = ("r", "i", "p")


class FrameKind(StrEnum):
    """What a frame carries, by the key of its items; each has a route of its own."""

    ENVELOPES = "env"
    RECEIPTS = "rcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeItem:
    """One envelope of a frame; nothing in it has been read yet.

    Args:
        header: At most 8 KiB.
        wraps: At most 5 KiB.
        body_bytes: Length of its body behind the head, at most 4_194_304.
        queue_number: Its number among all envelopes to this node; a hint.
        index: The leaf that states it.
        path: Inclusion path from there to the frame's `at`, at most 64 digests.

    Raises:
        MalformedError: A number or a length out of range (E_SCHEMA); a body above its limit
            (E_SIZE).
    """

    header: bytes
    wraps: bytes = field(repr=False)
    body_bytes: int
    queue_number: int
    index: int
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        raw_of(self.header, max_bytes=MAX_HEADER_BYTES, name="h")
        raw_of(self.wraps, max_bytes=MAX_WRAPS_BYTES, name="w")
        if uint_of(self.body_bytes, name="n") > MAX_BODY_BYTES:
            raise MalformedError("a body above its limit", code=Code.SIZE)
        uint_of(self.queue_number, name="q")
        uint_of(self.index, name="i")
        path_of(list(self.path))

    def to_value(self) -> Encodable:
        """Return {h, w, n, q, i, p}."""
        return {
            "h": self.header,
            "w": self.wraps,
            "n": self.body_bytes,
            "q": self.queue_number,
            "i": self.index,
            "p": list(self.path),
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what `to_value` gives.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA); a body above its limit (E_SIZE).
        """
        fields = Fields.of(value, _ENVELOPE_KEYS)
        return cls(
            header=fields.raw("h"),
            wraps=fields.raw("w"),
            body_bytes=fields.uint("n"),
            queue_number=fields.uint("q"),
            index=fields.uint("i"),
            path=path_of(fields.value("p")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptItem:
    """One later receipt of a frame; nothing in it has been read yet.

    Args:
        receipt: At most 2 KiB.
        index: The leaf that states it.
        path: Inclusion path from there to the frame's `at`, at most 64 digests.

    Raises:
        MalformedError: A number or a length out of range (E_SCHEMA).
    """

    receipt: bytes
    index: int
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        raw_of(self.receipt, max_bytes=MAX_RECEIPT_BYTES, name="r")
        uint_of(self.index, name="i")
        path_of(list(self.path))

    def to_value(self) -> Encodable:
        """Return {r, i, p}."""
        return {"r": self.receipt, "i": self.index, "p": list(self.path)}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what `to_value` gives.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA).
        """
        fields = Fields.of(value, _RECEIPT_KEYS)
        return cls(receipt=fields.raw("r"), index=fields.uint("i"), path=path_of(fields.value("p")))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHead:
    """All of a frame but the bodies. Without items it is link, ping and gossip in one.

    Args:
        at: As in protocol.standing, like the four that follow and `heads`.
        checkpoint: The speaker's signed note, or None.
        old: Where the consistency proof starts.
        consistency: The proof; empty without a checkpoint.
        seen: Size of the speaker's head of the other side's log.
        void: Queue numbers that will never come, at most 1_024; hints.
        heads: Heads of third logs.
        envelopes: At most 64, in the order of their bodies; none in a frame of receipts.
        receipts: At most 64; none in a frame of envelopes.

    Raises:
        MalformedError: As `check_standing` says; too many items or both kinds (E_SCHEMA).
    """

    at: int
    checkpoint: bytes | None
    old: int
    consistency: tuple[bytes, ...]
    seen: int
    void: tuple[int, ...] = ()
    heads: tuple[ThirdHead, ...] = ()
    envelopes: tuple[EnvelopeItem, ...] = ()
    receipts: tuple[ReceiptItem, ...] = ()

    def __post_init__(self) -> None:
        check_standing(self)
        for number in self.void:
            uint_of(number, name="void")
        if len(self.void) > MAX_VOID:
            raise MalformedError("more void numbers than one frame may carry")
        if max(len(self.envelopes), len(self.receipts)) > MAX_ENVELOPES:
            raise MalformedError("more items than one frame may carry")
        if self.envelopes and self.receipts:
            raise MalformedError("a frame carries envelopes or receipts, never both")

    def frame_bytes(self, head_bytes: int) -> int:
        """Return the length of the whole frame, which must be the request's Content-Length.

        Args:
            head_bytes: Length of the encoded head.
        """
        return PREFIX_BYTES + head_bytes + sum(item.body_bytes for item in self.envelopes)


def encode_head(kind: FrameKind, head: FrameHead) -> bytes:
    """Return the canonical bytes of a head.

    Args:
        kind: Decides the key of the items.
        head: Its items are of this kind.

    Raises:
        NotAllowedError: Items of the other kind, or a note that is not UTF-8.
        TooLargeError: The head is above 512 KiB, or the frame above 8 MiB.

    Source:
        docs/wire-format.md, rules 17 and 22.
    """
    data = encode(
        {"v": 1, **standing_fields(head), "void": list(head.void), str(kind): _items(kind, head)}
    )
    if len(data) > MAX_HEAD_BYTES:
        raise TooLargeError("a head above its limit")
    if head.frame_bytes(len(data)) > MAX_FRAME_BYTES:
        raise TooLargeError("a frame above its limit")
    return data


def encode_frame(kind: FrameKind, head: FrameHead, bodies: Sequence[bytes] = ()) -> list[bytes]:
    """Return the buffers to send one after the other; the bodies are not copied.

    Args:
        kind: The route's kind.
        head: Its envelopes name the bodies' lengths.
        bodies: The sealed body of each envelope, in the same order.

    Returns:
        Prefix and head, then the bodies.

    Raises:
        NotAllowedError: As for `encode_head`, or bodies that are not those of the head.
        TooLargeError: As for `encode_head`.
    """
    if [len(body) for body in bodies] != [item.body_bytes for item in head.envelopes]:
        raise NotAllowedError("bodies that are not those of the head")
    data = encode_head(kind, head)
    return [MAGIC + len(data).to_bytes(PREFIX_BYTES - len(MAGIC), "big") + data, *bodies]


def decode_prefix(prefix: bytes) -> int:
    """Return the length of the head that follows.

    Args:
        prefix: The first 9 bytes of a frame.

    Raises:
        MalformedError: Another length, magic or version (E_FRAME); a head above 512 KiB
            (E_SIZE).
    """
    if len(prefix) != PREFIX_BYTES or not prefix.startswith(MAGIC):
        raise MalformedError("not the beginning of a frame", code=Code.FRAME)
    head_bytes = int.from_bytes(prefix[len(MAGIC) :], "big")
    if head_bytes > MAX_HEAD_BYTES:
        raise MalformedError("a head above its limit", code=Code.SIZE)
    return head_bytes


def decode_head(kind: FrameKind, data: bytes) -> FrameHead:
    """Read the head of another node's frame, before any body is read.

    The caller must compare `frame_bytes` with the request's length, and may then read exactly
    the bodies that the items name.

    Args:
        kind: The route's kind.
        data: The head, as long as the prefix says.

    Returns:
        The head; the whole frame is at most 8 MiB. Items are still to be read, one by one.

    Raises:
        MalformedError: The head above 512 KiB, a body above 4 MiB or the frame above 8 MiB
            (E_SIZE); not canonical (E_CANON); a key, a type, a length or a number of items that
            is not the rule's, a consistency proof without a checkpoint (E_SCHEMA).

    Source:
        docs/wire-format.md, rules 17, 18 and 22.
    """
    keys = ("v", *STANDING_KEYS, "void", str(kind))
    fields = Fields.of(decode(data, max_bytes=MAX_HEAD_BYTES), keys)
    fields.literal("v", 1)
    items = fields.items(str(kind), MAX_ENVELOPES)
    of_envelopes = kind is FrameKind.ENVELOPES
    head = FrameHead(
        **read_standing(fields),
        void=tuple([uint_of(number, name="void") for number in fields.items("void", MAX_VOID)]),
        envelopes=tuple([EnvelopeItem.from_value(item) for item in items if of_envelopes]),
        receipts=tuple([ReceiptItem.from_value(item) for item in items if not of_envelopes]),
    )
    if head.frame_bytes(len(data)) > MAX_FRAME_BYTES:
        raise MalformedError("a frame above its limit", code=Code.SIZE)
    return head


def _items(kind: FrameKind, head: FrameHead) -> list[Encodable]:
    """Return the items of this kind.

    Raises:
        NotAllowedError: The head has items of the other kind.
    """
    of_envelopes: list[Encodable] = [item.to_value() for item in head.envelopes]
    of_receipts: list[Encodable] = [item.to_value() for item in head.receipts]
    match kind:
        case FrameKind.ENVELOPES:
            ours, foreign = of_envelopes, of_receipts
        case FrameKind.RECEIPTS:
            ours, foreign = of_receipts, of_envelopes
        case _:
            assert_never(kind)
    if foreign:
        raise NotAllowedError("items that this frame's route does not take")
    return ours
