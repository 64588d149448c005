"""Our own log, shown and proven: its head, a full verification, the proof of one leaf.

`verify` trusts nothing that was computed before: every digest is made again from what the leaf
states, the tree is built anew from leaf 0, and every checkpoint must have the root that the tree
has at its size, and both signatures. It reads in small batches and lets others run between
them. Leaves to others: what peers hold of this log (`gateway.service.link`), and proofs for
frames, which the store makes.

Source: docs/wire-format.md, rules 6 to 9; C2SP tlog-proof.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import NoInputError
from gateway.records import (
    SignedHead,
)
from gateway.rows import (
    LeafRow,
)
from gateway.store import LogBook
from keys.digest import leaf_hash
from keys.note import LogVerifier
from protocol.errors import NotAllowedError, RemoteProtocolError
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_INDEX
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.proof import format_tlog_proof
from protocol.log.statement import StatementKind, digest_of
from protocol.log.tree import Frontier

_BATCH: Final = 256
"""Leaves between two pauses: about five milliseconds."""

_FAULTS_NAMED: Final = 1000
"""Faults named one by one; a file that is damaged throughout has as many as it has leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """What a node tells of its log.

    Args:
        origin: The generation that is written.
        size: Leaves that the head covers, 0 before the first.
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
        what: What is wrong there, for an engineer.
    """

    index: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerification:
    """The outcome of verifying a whole log.

    Args:
        origin: Of the log.
        size: Leaves that were looked at: as many as the newest head covers.
        root: Of the tree that they make, 32 bytes.
        checked: Leaves whose digest was made again from what they state; a cover states
            nothing.
        erased: Leaves of which retention left the digest alone.
        checkpoints: Checkpoints that hold.
        faults: In the order found, at most 1,000; empty is good.
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
    """

    def __init__(self, log: LogBook, *verifiers: LogVerifier) -> None:
        self._log = log
        self._verifiers = verifiers

    async def show(self) -> LogView:
        """Return what this node tells of its log."""
        head = self._log.head()
        size = 0 if head is None else head.size
        return LogView(origin=self._log.origin, size=size, head=head)

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
        head = self._head()
        if not 0 <= index < head.size:
            raise NoInputError(
                "no signed checkpoint covers this leaf",
                hint="`a35 log show` prints the size of the log.",
            )
        proofs = await self._log.prove(head.size, [index], old=head.size)
        return format_tlog_proof(index, proofs.inclusion[0], head.note)

    async def verify(self, progress: Callable[[int, int], None] | None = None) -> LogVerification:
        """Verify the log from leaf 0 to its newest head.

        Args:
            progress: Told (leaves done, leaves in all) after each batch.

        Returns:
            What was checked and every fault; a fault never stops it, save a missing leaf.

        Raises:
            NoInputError: Nothing was signed yet.
        """
        head = self._head()
        audit = _Audit(head.origin, self._verifiers)
        while audit.size < head.size:
            start = audit.size
            for leaf in await self._log.leaves(start, min(start + _BATCH, head.size)):
                if leaf.index != audit.size:
                    break
                audit.add_leaf(leaf)
                checkpoint = await self._log.checkpoint(audit.size)
                if checkpoint is not None:
                    audit.add_checkpoint(checkpoint)
            if audit.size == start:
                break
            if progress is not None:
                progress(audit.size, head.size)
            await _let_others_run()
        return audit.result(head)

    def _head(self) -> SignedHead:
        head = self._log.head()
        if head is None:
            raise NoInputError("the log has no signed checkpoint yet")
        return head


class _Audit:
    """A tree that is built anew, and what contradicts it."""

    def __init__(self, origin: LogOrigin, verifiers: Sequence[LogVerifier]) -> None:
        self._origin = origin
        self._verifiers = verifiers
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

    def add_leaf(self, leaf: LeafRow) -> None:
        """Take in the next leaf."""
        if leaf.preimage is None:
            self._erased += 1
        elif leaf.kind == StatementKind.COVER or _states(leaf, leaf.preimage):
            self._checked += 1
        else:
            self._fault(leaf.index, "its digest is not that of what it states")
        self._tree.append(leaf_hash(bytes((leaf.kind,)) + leaf.digest))

    def add_checkpoint(self, stored: SignedHead) -> None:
        """Hold a checkpoint against the tree of exactly its size."""
        index = stored.size - 1
        self._newest = stored.size
        if stored.root != self._tree.root() and not self._has_other_root:
            # Every later one differs too: one fault says it.
            self._has_other_root = True
            self._fault(index, "the leaves up to here have another root than was signed")
        try:
            claimed = ClaimedCheckpoint.parse(stored.note)
            # When it was signed is for its readers to judge (rule 7), not for its log.
            verify_checkpoint(claimed, self._verifiers, now_ms=MAX_INDEX)
        except RemoteProtocolError:
            self._fault(index, "the checkpoint here does not carry our two signatures")
            return
        if claimed.head != TreeHead(origin=self._origin, size=stored.size, root=stored.root):
            self._fault(index, "the note of the checkpoint here signs another head")
        elif not self._has_other_root:
            self._checkpoints += 1

    def result(self, head: SignedHead) -> LogVerification:
        """Say what is missing at the end, and return the outcome."""
        if self._tree.size < head.size:
            self._fault(self._tree.size, "it is missing, and what follows was not checked")
        elif self._newest != head.size:
            self._fault(head.size - 1, "the newest checkpoint is not stored")
        return LogVerification(
            origin=self._origin,
            size=self._tree.size,
            root=self._tree.root(),
            checked=self._checked,
            erased=self._erased,
            checkpoints=self._checkpoints,
            faults=tuple(self._faults),
        )

    def _fault(self, index: int, what: str) -> None:
        if len(self._faults) < _FAULTS_NAMED:
            self._faults.append(LogFault(index=index, what=what))


def _states(leaf: LeafRow, preimage: bytes) -> bool:
    """Tell whether a leaf is the one of what is kept beside it."""
    try:
        return digest_of(StatementKind(leaf.kind), preimage, leaf.salt) == leaf.digest
    except (ValueError, NotAllowedError):
        return False


async def _let_others_run() -> None:
    """Come back after everything that is ready now has run once."""
    loop = asyncio.get_running_loop()
    turn = asyncio.Event()
    loop.call_soon(turn.set)
    await turn.wait()
