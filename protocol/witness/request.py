"""The body of `add-checkpoint`: where the witness stands, a consistency proof, a checkpoint.

Does: bytes to value and back, strict and bounded; nothing is verified but the form. Leaves to
`protocol.witness.rule` what a witness makes of it.

A checkpoint with extension lines is refused as malformed: no log of this network writes one, so
that the origin of such a checkpoint is never known here.

Source: C2SP tlog-witness, section add-checkpoint; docs/evidence.md, "Witnesses".
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import Final, Self

from keys.errors import BadNoteError
from keys.note import SignedTree, parse_note, parse_tree
from keys.suite import DIGEST_BYTES
from protocol.errors import Code, MalformedError
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_INDEX, MAX_NOTE_BYTES

MAX_WITNESS_HASHES: Final = 63
"""Most consistency proof lines: what C2SP lets a client send."""

_HASH_LINE_BYTES: Final = 45
_OLD_LINE_BYTES: Final = 21

MAX_ADD_BYTES: Final = _OLD_LINE_BYTES + MAX_WITNESS_HASHES * _HASH_LINE_BYTES + 1 + MAX_NOTE_BYTES
"""Longest request that is read."""

_OLD: Final = re.compile(rb"old (0|[1-9][0-9]{0,15})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """What a log asks of a witness.

    Args:
        old: Size that the witness cosigned last, as the log believes; 0 to MAX_INDEX.
        proof: Consistency proof from there, at most 63 hashes of 32 bytes.
        note: The signed note of the checkpoint, verbatim.

    Raises:
        MalformedError: One of them is out of bounds, or the note is no checkpoint.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes
    tree: SignedTree = field(init=False)
    """What the note claims."""

    def __post_init__(self) -> None:
        if not 0 <= self.old <= MAX_INDEX:
            raise MalformedError("an old size out of bounds")
        if len(self.proof) > MAX_WITNESS_HASHES or any(
            len(one) != DIGEST_BYTES for one in self.proof
        ):
            raise MalformedError("not the hashes of a consistency proof")
        try:
            tree = parse_tree(parse_note(self.note).text)
        except BadNoteError as error:
            raise MalformedError("not a checkpoint") from error
        object.__setattr__(self, "tree", tree)

    @property
    def origin(self) -> LogOrigin | None:
        """The log, if its name is one of this network."""
        try:
            return LogOrigin.parse(self.tree.origin)
        except MalformedError:
            return None

    def encode(self) -> bytes:
        """Return the body of the POST."""
        lines = (b"old %d" % self.old, *(b64encode(one) for one in self.proof), b"", self.note)
        return b"\n".join(lines)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the body of the POST.

        Args:
            data: Any bytes.

        Returns:
            The request; `encode` of it gives `data` again.

        Raises:
            MalformedError: Longer than MAX_ADD_BYTES (E_SIZE), or not of this form: a status of
                400 to the log.
        """
        if len(data) > MAX_ADD_BYTES:
            raise MalformedError("a request longer than any", code=Code.SIZE)
        head, blank, note = data.partition(b"\n\n")
        first, *hashes = head.split(b"\n", MAX_WITNESS_HASHES + 1)
        old = _OLD.match(first)
        if not blank or old is None:
            raise MalformedError("not an old size, a proof, a blank line and a checkpoint")
        return cls(old=int(old[1]), proof=tuple(_hash(line) for line in hashes), note=note)


def _hash(line: bytes) -> bytes:
    try:
        data = b64decode(line, validate=True)
    except (Base64Error, ValueError) as error:
        raise MalformedError("a proof line that is not base64") from error
    if b64encode(data) != line:  # of one hash only the one spelling
        raise MalformedError("a proof line in loose base64")
    return data
