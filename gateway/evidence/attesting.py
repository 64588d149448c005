"""What others made of the logs in a bundle: heads, joins, cosignatures, leaves 0x05, stamps.

Source: docs/evidence.md, "Verdicts" and "Stamps"; docs/wire-format.md, rules 9a and 33.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import ProofError
from gateway.evidence.findings import Findings
from gateway.evidence.logkeys import LogKeys
from gateway.evidence.proving import Standing, read_proof
from gateway.timestamp.authority import Authority
from gateway.timestamp.stamp import is_of_others, verify_stamp
from keys.suite import DIGEST_BYTES
from protocol.errors import MalformedError, NotProvenError
from protocol.evidence.naming import (
    NOTE,
    PROOF,
    SALT,
    checkpoint_file,
    head_of,
    join_of,
    sighting_of,
)
from protocol.evidence.sighting import (
    Joined,
    SeenLeaf,
    Sighting,
    Stamped,
    by_cosignature,
    by_leaf,
    join,
)
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_CONSISTENCY_HASHES
from protocol.log.checkpoint import Checkpoint
from protocol.witness.answer import decode_lines
from protocol.witness.cosignature import believe_cosignatures
from protocol.witness.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a reader brings along besides the root.

    Attributes:
        policy: Which witnesses are enough; None asks for one node of a third State. A policy in
            the bundle is its author's and decides nothing.
        authorities: Time stamping authorities that are trusted.
    """

    policy: Policy | None = None
    authorities: Sequence[Authority] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that others attested, proven piece by piece."""

    joins: list[Joined] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    stamps: list[Stamped] = field(default_factory=list)


class Attesting:
    """Reads what others attested in one bundle.

    Args:
        files: Of the bundle.
        keys: Verifies checkpoints.
        trust: What the reader brings along.
        findings: Takes the faults.
        now_ms: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        keys: LogKeys,
        trust: Trust,
        findings: Findings,
        *,
        now_ms: int,
    ) -> None:
        self._files = files
        self._keys = keys
        self._trust = trust
        self._findings = findings
        self._now_ms = now_ms
        self._heads: dict[tuple[LogOrigin, int], Checkpoint] = {}

    def read(self, standing: Sequence[Standing]) -> Seen:
        """Prove all of it.

        Args:
            standing: The statements of the bundle.

        Returns:
            What holds.
        """
        for one in standing:
            self._take(one.folder, one.signed.checkpoint)
        seen = Seen()
        # In order of the names: checkpoints and joins stand before what rests on them.
        for name in sorted(self._files):
            with self._findings.at(name):
                self._read_head(name)
        for name in sorted(self._files):
            with self._findings.at(name):
                self._read_file(name, seen)
        for folder in sorted({found[0] for name in self._files if (found := sighting_of(name))}):
            with self._findings.at(folder):
                seen.sightings.append(self._sighting(folder))
        return seen

    def _take(self, file: str, checkpoint: Checkpoint) -> None:
        """Know a head, and tell of a second one of its size: a log with two histories."""
        head = checkpoint.head
        held = self._heads.setdefault((head.origin, head.size), checkpoint)
        if held.head != head:
            self._findings.fault(
                file, "its log signed another root at this size: it has two histories"
            )

    def _read_head(self, name: str) -> None:
        of = head_of(name, "checkpoints")
        if of is None:
            return
        checkpoint = self._keys.verify(self._files[name]).checkpoint
        if checkpoint_file(checkpoint.head) != name:
            raise MalformedError("another checkpoint than its name says")
        self._take(name, checkpoint)

    def _read_file(self, name: str, seen: Seen) -> None:
        between = join_of(name)
        if between is not None:
            origin, old, new = between
            low, high = self._head(origin, old), self._head(origin, new)
            seen.joins.append(join(low.head, high.head, _hashes(self._files[name])))
        of = head_of(name, "cosignatures")
        if of is not None:
            seen.sightings.extend(self._cosigned(name, self._head(*of)))
        of = head_of(name, "stamps")
        if of is not None:
            seen.stamps.extend(self._stamped(name, self._noted(*of)))

    def _head(self, origin: LogOrigin, size: int) -> Checkpoint:
        """Return a head that is proven.

        Raises:
            NotProvenError: It is not here.
        """
        found = self._heads.get((origin, size))
        if found is None:
            raise NotProvenError("the checkpoint that it is about is not here, or does not hold")
        return found

    def _noted(self, origin: LogOrigin, size: int) -> Checkpoint:
        """Return a head with the note as it lies in `checkpoints`: a stamp is over that.

        Raises:
            NotProvenError: It is not here.
        """
        note = self._files.get(checkpoint_file(self._head(origin, size).head))
        if note is None:
            raise NotProvenError("the checkpoint that it is about is not here, or does not hold")
        return self._keys.verify(note).checkpoint

    def _cosigned(self, name: str, checkpoint: Checkpoint) -> list[Sighting]:
        """Take the cosignatures of witnesses that the reader or the directory names.

        Raises:
            MalformedError: Not signature lines.
            NotProvenError: One of a known witness does not hold.
        """
        lines = decode_lines(self._files[name])
        policy = self._trust.policy
        named = set() if policy is None else {each.cosigner for each in policy.witnesses}
        known = tuple(dict.fromkeys((*named, *self._keys.witnesses())))
        found = believe_cosignatures(checkpoint, lines, known, now_ms=self._now_ms)
        counted = [
            each
            for each in found
            if each.cosigner in named
            or self._keys.lists_witness(each.cosigner, at_s=each.timestamp_s)
        ]
        if len(counted) < len(lines):
            self._findings.remark(
                "some cosignatures do not count: neither policy nor directory names their keys"
            )
        return [by_cosignature(checkpoint, each) for each in counted]

    def _stamped(self, name: str, checkpoint: Checkpoint) -> list[Stamped]:
        """Take a stamp of an authority that the reader trusts.

        Raises:
            ProofError: No stamp over this note, or one that names such an authority in vain.
        """
        if not self._trust.authorities:
            self._findings.remark("time stamps were not looked at: no --authorities are trusted")
            return []
        answer, authorities = self._files[name], self._trust.authorities
        try:
            stamp = verify_stamp(checkpoint.note, answer, authorities)
        except ProofError:
            if not is_of_others(checkpoint.note, answer, authorities):
                raise
            self._findings.remark("some time stamps do not count: no authority trusted gave them")
            return []
        return [Stamped(checkpoint=checkpoint, stamped_s=stamp.latest_s, authority=stamp.authority)]

    def _sighting(self, folder: str) -> Sighting:
        """Prove one leaf 0x05 of another node.

        Raises:
            MalformedError: A file of it is missing or does not read.
            NotProvenError: It does not hold.
        """
        parts = [self._files.get(f"{folder}/{name}") for name in (NOTE, SALT, PROOF)]
        note, salt, proof = parts
        if note is None or salt is None or proof is None:
            raise MalformedError("its checkpoint, its salt or its proof is missing")
        inclusion, other = read_proof(proof)
        leaf = SeenLeaf(salt=salt, proof=inclusion, log=self._keys.verify(other).checkpoint)
        checkpoint = self._keys.verify(note).checkpoint
        self._take(folder, checkpoint)
        return by_leaf(checkpoint, leaf)


def _hashes(data: bytes) -> tuple[bytes, ...]:
    """Read a consistency proof: a line of base64 for each hash, in the one spelling.

    Raises:
        MalformedError: Not of that form.
    """
    lines = data.split(b"\n")
    if lines.pop() != b"" or len(lines) > MAX_CONSISTENCY_HASHES:
        raise MalformedError("not the hashes of a consistency proof")
    try:
        hashes = tuple(b64decode(line, validate=True) for line in lines)
    except (Base64Error, ValueError) as error:
        raise MalformedError("not the hashes of a consistency proof") from error
    if any(len(one) != DIGEST_BYTES for one in hashes) or [*map(b64encode, hashes)] != lines:
        raise MalformedError("not the hashes of a consistency proof")
    return hashes
