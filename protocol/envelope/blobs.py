"""Sealed attachments: what binds each to its place in its envelope.

Does: the context under which one is encrypted, the two records made from a finished encryption,
and the check of a finished decryption. Leaves the streams to keys.body and the files to the
gateway, which uses a decrypted file only after `check_opened` passed.

Source: docs/wire-format.md, rules 11, 13 and 24.
"""

from keys.body import StreamDigests
from keys.digest import Label, same
from protocol.encoding import encode
from protocol.envelope.content import FileEntry
from protocol.envelope.header import Part
from protocol.errors import Code, NotAllowedError, NotProvenError
from protocol.identifiers import MessageId
from protocol.limits import MAX_BLOBS


def blob_context(mid: MessageId, index: int) -> bytes:
    """Return the context of one attachment's encryption: it opens at no other place.

    Args:
        mid: The id of the message that names it.
        index: Its position in `files` and `blobs`, 0 to 63.

    Returns:
        Canonical msgpack of ["a35/1/blob", mid, index].

    Raises:
        NotAllowedError: `index` out of range.

    Source:
        docs/wire-format.md, rule 13.
    """
    if not 0 <= index < MAX_BLOBS:
        raise NotAllowedError("an attachment's position lies between 0 and 63")
    return encode([str(Label.BLOB), mid.value, index])


def file_entry(name: str, media_type: str, key: bytes, digests: StreamDigests) -> FileEntry:
    """Return what the content says of an attachment that was just sealed.

    Args:
        name: As the officer saw it, at most 255 bytes of UTF-8.
        media_type: At most 255 bytes.
        key: The content key drawn for this attachment alone.
        digests: What the encryption returned.

    Raises:
        MalformedError: A name or a media type above its limit (E_SCHEMA).
    """
    return FileEntry(
        name=name,
        media_type=media_type,
        size_bytes=digests.plain_bytes,
        digest=digests.plain_digest,
        blob=digests.sealed_digest,
        key=key,
    )


def blob_part(digests: StreamDigests) -> Part:
    """Return what the header says of an attachment that was just sealed.

    Args:
        digests: What the encryption returned.
    """
    return Part(size_bytes=digests.sealed_bytes, digest=digests.sealed_digest)


def check_opened(entry: FileEntry, digests: StreamDigests) -> None:
    """Check that a decrypted attachment is the file that the content names.

    The caller must destroy the decrypted file if this raises.

    Args:
        entry: What the opened content says of it.
        digests: What the decryption returned.

    Raises:
        NotProvenError: Another blob, another length or another digest (E_BIND).
    """
    if not (
        same(digests.sealed_digest, entry.blob)
        and same(digests.plain_digest, entry.digest)
        and digests.plain_bytes == entry.size_bytes
    ):
        raise NotProvenError("an attachment that is not what its content names", code=Code.BIND)
