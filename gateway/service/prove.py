"""Our own log, shown and proven: its head, a full verification, the proof of one leaf.

Verifying is the rule of `protocol.log.audit`; the store reads the slices. Leaves to others: what
peers hold of this log (`gateway.service.link`), and proofs for frames, which the store makes.

Source: docs/wire-format.md, rules 6 to 9; C2SP tlog-proof.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import DataError, NoInputError
from gateway.ports import Directory
from gateway.records import SignedHead
from gateway.store import Audits, LogBook
from keys.note import LogVerifier
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_INDEX
from protocol.log.audited import KnownHead, LogFault, LogVerification
from protocol.log.checkpoint import ClaimedCheckpoint, read_checkpoint
from protocol.log.proof import format_tlog_proof

__all__ = (
    "LogFault", "LogVerification", "LogView", "ProvableLog", "Prove", "listed_keys", "note_held",
)  # fmt: skip


class ProvableLog(LogBook, Audits, Protocol):
    """A log with all that is asked of it here."""


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


def listed_keys(directory: Directory, origin: LogOrigin) -> tuple[LogVerifier, ...]:
    """Return every pair of keys that the directory lists for a log, valid now or not.

    Args:
        directory: The one held.
        origin: The log.
    """
    entry = directory.node(origin.node)
    keys = () if entry is None else entry.logs
    return tuple(key.verifier for key in keys if key.log_origin == origin)


def note_held(
    note: bytes, origin: LogOrigin | None, verifiers: Callable[[LogOrigin], Sequence[LogVerifier]]
) -> tuple[LogOrigin, KnownHead]:
    """Read a checkpoint of our log that somebody else holds: the log must lead up to it.

    Args:
        note: The signed note, any bytes.
        origin: The log that is to be verified; the note's own if not given.
        verifiers: Gives every pair of keys that signed a log.

    Returns:
        The log, and the head.

    Raises:
        DataError: No checkpoint, of another log, or not signed by that log: it shows nothing.
    """
    try:
        named = ClaimedCheckpoint.parse(note).head.origin
        if origin not in {None, named}:
            raise DataError(f"the checkpoint is of another log, {named}")
        # Whatever its time: a clock that ran ahead makes no other history.
        head = read_checkpoint(note, verifiers(named), now_ms=MAX_INDEX).head
    except RemoteProtocolError as error:
        raise DataError(
            "the checkpoint is not one that this log signed",
            hint="give the whole note, as it lies in checkpoints/ of a bundle",
        ) from error
    return named, KnownHead(size=head.size, root=head.root, where="the checkpoint given")


class Prove:
    """The use case behind `a35 log`.

    Args:
        log: Our own.
        verifiers: Every pair of keys that signs the log that is written.
        listed: Gives the pairs of keys that the directory lists for a log of ours, ended or not.
        held: Gives (node, size) of what peers said that they hold of the log that is written.
    """

    def __init__(
        self,
        log: ProvableLog,
        *verifiers: LogVerifier,
        listed: Callable[[LogOrigin], Sequence[LogVerifier]] | None = None,
        held: Callable[[], Sequence[tuple[NodeId, int]]] | None = None,
    ) -> None:
        self._log = log
        self._verifiers = verifiers
        self._listed = listed
        self._held = held

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

    async def verify(
        self,
        progress: Callable[[int, int], None] | None = None,
        *,
        origin: LogOrigin | None = None,
        against: bytes | None = None,
    ) -> LogVerification:
        """Verify a log from leaf 0 to its newest head, beside the work of the node.

        Args:
            progress: Told (leaves done, leaves in all) after each slice.
            origin: Which log of this node; that of `against`, or the one that is written, if not
                given.
            against: A signed note of it that somebody else holds.

        Returns:
            What was checked and every fault; a fault never stops it.

        Raises:
            NoInputError: This node keeps no such log, or signed nothing yet.
            DataError: The note is not one of that log.
        """
        known: list[KnownHead] = []
        if against is not None:
            origin, head = note_held(against, origin, self._verifiers_of)
            known.append(head)
        if self._held is not None and origin in {None, self._log.origin}:
            known += [
                KnownHead(size=size, root=None, where=str(node)) for node, size in self._held()
            ]
        return await self._log.audit(
            self._verifiers_of, origin=origin, known=known, progress=progress
        )

    def _verifiers_of(self, origin: LogOrigin) -> Sequence[LogVerifier]:
        listed = () if self._listed is None else tuple(self._listed(origin))
        if origin != self._log.origin:
            return listed
        return tuple(dict.fromkeys((*self._verifiers, *listed)))

    def _head(self) -> SignedHead:
        head = self._log.head()
        if head is None:
            raise NoInputError("the log has no signed checkpoint yet")
        return head
