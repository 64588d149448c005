"""The manifest of a bundle: which message it is about, and every file with digest and size.

Does: the value and its one spelling, canonical JSON. A manifest proves nothing by itself, since
whoever changes a file can write another one: it says what belongs to the bundle, so that what is
missing or was damaged is found and named.

Source: docs/evidence.md, "The bundle".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps, loads
from typing import Any, Final, Self

from keys.suite import DIGEST_BYTES
from protocol.errors import Code, MalformedError
from protocol.evidence.naming import MANIFEST, is_name
from protocol.identifiers import MessageId, NodeId

FORMAT: Final = "a35/1/evidence"
MAX_MANIFEST_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 4096
"""Files of one bundle: a directory of 250 Parties has 750, a message some dozens."""

MAX_FILE_BYTES: Final = 2**32 - 1
"""Longest file: what the container's four bytes hold."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_KEYS: Final = frozenset({"format", "mid", "from", "to", "redacted", "disclosed", "files"})
_FILE_KEYS: Final = frozenset({"name", "sha256", "size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """What is stated of one file.

    Attributes:
        digest: SHA-256, 32 bytes.
        size: In bytes.
    """

    digest: bytes
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle says of itself.

    Args:
        mid: The message.
        sender: Its `from`.
        recipient: Its `to`.
        redacted: Whether body and attachments were left out.
        disclosed: Whether the key of the content is within.
        files: Every file but the manifest, by name.

    Raises:
        MalformedError: Redacted and disclosed, a name that no bundle has, or too many files.
    """

    mid: MessageId
    sender: NodeId
    recipient: NodeId
    redacted: bool
    disclosed: bool
    files: Mapping[str, FileMark]

    def __post_init__(self) -> None:
        if self.redacted and self.disclosed:
            raise MalformedError("a redacted bundle discloses no content")
        if len(self.files) > MAX_FILES:
            raise MalformedError("more files than a bundle may have", code=Code.SIZE)
        for name, mark in self.files.items():
            if name == MANIFEST or not is_name(name):
                raise MalformedError("a file that no bundle has")
            if len(mark.digest) != DIGEST_BYTES or not 0 <= mark.size <= MAX_FILE_BYTES:
                raise MalformedError("a digest or a size out of bounds")

    def encode(self) -> bytes:
        """Return the one spelling: keys and files in order, ASCII, no blanks, a newline."""
        value = {
            "format": FORMAT,
            "mid": str(self.mid),
            "from": str(self.sender),
            "to": str(self.recipient),
            "redacted": self.redacted,
            "disclosed": self.disclosed,
            "files": [
                {"name": name, "sha256": mark.digest.hex(), "size": mark.size}
                for name, mark in sorted(self.files.items())
            ],
        }
        return dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a manifest.

        Args:
            data: Any bytes.

        Returns:
            The manifest; `encode` of it gives `data` again.

        Raises:
            MalformedError: Too long (E_SIZE), not of this form, or in another spelling.
        """
        if len(data) > MAX_MANIFEST_BYTES:
            raise MalformedError("a manifest longer than any", code=Code.SIZE)
        try:
            manifest = cls._read(loads(data))
        except MalformedError:
            raise
        except Exception as error:  # the one edge at which foreign JSON is read
            raise MalformedError("not a manifest") from error
        if manifest.encode() != data:
            raise MalformedError("a manifest in a second spelling", code=Code.CANON)
        return manifest

    @classmethod
    def _read(cls, value: dict[str, Any]) -> Self:
        if set(value) != _KEYS or value["format"] != FORMAT:
            raise MalformedError("not a manifest of this version")
        files: dict[str, FileMark] = {}
        for each in value["files"]:
            if set(each) != _FILE_KEYS or not _DIGEST.match(each["sha256"]):
                raise MalformedError("not a file of a manifest")
            if type(each["size"]) is not int or each["name"] in files:
                raise MalformedError("a file twice, or of no size")
            files[each["name"]] = FileMark(digest=bytes.fromhex(each["sha256"]), size=each["size"])
        if {type(value["redacted"]), type(value["disclosed"])} != {bool}:
            raise MalformedError("not a manifest of this version")
        return cls(
            mid=MessageId.parse(value["mid"]),
            sender=NodeId.parse(value["from"]),
            recipient=NodeId.parse(value["to"]),
            redacted=value["redacted"],
            disclosed=value["disclosed"],
            files=files,
        )
