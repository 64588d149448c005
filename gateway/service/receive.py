"""Takes the frames that peers send: the link is decided from the head, then one verdict an item.

Nothing is answered before the commit that holds it, and a repeat gets the stored receipt, byte
for byte. Opening what was accepted is another use case (gateway.service.consign), so that a
content that cannot be read never keeps its receipt from leaving.

Source: docs/wire-format.md, rules 17 to 23.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from gateway.continuity import LateReceipt
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory
from gateway.records import (
    Accepted,
    Admission,
    Conflicting,
    IncomingEnvelope,
    PeerCheckpoint,
    ReceivedReceipt,
)
from gateway.service.answers import Answers
from gateway.service.guard import DiskGuard
from gateway.service.judge import Judge
from gateway.service.link import PeerLogs
from gateway.service.standings import Standings
from gateway.service.succession import ClosedLogError
from gateway.store import Store
from protocol.answer import Refused
from protocol.delivery.admission import writes
from protocol.errors import Code, LogPositionError, MalformedError, RemoteProtocolError
from protocol.frame import EnvelopeItem, FrameHead, FrameKind
from protocol.identifiers import NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.linking import LinkedHead
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, receipt_given

_ALARMING: Final = frozenset(
    {
        Code.FROM,
        Code.TO,
        Code.PROOF,
        Code.CLOCK,
        Code.FORK,
        Code.MID_CONFLICT,
        Code.RECEIPT,
    }
)
"""What no honest peer sends whose clock is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFrame:
    """A frame whose checkpoint is linked: its statements may be proven against `head`."""

    peer: NodeId
    frame: FrameHead
    head: TreeHead
    linked: LinkedHead


class Receive:
    """The receiving side of both frame routes.

    Args:
        store: Where accepted envelopes go.
        directory: Without one, frames are put off.
        logs: Positions in all peers' logs.
        standings: Positions of all peers in ours.
        judge: Examines items.
        answers: Composes answers.
        clock: Time.
        accepted: Called after a commit that accepted something, to wake the opener.
        contacted: Called at any authenticated contact, to wake that peer's lane.
        alarm: Called with peer and code of a refusal that people must hear of.
        metrics: Counts what was accepted and refused.
        guard: Knows whether there is room, and is told when there was none.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        logs: PeerLogs,
        standings: Standings,
        judge: Judge,
        answers: Answers,
        clock: Clock,
        accepted: Callable[[], None],
        contacted: Callable[[NodeId], None],
        alarm: Callable[[NodeId, Code], None],
        metrics: Metrics,
        guard: DiskGuard,
    ) -> None:
        self._store = store
        self._directory = directory
        self._logs = logs
        self._standings = standings
        self._judge = judge
        self._answers = answers
        self._clock = clock
        self._accepted = accepted
        self._contacted = contacted
        self._alarm = alarm
        self._metrics = metrics
        self._guard = guard

    def is_busy(self, *, urgent: bool = True) -> bool:
        """Tell whether new frames must be put off.

        Receipts name the directory they rest on, and a queue that grows faster than the disk
        writes would only make everybody wait longer. A log that is not signed now receipts nothing.

        Args:
            urgent: For what holds P0 or P1; the end of the writer's queue is kept for it.
        """
        is_held_up = self._directory.stamp() is None or not self._store.may_sign
        return is_held_up or not writes(self._store.backlog, urgent=urgent)

    def takes_blob(self, peer: NodeId, digest: bytes, missing_bytes: int) -> bool:
        """Tell whether the disk has room for the rest of an attachment, and keep it.

        Args:
            peer: Who sends it.
            digest: Names it.
            missing_bytes: What is still to come; nothing when it is whole.
        """
        return self._guard.takes_blob((str(peer), digest.hex()), missing_bytes)

    def contact(self, peer: NodeId) -> None:
        """Take note of an authenticated contact: what waits for this peer is due now.

        Args:
            peer: Who called.
        """
        self._contacted(peer)

    async def begin(self, peer: NodeId, kind: FrameKind, head: FrameHead) -> LinkedFrame:
        """Decide from the head alone whether the frame's position is good.

        Args:
            peer: The node behind the TLS key.
            kind: Which route; both link alike.
            head: The decoded head.

        Returns:
            The frame with the tree head that its proofs must meet.

        Raises:
            LogPositionError: Not linked; carries the size of our head (E_LOG_POSITION).
            MalformedError: The frame contradicts its own checkpoint (E_SCHEMA).
            RemoteProtocolError: The checkpoint is not believed; the frame is refused whole.

        Source:
            docs/wire-format.md, rules 17, 17a and 18.
        """
        self._contacted(peer)
        await self._standings.confirm(peer, head.seen)
        if not self._store.may_sign:
            raise RemoteProtocolError("this log is not signed now", code=Code.BUSY)
        try:
            linked = await self._link(peer, head)
        except RemoteProtocolError as error:
            if isinstance(error, ClosedLogError) and kind is FrameKind.RECEIPTS:
                await self._keep_late(error.checkpoint, head)
            if error.code in _ALARMING:
                self._alarm(peer, error.code)
            await self._logs.keep_forks()
            raise
        self._logs.hearsay.hear(peer, head.heads)
        return linked

    async def _link(self, peer: NodeId, head: FrameHead) -> LinkedFrame:
        if head.checkpoint is None:
            return self._ride(peer, head)
        checkpoint = self._logs.verify(peer, head.checkpoint)
        if checkpoint.head.size != head.at:
            raise MalformedError("a frame names the size of its own checkpoint")
        await self._logs.meet(peer, checkpoint)
        linked = self._logs.take(checkpoint, old=head.old, proof=head.consistency)
        return LinkedFrame(peer=peer, frame=head, head=checkpoint.head, linked=linked.head)

    async def _keep_late(self, checkpoint: Checkpoint, head: FrameHead) -> None:
        """Keep what a closed log proves of our messages; it changes nothing (rule 22)."""
        late = []
        for item in head.receipts:
            statement = receipt_given(item.receipt)
            proof = InclusionProof(index=item.index, path=item.path)
            with suppress(RemoteProtocolError):
                believe(StatementKind.RECEIPT_GIVEN, statement.digest, proof, checkpoint)
                late.append(
                    LateReceipt(
                        origin=checkpoint.head.origin,
                        digest=statement.digest,
                        note=checkpoint.note,
                        index=item.index,
                        path=item.path,
                        receipt=item.receipt,
                    )
                )
        if late:
            await self._store.keep_late(late, now_ms=self._clock.now_ms())

    def _ride(self, peer: NodeId, head: FrameHead) -> LinkedFrame:
        linked = self._logs.ride(peer, head.at)
        if linked is None:
            raise LogPositionError(
                "rides on a checkpoint that is not linked", size=self._logs.head_size(peer)
            )
        return LinkedFrame(peer=peer, frame=head, head=linked[0], linked=linked[1])

    async def envelopes(self, frame: LinkedFrame, bodies: Sequence[bytes]) -> bytes:
        """Accept or refuse each envelope of a frame, in one commit.

        Args:
            frame: From `begin`.
            bodies: Sealed bodies in the order of the head, each of the length it names.

        Returns:
            The encoded answer, to be sent as it is.

        Raises:
            StorageError: Nothing was committed, nothing may be answered.
            RemoteProtocolError: This log has no checkpoint yet (E_BUSY).
        """
        verdicts = [
            await self._judge.envelope(frame.peer, frame.head, item, body)
            for item, body in zip(frame.frame.envelopes, bodies, strict=True)
        ]
        fit = tuple(verdict for verdict in verdicts if isinstance(verdict, IncomingEnvelope))
        admitted = await self._admit(frame, fit) if fit else ()
        if not fit:
            await self._keep(frame)
        decided = _merge(verdicts, admitted)
        told = [
            await self._once_more(frame.peer, item, said)
            for item, said in zip(frame.frame.envelopes, decided, strict=True)
        ]
        self._count(frame.peer, told)
        return await self._answer(frame, told)

    async def _answer(self, frame: LinkedFrame, told: Sequence[Accepted | Refused | None]) -> bytes:
        """Compose the answer, with what came of the peer's queue: read last, it misses nothing."""
        gaps = await self._store.gaps(frame.peer)
        return await self._answers.compose(frame.peer, frame.frame.seen, told, gaps=gaps)

    async def _admit(
        self, frame: LinkedFrame, fit: tuple[IncomingEnvelope, ...]
    ) -> tuple[Accepted | Conflicting, ...]:
        checkpoint = self._evidence(frame, proved=True)
        admission = Admission(
            sender=frame.peer, checkpoint=checkpoint, items=fit, void=frame.frame.void
        )
        with self._guard.watched():
            admitted = await self._store.admit(admission, now_ms=self._clock.now_ms())
        self._logs.unwritten.committed(checkpoint)
        self._accepted()
        self._metrics.accepted(sum(1 for one in admitted.items if _is_fresh(one)))
        return admitted.items

    async def _once_more(
        self, peer: NodeId, item: EnvelopeItem, said: Accepted | Refused
    ) -> Accepted | Refused:
        if isinstance(said, Accepted):
            return said
        return await self._judge.repeated(peer, item, said) or said

    def _count(self, peer: NodeId, told: Sequence[Accepted | Refused | None]) -> None:
        for said in told:
            if isinstance(said, Refused):
                self._metrics.refused(str(peer), said.code.value)
                if said.code in _ALARMING:
                    self._alarm(peer, said.code)

    async def receipts(self, frame: LinkedFrame) -> bytes:
        """Take receipts of later stages; each is answered with nothing but its turn.

        Args:
            frame: From `begin`.

        Returns:
            The encoded answer.

        Raises:
            StorageError: Nothing was committed, nothing may be answered.
            RemoteProtocolError: This log has no checkpoint yet (E_BUSY).
        """
        verdicts = [
            await self._judge.receipt(frame.peer, frame.head, item) for item in frame.frame.receipts
        ]
        good = [verdict for verdict in verdicts if isinstance(verdict, ReceivedReceipt)]
        if good:
            checkpoint = self._evidence(frame, proved=True)
            await self._store.take_receipts(
                frame.peer, good, checkpoint, now_ms=self._clock.now_ms()
            )
            self._logs.unwritten.committed(checkpoint)
            await self._take_void(frame)
        else:
            await self._keep(frame)
        answered = [verdict if isinstance(verdict, Refused) else None for verdict in verdicts]
        self._count(frame.peer, answered)
        return await self._answer(frame, answered)

    def _evidence(self, frame: LinkedFrame, *, proved: bool) -> PeerCheckpoint | None:
        return self._logs.unwritten.evidence(frame.head.origin, frame.linked, proved=proved)

    async def _take_void(self, frame: LinkedFrame) -> None:
        """Count the numbers that a frame without an envelope names as never to come."""
        if frame.frame.void:
            await self._store.admit(
                Admission(sender=frame.peer, checkpoint=None, items=(), void=frame.frame.void),
                now_ms=self._clock.now_ms(),
            )

    async def _keep(self, frame: LinkedFrame) -> None:
        """Commit what a frame brought that held nothing new: its link, and its void numbers."""
        await self._take_void(frame)
        checkpoint = self._evidence(frame, proved=False)
        if checkpoint is not None:
            await self._store.advance_peer(checkpoint, now_ms=self._clock.now_ms())
            self._logs.unwritten.committed(checkpoint)


def _is_fresh(outcome: Accepted | Conflicting) -> bool:
    return isinstance(outcome, Accepted) and outcome.fresh


def _merge(
    verdicts: Sequence[IncomingEnvelope | Refused], outcomes: Sequence[Accepted | Conflicting]
) -> list[Accepted | Refused]:
    """Put what the commit decided back into the order that was asked."""
    decided = iter(outcomes)
    merged: list[Accepted | Refused] = []
    for verdict in verdicts:
        match verdict:
            case Refused():
                merged.append(verdict)
            case IncomingEnvelope(mid=mid):
                outcome = next(decided)
                merged.append(
                    Refused(code=Code.MID_CONFLICT, mid=mid, retry_ms=None, blobs=())
                    if isinstance(outcome, Conflicting)
                    else outcome
                )
    return merged
