"""How a later generation of a log proves its beginning to those who hold the earlier one.

A log that was given up is followed by one whose leaf 0 is an epoch that names it. Peers ask for
that leaf once, with its proof, before they link anything of the new log; then the old one is
closed. A node that changed its log's name without saying which log it gave up is refused.

Source: docs/wire-format.md, rules 8 and 25.
"""

from dataclasses import dataclass
from typing import Final, Self

from keys.suite import DIGEST_BYTES
from protocol.encoding import decode, encode
from protocol.errors import MalformedError, NotProvenError
from protocol.fields import Fields, raw_of, raws_of
from protocol.limits import (
    MAX_BEGINNING_BYTES,
    MAX_DEED_BYTES,
    MAX_NOTE_BYTES,
    MAX_PROOF_HASHES,
)
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint
from protocol.log.deed import Epoch
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind
from protocol.log.statement import epoch as epoch_stated

_KEYS: Final = ("v", "ep", "p", "cp")


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginningAnswer:
    """What GET /v1/log/epoch gives: leaf 0 of one's own log and its proof.

    Args:
        epoch: Bytes of an Epoch, not yet read.
        path: Inclusion path of leaf 0 to the checkpoint, at most 64 digests.
        note: The checkpoint's signed note, UTF-8, not yet verified.

    Raises:
        MalformedError: A length out of range (E_SCHEMA).
    """

    epoch: bytes
    path: tuple[bytes, ...]
    note: bytes

    def __post_init__(self) -> None:
        raw_of(self.epoch, max_bytes=MAX_DEED_BYTES, name="ep")
        raws_of(list(self.path), DIGEST_BYTES, MAX_PROOF_HASHES)
        raw_of(self.note, max_bytes=MAX_NOTE_BYTES, name="cp")

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return encode(
            {"v": 1, "ep": self.epoch, "p": list(self.path), "cp": self.note.decode("utf-8")}
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the answer of another node.

        Args:
            data: The body of the answer.

        Raises:
            MalformedError: Too long (E_SIZE); not canonical (E_CANON); a key, a type or a length
                that is not the rule's (E_SCHEMA).
        """
        fields = Fields.of(decode(data, max_bytes=MAX_BEGINNING_BYTES), _KEYS)
        fields.literal("v", 1)
        return cls(
            epoch=fields.raw("ep"),
            path=raws_of(fields.value("p"), DIGEST_BYTES, MAX_PROOF_HASHES),
            note=fields.text("cp", MAX_NOTE_BYTES).encode(),
        )


def believe_beginning(answer: BeginningAnswer, checkpoint: Checkpoint) -> Epoch:
    """Check that a log begins with an epoch that names an earlier generation of the same node.

    Args:
        answer: As read.
        checkpoint: Its note, with both signatures verified.

    Returns:
        The epoch.

    Raises:
        NotProvenError: Leaf 0 is not this statement, or it names no earlier log of this node
            (E_PROOF).
        MalformedError: Not an epoch (E_SCHEMA).
    """
    proof = InclusionProof(index=0, path=answer.path)
    believe(StatementKind.EPOCH, epoch_stated(answer.epoch).digest, proof, checkpoint)
    epoch = Epoch.decode(answer.epoch)
    origin = checkpoint.head.origin
    if epoch.old.node != origin.node or epoch.old.generation >= origin.generation:
        raise NotProvenError("an epoch that names no earlier log of this node")
    return epoch


def is_short_of(epoch: Epoch, *, generation: int, size: int, root: bytes) -> bool:
    """Tell whether the owner of a log gave up less of it than we hold: it lost what we saw.

    Args:
        epoch: Proven.
        generation: The log that we hold something of.
        size: Of our head of it, above 0.
        root: Of that head.
    """
    if epoch.old.generation != generation:
        return epoch.old.generation < generation
    if epoch.note is None:
        return True
    try:
        named = ClaimedCheckpoint.parse(epoch.note).head
    except MalformedError:
        return True
    if named.origin != epoch.old or named.size < size:
        return True
    return named.size == size and named.root != root
