"""The part of the store through which messages come and go: queue, accept, open, act, receipts."""

from collections.abc import Sequence
from functools import partial

from gateway.errors import StorageError
from gateway.records import (
    Admission,
    Admitted,
    CaseNotice,
    Consignment,
    OfficerAct,
    PeerCheckpoint,
    ReceivedReceipt,
    Submission,
    Submitted,
    Unopened,
)
from gateway.storage.core import StorePart
from gateway.storage.inbox import (
    admit_frame,
    admitted,
    consign_message,
    count_opening,
    read_unopened,
)
from gateway.storage.notice import tell_notices
from gateway.storage.outbox import queue_envelope, read_submitted
from gateway.storage.peers import keep_checkpoint
from gateway.storage.receipts import give_receipts, keep_receipt
from gateway.storage.session import Session
from gateway.storage.vault import SealedContent
from protocol.identifiers import MessageId, NodeId


class ExchangePart(StorePart):
    """Implements the part of ports.Store about messages on their way."""

    async def submit(self, submission: Submission, *, now_ms: int) -> Submitted:
        """Queue an envelope with its leaves, acts, receipts; durable when it returns.

        Raises:
            NoInputError: A receipt or effect names a message that is not here.
            StorageError: Nothing was queued.
        """
        core = self._core
        sealed = await core.seal(
            core.node,
            submission.mid,
            summary=submission.summary,
            content_key=submission.content_key,
            inner=submission.inner,
            now_ms=now_ms,
        )
        return await core.writer.run(
            partial(
                queue_envelope,
                submission=submission,
                sealed=sealed,
                own=core.own,
                now_ms=now_ms,
            )
        )

    async def submitted(self, request_key: bytes) -> Submitted | None:
        """Return what was queued under a request key, None if nothing was."""
        return read_submitted(self._core.reader, request_key)

    async def admit(self, admission: Admission, *, now_ms: int) -> Admitted:
        """Accept a frame: per item a new receipt, the stored one, or a conflict.

        Raises:
            RecoveringError: No head may be signed now; nothing was accepted.
            StorageError: Nothing was accepted.
            ForkDetectedError: The checkpoint contradicts a stored one; nothing was accepted.
        """
        landed = await self._core.writer.land(
            partial(admit_frame, admission=admission, own=self._core.own, now_ms=now_ms),
            weight=1 + len(admission.items),
        )
        if landed.head is None:
            raise StorageError("no head of our log was signed yet", code="not_signed")
        return admitted(landed.value, landed.head)

    async def unopened(self, limit: int) -> tuple[Unopened, ...]:
        """Return accepted envelopes that wait to be opened, most urgent first."""
        return read_unopened(self._core.reader, limit, left=self._core.left_unopened)

    async def begin_openings(self, messages: Sequence[tuple[NodeId, MessageId]]) -> tuple[int, ...]:
        """Count openings before they begin; return the counts (poison is parked at 5).

        Raises:
            NoInputError: One of these envelopes does not wait to be opened; none was counted.
            StorageError: They were not counted.
        """

        def count(session: Session) -> tuple[int, ...]:
            return tuple([count_opening(session, str(sender), mid) for sender, mid in messages])

        return await self._core.writer.run(count, weight=1 + len(messages))

    async def consign(self, *consignments: Consignment, now_ms: int) -> None:
        """Put opened messages into the duty inbox, or record why they are rejected; each once.

        Raises:
            NoInputError: There is no such message, or an effect names one that is not here.
            StorageError: Nothing was changed.
        """
        sealed = [await self._sealed(one, now_ms) for one in consignments]

        def commit(session: Session) -> None:
            for consignment, content in zip(consignments, sealed, strict=True):
                consign_message(session, consignment, content, own=self._core.own, now_ms=now_ms)

        await self._core.writer.run(commit, weight=1 + len(consignments))

    async def _sealed(self, consignment: Consignment, now_ms: int) -> SealedContent | None:
        parts = (consignment.summary, consignment.content_key, consignment.inner)
        if all(part is None for part in parts):
            return None
        return await self._core.seal(
            consignment.sender,
            consignment.mid,
            summary=consignment.summary,
            content_key=consignment.content_key,
            inner=consignment.inner,
            now_ms=now_ms,
        )

    async def act(self, act: OfficerAct, *, now_ms: int) -> None:
        """Commit an officer's act with its receipts and effects.

        Raises:
            NoInputError: A receipt or effect names a message that is not here.
            StorageError: Nothing was changed.
        """

        def commit(session: Session) -> None:
            for statement in act.acts:
                session.state(statement, must_leave=False)
            give_receipts(session, act.receipts, act.effects, own=self._core.own, now_ms=now_ms)

        await self._core.writer.run(commit)

    async def tell(self, notices: Sequence[CaseNotice], *, now_ms: int) -> int:
        """Make events of notices that were not told before; return how many were new.

        Raises:
            NoInputError: A notice is about a message that is not here; nothing was told.
            StorageError: Nothing was told.
        """
        return await self._core.writer.run(partial(tell_notices, notices=notices, now_ms=now_ms))

    async def take_receipts(
        self,
        node: NodeId,
        receipts: Sequence[ReceivedReceipt],
        checkpoint: PeerCheckpoint | None,
        *,
        now_ms: int,
    ) -> None:
        """Commit receipts that a peer pushed; repeats change nothing.

        Raises:
            NoInputError: A receipt is for a message that is not ours; nothing was changed.
            StorageError: Nothing was changed.
        """
        del node  # the receipts name who gave them

        def commit(session: Session) -> None:
            if checkpoint is not None:
                keep_checkpoint(session, checkpoint, state_seen=True)
            for receipt in receipts:
                keep_receipt(session, receipt, own=self._core.own, now_ms=now_ms)

        await self._core.writer.run(commit, weight=1 + len(receipts))
