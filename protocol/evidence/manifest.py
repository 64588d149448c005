"""The manifest of a bundle: which message it is about, and every file with digest and size.

Does: the value and its one spelling, canonical JSON. A manifest proves nothing by itself, since
whoever changes a file can write another one: it says what belongs to the bundle, so that what is
missing or was damaged is found and named.

Source: docs/evidence.md, "The bundle".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from keys.suite import DIGEST_BYTES
from protocol.errors import Code, MalformedError
from protocol.evidence.naming import MANIFEST, is_name
from protocol.evidence.spelling import FileMark, read_files, read_spelled, spell
from protocol.identifiers import MessageId, NodeId

FORMAT: Final = "a35/1/evidence"
MAX_FILES: Final = 4096
"""Files of one bundle: a directory of 250 Parties has 750, a message some dozens."""

MAX_FILE_BYTES: Final = 2**32 - 1
"""Longest file: what the container's four bytes hold."""

_KEYS: Final = frozenset({"format", "mid", "from", "to", "redacted", "disclosed", "files"})


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
        fields = {
            "format": FORMAT,
            "mid": str(self.mid),
            "from": str(self.sender),
            "to": str(self.recipient),
            "redacted": self.redacted,
            "disclosed": self.disclosed,
        }
        return spell(fields, self.files)

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
        return read_spelled(data, cls._read, otherwise="not a manifest")

    @classmethod
    def _read(cls, value: dict[str, Any]) -> Self:
        if set(value) != _KEYS or value["format"] != FORMAT:
            raise MalformedError("not a manifest of this version")
        if {type(value["redacted"]), type(value["disclosed"])} != {bool}:
            raise MalformedError("not a manifest of this version")
        return cls(
            mid=MessageId.parse(value["mid"]),
            sender=NodeId.parse(value["from"]),
            recipient=NodeId.parse(value["to"]),
            redacted=value["redacted"],
            disclosed=value["disclosed"],
            files=read_files(value["files"]),
        )
