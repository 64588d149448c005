"""Writes a bundle: the manifest over its files, and the zip, attachment by attachment.

Source: docs/evidence.md, "The bundle".
"""

import asyncio
from dataclasses import dataclass
from typing import BinaryIO, Final

from gateway.errors import DataError, ProofError
from gateway.evidence.container import (
    MAX_BUNDLE_BYTES,
    MAX_SMALL_BYTES,
    Entry,
    Meter,
    bundle_bytes,
    measured,
    tail_of,
)
from gateway.evidence.files import small_files
from gateway.evidence.material import Material, Sealed, Variant
from gateway.ports import Blobs
from protocol.errors import MalformedError
from protocol.evidence.manifest import Manifest
from protocol.evidence.naming import MANIFEST, blob_file
from protocol.evidence.spelling import FileMark

_PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written.

    Attributes:
        size_bytes: Of the bundle.
        files: How many it has.
        digest: SHA-256 of its manifest, 32 bytes: it names the bundle.
    """

    size_bytes: int
    files: int
    digest: bytes


async def write_bundle(material: Material, blobs: Blobs, target: BinaryIO) -> Written:
    """Write one bundle; the same material gives the same bytes.

    Args:
        material: What it is written from.
        blobs: Holds the attachments that the material names.
        target: Takes the bytes; incomplete if this raises.

    Returns:
        What was written.

    Raises:
        DataError: It would be longer than a bundle may be.
        ProofError: What is held contradicts itself, or an attachment was changed on the disk.
        StorageError: An attachment cannot be read.
    """
    files = small_files(material)
    entries: dict[str, Entry] = {}
    marks: dict[str, FileMark] = {}
    for name, data in files.items():
        entries[name], marks[name] = measured(name, data)
    owner = material.exhibit.sender
    attachments: dict[str, Sealed] = {}
    for blob in material.blobs:
        name = blob_file(blob.index)
        meter = Meter(name)
        async for piece in blobs.read(owner, blob.digest, offset=0, piece_bytes=_PIECE_BYTES):
            meter.take(piece)
        entries[name], marks[name], attachments[name] = meter.entry, meter.mark, blob
        if marks[name] != FileMark(digest=blob.digest, size=blob.size_bytes):
            raise ProofError("an attachment is not the one that its message names any more")
    files[MANIFEST] = _manifest(material, marks)
    entries[MANIFEST], manifest_mark = measured(MANIFEST, files[MANIFEST])
    ordered = [entries[name] for name in sorted(entries)]
    size = _checked_size(ordered, sum(map(len, files.values())))
    for entry in ordered:
        target.write(entry.local)
        if entry.name in files:
            target.write(files[entry.name])
            continue
        blob = attachments[entry.name]
        async for piece in blobs.read(owner, blob.digest, offset=0, piece_bytes=_PIECE_BYTES):
            await asyncio.to_thread(target.write, piece)
    target.write(tail_of(ordered))
    return Written(size_bytes=size, files=len(ordered), digest=manifest_mark.digest)


def _manifest(material: Material, marks: dict[str, FileMark]) -> bytes:
    exhibit = material.exhibit
    try:
        return Manifest(
            mid=exhibit.mid,
            sender=exhibit.sender,
            recipient=exhibit.recipient,
            redacted=material.variant is Variant.REDACTED,
            disclosed=material.variant is Variant.DISCLOSED,
            files=marks,
        ).encode()
    except MalformedError as error:
        raise DataError(
            "there is more evidence of this message than one bundle holds", code="too_large"
        ) from error


def _checked_size(entries: list[Entry], small: int) -> int:
    size = sum(len(one.local) + one.size for one in entries)
    if (
        size > MAX_BUNDLE_BYTES
        or small > MAX_SMALL_BYTES
        or bundle_bytes(entries) > (MAX_BUNDLE_BYTES)
    ):
        raise DataError(
            "the bundle would be longer than 4 GiB",
            code="too_large",
            hint="Export it with --redacted, and keep the attachments beside it.",
        )
    return bundle_bytes(entries)
