"""Our own log, shown and proven: its head, a full verification, the proof of one leaf.

`verify` trusts nothing that was computed before: every digest is made again from what the leaf
states, the tree is built anew from leaf 0, and every stored checkpoint must have the root that
the tree has at its size, and both signatures. It reads in small batches and lets others run
between them. Leaves to others: what peers hold of this log (`gateway.service.link`, `recover`),
and proofs for frames, which the store makes.

Source: docs/wire-format.md, rules 6 to 9; C2SP tlog-proof.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import NoInputError
from gateway.ports import Clock, LogBook
from gateway.records import LeafRow, SignedHead
from keys.digest import leaf_hash
from keys.note import LogVerifier
from protocol.errors import NotAllowedError, RemoteProtocolError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.proof import format_tlog_proof
from protocol.log.statement import StatementKind, digest_of
from protocol.log.tree import Frontier

_BATCH: Final = 512
"""Leaves between two pauses: about five milliseconds."""

_FAULTS_NAMED: Final = 1000
"""Faults named one by one; a file that is damaged throughout has as many as it has leaves."""


class LogArchive(LogBook, Protocol):
    """A log that can also be read as a whole."""

    @property
    def size(self) -> int:
        """Committed leaves, signed or not."""

    async def checkpoints(self, *, after: int, limit: int) -> tuple[SignedHead, ...]:
        """Return stored checkpoints of sizes above `after`, smallest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """What a node tells of its log.

    Args:
        origin: The generation that is written.
        size: Committed leaves.
        head: The newest signed checkpoint, None before the first.
    """

    origin: LogOrigin
    size: int
    head: SignedHead | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFault:
    """One thing in a log that does not verify.

    Args:
        index: The leaf; of a checkpoint the last leaf that it covers; None if of neither.
        what: One sentence for an engineer.
    """

    index: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerification:
    """The outcome of verifying a whole log.

    Args:
        origin: Of the log.
        size: Leaves that were looked at.
        root: Of the tree that they make; 32 bytes.
        checked: Leaves whose digest was made again from what they state.
        erased: Leaves of which retention left the digest alone.
        checkpoints: Checkpoints whose root and signatures were checked.
        faults: At most 1,000, in the order found; empty if all is well.
    """

    origin: LogOrigin
    size: int
    root: bytes
    checked: int
    erased: int
    checkpoints: int
    faults: tuple[LogFault, ...]


class Prove:
    """The use case behind `a35 log`.

    Args:
        log: Our own.
        verifiers: Every pair of keys that signed this log since leaf 0.
        clock: For pauses, and for checkpoints from the future.
    """

    def __init__(self, log: LogArchive, *, verifiers: Sequence[LogVerifier], clock: Clock) -> None:
        self._log = log
        self._verifiers = tuple(verifiers)
        self._clock = clock

    async def show(self) -> LogView:
        """Return what this node tells of its log."""
        return LogView(origin=self._log.origin, size=self._log.size, head=self._log.head())

    async def proof(self, index: int) -> str:
        """Prove one leaf against the newest checkpoint, as C2SP tlog-proof text.

        Args:
            index: Of the leaf.

        Returns:
            The text; any C2SP verifier reads it.

        Raises:
            NoInputError: No signed checkpoint covers such a leaf.
            LogDamagedError: The proof does not hold.
        """
        head = self._log.head()
        if head is None or not 0 <= index < head.size:
            raise NoInputError(
                "no signed checkpoint covers this leaf",
                hint="`a35 log show` prints the size of the log.",
            )
        proofs = await self._log.prove(head.size, [index], old=0)
        return format_tlog_proof(index, proofs.inclusion[0], head.note)

    async def verify(self, progress: Callable[[int, int], None] | None = None) -> LogVerification:
        """Verify the whole log from leaf 0.

        Args:
            progress: Told (leaves done, leaves in all) after each batch.

        Returns:
            What was checked and every fault; a fault never stops it, save a missing leaf.
        """
        size, head = self._log.size, self._log.head()
        audit = _Audit(self._log.origin, self._verifiers, now_ms=self._clock.now_ms())
        while audit.size < size:
            start, stop = audit.size, min(audit.size + _BATCH, size)
            leaves = await self._log.leaves(start, stop)
            due = await self._log.checkpoints(after=start, limit=stop - start)
            if not audit.add(leaves, [one for one in due if one.size <= stop]):
                break
            if progress is not None:
                progress(audit.size, size)
            await self._clock.sleep(0)
        audit.end(size, head)
        return audit.result()


class _Audit:
    """A tree that is built anew, and what it contradicts."""

    def __init__(self, origin: LogOrigin, verifiers: Sequence[LogVerifier], *, now_ms: int) -> None:
        self._origin = origin
        self._verifiers = verifiers
        self._now_ms = now_ms
        self._tree = Frontier()
        self._checked = 0
        self._erased = 0
        self._checkpoints = 0
        self._newest = 0
        self._has_other_root = False
        self._faults: list[LogFault] = []

    @property
    def size(self) -> int:
        """Leaves taken in."""
        return self._tree.size

    def add(self, leaves: Sequence[LeafRow], checkpoints: Sequence[SignedHead]) -> bool:
        """Take in a batch and the checkpoints within it; return whether it can go on."""
        due = {one.size: one for one in checkpoints}
        first = self._tree.size
        for leaf in leaves:
            if leaf.index != self._tree.size:
                break
            self._leaf(leaf)
            self._tree.append(leaf_hash(bytes((leaf.kind,)) + leaf.digest))
            checkpoint = due.get(self._tree.size)
            if checkpoint is not None:
                self._checkpoint(checkpoint)
        return self._tree.size > first

    def end(self, size: int, head: SignedHead | None) -> None:
        """Say what is missing at the end."""
        if self._tree.size < size:
            self._fault(self._tree.size, "the leaf is missing, and what follows was not checked")
        elif head is None or head.size != self._newest:
            self._fault(None, "the newest checkpoint is not among those stored")

    def result(self) -> LogVerification:
        """Return the outcome."""
        return LogVerification(
            origin=self._origin,
            size=self._tree.size,
            root=self._tree.root(),
            checked=self._checked,
            erased=self._erased,
            checkpoints=self._checkpoints,
            faults=tuple(self._faults),
        )

    def _leaf(self, leaf: LeafRow) -> None:
        if leaf.kind == StatementKind.COVER:
            self._checked += 1
        elif leaf.preimage is None:
            self._erased += 1
        elif _states(leaf, leaf.preimage):
            self._checked += 1
        else:
            self._fault(leaf.index, "the digest is not that of what the leaf states")

    def _checkpoint(self, stored: SignedHead) -> None:
        self._newest = stored.size
        index = stored.size - 1
        if stored.root != self._tree.root() and not self._has_other_root:
            # Every later one differs too: one fault says it.
            self._has_other_root = True
            self._fault(index, "the leaves up to here have another root than was signed")
        try:
            claimed = ClaimedCheckpoint.parse(stored.note)
            verify_checkpoint(claimed, self._verifiers, now_ms=self._now_ms)
        except RemoteProtocolError:
            self._fault(index, "the checkpoint does not carry our two signatures")
            return
        self._checkpoints += 1
        if claimed.head != TreeHead(origin=self._origin, size=stored.size, root=stored.root):
            self._fault(index, "the note of the checkpoint signs another head")

    def _fault(self, index: int | None, what: str) -> None:
        if len(self._faults) < _FAULTS_NAMED:
            self._faults.append(LogFault(index=index, what=what))


def _states(leaf: LeafRow, preimage: bytes) -> bool:
    """Tell whether a leaf is the one of what is kept beside it."""
    try:
        return digest_of(StatementKind(leaf.kind), preimage, leaf.salt) == leaf.digest
    except (ValueError, NotAllowedError):
        return False
