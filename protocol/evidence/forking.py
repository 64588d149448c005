"""The exhibit of a fork: two signed heads of one log, and what follows from them.

Does: its manifest in one spelling, and what two heads say when both are signed by their log.
Leaves to its callers: files, the directory, signatures.

Two roots at one size are proof by themselves, for anybody and for ever: no log that is only
appended to has both. Two heads of different sizes are not: that the log, asked, did not join them
is the word of whoever asked.

Source: docs/evidence.md, "Forks"; docs/wire-format.md, rule 9a.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from keys.suite import DIGEST_BYTES
from protocol.errors import Code, MalformedError
from protocol.evidence.manifest import MAX_FILES
from protocol.evidence.naming import FORK_FILES, README, directory_of
from protocol.evidence.spelling import (
    MAX_MANIFEST_BYTES,
    FileMark,
    read_files,
    read_spelled,
    spell,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead

FORK_FORMAT: Final = "a35/1/fork"

_KEYS: Final = frozenset({"format", "log", "holder", "shown_by", "files"})


class Contradiction(StrEnum):
    """What two heads of one log, both signed by it, show."""

    TWO_ROOTS = "two_roots"
    """One size, two roots: two histories, proven."""
    NOT_JOINED = "not_joined"
    """Two sizes: both were signed; that no proof joins them is the holder's word."""
    NONE = "none"
    """The same head twice, or heads of two logs: no fork at all."""


def contradiction_of(held: TreeHead, offered: TreeHead) -> Contradiction:
    """Say what two heads show, once both signatures of both were verified.

    Args:
        held: Of the history that its holder went by.
        offered: Of the other one.
    """
    if held.origin != offered.origin:
        return Contradiction.NONE
    if held.size != offered.size:
        return Contradiction.NOT_JOINED
    return Contradiction.NONE if held.root == offered.root else Contradiction.TWO_ROOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkManifest:
    """What the exhibit of a fork says of itself.

    Args:
        origin: The log.
        holder: Who kept it.
        shown_by: Who showed the second head; the log's own node if nobody else did.
        files: Every file but the manifest, by name.

    Raises:
        MalformedError: A name that no exhibit has, or too many files.
    """

    origin: LogOrigin
    holder: NodeId
    shown_by: NodeId
    files: Mapping[str, FileMark]

    def __post_init__(self) -> None:
        if len(self.files) > MAX_FILES:
            raise MalformedError("more files than an exhibit may have", code=Code.SIZE)
        for name, mark in self.files.items():
            if name not in FORK_FILES | {README} and directory_of(name) is None:
                raise MalformedError("a file that no exhibit has")
            if len(mark.digest) != DIGEST_BYTES or mark.size < 0:
                raise MalformedError("a digest or a size out of bounds")

    def encode(self) -> bytes:
        """Return the one spelling: keys and files in order, ASCII, no blanks, a newline."""
        fields = {
            "format": FORK_FORMAT,
            "log": str(self.origin),
            "holder": str(self.holder),
            "shown_by": str(self.shown_by),
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
        return read_spelled(data, cls._read, otherwise="not the manifest of a fork")

    @classmethod
    def _read(cls, value: dict[str, Any]) -> Self:
        if set(value) != _KEYS or value["format"] != FORK_FORMAT:
            raise MalformedError("not the manifest of a fork")
        return cls(
            origin=LogOrigin.parse(value["log"]),
            holder=NodeId.parse(value["holder"]),
            shown_by=NodeId.parse(value["shown_by"]),
            files=read_files(value["files"]),
        )


def is_fork_manifest(data: bytes) -> bool:
    """Tell by its first look whether a manifest is that of a fork; nothing is verified yet.

    Args:
        data: Any bytes.
    """
    return f'"format":"{FORK_FORMAT}"'.encode() in data[: 2 * MAX_MANIFEST_BYTES]
