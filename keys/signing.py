"""Sign the one kind of thing that a node signs: the tree head of its own log.

Only keys.nodekeys makes a signer and only protocol.log.signing uses it; import-linter holds
everybody else off. That a head follows from the one signed before is decided there, not here.
"""

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.signing import SigningKey

from keys.cosignature import (
    SignatureType,
    check_timestamp,
    cosigned_message,
    key_id,
    timestamped,
)
from keys.errors import BadNoteError, UnknownSuiteError
from keys.note import LogVerifier, SignatureLine, SignedTree, format_note, note_text
from keys.suite import SEED_BYTES


class NoteSigner:
    """The two private keys of one log, parsed once; in a rotation with the pair that follows.

    Args:
        name: Origin of the log, the name of both keys.
        ed25519_seed: 32 bytes.
        mldsa44_seed: 32 bytes.
        along: The second pair of the same log: each note bears the lines of both.

    Raises:
        UnknownSuiteError: A seed of another length, a name that no key can have, or a second
            pair of another log.
    """

    __slots__ = ("_along", "_ed25519", "_ed25519_id", "_mldsa44", "_mldsa44_id", "_verifier")

    def __init__(
        self,
        name: str,
        ed25519_seed: bytes,
        mldsa44_seed: bytes,
        *,
        along: "NoteSigner | None" = None,
    ) -> None:
        if along is not None and along.verifier.name != name:
            raise UnknownSuiteError("a second pair signs the same log")
        self._along = along
        if len(ed25519_seed) != SEED_BYTES or len(mldsa44_seed) != SEED_BYTES:
            raise UnknownSuiteError("both seeds of a log have 32 bytes")
        self._ed25519 = SigningKey(ed25519_seed)
        self._mldsa44 = MLDSA44PrivateKey.from_seed_bytes(mldsa44_seed)
        self._verifier = LogVerifier(
            name=name,
            ed25519=bytes(self._ed25519.verify_key),
            mldsa44=self._mldsa44.public_key().public_bytes_raw(),
        )
        self._ed25519_id = key_id(name, SignatureType.ED25519, self._verifier.ed25519)
        self._mldsa44_id = key_id(name, SignatureType.MLDSA44, self._verifier.mldsa44)

    @property
    def verifier(self) -> LogVerifier:
        """The public halves, as the directory lists them."""
        return self._verifier

    @property
    def verifiers(self) -> tuple[LogVerifier, ...]:
        """The public halves of every pair that signs."""
        return (self._verifier, *(() if self._along is None else self._along.verifiers))

    def sign(self, tree: SignedTree, timestamp_s: int) -> bytes:
        """Sign a head of this log with both keys. Takes about 0.6 ms a pair.

        The caller has made sure that the head extends every head signed before, and keeps the
        note back until its leaves are committed.

        Args:
            tree: The head; its origin is this signer's name, its size not 0.
            timestamp_s: Seconds since 1970, 1 to 2^63 - 1.

        Returns:
            The signed note: text, blank line, Ed25519 line, ML-DSA-44 line, those of a second
            pair behind. ML-DSA signatures are randomised: two notes of one head differ.

        Raises:
            BadNoteError: A head of another log or of size 0, or a timestamp out of bounds;
                nothing was signed.

        Source:
            docs/wire-format.md, rule 7; C2SP signed-note and tlog-cosignature.
        """
        name = self._verifier.name
        if tree.origin != name:
            raise BadNoteError("a log signs its own heads only")
        if tree.size == 0:
            raise BadNoteError("a log signs no empty tree")
        check_timestamp(timestamp_s)
        return format_note(note_text(tree), self._lines(tree, timestamp_s))

    def _lines(self, tree: SignedTree, timestamp_s: int) -> tuple[SignatureLine, ...]:
        name = self._verifier.name
        message = cosigned_message(
            name, timestamp_s, origin=tree.origin, size=tree.size, root=tree.root
        )
        timed = timestamped(timestamp_s, self._mldsa44.sign(message))
        short = self._ed25519.sign(note_text(tree)).signature
        following = () if self._along is None else self._along._lines(tree, timestamp_s)  # noqa: SLF001 - of the same class
        return (
            SignatureLine(name=name, key_id=self._ed25519_id, signature=short),
            SignatureLine(name=name, key_id=self._mldsa44_id, signature=timed),
            *following,
        )
