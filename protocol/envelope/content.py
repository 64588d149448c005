"""The inside of an envelope: one content, its files' keys, and officers' signatures over it.

Does: the values and their one encoding. The ids inside repeat those of the header, so that a
signed content cannot be passed on as if it were addressed to somebody else; that they agree is
checked by protocol.envelope.seal. Leaves to protocol.requests: the schema of `body` by `type`;
to the directory: whose key an officer's signature names. What stands below `x` is for later
versions: kept, not read.

Source: docs/wire-format.md, rules 5 and 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from keys.digest import Label, labelled
from keys.suite import CONTENT_KEY_BYTES, DIGEST_BYTES
from protocol.encoding import Encodable, Value, decode, encode
from protocol.errors import MalformedError
from protocol.fields import Fields, raw_of, text_of, uint_of
from protocol.identifiers import MessageId, NodeId
from protocol.limits import (
    MAX_BLOBS,
    MAX_BODY_BYTES,
    MAX_MEDIA_TYPE_BYTES,
    MAX_NAME_BYTES,
    MAX_SIGNATURE_BYTES,
    MAX_SIGNATURE_KEY_BYTES,
    MAX_SIGNATURES,
    MAX_TYPE_BYTES,
)

_FILE_KEYS = ("name", "mt", "n", "h", "blob", "key")
_CONTENT_KEYS = ("v", "mid", "from", "to", "t", "type", "thread", "re", "body", "files", "x")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One attachment: what it is, which blob carries it, and the key that opens the blob.

    Args:
        name: As the officer saw it, at most 255 bytes of UTF-8. It is text, never a path.
        media_type: As the sender stated it, at most 255 bytes; nobody is bound to believe it.
        size_bytes: Length of the plaintext.
        digest: SHA-256 of the plaintext, 32 bytes.
        blob: SHA-256 of the ciphertext, 32 bytes: the blob's name.
        key: The blob's own content key, 32 bytes. Secret.

    Raises:
        MalformedError: A length out of range (E_SCHEMA).
    """

    name: str
    media_type: str
    size_bytes: int
    digest: bytes
    blob: bytes
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        text_of(self.name, MAX_NAME_BYTES, name="name")
        text_of(self.media_type, MAX_MEDIA_TYPE_BYTES, name="mt")
        uint_of(self.size_bytes, name="n")
        raw_of(self.digest, DIGEST_BYTES, name="h")
        raw_of(self.blob, DIGEST_BYTES, name="blob")
        raw_of(self.key, CONTENT_KEY_BYTES, name="key")

    def to_value(self) -> Encodable:
        """Return {name, mt, n, h, blob, key}."""
        return {
            "name": self.name,
            "mt": self.media_type,
            "n": self.size_bytes,
            "h": self.digest,
            "blob": self.blob,
            "key": self.key,
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read what `to_value` gives.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA).
        """
        fields = Fields.of(value, _FILE_KEYS)
        return cls(
            name=fields.text("name", MAX_NAME_BYTES),
            media_type=fields.text("mt", MAX_MEDIA_TYPE_BYTES),
            size_bytes=fields.uint("n"),
            digest=fields.raw("h"),
            blob=fields.raw("blob"),
            key=fields.raw("key"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One document on its way, with the ids that bind it to its envelope.

    Args:
        mid: The message's id, equal to the header's.
        sender: Equal to the header's.
        recipient: Equal to the header's.
        t_ms: When the content was fixed, ms since 1970 UTC; maybe a day before the sealing.
        type: The document's type, at most 64 bytes.
        thread: The id of the first message of the conversation.
        re: The id of the message that this one answers, or None.
        body: JSON-mode dump of the document's model: no float, at most 7 levels.
        files: The attachments, one for each blob of the header and in its order.
        extra: What stands below `x`; empty in this version, kept as it came.

    Raises:
        MalformedError: A length or a number out of range (E_SCHEMA).
    """

    mid: MessageId
    sender: NodeId
    recipient: NodeId
    t_ms: int
    type: str
    thread: MessageId
    re: MessageId | None
    body: Mapping[str, Value] = field(repr=False)
    files: tuple[FileEntry, ...] = field(default=(), repr=False)
    extra: Mapping[str, Value] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        uint_of(self.t_ms, name="t")
        if not text_of(self.type, MAX_TYPE_BYTES, name="type"):
            raise MalformedError("type is empty")
        if len(self.files) > MAX_BLOBS:
            raise MalformedError("more attachments than one envelope may have")

    def encode(self) -> bytes:
        """Return the canonical bytes, which officers sign.

        Raises:
            NotAllowedError: `body` holds what the encoding forbids, or is too deep.
            TooLargeError: `body` holds more values than the encoding allows.
        """
        return encode(
            {
                "v": 1,
                "mid": self.mid.value,
                "from": str(self.sender),
                "to": str(self.recipient),
                "t": self.t_ms,
                "type": self.type,
                "thread": self.thread.value,
                "re": None if self.re is None else self.re.value,
                "body": dict(self.body),
                "files": [entry.to_value() for entry in self.files],
                "x": dict(self.extra),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a content of another node.

        Args:
            data: The bytes as they lay in the envelope.

        Returns:
            The content; `encode` of it gives `data` again. Nothing in it is proven before it
            has been compared with the header.

        Raises:
            MalformedError: Above 4 MiB (E_SIZE); not canonical (E_CANON); a key, a type or a
                length that is not the rule's (E_SCHEMA).

        Source:
            docs/wire-format.md, rules 2, 5 and 11.
        """
        fields = Fields.of(decode(data, max_bytes=MAX_BODY_BYTES), _CONTENT_KEYS)
        fields.literal("v", 1)
        re = fields.raw_or_none("re")
        return cls(
            mid=MessageId(fields.raw("mid")),
            sender=NodeId.parse(fields.text("from")),
            recipient=NodeId.parse(fields.text("to")),
            t_ms=fields.uint("t"),
            type=fields.text("type", MAX_TYPE_BYTES),
            thread=MessageId(fields.raw("thread")),
            re=None if re is None else MessageId(re),
            body=fields.map("body"),
            files=tuple([FileEntry.from_value(item) for item in fields.items("files", MAX_BLOBS)]),
            extra=fields.map("x"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerSignature:
    """One officer's signature over `officer_digest(content)`.

    Args:
        key_id: Names the officer's key, 1 to 64 bytes.
        signature: 1 to 8_192 bytes, in the form that the key's kind says.

    Raises:
        MalformedError: A length out of range (E_SCHEMA).
    """

    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        raw_of(self.key_id, max_bytes=MAX_SIGNATURE_KEY_BYTES, name="k")
        raw_of(self.signature, max_bytes=MAX_SIGNATURE_BYTES, name="s")
        if not self.key_id or not self.signature:
            raise MalformedError("an officer's signature without key or without signature")

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Read {k, s}.

        Args:
            value: A decoded value.

        Raises:
            MalformedError: Not such a map (E_SCHEMA).
        """
        fields = Fields.of(value, ("k", "s"))
        return cls(key_id=fields.raw("k"), signature=fields.raw("s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What is padded and sealed: the content's bytes, and what officers signed of them.

    Args:
        content: Canonical bytes of a Content, not empty.
        signatures: 0 to 4, in the order in which they were given.

    Raises:
        MalformedError: No content, or too many signatures (E_SCHEMA).
    """

    content: bytes = field(repr=False)
    signatures: tuple[OfficerSignature, ...] = ()

    def __post_init__(self) -> None:
        if not self.content:
            raise MalformedError("an inner without content")
        if len(self.signatures) > MAX_SIGNATURES:
            raise MalformedError("more officers' signatures than one content may have")


def officer_digest(content: bytes) -> bytes:
    """Return the 32 bytes that an officer signs.

    Args:
        content: Canonical bytes of a Content.
    """
    return labelled(Label.OFFICER, content)


def encode_inner(content: bytes, signatures: Sequence[OfficerSignature] = ()) -> bytes:
    """Return the inner of an envelope, as `seal` takes it.

    Args:
        content: Canonical bytes of a Content.
        signatures: 0 to 4.

    Raises:
        MalformedError: No content, or too many signatures (E_SCHEMA).
    """
    inner = Inner(content=content, signatures=tuple(signatures))
    return encode(
        {
            "c": inner.content,
            "s": [{"k": each.key_id, "s": each.signature} for each in inner.signatures],
        }
    )


def decode_inner(data: bytes) -> Inner:
    """Read the inner of an envelope; its content is not yet read.

    Args:
        data: What was unpadded.

    Raises:
        MalformedError: Above 4 MiB (E_SIZE); not canonical (E_CANON); a key, a type or a length
            that is not the rule's (E_SCHEMA).
    """
    fields = Fields.of(decode(data, max_bytes=MAX_BODY_BYTES), ("c", "s"))
    signatures = fields.items("s", MAX_SIGNATURES)
    return Inner(
        content=fields.raw("c"),
        signatures=tuple([OfficerSignature.from_value(item) for item in signatures]),
    )
