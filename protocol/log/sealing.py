"""How another node accepted an envelope of ours: wraps that we may have lost.

A sender that was restored to before it wrapped an envelope again does not know the sealing that a
receipt names. Whoever accepted it holds it, with the sender's own note: nothing is believed that
the sender's keys did not sign.

Source: docs/wire-format.md, rules 16, 21 and 25.
"""

from dataclasses import dataclass
from typing import Final, Self

from keys.digest import sha256
from keys.suite import DIGEST_BYTES
from protocol.encoding import decode, encode
from protocol.errors import MalformedError
from protocol.fields import Fields, raw_of, raws_of, uint_of
from protocol.limits import MAX_NOTE_BYTES, MAX_PROOF_HASHES, MAX_SEALING_BYTES, MAX_WRAPS_BYTES
from protocol.log.checkpoint import Checkpoint
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, digest_of

_KEYS: Final = ("v", "w", "i", "p", "cp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingAnswer:
    """What GET /v1/sealings/{mid} gives.

    Args:
        wraps: Of the envelope as it was accepted, at most 5 KiB.
        index: The leaf in the asker's log.
        path: Inclusion path to the note, at most 64 digests.
        note: The asker's own signed note, UTF-8, not yet verified.

    Raises:
        MalformedError: A length or a number out of range (E_SCHEMA).
    """

    wraps: bytes
    index: int
    path: tuple[bytes, ...]
    note: bytes

    def __post_init__(self) -> None:
        raw_of(self.wraps, max_bytes=MAX_WRAPS_BYTES, name="w")
        uint_of(self.index, name="i")
        raws_of(list(self.path), DIGEST_BYTES, MAX_PROOF_HASHES)
        raw_of(self.note, max_bytes=MAX_NOTE_BYTES, name="cp")

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return encode(
            {
                "v": 1,
                "w": self.wraps,
                "i": self.index,
                "p": list(self.path),
                "cp": self.note.decode("utf-8"),
            }
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
        fields = Fields.of(decode(data, max_bytes=MAX_SEALING_BYTES), _KEYS)
        fields.literal("v", 1)
        return cls(
            wraps=fields.raw("w"),
            index=fields.uint("i"),
            path=raws_of(fields.value("p"), DIGEST_BYTES, MAX_PROOF_HASHES),
            note=fields.text("cp", MAX_NOTE_BYTES).encode(),
        )


def believe_sealing(answer: SealingAnswer, checkpoint: Checkpoint, header_digest: bytes) -> bytes:
    """Check that our own log states this sealing of one envelope.

    Args:
        answer: As read.
        checkpoint: Its note, with our own signatures verified.
        header_digest: H(header) of the envelope.

    Returns:
        The digest of the statement, as receipts name it.

    Raises:
        NotProvenError: Our log does not state it there (E_PROOF).
        MalformedError: The digest of a header has 32 bytes.
    """
    if len(header_digest) != DIGEST_BYTES:
        raise MalformedError("the digest of a header has 32 bytes")
    digest = digest_of(StatementKind.ENVELOPE_SENT, header_digest + sha256(answer.wraps), None)
    proof = InclusionProof(index=answer.index, path=answer.path)
    believe(StatementKind.ENVELOPE_SENT, digest, proof, checkpoint)
    return digest
