"""What a node states of itself, in bytes: acts, revocations, epochs, evidence of silence.

Does: the canonical bytes of the four kinds of statement that no other module owns, written and
read. Leaves to others: when one is due, and its digest and leaf (`protocol.log.statement`).

Rule kept: what is written reads back equal, else it is not written.

Source: docs/wire-format.md, rule 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from keys.suite import DIGEST_BYTES
from protocol.encoding import Encodable, decode, encode
from protocol.errors import MalformedError, NotAllowedError
from protocol.fields import Fields, items_of, text_of, uint_of
from protocol.identifiers import MESSAGE_ID_BYTES, LogOrigin, MessageId, NodeId
from protocol.limits import (
    MAX_DEED_BYTES,
    MAX_NOTE_BYTES,
    MAX_REASON_BYTES,
    MAX_TRIES,
    MAX_TYPE_BYTES,
)
from protocol.log.passkey import PasskeyApproval

_VERSION: Final = 1
_HEAD: Final = frozenset({"v", "typ", "t"})
_ACT: Final = _HEAD | {"act", "who", "ref", "d", "why"}
_APPROVAL: Final = "ap"
_REVOKE: Final = _HEAD | {"node", "kind", "key"}
_EPOCH: Final = _HEAD | {"old", "cp", "gap", "who", "why"}
_SILENCE: Final = _HEAD | {"mid", "hdr", "step", "due", "tries"}
_PAIR: Final = 2


class KeyKind(StrEnum):
    """Which of a node's keys is revoked."""

    LOG = "log"
    WITNESS = "witness"
    KEM = "kem"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an officer did, or the node on standing orders.

    Attributes:
        act: A word of the closed list of the desk (opened, approved, exported, ...), at most 64
            bytes.
        who: The officer as "RO/1 officer 3", or the node; at most 255 bytes.
        ref: The message that it concerns, if one.
        subject: Digest of what was acted on, 32 bytes, if anything.
        why: The reason given, at most 2048 bytes; may be empty.
        t_ms: When: milliseconds since 1970, UTC.
        approval: Of an act that approves by a passkey, what it signed; else None.
    """

    act: str
    who: str
    ref: MessageId | None
    subject: bytes | None
    why: str
    t_ms: int
    approval: PasskeyApproval | None = None

    def encode(self) -> bytes:
        """Write the act.

        Raises:
            NotAllowedError: A field beyond its bounds.
        """
        signed = {} if self.approval is None else {_APPROVAL: self.approval.to_value()}
        return _written(self, "act", self.t_ms, signed | {
            "act": self.act,
            "who": self.who,
            "ref": None if self.ref is None else self.ref.value,
            "d": self.subject,
            "why": self.why,
        })  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an act.

        Raises:
            MalformedError: Not the canonical bytes of one (E_SIZE, E_CANON, E_SCHEMA).
        """
        fields = _read(data, "act", _ACT, optional=frozenset({_APPROVAL}))
        ref = fields.raw_or_none("ref", MESSAGE_ID_BYTES)
        signed = fields.value(_APPROVAL)
        return cls(
            act=fields.text("act", MAX_TYPE_BYTES),
            who=fields.text("who"),
            ref=None if ref is None else MessageId(ref),
            subject=fields.raw_or_none("d", DIGEST_BYTES),
            why=fields.text("why", MAX_REASON_BYTES),
            t_ms=fields.uint("t"),
            approval=None if signed is None else PasskeyApproval.from_value(signed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """That a key of a node counts no more, from the moment it is known.

    Attributes:
        node: Whose key.
        kind: Which of its keys.
        key_digest: H(public key), 32 bytes.
        t_ms: When it was revoked.
    """

    node: NodeId
    kind: KeyKind
    key_digest: bytes
    t_ms: int

    def encode(self) -> bytes:
        """Write the revocation.

        Raises:
            NotAllowedError: A field beyond its bounds.
        """
        body = {"node": str(self.node), "kind": self.kind.value, "key": self.key_digest}
        return _written(self, "revoke", self.t_ms, body)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a revocation.

        Raises:
            MalformedError: Not the canonical bytes of one (E_SIZE, E_CANON, E_SCHEMA).
        """
        fields = _read(data, "revoke", _REVOKE)
        kind = fields.text("kind")
        if kind not in set(KeyKind):
            raise MalformedError("a kind of key that this version does not know")
        return cls(
            node=NodeId.parse(fields.text("node")),
            kind=KeyKind(kind),
            key_digest=fields.raw("key", DIGEST_BYTES),
            t_ms=fields.uint("t"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """That a new generation of the log begins, because the old one cannot be continued.

    Attributes:
        old: The log that ends.
        note: The last checkpoint of it that is known, as its signed note; None if none is.
        gap: Leaves of the old log that are known to be lost; None if that is not known.
        who: Who decided, at most 255 bytes.
        why: The reason, at most 2048 bytes.
        t_ms: When.
    """

    old: LogOrigin
    note: bytes | None
    gap: int | None
    who: str
    why: str
    t_ms: int

    def encode(self) -> bytes:
        """Write the epoch.

        Raises:
            NotAllowedError: A field beyond its bounds.
        """
        return _written(self, "epoch", self.t_ms, {
            "old": str(self.old),
            "cp": self.note,
            "gap": self.gap,
            "who": self.who,
            "why": self.why,
        })  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an epoch.

        Raises:
            MalformedError: Not the canonical bytes of one (E_SIZE, E_CANON, E_SCHEMA).
        """
        fields = _read(data, "epoch", _EPOCH)
        return cls(
            old=LogOrigin.parse(fields.text("old")),
            note=fields.raw_or_none("cp", max_bytes=MAX_NOTE_BYTES),
            gap=fields.uint_or_none("gap"),
            who=fields.text("who"),
            why=fields.text("why", MAX_REASON_BYTES),
            t_ms=fields.uint("t"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That the other side did not take a step in time, and what was tried.

    Attributes:
        mid: The message.
        header_digest: H(header) of its envelope, 32 bytes.
        step: The step of the ladder that was missed, at most 64 bytes.
        due_ms: When it was due: milliseconds since 1970, UTC.
        tries: (when, what came of it) of the attempts, oldest first, at most 256; the second at
            most 64 bytes.
        t_ms: When silence was stated.
    """

    mid: MessageId
    header_digest: bytes
    step: str
    due_ms: int
    tries: tuple[tuple[int, str], ...]
    t_ms: int

    def encode(self) -> bytes:
        """Write the evidence.

        Raises:
            NotAllowedError: A field beyond its bounds.
        """
        return _written(self, "silence", self.t_ms, {
            "mid": self.mid.value,
            "hdr": self.header_digest,
            "step": self.step,
            "due": self.due_ms,
            "tries": self.tries,
        })  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence of silence.

        Raises:
            MalformedError: Not the canonical bytes of one (E_SIZE, E_CANON, E_SCHEMA).
        """
        fields = _read(data, "silence", _SILENCE)
        pairs = [items_of(pair, _PAIR) for pair in fields.items("tries", MAX_TRIES)]
        if any(len(pair) != _PAIR for pair in pairs):
            raise MalformedError("an attempt is a time and a cause")
        return cls(
            mid=MessageId(fields.raw("mid", MESSAGE_ID_BYTES)),
            header_digest=fields.raw("hdr", DIGEST_BYTES),
            step=fields.text("step", MAX_TYPE_BYTES),
            due_ms=fields.uint("due"),
            tries=tuple((uint_of(when), text_of(cause, MAX_TYPE_BYTES)) for when, cause in pairs),
            t_ms=fields.uint("t"),
        )


def _read(
    data: bytes, kind: str, keys: frozenset[str], *, optional: frozenset[str] = frozenset()
) -> Fields:
    value = decode(data, max_bytes=MAX_DEED_BYTES)
    fields = Fields.of(value, keys, optional)
    if isinstance(value, dict) and any(value.get(key, value) is None for key in optional):
        raise MalformedError("a key that may be absent is never nil")
    fields.literal("v", _VERSION)
    fields.literal("typ", kind)
    return fields


def _written(
    deed: Act | Revocation | Epoch | Silence, kind: str, t_ms: int, body: Mapping[str, Encodable]
) -> bytes:
    """Encode, and read back: every bound is checked where it is written down once.

    Raises:
        NotAllowedError: It does not read back equal.
    """
    data = encode({"v": _VERSION, "typ": kind, "t": t_ms, **body})
    try:
        again = type(deed).decode(data)
    except MalformedError as error:
        raise NotAllowedError("a field beyond its bounds") from error
    if again != deed:
        raise NotAllowedError("a field of another type than it must have")
    return data
