"""Which keys a log had at a moment: from the states of the directory in a bundle, and one root.

Does: verifying each state from the root that the reader has, and each checkpoint under the keys
that such a state lists for its log at the time at which it was signed. When the directory's own
metadata expire is of no matter: a statement is judged by its own time, and by what has become of
its key since.

Source: docs/wire-format.md, rules 7, 28, 29 and 33.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from gateway.directory.chain import VerifiedDirectory, verify_chain
from gateway.directory.layout import MAX_TARGETS_BYTES, ROOT
from gateway.directory.metadata import TIMESTAMP_LIFE
from gateway.errors import ProofError
from gateway.evidence.findings import Findings
from keys.cosigner import Cosigner
from keys.note import LogVerifier
from protocol.directory import LogKey, WitnessKey
from protocol.errors import NotProvenError
from protocol.evidence.naming import directory_of
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, verify_checkpoint

MAX_STATES: Final = 32
"""States of the directory in one bundle: one for each receipt and sealing, and the newest."""

_MS_PER_S: Final = 1000
_TIMESTAMP_LIFE_MS: Final = int(TIMESTAMP_LIFE.total_seconds()) * _MS_PER_S
_NEVER_MS: Final = 2**63
_ALWAYS_MS: Final = 0
"""Reference time at which no Party is left out: lapses are looked at one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A checkpoint that its log signed, and what has become of the keys.

    Attributes:
        checkpoint: Verified.
        key_end_s: When its keys ended or were listed no more, seconds since 1970; None while they
            count.
        verifier: The pair of keys.
    """

    checkpoint: Checkpoint
    key_end_s: int | None
    verifier: LogVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One pair of keys as one state lists it."""

    key: LogKey
    lapses_ms: int

    def counts_at(self, at_ms: int) -> bool:
        return self.key.is_valid(at_ms) and at_ms <= self.lapses_ms


def read_states(
    files: Mapping[str, bytes], root: bytes, findings: Findings
) -> tuple[VerifiedDirectory, ...]:
    """Verify every state of the directory in a bundle.

    Args:
        files: Of the bundle.
        root: The trusted root.
        findings: Takes the faults.

    Returns:
        Those that verify, oldest first.
    """
    states: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        if (found := directory_of(name)) is not None:
            states.setdefault(found[0], {})[found[1]] = data
    if len(states) > MAX_STATES:
        findings.fault("directory", "more states of the directory than a bundle may have")
        return ()
    verified = []
    for digest, published in sorted(states.items()):
        with findings.at(f"directory/{digest}"):
            verified.append(_read_state(digest, published, root))
    if not verified:
        findings.fault("directory", "no state of the directory verifies: no key is known")
    return tuple(sorted(verified, key=_version))


def _read_state(digest: str, published: Mapping[str, bytes], root: bytes) -> VerifiedDirectory:
    """Verify one state: all of it, and nothing besides.

    Raises:
        ProofError: It does not verify, or holds a file that does not belong to it.
    """
    if max(map(len, published.values())) > MAX_TARGETS_BYTES:
        raise ProofError("a file longer than any of a directory")
    state = verify_chain(root, published, at_ms=_ALWAYS_MS)
    if state.stamp.digest.hex() != digest:
        raise ProofError("another state of the directory than its name says")
    for name, data in published.items():
        used = state.files.get(name)
        # A root before the trusted one belongs to the history of who exported, not to ours.
        if used is None and not name.endswith(f".{ROOT}.json"):
            raise ProofError("a file that does not belong to this state of the directory")
        if used is not None and used != data:
            raise ProofError("another root of the same version than the trusted one")
    return state


class LogKeys:
    """Verifies checkpoints; each note once.

    Args:
        states: Of `read_states`, oldest first.
        now_ms: Milliseconds since 1970, UTC: nothing signed later counts, and keys that have
            ended by now do so only for what was witnessed before.
    """

    def __init__(self, states: Sequence[VerifiedDirectory], *, now_ms: int) -> None:
        self._states = states
        self._now_ms = now_ms
        self._known: dict[bytes, SignedNote] = {}

    def verify(self, note: bytes) -> SignedNote:
        """Verify a signed note of any log.

        Args:
            note: Any bytes.

        Returns:
            The checkpoint.

        Raises:
            MalformedError: Not a checkpoint.
            NotProvenError: Not signed by a pair of keys that the directory lists for this log and
                the time of the signature.
            ExpiredError: Signed by a clock more than ten minutes ahead.
        """
        if note not in self._known:
            self._known[note] = self._verified(ClaimedCheckpoint.parse(note))
        return self._known[note]

    def witnesses(self) -> tuple[Cosigner, ...]:
        """Return every witness key that a state lists, valid or not."""
        return tuple(dict.fromkeys(cosigner for cosigner, _, _ in self._witness_keys()))

    def lists_witness(self, cosigner: Cosigner, *, at_s: int) -> bool:
        """Tell whether a state lists this key for a time, by an entry that had not lapsed then.

        Args:
            cosigner: The key.
            at_s: When it signed, seconds since 1970.
        """
        at_ms = at_s * _MS_PER_S
        return any(
            known == cosigner and key.is_valid(at_ms) and at_ms <= lapses_ms
            for known, key, lapses_ms in self._witness_keys()
        )

    def _witness_keys(self) -> Iterator[tuple[Cosigner, WitnessKey, int]]:
        for state in self._states:
            for country, entry in state.entries.items():
                for node in entry.nodes:
                    for key, cosigner in node.cosigners:
                        yield cosigner, key, state.lapses[country]

    def _verified(self, claimed: ClaimedCheckpoint) -> SignedNote:
        origin = claimed.head.origin
        listed = self._listed(origin)
        if not listed:
            raise NotProvenError("no state of the directory in this bundle lists its log")
        signers = self._signers(claimed, listed)
        if not signers:
            raise NotProvenError("not signed by the keys that the directory lists for its log")
        counting = [
            one.key.verifier
            for one in listed
            if one.key.verifier in signers and one.counts_at(signers[one.key.verifier])
        ]
        if not counting:
            raise NotProvenError("signed at a time for which the directory lists no such key")
        ends = {verifier: self._end_ms(origin, verifier, listed) for verifier in counting}
        # In a rotation both pairs sign: the note counts as long as either does.
        best = max(ends, key=lambda each: _never_if_none(ends[each]))
        end_ms = ends[best]
        # Once more beside all keys of that time: a bad line of one of them spoils the note.
        valid = [one.key.verifier for one in listed if one.counts_at(signers[best])]
        pairs = list(dict.fromkeys(valid))
        checkpoint = verify_checkpoint(claimed, pairs, now_ms=self._now_ms)
        return SignedNote(
            checkpoint=checkpoint,
            key_end_s=None if end_ms is None else end_ms // _MS_PER_S,
            verifier=best,
        )

    def _end_ms(
        self, origin: LogOrigin, verifier: LogVerifier, listed: Sequence[_Listed]
    ) -> int | None:
        """Return when a pair ended: as it was listed last, or by the first state without it."""
        newest = [one.key for one in listed if one.key.verifier == verifier][-1]
        if newest.not_after_ms < self._now_ms:
            return newest.not_after_ms
        said = [(_lists(state, origin, verifier), state) for state in self._states]
        last = max(number for number, (lists, _) in enumerate(said) if lists)
        without = [state for lists, state in said[last + 1 :] if lists is False]
        return without[0].expires_ms - _TIMESTAMP_LIFE_MS if without else None

    def _signers(
        self, claimed: ClaimedCheckpoint, listed: Sequence[_Listed]
    ) -> dict[LogVerifier, int]:
        """Return the pairs of keys that signed, and when.

        Raises:
            ExpiredError: Signed by a clock more than ten minutes ahead.
        """
        found: dict[LogVerifier, int] = {}
        for verifier in dict.fromkeys(one.key.verifier for one in listed):
            with suppress(NotProvenError):
                checkpoint = verify_checkpoint(claimed, [verifier], now_ms=self._now_ms)
                found[verifier] = checkpoint.timestamp_s * _MS_PER_S
        return found

    def _listed(self, origin: LogOrigin) -> list[_Listed]:
        """Return every pair listed for a log, oldest state first."""
        country = origin.node.country
        return [
            _Listed(key=key, lapses_ms=state.lapses[country])
            for state in self._states
            if country in state.entries
            for node in state.entries[country].nodes
            if node.node_id == origin.node
            for key in node.logs
            if key.log_origin == origin
        ]


def _lists(state: VerifiedDirectory, origin: LogOrigin, verifier: LogVerifier) -> bool | None:
    """Tell whether a state lists a pair; None if it has no entry of that Party."""
    entry = state.entries.get(origin.node.country)
    nodes = [] if entry is None else [node for node in entry.nodes if node.node_id == origin.node]
    listed = any(key.verifier == verifier for node in nodes for key in node.logs)
    return None if entry is None else listed


def _never_if_none(end_ms: int | None) -> int:
    return _NEVER_MS if end_ms is None else end_ms


_version = attrgetter("stamp.root_version", "stamp.timestamp_version")
