"""Revocations between nodes: the bytes that tell of one, and whose word they carry.

Does: the canonical body of `POST /v1/revocations` and its answer, written and read, and what must
hold of each of the two kinds of word. Leaves to others: which keys are listed, and what becomes of
one that is revoked (gateway.directory.ending).

Rules kept: the word is that of the node's own log, and for a pair of log keys of that very pair,
so that a stolen pair cannot revoke the one that follows it; or that of a key which signs for the
Party. Nobody speaks for another Party.

Source: docs/wire-format.md, rule 32.
"""

from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from keys.digest import Label, labelled, sha256
from keys.suite import DIGEST_BYTES
from protocol.directory import NodeEntry
from protocol.directory_values import key_bytes
from protocol.encoding import Encodable, decode, encode
from protocol.errors import Code, ExpiredError, MalformedError, UnknownSenderError
from protocol.fields import Fields, raw_of
from protocol.identifiers import NodeId
from protocol.limits import (
    MAX_AHEAD_MS,
    MAX_DEED_BYTES,
    MAX_NOTE_BYTES,
    MAX_REVOCATION_BYTES,
)
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, key_revoked

MAX_ROLE_KEY_BYTES: Final = 64
"""Length of the id of a key of a Party's role: hex of a SHA-256."""

ROLE_SIGNATURE_BYTES: Final = 64
"""Length of an Ed25519 signature."""

MAX_REVOCATION_ANSWER_BYTES: Final = 64
"""What a node answers that took a revocation."""

_BY_LOG: Final = ("v", "d", "cp", "i", "p")
_BY_ROLE: Final = ("v", "d", "k", "s")
_ANSWER: Final = ("v", "d")
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedKey:
    """Which key: of one node, of one kind, by the digest that people compare.

    Attributes:
        node: Whose.
        kind: Which of its keys.
        digest: SHA-256 of the public key, 32 bytes, as `fingerprints` has it: of a log Ed25519
            key || ML-DSA-44 key, of a certificate its SPKI.
    """

    node: NodeId
    kind: KeyKind
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLog:
    """The node's own word: the statement stands in its log.

    Attributes:
        proof: Of leaf 0x07 to the note.
        note: The signed note, not yet verified.
    """

    proof: InclusionProof
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRole:
    """The Party's word: one signature by a key of its role.

    Attributes:
        key_id: As the directory names the key, at most 64 bytes.
        signature: Ed25519 over `signed_digest`, 64 bytes; not yet verified.
    """

    key_id: str
    signature: bytes


Word: TypeAlias = ByLog | ByRole


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRevocation:
    """What a POST to /v1/revocations carries.

    Attributes:
        deed: Bytes of a Revocation, read when this was made.
        word: Whose word it is; not yet checked.

    Raises:
        MalformedError: The deed is not one, or a length is out of range.
    """

    deed: bytes
    word: Word

    def __post_init__(self) -> None:
        Revocation.decode(self.deed)
        if isinstance(self.word, ByLog):
            raw_of(self.word.note, max_bytes=MAX_NOTE_BYTES, name="cp")
        else:
            raw_of(self.word.signature, ROLE_SIGNATURE_BYTES, name="s")

    @property
    def revocation(self) -> Revocation:
        """What is revoked, and when."""
        return Revocation.decode(self.deed)

    @property
    def key(self) -> RevokedKey:
        """Which key."""
        found = self.revocation
        return RevokedKey(node=found.node, kind=found.kind, digest=found.key_digest)

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        head: dict[str, Encodable] = {"v": _VERSION, "d": self.deed}
        word = self.word
        if isinstance(word, ByRole):
            return encode({**head, "k": word.key_id, "s": word.signature})
        return encode({**head, "cp": word.note.decode("utf-8"), **word.proof.to_fields()})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what another node tells, or a file of a Party.

        Args:
            data: The body.

        Raises:
            MalformedError: Too long (E_SIZE); not canonical (E_CANON); a key, a type or a length
                that is not the rule's (E_SCHEMA).
        """
        value = decode(data, max_bytes=MAX_REVOCATION_BYTES)
        is_signed = isinstance(value, dict) and "s" in value
        fields = Fields.of(value, _BY_ROLE if is_signed else _BY_LOG)
        fields.literal("v", _VERSION)
        deed = fields.raw("d", max_bytes=MAX_DEED_BYTES)
        if is_signed:
            key_id = fields.text("k", MAX_ROLE_KEY_BYTES)
            return cls(deed=deed, word=ByRole(key_id=key_id, signature=fields.raw("s")))
        note = fields.text("cp", MAX_NOTE_BYTES).encode()
        return cls(deed=deed, word=ByLog(proof=InclusionProof.from_fields(fields), note=note))


def signed_digest(deed: bytes) -> bytes:
    """Return what a key of a Party's role signs: the digest of leaf 0x07.

    Args:
        deed: Bytes of a Revocation.
    """
    return labelled(Label.REVOKE, deed)


def encode_revocation_answer(deed: bytes) -> bytes:
    """Return the answer to a revocation that was taken, the same each time."""
    return encode({"v": _VERSION, "d": signed_digest(deed)})


def is_answer_to(deed: bytes, answer: bytes) -> bool:
    """Tell whether an answer says that this revocation was taken."""
    try:
        fields = Fields.of(decode(answer, max_bytes=MAX_REVOCATION_ANSWER_BYTES), _ANSWER)
        fields.literal("v", _VERSION)
        return fields.raw("d", DIGEST_BYTES) == signed_digest(deed)
    except MalformedError:
        return False


def keys_of(entry: NodeEntry) -> frozenset[RevokedKey]:
    """Return every key that an entry lists, as a revocation names it.

    Args:
        entry: Of a node, as its Party signed it.
    """
    node = entry.node_id
    named = [
        (KeyKind.LOG, sha256(key.verifier.ed25519 + key.verifier.mldsa44)) for key in entry.logs
    ]
    named += [(KeyKind.KEM, sha256(key.recipient.public)) for key in entry.kem]
    named += [(KeyKind.WITNESS, sha256(key_bytes(key.mldsa44))) for key in entry.witness or ()]
    named += [(KeyKind.TLS, bytes.fromhex(pin)) for pin in entry.tls_spki]
    return frozenset(RevokedKey(node=node, kind=kind, digest=digest) for kind, digest in named)


def check_time(revocation: Revocation, *, now_ms: int) -> None:
    """Refuse a revocation that was made in a time to come.

    Raises:
        ExpiredError: More than ten minutes ahead (E_CLOCK).
    """
    if revocation.t_ms > now_ms + MAX_AHEAD_MS:
        raise ExpiredError("a revocation from the future", code=Code.CLOCK)


def believe_log(deed: bytes, word: ByLog, entry: NodeEntry, *, now_ms: int) -> None:
    """Check that a revocation stands in the log of the node whose key it is.

    The checkpoint need not be linked: whoever can sign it can harm nobody but that node, and a
    thief who takes his loot from himself is welcome.

    Args:
        deed: Bytes of a Revocation.
        word: As told.
        entry: Of that node: the keys that count now, save that of a pair which is revoked its own
            word is taken.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        MalformedError: The note is none.
        UnknownSenderError: Of another node's log, or no key of it counts (E_KEY_UNKNOWN).
        NotProvenError: It is not signed by the pair that may say so, or the statement does not
            stand there.
        ExpiredError: The note is from the future.
    """
    revocation = Revocation.decode(deed)
    claimed = ClaimedCheckpoint.parse(word.note)
    origin = claimed.head.origin
    if origin.node != revocation.node:
        raise UnknownSenderError("a revocation by another node", code=Code.KEY_UNKNOWN)
    listed = [key for key in entry.logs if key.log_origin == origin]
    if revocation.kind is KeyKind.LOG:
        pairs = [
            key.verifier
            for key in listed
            if sha256(key.verifier.ed25519 + key.verifier.mldsa44) == revocation.key_digest
        ]
    else:
        pairs = [key.verifier for key in listed if key.is_valid(now_ms)]
    checkpoint = verify_checkpoint(claimed, pairs, now_ms=now_ms)
    believe(StatementKind.KEY_REVOKED, key_revoked(deed).digest, word.proof, checkpoint)
