"""What a bundle is made of: the values that collecting gives and writing takes, and two ports.

What third nodes and authorities attested comes through a port of its own, and may be empty: a
bundle without it shows who said what, and leaves open when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.exhibits import Exhibit
from protocol.identifiers import LogOrigin


class Variant(StrEnum):
    """How much of the message a bundle holds."""

    SEALED = "sealed"
    """Body and attachments as ciphertext: whoever has the key can open them later."""
    DISCLOSED = "disclosed"
    """The same with the key of the content, which opens exactly this body."""
    REDACTED = "redacted"
    """Neither body nor attachments nor officers' acts: the exchange alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """A leaf 0x05 of a third node.

    Attributes:
        note: The signed note in the leaf.
        salt: Of the leaf, 16 bytes.
        proof: Of the leaf in the third node's log: C2SP tlog-proof.
    """

    note: bytes
    salt: bytes
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """One signed head of a log, and what others made of it.

    Attributes:
        note: The signed note.
        cosignatures: Signature lines of witnesses, as `protocol.witness.answer` writes them;
            empty if there are none.
        stamps: Answers of RFC 3161 over the note.
        seen: Leaves of third nodes.
        joined: Consistency proof between this head and the one that was asked for, whichever is
            smaller; empty between equal ones. None if it is not known: of our own log it is then
            made, of another it is left out.
    """

    note: bytes
    cosignatures: bytes = b""
    stamps: tuple[bytes, ...] = ()
    seen: tuple[SeenBy, ...] = ()
    joined: tuple[bytes, ...] | None = None


class Attestations(Protocol):
    """What others attested of logs."""

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return what is held of heads that bound or witness statements proven at a size.

        Args:
            origin: The log in which they stand.
            size: Of the checkpoint by which they are proven: of our own log the newest, so that
                heads of interest are mostly smaller.
            indices: Their places, rising: a head holds a statement if it is larger than its place.
        """


class DirectoryStates(Protocol):
    """States of the directory as they were verified."""

    async def held(self, digests: Sequence[bytes]) -> Mapping[bytes, Mapping[str, bytes]]:
        """Return the newest state and those of the digests that are held.

        Returns:
            Files by published name, by SHA-256 of the state's timestamp.json; empty if no
            directory was ever verified.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An attachment whose ciphertext goes into a bundle.

    Attributes:
        index: Its place in the header.
        digest: SHA-256 of the ciphertext.
        size_bytes: Its length.
    """

    index: int
    digest: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that a bundle is written from: the same material gives the same bytes.

    Attributes:
        exhibit: What the store holds.
        variant: How much of it goes in.
        states: Of the directory, as `DirectoryStates.held` returns them.
        attested: For each log that a statement stands in.
        joins: Consistency proofs of our own log by (smaller size, larger size).
        blobs: Attachments that are held whole.
        policy: A policy file of C2SP, None for none.
    """

    exhibit: Exhibit
    variant: Variant
    states: Mapping[bytes, Mapping[str, bytes]]
    attested: Mapping[LogOrigin, Sequence[Attested]]
    joins: Mapping[tuple[LogOrigin, int, int], tuple[bytes, ...]]
    blobs: tuple[Sealed, ...] = ()
    policy: bytes | None = None
