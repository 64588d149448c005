"""What the files of a bundle are called: a closed list, so that no name is ever a path.

    manifest.json, README.txt, summary.html, summary.txt, policy.txt
    envelope/header.cmp, envelope/body.bin, envelope/content.key, envelope/blobs/007.bin
    statements/003-receipt/preimage.bin, salt.bin, wraps.cmp, statement.tlog-proof
    checkpoints/RO-1-1-0000000000000123.note, and the same as .sig and .tsr elsewhere
    consistency/RO-1-1-0000000000000100-0000000000000123.txt
    sightings/001/checkpoint.note, salt.bin, statement.tlog-proof
    directory/<SHA-256 of timestamp.json>/metadata/..., .../targets/...
    fork/held.note, fork/offered.note    only in the exhibit of a fork

Numbers have leading zeros, so that the order of the names is that of their meaning.

Source: docs/evidence.md, "The bundle".
"""

import re
from types import MappingProxyType
from typing import Final

from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.statement import StatementKind

MANIFEST: Final = "manifest.json"
README: Final = "README.txt"
SUMMARY_HTML: Final = "summary.html"
SUMMARY_TEXT: Final = "summary.txt"
POLICY: Final = "policy.txt"
HEADER: Final = "envelope/header.cmp"
BODY: Final = "envelope/body.bin"
CONTENT_KEY: Final = "envelope/content.key"

FORK_HELD: Final = "fork/held.note"
FORK_OFFERED: Final = "fork/offered.note"
FORK_FILES: Final = frozenset({FORK_HELD, FORK_OFFERED})
"""What the exhibit of a fork has, and no bundle of a message."""

PREIMAGE: Final = "preimage.bin"
SALT: Final = "salt.bin"
WRAPS: Final = "wraps.cmp"
PROOF: Final = "statement.tlog-proof"
NOTE: Final = "checkpoint.note"

KINDS: Final = MappingProxyType({
    "envelope": StatementKind.ENVELOPE_SENT,
    "receipt": StatementKind.RECEIPT_GIVEN,
    "obtained": StatementKind.RECEIPT_OBTAINED,
    "act": StatementKind.ACT,
    "silence": StatementKind.SILENCE,
})  # fmt: skip
"""The kinds of statement that are about one message, by the word in their folder's name."""

_WORDS: Final = {kind: word for word, kind in KINDS.items()}
_HEAD: Final = r"([A-Z]{2})-([1-9][0-9]{0,2})-([1-9][0-9]{0,8})-([0-9]{16})"
_STATEMENT: Final = re.compile(r"statements/([0-9]{3})-([a-z]+)/([a-z.-]+)\Z")
_SIGHTING: Final = re.compile(r"sightings/([0-9]{3})/([a-z.-]+)\Z")
_OF_HEAD: Final = re.compile(rf"(checkpoints|cosignatures|stamps)/{_HEAD}(\.[a-z0-9.]+)\Z")
_JOIN: Final = re.compile(rf"consistency/{_HEAD}-([0-9]{{16}})\.txt\Z")
_BLOB: Final = re.compile(r"envelope/blobs/([0-9]{3})\.bin\Z")
_DIRECTORY: Final = re.compile(r"directory/([0-9a-f]{64})/((?:metadata|targets)/[A-Za-z0-9./-]+)\Z")
_STAMP_END: Final = re.compile(r"\.[0-9]{2}\.tsr\Z")
_ALONE: Final = frozenset({
    MANIFEST, README, SUMMARY_HTML, SUMMARY_TEXT, POLICY, HEADER, BODY, CONTENT_KEY,
})  # fmt: skip
_STATEMENT_FILES: Final = frozenset({PREIMAGE, SALT, WRAPS, PROOF})
_SIGHTING_FILES: Final = frozenset({NOTE, SALT, PROOF})


def statement_folder(number: int, kind: StatementKind) -> str:
    """Return the folder of a statement.

    Args:
        number: Its place in the bundle, 1 to 999.
        kind: One of KINDS.
    """
    return f"statements/{number:03d}-{_WORDS[kind]}"


def sighting_folder(number: int) -> str:
    """Return the folder of a leaf 0x05 of a third node, numbered from 1."""
    return f"sightings/{number:03d}"


def blob_file(index: int) -> str:
    """Return the name of an attachment's ciphertext by its place in the header, from 0."""
    return f"envelope/blobs/{index:03d}.bin"


def checkpoint_file(head: TreeHead) -> str:
    """Return the name of a signed note."""
    return f"checkpoints/{_of(head)}.note"


def cosignature_file(head: TreeHead) -> str:
    """Return the name of the cosignatures of a head."""
    return f"cosignatures/{_of(head)}.sig"


def stamp_file(head: TreeHead, number: int) -> str:
    """Return the name of a time stamp over the note of a head, numbered from 1 to 99."""
    return f"stamps/{_of(head)}.{number:02d}.tsr"


def consistency_file(old: TreeHead, new: TreeHead) -> str:
    """Return the name of the proof that one head is the beginning of another."""
    return f"consistency/{_of(old)}-{new.size:016d}.txt"


def directory_file(digest: bytes, name: str) -> str:
    """Return the name of a published file of one state of the directory.

    Args:
        digest: SHA-256 of that state's timestamp.json.
        name: As a directory publishes it.
    """
    return f"directory/{digest.hex()}/{name}"


def statement_of(name: str) -> tuple[str, StatementKind, str] | None:
    """Return (folder, kind, file) of a statement's file, None for any other name."""
    found = _STATEMENT.match(name)
    if found is None or found[2] not in KINDS or found[3] not in _STATEMENT_FILES:
        return None
    return f"statements/{found[1]}-{found[2]}", KINDS[found[2]], found[3]


def sighting_of(name: str) -> tuple[str, str] | None:
    """Return (folder, file) of a sighting's file, None for any other name."""
    found = _SIGHTING.match(name)
    if found is None or found[2] not in _SIGHTING_FILES:
        return None
    return f"sightings/{found[1]}", found[2]


def head_of(name: str, folder: str) -> tuple[LogOrigin, int] | None:
    """Return (log, size) of which a file in `checkpoints`, `cosignatures` or `stamps` is.

    Args:
        name: Of the file.
        folder: One of the three.
    """
    found = _OF_HEAD.match(name)
    if found is None or found[1] != folder or not _ends_well(folder, found[6]):
        return None
    return _origin(found[2], found[3], found[4]), int(found[5])


def join_of(name: str) -> tuple[LogOrigin, int, int] | None:
    """Return (log, smaller size, larger size) of a consistency proof, None for any other name."""
    found = _JOIN.match(name)
    if found is None:
        return None
    return _origin(found[1], found[2], found[3]), int(found[4]), int(found[5])


def blob_of(name: str) -> int | None:
    """Return the place of an attachment in the header, None for any other name."""
    found = _BLOB.match(name)
    return None if found is None else int(found[1])


def directory_of(name: str) -> tuple[str, str] | None:
    """Return (digest in hex, published name) of a file of the directory, None for any other."""
    found = _DIRECTORY.match(name)
    return None if found is None else (found[1], found[2])


def is_name(name: str) -> bool:
    """Tell whether a bundle may hold a file of this name."""
    return (
        name in _ALONE
        or name in FORK_FILES
        or statement_of(name) is not None
        or sighting_of(name) is not None
        or join_of(name) is not None
        or blob_of(name) is not None
        or any(head_of(name, each) for each in ("checkpoints", "cosignatures", "stamps"))
        or (directory_of(name) is not None and ".." not in name and "//" not in name)
    )


def is_large(name: str) -> bool:
    """Tell whether a file is never held in memory: an attachment."""
    return blob_of(name) is not None


def _of(head: TreeHead) -> str:
    origin = head.origin
    node = str(origin.node).replace("/", "-")
    return f"{node}-{origin.generation}-{head.size:016d}"


def _origin(country: str, number: str, generation: str) -> LogOrigin:
    return LogOrigin(NodeId(country, int(number)), int(generation))


def _ends_well(folder: str, end: str) -> bool:
    if folder == "stamps":
        return _STAMP_END.match(end) is not None
    return end == (".note" if folder == "checkpoints" else ".sig")
