"""The envelope of a bundle: header, body, attachments, and the content if its key is disclosed.

Source: docs/wire-format.md, rules 11 to 16; docs/evidence.md, "The bundle".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from gateway.evidence.container import Contents, read_piece
from gateway.evidence.findings import Findings
from gateway.service.summary import document_of
from keys.body import decrypt_stream
from protocol.envelope.blobs import blob_context, check_opened
from protocol.envelope.content import Content, officer_digest
from protocol.envelope.header import Part
from protocol.envelope.seal import open_disclosed
from protocol.evidence.manifest import Manifest
from protocol.evidence.naming import BODY, CONTENT_KEY, HEADER, MANIFEST, blob_file, blob_of
from protocol.evidence.reading import Matter


def check_envelope(
    contents: Contents, manifest: Manifest, matter: Matter, findings: Findings
) -> None:
    """Check that body and attachments are those of the header, and the variant what is stated.

    Args:
        contents: Of the bundle.
        manifest: Of the bundle.
        matter: The message.
        findings: Takes the faults.
    """
    header, marks = matter.header, contents.marks
    stated = (manifest.mid, manifest.sender, manifest.recipient)
    if stated != (header.mid, header.sender, header.recipient):
        findings.fault(MANIFEST, "it names another message than the header")
    if manifest.disclosed is not (CONTENT_KEY in marks):
        findings.fault(CONTENT_KEY, "it is there and not stated, or stated and not there")
    if manifest.redacted is (BODY in marks):
        findings.fault(BODY, "it is there in a redacted bundle, or missing in another")
    if BODY in marks and _part(contents, BODY) != header.body:
        findings.fault(BODY, "not the body that the header names")
    _check_blobs(contents, manifest, header.blobs, findings)


def _check_blobs(
    contents: Contents, manifest: Manifest, named: Sequence[Part], findings: Findings
) -> None:
    for name in contents.marks:
        index = blob_of(name)
        if index is None:
            continue
        if manifest.redacted:
            findings.fault(name, "an attachment in a redacted bundle")
        if index >= len(named) or _part(contents, name) != named[index]:
            findings.fault(name, "not the attachment that the header names")
    missing = sum(blob_file(index) not in contents.marks for index in range(len(named)))
    if missing and not manifest.redacted:
        findings.remark(f"{missing} attachments are not here; the header names their digests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A content that is disclosed and holds: the document, and its officer digest."""

    document: Mapping[str, Any]
    digest: bytes


def opened(contents: Contents, source: BinaryIO, findings: Findings) -> Disclosed | None:
    """Open the content if its key is disclosed, and every attachment that is there with it.

    Args:
        contents: Of the bundle.
        source: The bundle, for attachments.
        findings: Takes the faults.

    Returns:
        The document as its author wrote it, in what JSON can hold, with its digest; None if it
        is not disclosed or does not hold.
    """
    key, body = contents.small.get(CONTENT_KEY), contents.small.get(BODY)
    if key is None or body is None:
        return None
    disclosed: Disclosed | None = None
    with findings.at(CONTENT_KEY):
        content = open_disclosed(contents.small[HEADER], body, key).content
        document = {name: _plain(value) for name, value in document_of(content).items()}
        disclosed = Disclosed(document=document, digest=officer_digest(content.encode()))
        for index in range(len(content.files)):
            with findings.at(blob_file(index)):
                _check_file(contents, content, index, source)
    return disclosed


def _check_file(contents: Contents, content: Content, index: int, source: BinaryIO) -> None:
    """Decrypt one attachment into nothing: its end, length and digest are checked by that."""
    name = blob_file(index)
    if name not in contents.offsets:
        return
    entry = content.files[index]
    stretch = _Stretch(read_piece(source, contents.offsets[name], contents.marks[name].size))
    digests = decrypt_stream(entry.key, blob_context(content.mid, index), stretch, _Nowhere())
    check_opened(entry, digests)


def _part(contents: Contents, name: str) -> Part:
    mark = contents.marks[name]
    return Part(size_bytes=mark.size, digest=mark.digest)


def _plain(value: object) -> Any:  # noqa: ANN401  what JSON can hold
    """Return a value of the wire as JSON can hold it: bytes, which no document has, in hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


class _Stretch:
    """Pieces as a source of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        """Return the next piece, empty at the end; pieces are small whatever is asked for."""
        del size
        return next(self._pieces, b"")


class _Nowhere:
    """Takes plaintext and forgets it."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        return len(data)
