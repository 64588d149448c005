"""Receipts: what a node says became of one envelope. The log of the speaker is the signature.

Does: the value, its one encoding, and what `why` may say. Leaves to the service: the proof that
the speaker's log holds it, whether `hdr` is the digest of a header of ours and `env` a sealing
that we stated.

Source: docs/wire-format.md, rule 22.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from keys.suite import DIGEST_BYTES
from protocol.cases.ladder import MessageState
from protocol.encoding import decode, encode
from protocol.envelope.header import DirectoryStamp
from protocol.errors import Code, MalformedError
from protocol.fields import Fields, raw_of, uint_of
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_RECEIPT_BYTES, MAX_WHY_BYTES

INTERNAL: Final = "internal"
"""`why` of a rejection that is not the sender's fault: an envelope that stops its reader."""

EXPIRED_DIRECTORY: Final = str(Code.DIR_STALE)
"""`why` of a receipt that rests on a directory past its 7 days."""

_KEYS = ("v", "typ", "ev", "mid", "hdr", "env", "by", "for", "t", "why", "dir")
_PATH: Final = re.compile(r"[!-~]+\Z")
_NOT_PATH: Final = re.compile(r"[^!-~]")


class Stage(StrEnum):
    """What happened to the envelope, the value of `ev`."""

    ACCEPTED = "accepted"
    """Stored with its proof; the only one given in the answer itself."""
    REJECTED = "rejected"
    """Accepted before, and then not readable; final."""
    CONSIGNED = "consigned"
    """Decrypted, valid, in the duty inbox."""
    OPENED = "opened"
    """By a person."""
    ACKNOWLEDGED = "acknowledged"
    """A person took it on."""
    DECLINED = "declined"
    """In its place: the first answer is a decision that grants nothing."""
    EXPIRED = "expired"
    """Its time passed before anybody opened it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt; it stands alone and counts whenever it comes.

    Args:
        stage: What happened.
        mid: Of which message.
        header_digest: SHA-256 of its header, 32 bytes.
        envelope_digest: Digest of the sender's statement of it, 32 bytes.
        by: Who says so: the node of the log that holds the receipt.
        for_: To whom: the envelope's sender.
        t_ms: When it was given, ms since 1970 UTC.
        why: For a rejection the code of rule 25, after E_SCHEMA also a blank and the path of the
            field, or `internal`; for every other stage None, or the mark of a directory that had
            expired (rule 31).
        directory: The directory version that the speaker held.

    Raises:
        MalformedError: A length, a number or a `why` that is not the rule's (E_SCHEMA).
    """

    stage: Stage
    mid: MessageId
    header_digest: bytes
    envelope_digest: bytes
    by: NodeId
    for_: NodeId
    t_ms: int
    why: str | None
    directory: DirectoryStamp

    def __post_init__(self) -> None:
        raw_of(self.header_digest, DIGEST_BYTES, name="hdr")
        raw_of(self.envelope_digest, DIGEST_BYTES, name="env")
        uint_of(self.t_ms, name="t")
        if self.stage is Stage.REJECTED:
            if self.why is None:
                raise MalformedError("a rejection says why")
        elif self.why not in {None, EXPIRED_DIRECTORY}:
            raise MalformedError("a receipt of another stage says at most how old its ground is")
        if self.why is not None and not _is_reason(self.why):
            raise MalformedError("why is neither a code nor internal")

    def encode(self) -> bytes:
        """Return the canonical bytes: made once, then stored and sent for ever as they are."""
        return encode(
            {
                "v": 1,
                "typ": "rcp",
                "ev": str(self.stage),
                "mid": self.mid.value,
                "hdr": self.header_digest,
                "env": self.envelope_digest,
                "by": str(self.by),
                "for": str(self.for_),
                "t": self.t_ms,
                "why": self.why,
                "dir": self.directory.to_value(),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a receipt of another node; it is claimed until its proof has been believed.

        Args:
            data: The bytes as carried.

        Returns:
            The receipt; `encode` of it gives `data` again.

        Raises:
            MalformedError: Above 2 KiB (E_SIZE); not canonical (E_CANON); a key, a type, a
                length, a stage or a `why` that is not the rule's (E_SCHEMA).
        """
        fields = Fields.of(decode(data, max_bytes=MAX_RECEIPT_BYTES), _KEYS)
        fields.literal("v", 1)
        fields.literal("typ", "rcp")
        return cls(
            stage=_stage_of(fields.text("ev")),
            mid=MessageId(fields.raw("mid")),
            header_digest=fields.raw("hdr"),
            envelope_digest=fields.raw("env"),
            by=NodeId.parse(fields.text("by")),
            for_=NodeId.parse(fields.text("for")),
            t_ms=fields.uint("t"),
            why=fields.text_or_none("why", MAX_WHY_BYTES),
            directory=DirectoryStamp.from_value(fields.value("dir")),
        )


def state_of(stage: Stage) -> MessageState:
    """Return the step of the ladder that a receipt stands for.

    Args:
        stage: What the receipt says.
    """
    return MessageState(stage.value)  # each stage bears the name of its step


def schema_why(path: str) -> str:
    """Return the `why` of a document that fails the schema of its type.

    Args:
        path: Where, as names and positions; never a value. What a receipt cannot carry (blanks,
            anything but printable ASCII) becomes `?`, and the end is cut off.

    Returns:
        E_SCHEMA, then a blank and the path if there is one; at most 256 bytes.
    """
    shown = _NOT_PATH.sub("?", path)
    return f"{Code.SCHEMA} {shown}"[:MAX_WHY_BYTES].rstrip()


def _stage_of(text: str) -> Stage:
    """Return the stage of that name.

    Raises:
        MalformedError: There is none (E_SCHEMA).
    """
    try:
        return Stage(text)
    except ValueError as error:
        raise MalformedError("a stage that this version does not know") from error


def _is_reason(why: str) -> bool:
    if len(why) > MAX_WHY_BYTES:  # characters; what is not ASCII fails below
        return False
    code, blank, path = why.partition(" ")
    if blank:
        return code == Code.SCHEMA and _PATH.match(path) is not None
    return code == INTERNAL or code in set(Code)
