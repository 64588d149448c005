"""What a node answers: to a frame, or to a request that it refuses as a whole.

Does: answers with one verdict an item, and coded errors; each with its one encoding. Leaves to
the service the proofs, and whether the verdicts are as many as the items asked about. To a peer
goes a code, never a text.

Source: docs/wire-format.md, rules 20, 22 and 25.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from keys.suite import DIGEST_BYTES
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import Code, MalformedError
from protocol.fields import Fields, raw_of, raws_of, uint_of
from protocol.identifiers import MessageId
from protocol.limits import (
    MAX_ANSWER_BYTES,
    MAX_BLOBS,
    MAX_ENVELOPES,
    MAX_ERROR_BYTES,
    MAX_MISS_RANGES,
    MAX_RECEIPT_BYTES,
)
from protocol.standing import (
    STANDING_KEYS,
    ThirdHead,
    check_standing,
    path_of,
    read_standing,
    standing_fields,
)

_PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """The verdict on an item that stands: the receipt of an envelope, nothing for a receipt.

    Args:
        receipt: At most 2 KiB, not yet read; None in the answer to a pushed receipt.
        index: The leaf that states it; None exactly when `receipt` is.
        path: Inclusion path from there to the answer's `at`; empty when `receipt` is None.

    Raises:
        MalformedError: A number or a length out of range, or a proof of nothing (E_SCHEMA).
    """

    receipt: bytes | None
    index: int | None
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        path_of(list(self.path))
        if self.receipt is not None:
            raw_of(self.receipt, max_bytes=MAX_RECEIPT_BYTES, name="ok")
            uint_of(self.index, name="i")
        elif self.index is not None or self.path:
            raise MalformedError("a proof of no receipt")

    def to_value(self) -> Encodable:
        """Return {ok, i, p}, or {ok: nil} alone."""
        if self.receipt is None:
            return {"ok": None}
        return {"ok": self.receipt, "i": self.index, "p": list(self.path)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The verdict on an item that does not stand; it ends nothing.

    Args:
        code: Why, from the table of rule 25.
        mid: Of which message; None if not even that could be read.
        retry_ms: How long to wait at least before it is tried again; None if that is no matter
            of time.
        blobs: After E_BLOBS the digests of the attachments still missing, at most 64.

    Raises:
        MalformedError: A number or a length out of range (E_SCHEMA).
    """

    code: Code
    mid: MessageId | None
    retry_ms: int | None
    blobs: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.retry_ms is not None:
            uint_of(self.retry_ms, name="retry")
        raws_of(list(self.blobs), DIGEST_BYTES, MAX_BLOBS)

    def to_value(self) -> Encodable:
        """Return {err, mid, retry, blobs}."""
        return {
            "err": str(self.code),
            "mid": None if self.mid is None else self.mid.value,
            "retry": self.retry_ms,
            "blobs": list(self.blobs),
        }


AnswerItem: TypeAlias = Receipted | Refused
"""One verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a frame; its consistency proof starts from the request's `seen`.

    Args:
        at: As in protocol.standing, like the four that follow and `heads`.
        checkpoint: The speaker's signed note, or None.
        old: Where the consistency proof starts.
        consistency: The proof; empty without a checkpoint.
        seen: Size of the speaker's head of the other side's log.
        t_ms: The speaker's time, ms since 1970 UTC.
        have: Highest queue number up to which nothing is missing; a hint.
        heads: Heads of third logs.
        miss: Missing ranges above it (first, last), rising and apart, at most 64; a hint.
        items: One verdict for each item of the frame, in its order; at most 64.

    Raises:
        MalformedError: As `check_standing` says; a number out of range, too many or overlapping
            ranges, too many verdicts (E_SCHEMA).
    """

    at: int
    checkpoint: bytes | None
    old: int
    consistency: tuple[bytes, ...]
    seen: int
    t_ms: int
    have: int
    heads: tuple[ThirdHead, ...] = ()
    miss: tuple[tuple[int, int], ...] = ()
    items: tuple[AnswerItem, ...] = ()

    def __post_init__(self) -> None:
        check_standing(self)
        uint_of(self.t_ms, name="t")
        below = uint_of(self.have, name="have")
        if len(self.miss) > MAX_MISS_RANGES or len(self.items) > MAX_ENVELOPES:
            raise MalformedError("more ranges or verdicts than one answer may carry")
        for first, last in self.miss:
            if not below < uint_of(first, name="miss") <= uint_of(last, name="miss"):
                raise MalformedError("missing ranges that overlap or fall")
            below = last


def encode_answer(answer: Answer) -> bytes:
    """Return the canonical bytes of an answer; they stay within 2 MiB because its parts do.

    Args:
        answer: Ours.

    Raises:
        NotAllowedError: The note is not UTF-8.

    Source:
        docs/wire-format.md, rule 20.
    """
    return encode(
        {
            "v": 1,
            "t": answer.t_ms,
            **standing_fields(answer),
            "have": answer.have,
            "miss": [list(span) for span in answer.miss],
            "r": [item.to_value() for item in answer.items],
        }
    )


def decode_answer(data: bytes) -> Answer:
    """Read the answer of another node; its receipts are carried as bytes.

    The caller must compare the number of verdicts with what it asked about.

    Args:
        data: The body of a response with status 200.

    Raises:
        MalformedError: Above 2 MiB (E_SIZE); not canonical (E_CANON); a key, a type, a length
            or a code that is not the rule's (E_SCHEMA).

    Source:
        docs/wire-format.md, rule 20.
    """
    keys = ("v", "t", *STANDING_KEYS, "have", "miss", "r")
    fields = Fields.of(decode(data, max_bytes=MAX_ANSWER_BYTES), keys)
    fields.literal("v", 1)
    return Answer(
        **read_standing(fields),
        t_ms=fields.uint("t"),
        have=fields.uint("have"),
        miss=tuple([_decode_range(item) for item in fields.items("miss", MAX_MISS_RANGES)]),
        items=tuple([_decode_item(item) for item in fields.items("r", MAX_ENVELOPES)]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """The refusal of a whole request: the code, and what the other side needs to go on.

    Args:
        code: Why, from the table of rule 25.
        mid: Of which message, or None.
        t_ms: The speaker's time, ms since 1970 UTC.
        retry_ms: How long to wait at least, or None.
        size: With E_LOG_POSITION the size to repeat from; else None.

    Raises:
        MalformedError: A number out of range, or E_LOG_POSITION without a size (E_SCHEMA).
    """

    code: Code
    mid: MessageId | None
    t_ms: int
    retry_ms: int | None
    size: int | None

    def __post_init__(self) -> None:
        uint_of(self.t_ms, name="t")
        if self.retry_ms is not None:
            uint_of(self.retry_ms, name="retry")
        if self.size is not None:
            uint_of(self.size, name="size")
        elif self.code is Code.LOG_POSITION:
            raise MalformedError("a refused log position without the size to repeat from")


def encode_error(error: ErrorAnswer) -> bytes:
    """Return the canonical bytes of a coded error, at most 1 KiB.

    Args:
        error: Ours.
    """
    return encode(
        {
            "v": 1,
            "err": str(error.code),
            "mid": None if error.mid is None else error.mid.value,
            "t": error.t_ms,
            "retry": error.retry_ms,
            "size": error.size,
        }
    )


def decode_error(data: bytes) -> ErrorAnswer:
    """Read a coded error of another node.

    Args:
        data: The body of a response with a status other than 200.

    Raises:
        MalformedError: Above 1 KiB (E_SIZE); not canonical (E_CANON); a key, a type or a code
            that is not the rule's, E_LOG_POSITION without a size (E_SCHEMA).

    Source:
        docs/wire-format.md, rule 25.
    """
    keys = ("v", "err", "mid", "t", "retry", "size")
    fields = Fields.of(decode(data, max_bytes=MAX_ERROR_BYTES), keys)
    fields.literal("v", 1)
    return ErrorAnswer(
        code=_code_of(fields),
        mid=_mid_of(fields),
        t_ms=fields.uint("t"),
        retry_ms=fields.uint_or_none("retry"),
        size=fields.uint_or_none("size"),
    )


def _decode_range(value: Value) -> tuple[int, int]:
    """Return one range of missing queue numbers.

    Raises:
        MalformedError: Not an array of two integers (E_SCHEMA).
    """
    if not isinstance(value, list) or len(value) != _PAIR:
        raise MalformedError("a missing range has two items")
    first, last = value
    return uint_of(first, name="miss"), uint_of(last, name="miss")


def _decode_item(value: Value) -> AnswerItem:
    """Return one verdict, by the key that it has.

    Raises:
        MalformedError: Not one of the three forms (E_SCHEMA).
    """
    if isinstance(value, dict) and "err" in value:
        fields = Fields.of(value, ("err", "mid", "retry", "blobs"))
        return Refused(
            code=_code_of(fields),
            mid=_mid_of(fields),
            retry_ms=fields.uint_or_none("retry"),
            blobs=raws_of(fields.value("blobs"), DIGEST_BYTES, MAX_BLOBS),
        )
    fields = Fields.of(value, ("ok",), optional=("i", "p"))
    if fields.value("ok") is None:
        Fields.of(value, ("ok",))
        return Receipted(receipt=None, index=None, path=())
    fields = Fields.of(value, ("ok", "i", "p"))
    return Receipted(
        receipt=fields.raw("ok"), index=fields.uint("i"), path=path_of(fields.value("p"))
    )


def _code_of(fields: Fields) -> Code:
    """Return the code under `err`.

    Raises:
        MalformedError: None of the table (E_SCHEMA).
    """
    text = fields.text("err")
    try:
        return Code(text)
    except ValueError as error:
        raise MalformedError("a code that this version does not know") from error


def _mid_of(fields: Fields) -> MessageId | None:
    value = fields.raw_or_none("mid")
    return None if value is None else MessageId(value)
