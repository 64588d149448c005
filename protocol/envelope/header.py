"""The header of an envelope: all that stands in clear, and what its digest binds for ever.

Does: the value, its one encoding, and the checks of exact keys, lengths and limits. Leaves to the
receiver's service: who the sender is, whether the times hold now, whether `to` is this node.
Digests are over the bytes given, which are the only bytes that decode to this value.

Source: docs/wire-format.md, rules 14 and 16.
"""

from dataclasses import dataclass
from typing import Self

from keys.suite import DIGEST_BYTES
from protocol.delivery.urgency import Urgency
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import Code, MalformedError
from protocol.fields import Fields, raw_of, uint_of
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES, MAX_HEADER_BYTES

_KEYS = ("v", "typ", "mid", "from", "to", "t", "exp", "cls", "dir", "body", "blobs")
_STAMP_ITEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryStamp:
    """The directory version that a node held when it spoke.

    Args:
        root_version: Version of the TUF root.
        timestamp_version: Version of the TUF timestamp.
        digest: SHA-256 of timestamp.json, 32 bytes.

    Raises:
        MalformedError: A number or a length out of range (E_SCHEMA).

    Source:
        docs/wire-format.md, rules 14 and 30.
    """

    root_version: int
    timestamp_version: int
    digest: bytes

    def __post_init__(self) -> None:
        uint_of(self.root_version)
        uint_of(self.timestamp_version)
        raw_of(self.digest, DIGEST_BYTES)

    def to_value(self) -> Encodable:
        """Return [root version, timestamp version, digest], as headers and receipts carry it."""
        return [self.root_version, self.timestamp_version, self.digest]

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what `to_value` gives.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not an array of two integers and 32 bytes (E_SCHEMA).
        """
        if not isinstance(value, list) or len(value) != _STAMP_ITEMS:
            raise MalformedError("a directory stamp has three items")
        root_version, timestamp_version, digest = value
        return cls(
            root_version=uint_of(root_version),
            timestamp_version=uint_of(timestamp_version),
            digest=raw_of(digest),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of ciphertext that the header names: the body, or a sealed attachment.

    Args:
        size_bytes: Length of the ciphertext.
        digest: SHA-256 of the ciphertext, 32 bytes; of an attachment it is the blob's name.

    Raises:
        MalformedError: A length out of range (E_SCHEMA).
    """

    size_bytes: int
    digest: bytes

    def __post_init__(self) -> None:
        uint_of(self.size_bytes)
        raw_of(self.digest, DIGEST_BYTES)

    def to_value(self) -> Encodable:
        """Return {n, h}."""
        return {"n": self.size_bytes, "h": self.digest}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read {n, h}.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA).
        """
        fields = Fields.of(value, ("n", "h"))
        return cls(size_bytes=fields.uint("n"), digest=fields.raw("h"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an envelope says in clear: who, to whom, when, how urgent, how large. Nothing else.

    Args:
        mid: The message's id.
        sender: The node whose log states the envelope.
        recipient: The node that may accept it.
        t_ms: When it was sealed, ms since 1970 UTC.
        exp_ms: When it ends unopened, ms since 1970 UTC. That it lies after `t_ms`, and not too
            far, is checked by the receiver, who answers E_EXPIRED.
        cls: Class of urgency.
        directory: The directory version that the sender held.
        body: The sealed body, at most 4_194_304 bytes.
        blobs: The sealed attachments in order, at most 64.

    Raises:
        MalformedError: A number out of range or too many attachments (E_SCHEMA); a body above
            its limit (E_SIZE).

    Source:
        docs/wire-format.md, rule 14.
    """

    mid: MessageId
    sender: NodeId
    recipient: NodeId
    t_ms: int
    exp_ms: int
    cls: Urgency
    directory: DirectoryStamp
    body: Part
    blobs: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        uint_of(self.t_ms)
        uint_of(self.exp_ms)
        if self.body.size_bytes > MAX_BODY_BYTES:
            raise MalformedError("a body above its limit", code=Code.SIZE)
        if len(self.blobs) > MAX_BLOBS:
            raise MalformedError("more attachments than one envelope may have")

    def encode(self) -> bytes:
        """Return the canonical bytes, at most 8 KiB; their SHA-256 names the envelope."""
        return encode(
            {
                "v": 1,
                "typ": "env",
                "mid": self.mid.value,
                "from": str(self.sender),
                "to": str(self.recipient),
                "t": self.t_ms,
                "exp": self.exp_ms,
                "cls": int(self.cls),
                "dir": self.directory.to_value(),
                "body": self.body.to_value(),
                "blobs": [blob.to_value() for blob in self.blobs],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a header of another node.

        Args:
            data: The bytes as carried.

        Returns:
            The header; `encode` of it gives `data` again.

        Raises:
            MalformedError: Above 8 KiB, or a body above 4 MiB (E_SIZE); not canonical
                (E_CANON); a key, a type, a length or a range that is not the rule's (E_SCHEMA).

        Source:
            docs/wire-format.md, rules 2, 5 and 14.
        """
        fields = Fields.of(decode(data, max_bytes=MAX_HEADER_BYTES), _KEYS)
        fields.literal("v", 1)
        fields.literal("typ", "env")
        return cls(
            mid=MessageId(fields.raw("mid")),
            sender=NodeId.parse(fields.text("from")),
            recipient=NodeId.parse(fields.text("to")),
            t_ms=fields.uint("t"),
            exp_ms=fields.uint("exp"),
            cls=Urgency(fields.uint("cls", max(Urgency))),
            directory=DirectoryStamp.from_value(fields.value("dir")),
            body=Part.from_value(fields.value("body")),
            blobs=tuple([Part.from_value(blob) for blob in fields.items("blobs", MAX_BLOBS)]),
        )
