"""Believing a statement: its digest, an inclusion proof, and a checkpoint of the log that speaks.

Does: the one step that makes a `ProvenStatement`, and the C2SP text form of a proof for offline
verifiers. Leaves to its callers: that the checkpoint is verified and linked, and that its origin
is the log of the node whose word the statement is (`from` of an envelope, `by` of a receipt).

Source: docs/wire-format.md, rules 6 and 9; C2SP tlog-proof.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from keys.suite import DIGEST_BYTES
from protocol.encoding import Encodable
from protocol.errors import Code, MalformedError
from protocol.fields import Fields, raws_of
from protocol.limits import MAX_INDEX, MAX_NOTE_BYTES, MAX_PROOF_HASHES
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.statement import StatementKind, leaf_hash_of
from protocol.log.tree import check_inclusion

_FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")
MAX_EXTRA_CHARACTERS: Final = 8 * 1024
"""Extra data that other writers put into a proof; skipped, since nothing authenticates them."""

_MAX_CHARACTERS: Final = MAX_NOTE_BYTES + MAX_EXTRA_CHARACTERS + 64 * (MAX_PROOF_HASHES + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """Where a leaf stands and the hashes that prove it, as they came; not checked.

    Attributes:
        index: 0 to MAX_INDEX.
        path: Sibling hashes from the leaf upward, 32 bytes each.
    """

    index: int
    path: tuple[bytes, ...]

    def to_fields(self) -> dict[str, Encodable]:
        """Return the two fields `i` and `p` of the wire."""
        return {"i": self.index, "p": self.path}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Take the two fields `i` and `p` of a map whose keys were checked.

        Raises:
            MalformedError: Not an index, or not at most MAX_PROOF_HASHES hashes (E_SCHEMA).
        """
        path = raws_of(fields.value("p"), DIGEST_BYTES, MAX_PROOF_HASHES)
        return cls(index=fields.uint("i"), path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenStatement:
    """A statement that stands in a log; made by `believe` alone.

    Attributes:
        kind: What it says.
        digest: 32 bytes.
        head: The tree in which it was proven; its origin is who said it.
        index: Its place in that log, the same in every later tree.
    """

    kind: StatementKind
    digest: bytes
    head: TreeHead
    index: int


def believe(
    kind: StatementKind, digest: bytes, proof: InclusionProof, checkpoint: Checkpoint | TreeHead
) -> ProvenStatement:
    """Check that a statement stands in the log of a checkpoint.

    The caller passes the kind and digest that it expects, computed from bytes that it holds, and
    a checkpoint that it verified, or the head of one that it linked or signed; it has checked
    that the origin is the log of the node whose word this is.

    Args:
        kind: The kind expected.
        digest: Of the statement expected, 32 bytes.
        proof: As claimed.
        checkpoint: The tree that the proof leads to.

    Returns:
        The statement, from now on believed.

    Raises:
        NotProvenError: It does not stand there, or the proof is of the wrong length (E_PROOF).
        NotAllowedError: The digest is not 32 bytes.

    Source:
        docs/wire-format.md, rules 6 and 9; RFC 9162 section 2.1.3.
    """
    head = checkpoint.head if isinstance(checkpoint, Checkpoint) else checkpoint
    check_inclusion(proof.index, head.size, leaf_hash_of(kind, digest), proof.path, head.root)
    return ProvenStatement(kind=kind, digest=digest, head=head, index=proof.index)


def format_tlog_proof(index: int, path: Sequence[bytes], note: bytes) -> str:
    """Write an inclusion proof and its checkpoint as C2SP text, without extra data.

    Args:
        index: Of the leaf.
        path: Its inclusion proof, 32 bytes each.
        note: The signed note of the checkpoint, verbatim.

    Returns:
        Text for a file named *.tlog-proof.

    Source:
        C2SP tlog-proof.
    """
    hashes = [b64encode(one).decode() for one in path]
    return "\n".join((_FIRST_LINE, f"index {index}", *hashes, "", note.decode()))


def parse_tlog_proof(text: str) -> tuple[int, tuple[bytes, ...], bytes]:
    """Read a C2SP proof; nothing in it is verified.

    Args:
        text: The whole file. Extra data are skipped.

    Returns:
        Index, path and signed note, for `ClaimedCheckpoint.parse` and `believe`.

    Raises:
        MalformedError: Not of that form, loose base64, or too long (E_PROOF).

    Source:
        C2SP tlog-proof.
    """
    if len(text) > _MAX_CHARACTERS:
        raise MalformedError("a proof longer than any", code=Code.PROOF)
    try:
        head, note = text.split("\n\n", 1)
        first, *lines = head.split("\n")
        if lines[0].startswith(_EXTRA):
            _from_base64(lines.pop(0).removeprefix(_EXTRA))
        index = _INDEX.fullmatch(lines.pop(0))
        path = tuple([_from_base64(line) for line in lines])
        note_bytes = note.encode()
    except (ValueError, IndexError) as error:
        raise MalformedError("not a tlog-proof", code=Code.PROOF) from error
    if first != _FIRST_LINE or index is None or int(index[1]) > MAX_INDEX:
        raise MalformedError("not a tlog-proof", code=Code.PROOF)
    if len(path) > MAX_PROOF_HASHES or any(len(one) != DIGEST_BYTES for one in path):
        raise MalformedError("not the hashes of a proof", code=Code.PROOF)
    return int(index[1]), path, note_bytes


def _from_base64(text: str) -> bytes:
    """Decode; of one value only the one spelling.

    Raises:
        ValueError: Another spelling, or not base64.
    """
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("loose base64")
    return data
