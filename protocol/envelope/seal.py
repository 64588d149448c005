"""Seal and open: from one content to header, wraps and body, and back.

Side by side, so that every binding made in one is checked in the other: the body's key commits
to the body, its context to mid, sender and recipient, each wrap to the header, the header to
the body, and the content inside repeats the header's ids. Leaves to the receiver's service the
inclusion proof, duplicates and times; to protocol.requests the schema of the document.

Source: docs/wire-format.md, rules 11 to 16 and 19.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keys.body import body_bytes, decrypt_body, encrypt_body, new_content_key
from keys.digest import Label, same, sha256
from keys.errors import DecryptionFailedError
from keys.recipient import RecipientKey, RecipientSecret
from protocol.delivery.urgency import Urgency
from protocol.encoding import encode
from protocol.envelope.content import Content, FileEntry, OfficerSignature, decode_inner
from protocol.envelope.header import DirectoryStamp, Header, Part
from protocol.envelope.padding import pad, padded_bytes, unpad
from protocol.envelope.wraps import check_recipients, decode_wraps, unwrap, wrap
from protocol.errors import (
    Code,
    MalformedError,
    NotAllowedError,
    NotProvenError,
    TooLargeError,
)
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES, MAX_INDEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """All that a header says besides the body; none of it is secret.

    Args:
        mid: A fresh id.
        sender: Our node.
        recipient: The node that may accept it.
        t_ms: Now, ms since 1970 UTC.
        exp_ms: When it ends unopened, ms since 1970 UTC; the receiver refuses more than 30 days.
        cls: Class of urgency.
        directory: The directory version held.
        blobs: The sealed attachments, in the order of the content's files; at most 64.

    Raises:
        NotAllowedError: A time out of range.
        TooLargeError: More than 64 attachments.
    """

    mid: MessageId
    sender: NodeId
    recipient: NodeId
    t_ms: int
    exp_ms: int
    cls: Urgency
    directory: DirectoryStamp
    blobs: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if not (0 <= self.t_ms <= MAX_INDEX and 0 <= self.exp_ms <= MAX_INDEX):
            raise NotAllowedError("a time that a header cannot carry")
        if len(self.blobs) > MAX_BLOBS:
            raise TooLargeError("more attachments than one envelope may have")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEnvelope:
    """An envelope ready to be stated and sent; a retry sends the same bytes.

    Args:
        header: Canonical bytes; their SHA-256 names the envelope for ever.
        wraps: Canonical bytes: the content key under each recipient's key.
        body: Ciphertext, at most 4_194_304 bytes.
        content_key: 32 bytes. Secret: kept under the store key until `exp` at least, since
            wrapping again and evidence need it.
    """

    header: bytes
    wraps: bytes
    body: bytes = field(repr=False)
    content_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an envelope held, with every binding between outside and inside checked.

    Args:
        header: As sent.
        content: Its mid, sender, recipient and files agree with the header.
        inner: The unpadded bytes, for evidence.
        signatures: Officers' signatures, not yet verified.
        content_key: 32 bytes. Secret.
    """

    header: Header
    content: Content
    inner: bytes = field(repr=False)
    signatures: tuple[OfficerSignature, ...]
    content_key: bytes = field(repr=False)


def seal(inner: bytes, address: Address, recipients: Sequence[RecipientKey]) -> SealedEnvelope:
    """Seal one content for one node, under each of the keys it may open it with.

    The caller must commit the envelope's statement to the log before the first byte leaves
    the node. A retry sends the same bytes; it never seals again.

    Args:
        inner: Canonical msgpack (content and officers' signatures), not empty, not yet
            padded; so large at most that the body stays within 4_194_304 bytes.
        address: Sender, receiver, message id, times (milliseconds since 1970, UTC), class,
            directory version, blobs: all that the header says besides the body. Not secret.
        recipients: 1 to 4 X-Wing public keys of 1216 bytes, in order of key id, none twice.

    Returns:
        A body of 56 bytes more than the padded inner, and 16 more for each 16 KiB chunk of
        it (the last one is always shorter, maybe empty); the header with the body's length
        and digest; one wrap of 1168 bytes a key, in the same order, each bound to the header.

    Raises:
        TooLargeError: The body would exceed its limit; nothing was drawn or encrypted.
        NotAllowedError: Nothing to seal; no recipient, more than 4, out of order or repeated;
            likewise.

    Source:
        docs/wire-format.md, rules 11 to 16; RFC 9180 section 6.1 (base mode);
        C2SP chunked-encryption; Convention on Cybercrime, Article 35.
    """
    check_recipients(recipients)
    if not inner:
        raise NotAllowedError("an empty inner")
    if len(inner) > MAX_BODY_BYTES or body_bytes(padded_bytes(len(inner))) > MAX_BODY_BYTES:
        raise TooLargeError("the sealed body would exceed its limit")
    content_key = new_content_key()
    context = body_context(address.mid, address.sender, address.recipient)
    body = encrypt_body(content_key, context, pad(inner))
    header = Header(
        mid=address.mid,
        sender=address.sender,
        recipient=address.recipient,
        t_ms=address.t_ms,
        exp_ms=address.exp_ms,
        cls=address.cls,
        directory=address.directory,
        body=Part(size_bytes=len(body), digest=sha256(body)),
        blobs=address.blobs,
    ).encode()
    wraps = wrap(header, content_key, recipients)
    return SealedEnvelope(header=header, wraps=wraps, body=body, content_key=content_key)


def seal_again(header: bytes, content_key: bytes, recipients: Sequence[RecipientKey]) -> bytes:
    """Wrap the content key of a sealed envelope anew, after E_KEM_EXPIRED.

    Header and body stay as they are: by key commitment they hold the same plaintext. The caller
    must commit a new statement before the new wraps leave, at most three a day.

    Args:
        header: The envelope's header, byte for byte.
        content_key: The 32 bytes that `seal` returned.
        recipients: As for `seal`.

    Returns:
        The new wraps.

    Raises:
        NotAllowedError: As for `seal`, or a content key of another length; nothing was drawn.

    Source:
        docs/wire-format.md, rule 16.
    """
    check_recipients(recipients)
    return wrap(header, content_key, recipients)


def check_wraps(wraps: bytes) -> tuple[bytes, ...]:
    """Check the form of an envelope's wraps, without opening any.

    Args:
        wraps: The bytes as carried.

    Returns:
        The ids of the keys that may open it, 16 bytes each, rising.

    Raises:
        MalformedError: Too long (E_SIZE); not canonical (E_CANON); none or more than 4, out of
            order or repeated, a wrong length (E_SCHEMA).

    Source:
        docs/wire-format.md, rule 15.
    """
    return tuple(decode_wraps(wraps))


def open_envelope(
    header: bytes, wraps: bytes, body: bytes, secrets: Mapping[bytes, RecipientSecret]
) -> Opened:
    """Open an envelope that this node accepted, and check every binding inside it.

    The caller must have checked the inclusion proof: opening shows that the parts belong
    together, the proof who put them together. A wrap for a key not in `secrets` is bound by the
    statement alone. The document's schema is checked afterwards.

    Args:
        header: The bytes as carried.
        wraps: The bytes as carried.
        body: The ciphertext.
        secrets: The secrets still held, by key id.

    Returns:
        The content, with what evidence needs.

    Raises:
        MalformedError: Header, wraps, inner or content not as the rules say (E_SIZE, E_CANON,
            E_SCHEMA); the body is not the one that the header names (E_LENGTH, E_HASH);
            padding (E_PAD).
        NotForUsError: No wrap for a key in `secrets` (E_KEM_EXPIRED).
        NotProvenError: A wrap or the body does not open, or two wraps hold two keys (E_OPEN);
            what stands inside is not what the header says (E_BIND).

    Source:
        docs/wire-format.md, rules 12, 13, 15 and 19.
    """
    outside = Header.decode(header)
    wrapped = decode_wraps(wraps)
    _check_body(outside, body)
    return _opened(outside, body, unwrap(wrapped, header, secrets))


def open_disclosed(header: bytes, body: bytes, content_key: bytes) -> Opened:
    """Open a body with its disclosed key, and check every binding inside it.

    By key commitment the key opens this body to this content and no other. Whose word it is
    follows from the proof of the sealing alone.

    Args:
        header: The bytes as carried.
        body: The ciphertext.
        content_key: As disclosed, any bytes.

    Returns:
        The content.

    Raises:
        MalformedError: Header, inner or content not as the rules say (E_SIZE, E_CANON, E_SCHEMA);
            the body is not the one that the header names (E_LENGTH, E_HASH); padding (E_PAD).
        NotProvenError: Another key (E_OPEN); what stands inside is not what the header says
            (E_BIND).

    Source:
        docs/wire-format.md, rules 12, 13 and 33.
    """
    outside = Header.decode(header)
    _check_body(outside, body)
    return _opened(outside, body, content_key)


def _opened(outside: Header, body: bytes, content_key: bytes) -> Opened:
    context = body_context(outside.mid, outside.sender, outside.recipient)
    try:
        # Nothing keeps hold of the padded form: up to 4 MiB.
        inner_bytes = unpad(decrypt_body(content_key, context, body))
    except DecryptionFailedError as error:
        raise NotProvenError("a body that does not open", code=Code.OPEN) from error
    inner = decode_inner(inner_bytes)
    content = Content.decode(inner.content)
    _check_binding(outside, content)
    return Opened(
        header=outside,
        content=content,
        inner=inner_bytes,
        signatures=inner.signatures,
        content_key=content_key,
    )


def body_context(mid: MessageId, sender: NodeId, recipient: NodeId) -> bytes:
    """Return the context under which a body is encrypted.

    Args:
        mid: The message's id.
        sender: The header's `from`.
        recipient: The header's `to`.

    Returns:
        Canonical msgpack of ["a35/1/body", mid, from, to].

    Source:
        docs/wire-format.md, rule 13.
    """
    return encode([str(Label.BODY), mid.value, str(sender), str(recipient)])


def _check_body(header: Header, body: bytes) -> None:
    """Check that the body is the one that the header names.

    Raises:
        MalformedError: Another length (E_LENGTH) or digest (E_HASH).
    """
    if len(body) != header.body.size_bytes:
        raise MalformedError("a body of another length than its header says", code=Code.LENGTH)
    if not same(sha256(body), header.body.digest):
        raise MalformedError("a body of another digest than its header says", code=Code.HASH)


def _check_binding(header: Header, content: Content) -> None:
    """Check that the inside was made for this outside (rule 19, last paragraph; rule 11).

    Raises:
        NotProvenError: They differ (E_BIND).
    """
    inside = (content.mid, content.sender, content.recipient)
    if inside != (header.mid, header.sender, header.recipient):
        raise NotProvenError("a content that was made for another envelope", code=Code.BIND)
    if tuple(_part_of(entry) for entry in content.files) != header.blobs:
        raise NotProvenError("files that are not the header's attachments", code=Code.BIND)


def _part_of(entry: FileEntry) -> Part:
    """Return the sealed part that must carry a file: its length follows from the plaintext's."""
    return Part(size_bytes=body_bytes(entry.size_bytes), digest=entry.blob)
