"""Statements: everything that a node says, each as one leaf of its log.

Does: the closed list of kinds, and from the bytes of a statement its digest and leaf. Leaves to
others: what the bytes mean (`protocol.receipt`, `.keyset`, `.log.deed`, ...), proofs
(`protocol.log.proof`) and the log on disk.

Rules kept: leaf data are the kind and a digest of 32 bytes, which are never erased; the preimage
and the salt may be. The salt keeps an erased act from being guessed, and a hash in a proof from
being recognised; the caller draws it (`keys.digest.new_salt`). The kind of a statement comes
from what is expected, never from the wire.

Source: docs/wire-format.md, rule 6.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from keys.digest import Label, labelled, leaf_hash, sha256
from keys.suite import DIGEST_BYTES, SALT_BYTES
from protocol.errors import NotAllowedError
from protocol.log.deed import Act

__all__ = [
    "Act",
    "Statement",
    "StatementKind",
    "checkpoint_seen",
    "cover",
    "digest_of",
    "directory_adopted",
    "envelope_sent",
    "epoch",
    "key_revoked",
    "key_set_published",
    "leaf_hash_of",
    "officer_act",
    "receipt_given",
    "receipt_obtained",
    "silence",
]


class StatementKind(IntEnum):
    """What a leaf says; the closed list of rule 6, first byte of the leaf data."""

    COVER = 0
    ENVELOPE_SENT = 1
    RECEIPT_GIVEN = 2
    RECEIPT_OBTAINED = 3
    KEY_SET = 4
    CHECKPOINT_SEEN = 5
    DIRECTORY_ADOPTED = 6
    KEY_REVOKED = 7
    EPOCH = 8
    ACT = 9
    SILENCE = 10


_LABELS: Final = {
    StatementKind.ENVELOPE_SENT: Label.ENVELOPE,
    StatementKind.RECEIPT_GIVEN: Label.RECEIPT,
    StatementKind.RECEIPT_OBTAINED: Label.OBTAINED,
    StatementKind.KEY_SET: Label.KEY_SET,
    StatementKind.CHECKPOINT_SEEN: Label.SEEN,
    StatementKind.DIRECTORY_ADOPTED: Label.DIRECTORY,
    StatementKind.KEY_REVOKED: Label.REVOKE,
    StatementKind.EPOCH: Label.EPOCH,
    StatementKind.ACT: Label.ACT,
    StatementKind.SILENCE: Label.SILENCE,
}

# What the peer holds too, or learns only with the leaf opened, must not be recognised by it.
_SALTED: Final = frozenset(
    {
        StatementKind.RECEIPT_OBTAINED,
        StatementKind.CHECKPOINT_SEEN,
        StatementKind.DIRECTORY_ADOPTED,
        StatementKind.ACT,
        StatementKind.SILENCE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of this node, ready to be appended; best made by the functions below.

    Args:
        kind: What it says.
        digest: 32 bytes, `digest_of` the rest; random for a cover.
        preimage: The bytes of the statement; of an envelope H(header) || H(wraps), of a receipt
            obtained its digest, of a cover nothing.
        salt: 16 bytes for the kinds that rule 6 salts, else None.

    Raises:
        NotAllowedError: The digest is not that of preimage and salt, or the salt is missing,
            surplus or of another length.
    """

    kind: StatementKind
    digest: bytes
    preimage: bytes
    salt: bytes | None

    def __post_init__(self) -> None:
        if self.kind is StatementKind.COVER:
            if len(self.digest) != DIGEST_BYTES or self.preimage or self.salt is not None:
                raise NotAllowedError("a cover is 32 random bytes and nothing else")
        elif self.digest != digest_of(self.kind, self.preimage, self.salt):
            raise NotAllowedError("a digest of other bytes than the statement's")

    @property
    def leaf_data(self) -> bytes:
        """The 33 bytes that the log keeps for ever."""
        return bytes((self.kind,)) + self.digest

    @property
    def leaf_hash(self) -> bytes:
        """The hash of the leaf in the tree."""
        return leaf_hash(self.leaf_data)


def digest_of(kind: StatementKind, preimage: bytes, salt: bytes | None) -> bytes:
    """Compute the digest of a statement from what is kept beside the log.

    Args:
        kind: Any but a cover, of which nothing is kept.
        preimage: Its bytes.
        salt: 16 bytes for the kinds that rule 6 salts, else None.

    Returns:
        32 bytes.

    Raises:
        NotAllowedError: A cover; a salt missing, surplus or of another length.

    Source:
        docs/wire-format.md, rule 6.
    """
    if kind is StatementKind.COVER:
        raise NotAllowedError("a cover has no preimage")
    if kind not in _SALTED:
        if salt is not None:
            raise NotAllowedError("a salt where none belongs")
        return labelled(_LABELS[kind], preimage)
    if salt is None or len(salt) != SALT_BYTES:
        raise NotAllowedError("no salt where one belongs, or of another length")
    return labelled(_LABELS[kind], salt, preimage)


def leaf_hash_of(kind: StatementKind, digest: bytes) -> bytes:
    """Return the leaf hash of a statement that is expected, from its kind and digest.

    Args:
        kind: The kind expected, never one that the wire names.
        digest: 32 bytes.

    Raises:
        NotAllowedError: Not 32 bytes.
    """
    if len(digest) != DIGEST_BYTES:
        raise NotAllowedError("the digest of a statement has 32 bytes")
    return leaf_hash(bytes((kind,)) + digest)


def envelope_sent(header: bytes, wraps: bytes) -> Statement:
    """State that this node sealed this envelope for its receiver.

    Args:
        header: Canonical header bytes.
        wraps: Canonical bytes of the wraps; after E_KEM_EXPIRED new ones, hence a new statement.
    """
    return _stated(StatementKind.ENVELOPE_SENT, sha256(header) + sha256(wraps))


def receipt_given(receipt: bytes) -> Statement:
    """State a receipt of this node.

    Args:
        receipt: Canonical receipt bytes.
    """
    return _stated(StatementKind.RECEIPT_GIVEN, receipt)


def receipt_obtained(receipt_digest: bytes, salt: bytes) -> Statement:
    """State that a peer's receipt was obtained and proven.

    Args:
        receipt_digest: Digest of the peer's own statement, `receipt_given(receipt).digest`.
        salt: 16 random bytes.

    Raises:
        NotAllowedError: The digest is not 32 bytes, or the salt not 16.
    """
    if len(receipt_digest) != DIGEST_BYTES:
        raise NotAllowedError("the digest of a receipt has 32 bytes")
    return _stated(StatementKind.RECEIPT_OBTAINED, receipt_digest, salt)


def key_set_published(key_set: bytes) -> Statement:
    """State a new set of this node's recipient keys.

    Args:
        key_set: Canonical key set bytes.
    """
    return _stated(StatementKind.KEY_SET, key_set)


def checkpoint_seen(note: bytes, salt: bytes) -> Statement:
    """State that a peer's checkpoint was verified and linked.

    Args:
        note: The whole signed note as received.
        salt: 16 random bytes.
    """
    return _stated(StatementKind.CHECKPOINT_SEEN, note, salt)


def directory_adopted(stamp: bytes, salt: bytes) -> Statement:
    """State that this node goes by a version of the directory from now on.

    Args:
        stamp: cmp [root version, timestamp version, H(timestamp.json)].
        salt: 16 random bytes.
    """
    return _stated(StatementKind.DIRECTORY_ADOPTED, stamp, salt)


def officer_act(act: bytes, salt: bytes) -> Statement:
    """State what an officer, or the node on standing orders, did.

    Args:
        act: `Act.encode()`.
        salt: 16 random bytes.
    """
    return _stated(StatementKind.ACT, act, salt)


def epoch(epoch_bytes: bytes) -> Statement:
    """State that a new generation of this log begins, as leaf 0 of it.

    Args:
        epoch_bytes: `protocol.log.deed.Epoch.encode()`.
    """
    return _stated(StatementKind.EPOCH, epoch_bytes)


def key_revoked(revocation: bytes) -> Statement:
    """State that a key of this node counts no more.

    Args:
        revocation: `protocol.log.deed.Revocation.encode()`.
    """
    return _stated(StatementKind.KEY_REVOKED, revocation)


def silence(evidence: bytes, salt: bytes) -> Statement:
    """State that a step was not taken in time by the other side.

    Args:
        evidence: `protocol.log.deed.Silence.encode()`.
        salt: 16 random bytes.
    """
    return _stated(StatementKind.SILENCE, evidence, salt)


def cover(noise: bytes) -> Statement:
    """Make a leaf that says nothing, so that the size of the log does not show its traffic.

    Args:
        noise: 32 random bytes.

    Raises:
        NotAllowedError: Not 32 bytes.
    """
    return Statement(kind=StatementKind.COVER, digest=noise, preimage=b"", salt=None)


def _stated(kind: StatementKind, preimage: bytes, salt: bytes | None = None) -> Statement:
    digest = digest_of(kind, preimage, salt)
    return Statement(kind=kind, digest=digest, preimage=preimage, salt=salt)
