"""Checkpoints: the signed tree heads of a log, claimed and then verified.

Does: reading a note into a claim, checking it against the keys that the directory gives for its
log. Leaves to others: which keys are valid now (`protocol.directory`), whether the head joins
the history held of that log (`protocol.log.linking`), and the signatures (`keys.note`).

Rules kept: both lines of one directory entry verify, or nothing counts; a line of a known key
that does not verify spoils the note; size 0 and timestamp 0 are never signed; origin, size and
root make checkpoints equal, never the note, since signatures are randomised.

Source: docs/wire-format.md, rule 7; C2SP tlog-checkpoint and tlog-cosignature.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from keys.cosignature import SignatureType, key_id
from keys.errors import KeysError
from keys.note import LogVerifier, Note, SignedTree, note_text, parse_note, parse_tree, verify_pair
from keys.suite import DIGEST_BYTES
from protocol.errors import (
    Code,
    ExpiredError,
    MalformedError,
    NotAllowedError,
    NotProvenError,
    UnknownSenderError,
)
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_AHEAD_MS, MAX_INDEX, MAX_NOTE_BYTES

_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """What a checkpoint says: a log, how many leaves it has, and their root.

    A bare head is as good as where it came from: of a verified checkpoint, of a linked one, or
    of the node's own log. Equal heads are equal checkpoints.

    Args:
        origin: Whose log, and which generation.
        size: 0 to MAX_INDEX.
        root: 32 bytes.

    Raises:
        NotAllowedError: Size or root out of range.
    """

    origin: LogOrigin
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_INDEX or len(self.root) != DIGEST_BYTES:
            raise NotAllowedError("a tree head has a size within limits and a root of 32 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCheckpoint:
    """A note that reads as a checkpoint; nobody has looked at its signatures yet.

    Attributes:
        head: What it claims.
        note: The whole signed note, as received.
    """

    head: TreeHead
    note: bytes

    @classmethod
    def parse(cls, note: bytes) -> Self:
        """Read a signed note.

        Args:
            note: Text, blank line and signature lines, at most MAX_NOTE_BYTES.

        Raises:
            MalformedError: Not a checkpoint of a log of this protocol, or of size 0 (E_PROOF);
                longer than allowed (E_SIZE).
        """
        return cls(head=_read(note)[0], note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint that its log signed with both keys; made by verifying or signing alone.

    Attributes:
        head: What was signed.
        timestamp_s: When, by the signer's clock: seconds since 1970, of the ML-DSA-44 line (the
            latest, if two pairs of keys signed).
        note: The whole signed note.
    """

    head: TreeHead
    timestamp_s: int
    note: bytes


def verify_checkpoint(
    claimed: ClaimedCheckpoint, verifiers: Sequence[LogVerifier], *, now_ms: int
) -> Checkpoint:
    """Check a claimed checkpoint against the keys of its log.

    The caller has taken the keys from the entry of the node that speaks: the origin binds the
    log to that node, not to whoever sent the bytes.

    Args:
        claimed: As read.
        verifiers: The pairs of keys that are valid now for this origin; during a rotation two.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        The checkpoint; whether it joins what is held of its log is still open.

    Raises:
        UnknownSenderError: No pair of keys (E_KEY_UNKNOWN).
        NotProvenError: No pair of which both lines verify, or a line of a known key that does
            not (E_PROOF).
        ExpiredError: Signed by a clock more than ten minutes ahead (E_CLOCK).

    Source:
        docs/wire-format.md, rule 7.
    """
    if not verifiers:
        raise UnknownSenderError("no key of this log is valid now", code=Code.KEY_UNKNOWN)
    head = claimed.head
    try:
        note = parse_note(claimed.note)
        text = note_text(SignedTree(origin=str(head.origin), size=head.size, root=head.root))
    except KeysError as error:
        raise NotProvenError("not a signed note") from error
    if note.text != text:  # a claim may be made without `parse`
        raise NotProvenError("a claim of another head than its note's")
    return _verified(head, note, claimed.note, verifiers, now_ms=now_ms)


def read_checkpoint(note: bytes, verifiers: Sequence[LogVerifier], *, now_ms: int) -> Checkpoint:
    """Read a signed note and check it in one go: `parse`, then `verify_checkpoint`.

    Args:
        note: Text, blank line and signature lines, at most MAX_NOTE_BYTES.
        verifiers: As for `verify_checkpoint`.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        The checkpoint.

    Raises:
        MalformedError: As `ClaimedCheckpoint.parse`.
        UnknownSenderError: As `verify_checkpoint`, like the two below.
        NotProvenError: The signatures.
        ExpiredError: The clock.
    """
    head, parsed = _read(note)
    if not verifiers:
        raise UnknownSenderError("no key of this log is valid now", code=Code.KEY_UNKNOWN)
    return _verified(head, parsed, note, verifiers, now_ms=now_ms)


def _read(note: bytes) -> tuple[TreeHead, Note]:
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedError("a note longer than allowed", code=Code.SIZE)
    try:
        parsed = parse_note(note)
        tree = parse_tree(parsed.text)
        origin = LogOrigin.parse(tree.origin)
    except (KeysError, MalformedError) as error:
        raise MalformedError("not a checkpoint", code=Code.PROOF) from error
    if tree.size == 0:
        raise MalformedError("a checkpoint of an empty log", code=Code.PROOF)
    return TreeHead(origin=origin, size=tree.size, root=tree.root), parsed


def _verified(
    head: TreeHead,
    note: Note,
    data: bytes,
    verifiers: Sequence[LogVerifier],
    *,
    now_ms: int,
) -> Checkpoint:
    timestamps = {}
    for verifier in verifiers:
        with suppress(KeysError):
            timestamps[verifier] = verify_pair(note, verifier)
    if not timestamps or _has_bad_line(note, verifiers, list(timestamps)):
        raise NotProvenError("a checkpoint that the keys of its log did not sign")
    latest = max(timestamps.values())
    if latest * _MS_PER_S > now_ms + MAX_AHEAD_MS:
        raise ExpiredError("a checkpoint from the future", code=Code.CLOCK)
    return Checkpoint(head=head, timestamp_s=latest, note=data)


def _has_bad_line(
    note: Note, verifiers: Sequence[LogVerifier], good: Sequence[LogVerifier]
) -> bool:
    """Tell whether a line of a known key belongs to no pair that verified.

    Two pairs may share a key, so that the line is looked at, not the pair.
    """
    if len(good) == len(verifiers):
        return False
    known = {key for verifier in verifiers for key in _keys_of(verifier)}
    proven = {key for verifier in good for key in _keys_of(verifier)}
    return any((line.name, line.key_id) in known - proven for line in note.lines)


def _keys_of(verifier: LogVerifier) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    name = verifier.name
    return (
        (name, key_id(name, SignatureType.ED25519, verifier.ed25519)),
        (name, key_id(name, SignatureType.MLDSA44, verifier.mldsa44)),
    )
