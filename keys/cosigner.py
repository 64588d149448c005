"""The public key of a witness, and what it makes of a note: a cosignature, or none.

A witness signs a tree head of somebody else's log with ML-DSA-44 (type 0x06) and says when. That
line counts beside the log's own two, never in their place: `keys.note.verify_pair` looks for those.
Which witnesses are asked for, and how many must have signed, is decided above (protocol.witness).
"""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from keys.cosignature import SignatureType, cosigned_message, split_timestamped
from keys.errors import BadNoteError, UnknownSuiteError
from keys.note import Note, parse_tree
from keys.suite import MLDSA44_SIGNATURE_BYTES
from keys.vkey import VerifierKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigner:
    """A witness by its public key, parsed once.

    Attributes:
        key: Name and ML-DSA-44 public key.

    Raises:
        UnknownSuiteError: A key of another type.
    """

    key: VerifierKey
    _id: bytes = field(init=False, repr=False, compare=False)
    _public: MLDSA44PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.key.kind is not SignatureType.MLDSA44:
            raise UnknownSuiteError("a witness signs with ML-DSA-44")
        # The only writes ever: a frozen value that carries what is costly to make again.
        object.__setattr__(self, "_id", self.key.key_id)
        object.__setattr__(self, "_public", MLDSA44PublicKey.from_public_bytes(self.key.public))

    def find(self, note: Note) -> int | None:
        """Look for this witness's line in a note, and check it.

        Lines of all other keys are ignored, as C2SP demands.

        Args:
            note: From `parse_note`; that its log signed it is the caller's affair.

        Returns:
            When the witness signed, seconds since 1970, never 0; None if it did not.

        Raises:
            BadNoteError: The text is no tree head; or the note carries a line of this key that
                does not verify, is there twice, or has the timestamp 0: then nothing of the
                witness in it counts.

        Source:
            C2SP tlog-cosignature; signed-note, section Signatures.
        """
        tree = parse_tree(note.text)
        name = self.key.name
        lines = [line for line in note.lines if line.name == name and line.key_id == self._id]
        if not lines:
            return None
        if len(lines) > 1:
            raise BadNoteError("two lines of one witness")
        timestamp_s, signature = split_timestamped(lines[0].signature)
        if len(signature) != MLDSA44_SIGNATURE_BYTES:
            raise BadNoteError("a witness's signature is not 2420 bytes long")
        message = cosigned_message(
            name, timestamp_s, origin=tree.origin, size=tree.size, root=tree.root
        )
        try:
            self._public.verify(signature, message)
        except InvalidSignature as error:
            raise BadNoteError("a witness's signature does not hold") from error
        return timestamp_s
