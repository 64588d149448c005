"""What an answer to our frame means: proven receipts settle, refusals say what to do next.

Nothing counts before the answer's checkpoint is verified and linked and the receipt's statement
is proven in it; then receipt, statement 0x03 and the item's end are one commit
(docs/wire-format.md, rules 20 to 22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from gateway.metrics import Metrics
from gateway.ports import Clock, Store
from gateway.records import (
    ClaimedItem,
    Deferred,
    Delivered,
    OutboxKind,
    PeerCheckpoint,
    ReceivedReceipt,
    Settlement,
)
from gateway.service.health import Offsets
from gateway.service.link import PeerLogs
from gateway.service.standings import Standings
from keys.digest import new_salt, sha256
from protocol.answer import Answer, Receipted, Refused
from protocol.delivery.outcome import (
    STUCK_RETRY_MS,
    STUCK_RETRY_URGENT_MS,
    Remedy,
    is_stuck,
    remedy_for,
)
from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency
from protocol.errors import Code, MalformedError, NotProvenError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, envelope_sent, receipt_given, receipt_obtained
from protocol.receipt import Receipt, Stage

_SOON_MS: Final = 10_000
_CODES: Final = {code.value: code for code in Code}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is left to do after a frame: the items that ask for a remedy, with the refusal."""

    delivered: int
    refused: tuple[tuple[ClaimedItem, Refused], ...]


class Settle:
    """Settles frames that were answered, and those that were not.

    Args:
        node: This node.
        store: Commits outcomes.
        logs: Links the answers' checkpoints.
        standings: Learns what the peer holds of our log.
        clock: Time.
        offsets: Learns the peers' clocks.
        metrics: Counts what was settled and refused.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        logs: PeerLogs,
        standings: Standings,
        clock: Clock,
        offsets: Offsets,
        metrics: Metrics,
    ) -> None:
        self._node = node
        self._store = store
        self._logs = logs
        self._standings = standings
        self._clock = clock
        self._offsets = offsets
        self._metrics = metrics

    async def answered(self, peer: NodeId, items: Sequence[ClaimedItem], answer: Answer) -> Verdict:
        """Settle one answered frame in one commit.

        Args:
            peer: Who answered.
            items: What the frame carried, in order; none for an empty frame.
            answer: The decoded answer.

        Returns:
            How many were delivered, and what asks for a remedy.

        Raises:
            RemoteProtocolError: The answer's checkpoint is not believed, or it answers another
                number of items; nothing was settled.
            TransportError: The peer did not prove its log when asked; nothing was settled.
            MalformedError: As RemoteProtocolError.
        """
        if len(answer.items) != len(items):
            raise MalformedError("an answer to another number of items")
        self._offsets.note(peer, answer.t_ms)
        head, linked = await self._link(peer, answer)
        outcomes: list[Delivered | Deferred] = []
        refused: list[tuple[ClaimedItem, Refused]] = []
        for item, said in zip(items, answer.items, strict=True):
            match said:
                case Receipted():
                    outcomes.append(self._receipted(peer, item, said, head))
                case Refused():
                    outcomes.append(self._refused(item, said))
                    refused.append((item, said))
                case _:
                    assert_never(said)
        await self._commit(peer, outcomes, self._evidence(head, linked))
        await self._standings.confirm(peer, answer.seen)
        self._standings.succeeded(peer)
        for _, said in refused:
            self._metrics.refused_by(str(peer), said.code.value)
        delivered = sum(1 for outcome in outcomes if isinstance(outcome, Delivered))
        self._metrics.settled(delivered)
        return Verdict(delivered=delivered, refused=tuple(refused))

    def heard(self, peer: NodeId, their_ms: int) -> None:
        """Take note of the time in a refusal: a wrong clock shows first in what is refused.

        Args:
            peer: Who refused.
            their_ms: Its clock, milliseconds since 1970 UTC.
        """
        self._offsets.note(peer, their_ms)

    async def deferred(
        self, peer: NodeId, items: Sequence[ClaimedItem], code: str, *, retry_ms: int | None = None
    ) -> None:
        """Put a whole frame off: it was refused, or nothing that counts came back.

        Args:
            peer: To whom it was sent.
            items: What it carried.
            code: An E_ code, or a word for a transport fault.
            retry_ms: How long the peer asks us to wait; None leaves it to the lane.
        """
        if items:
            outcomes = [self._deferral(item, code, retry_ms) for item in items]
            await self._commit(peer, outcomes, None)

    async def _link(self, peer: NodeId, answer: Answer) -> tuple[TreeHead, LinkedHead]:
        if answer.checkpoint is not None:
            checkpoint = self._logs.verify(peer, answer.checkpoint)
            if checkpoint.head.size != answer.at:
                raise MalformedError("an answer names the size of its own checkpoint")
            linked = await self._logs.join(
                peer, checkpoint, old=answer.old, proof=answer.consistency
            )
            return checkpoint.head, linked.head
        place = self._logs.newest(peer)
        held = None if place is None else place.find(answer.at)
        if place is None or held is None:
            raise NotProvenError("an answer that rides on a checkpoint we do not hold")
        return TreeHead(origin=place.origin, size=held.size, root=held.root), held

    def _evidence(self, head: TreeHead, linked: LinkedHead) -> PeerCheckpoint | None:
        if not self._logs.needs_commit(head.origin, head.size):
            return None
        return self._logs.evidence(head.origin, linked, proved=False)

    async def _commit(
        self,
        peer: NodeId,
        outcomes: Sequence[Delivered | Deferred],
        checkpoint: PeerCheckpoint | None,
    ) -> None:
        if not outcomes and checkpoint is None:
            return
        await self._store.settle(
            Settlement(node=peer, outcomes=tuple(outcomes), checkpoint=checkpoint),
            now_ms=self._clock.now_ms(),
        )
        if checkpoint is not None:
            self._logs.committed(checkpoint)

    # ------------------------------------------------------------------ one item

    def _receipted(
        self, peer: NodeId, item: ClaimedItem, said: Receipted, head: TreeHead
    ) -> Delivered | Deferred:
        try:
            receipt = self._prove(peer, item, said, head)
        except RemoteProtocolError as error:
            return self._deferral(item, error.code.value, None)
        return Delivered(item=item.item, fence=item.fence, receipt=receipt)

    def _prove(
        self, peer: NodeId, item: ClaimedItem, said: Receipted, head: TreeHead
    ) -> ReceivedReceipt | None:
        if item.kind is OutboxKind.RECEIPT:
            return None
        if said.receipt is None or said.index is None:
            raise NotProvenError("an envelope is answered with a receipt", code=Code.RECEIPT)
        receipt = Receipt.decode(said.receipt)
        _check_binding(receipt, item, by=peer, for_=self._node)
        digest = receipt_given(said.receipt).digest
        proof = InclusionProof(index=said.index, path=said.path)
        believe(StatementKind.RECEIPT_GIVEN, digest, proof, head)
        return ReceivedReceipt(
            by=peer,
            mid=item.mid,
            stage=receipt.stage,
            receipt=said.receipt,
            digest=digest,
            origin=head.origin,
            at=head.size,
            index=said.index,
            path=said.path,
            statement=receipt_obtained(digest, new_salt()),
            why=receipt.why,
        )

    def _refused(self, item: ClaimedItem, said: Refused) -> Deferred:
        return self._deferral(item, said.code.value, said.retry_ms)

    def _deferral(self, item: ClaimedItem, code: str, retry_ms: int | None) -> Deferred:
        known = _CODES.get(code)
        remedy = None if known is None else remedy_for(known)
        now_ms = self._clock.now_ms()
        return Deferred(
            item=item.item,
            fence=item.fence,
            code=code,
            next_ms=_next_ms(remedy, item.cls, now_ms, retry_ms),
            is_stuck=remedy is not None and is_stuck(remedy),
        )


def _check_binding(receipt: Receipt, item: ClaimedItem, *, by: NodeId, for_: NodeId) -> None:
    """Hold a receipt against this envelope, this sealing, these two nodes, this stage (rule 21).

    Raises:
        NotProvenError: It is for something else (E_RECEIPT).
    """
    fits = (
        receipt.stage is Stage.ACCEPTED
        and receipt.mid == item.mid
        and receipt.by == by
        and receipt.for_ == for_
        and receipt.header_digest == sha256(item.header)
        and receipt.envelope_digest == envelope_sent(item.header, item.wraps).digest
    )
    if not fits:
        raise NotProvenError("a receipt for something else", code=Code.RECEIPT)


def _next_ms(
    remedy: Remedy | None, urgency: Urgency, now_ms: int, retry_ms: int | None
) -> int | None:
    match remedy:
        case None | Remedy.REPOSITION:
            return None
        case Remedy.WAIT:
            cap_ms = int(BACK_OFF_CAP_S[urgency] * 1000)
            return now_ms + min(cap_ms, _SOON_MS if retry_ms is None else retry_ms)
        case Remedy.WRAP_AGAIN | Remedy.SEND_PARTS:
            return now_ms
        case Remedy.REFRESH_DIRECTORY:
            return now_ms + _SOON_MS
        case Remedy.STUCK | Remedy.FREEZE | Remedy.MEND_CLOCK:
            return now_ms + (STUCK_RETRY_URGENT_MS if urgency is Urgency.P0 else STUCK_RETRY_MS)
        case _:
            assert_never(remedy)
