"""What an answer to our frame means: proven receipts settle, refusals say what to do next.

Nothing counts before the answer's checkpoint is verified and linked and the receipt's statement
is proven in it; then receipt, statement 0x03 and the item's end are one commit
(docs/wire-format.md, rules 20 to 22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.records import (
    ClaimedItem,
    Deferred,
    Delivered,
    OutboxKind,
    PeerCheckpoint,
    ReceivedReceipt,
    Settlement,
)
from gateway.service.deferrals import Deferrals, Refusal
from gateway.service.health import Offsets
from gateway.service.link import PeerLogs
from gateway.service.sealings import Sealings
from gateway.service.shortfall import Shortfall
from gateway.service.standings import Standings
from gateway.store import Store
from keys.digest import new_salt
from protocol.answer import Answer, Receipted, Refused
from protocol.errors import Code, MalformedError, NotProvenError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, receipt_given, receipt_obtained
from protocol.receipt import Receipt, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answered frame came to.

    Attributes:
        delivered: How many items ended well.
        refused: What the peer said of the others.
        unwrapped: Those that ask for new wraps: still leased, and not yet put off.
        stuck: Codes that people must hear of.
    """

    delivered: int
    refused: tuple[Refused, ...]
    unwrapped: tuple[ClaimedItem, ...]
    stuck: frozenset[Code]


class Settle:
    """Settles frames that were answered, and those that were not.

    Args:
        store: Commits outcomes.
        logs: Links the answers' checkpoints.
        standings: Learns what the peer holds of our log.
        clock: Time.
        offsets: Learns the peers' clocks.
        metrics: Counts what was settled and refused.
        shortfall: Acts on what the answers show of our numbers.
        sealings: Holds receipts against what we stated.
    """

    def __init__(
        self,
        *,
        store: Store,
        logs: PeerLogs,
        standings: Standings,
        clock: Clock,
        offsets: Offsets,
        metrics: Metrics,
        shortfall: Shortfall,
        sealings: Sealings,
    ) -> None:
        self._store = store
        self._logs = logs
        self._standings = standings
        self._clock = clock
        self._offsets = offsets
        self._metrics = metrics
        self._shortfall = shortfall
        self._sealings = sealings
        self._deferrals = Deferrals(clock)

    async def answered(
        self, peer: NodeId, items: Sequence[ClaimedItem], answer: Answer, *, asked_at: int
    ) -> Verdict:
        """Settle one answered frame in one commit, save the items that ask for new wraps.

        Args:
            peer: Who answered.
            items: What the frame carried, in order; none for an empty frame.
            answer: The decoded answer.
            asked_at: From `Shortfall.moment`, before the frame left.

        Returns:
            How many were delivered, and what is left to do.

        Raises:
            RemoteProtocolError: The answer's checkpoint is not believed, or it answers another
                number of items; nothing was settled.
            TransportError: The peer did not prove its log when asked; nothing was settled.
            MalformedError: As RemoteProtocolError.
            StorageError: Nothing was settled.
        """
        if len(answer.items) != len(items):
            raise MalformedError("an answer to another number of items")
        self._offsets.note(peer, answer.t_ms)
        head, linked = await self._link(peer, answer)
        self._logs.hearsay.hear(peer, answer.heads)
        delivered: list[Delivered] = []
        refusals: list[Refusal] = []
        refused: list[Refused] = []
        for item, said in zip(items, answer.items, strict=True):
            match said:
                case Receipted():
                    outcome = await self._receipted(peer, item, said, head)
                    if isinstance(outcome, Delivered):
                        delivered.append(outcome)
                        self._deferrals.forget(item)
                    else:
                        refusals.append(outcome)
                case Refused():
                    self._metrics.refused_by(str(peer), said.code.value)
                    refused.append(said)
                    refusals.append(Refusal(item=item, code=said.code, retry_ms=said.retry_ms))
                case _:
                    assert_never(said)
        put_off = [one for one in refusals if not _asks_for_wraps(one)]
        deferred = [self._deferrals.refused(one) for one in put_off]
        evidence = self._logs.unwritten.evidence(head.origin, linked, proved=False)
        await self._commit(peer, [*delivered, *deferred], evidence)
        await self._standings.confirm(peer, answer.seen, answered=True)
        await self._shortfall.heard(
            peer, answer, asked_at=asked_at, generation=head.origin.generation
        )
        self._metrics.settled(len(delivered))
        return Verdict(
            delivered=len(delivered),
            refused=tuple(refused),
            unwrapped=tuple(one.item for one in refusals if _asks_for_wraps(one)),
            stuck=_stuck(put_off, deferred),
        )

    def heard(self, peer: NodeId, their_ms: int) -> None:
        """Take note of the time in a refusal: a wrong clock shows first in what is refused.

        Args:
            peer: Who refused.
            their_ms: Its clock, milliseconds since 1970 UTC.
        """
        self._offsets.note(peer, their_ms)

    async def refused(self, peer: NodeId, refusals: Sequence[Refusal]) -> frozenset[Code]:
        """Put items off that the peer refused, alone or with their whole frame.

        Args:
            peer: To whom they were sent.
            refusals: Each with its code.

        Returns:
            Codes that people must hear of.

        Raises:
            StorageError: Nothing was put off.
        """
        deferred = [self._deferrals.refused(one) for one in refusals]
        await self._commit(peer, deferred, None)
        return _stuck(refusals, deferred)

    async def unreached(self, peer: NodeId, items: Sequence[ClaimedItem], code: str) -> None:
        """Put a whole frame off that met no answer: the lane says when it goes again.

        Args:
            peer: To whom it was sent.
            items: What it carried.
            code: A word for the fault of the way.

        Raises:
            StorageError: Nothing was put off.
        """
        await self._commit(peer, [self._deferrals.unreached(item, code) for item in items], None)

    async def _link(self, peer: NodeId, answer: Answer) -> tuple[TreeHead, LinkedHead]:
        if answer.checkpoint is not None:
            checkpoint = self._logs.verify(peer, answer.checkpoint)
            if checkpoint.head.size != answer.at:
                raise MalformedError("an answer names the size of its own checkpoint")
            linked = await self._logs.join(
                peer, checkpoint, old=answer.old, proof=answer.consistency
            )
            return checkpoint.head, linked.head
        riding = self._logs.ride(peer, answer.at)
        if riding is None:
            raise NotProvenError("an answer that rides on a checkpoint we do not hold")
        return riding

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
        self._logs.unwritten.committed(checkpoint)

    # ------------------------------------------------------------------ one item

    async def _receipted(
        self, peer: NodeId, item: ClaimedItem, said: Receipted, head: TreeHead
    ) -> Delivered | Refusal:
        try:
            receipt = await self._prove(peer, item, said, head)
        except RemoteProtocolError as error:
            return Refusal(item=item, code=error.code)
        return Delivered(item=item.item, fence=item.fence, receipt=receipt)

    async def _prove(
        self, peer: NodeId, item: ClaimedItem, said: Receipted, head: TreeHead
    ) -> ReceivedReceipt | None:
        if item.kind is OutboxKind.RECEIPT:
            return None
        if said.receipt is None or said.index is None:
            raise NotProvenError("an envelope is answered with a receipt", code=Code.RECEIPT)
        receipt = Receipt.decode(said.receipt)
        if receipt.stage is not Stage.ACCEPTED or receipt.mid != item.mid:
            raise NotProvenError("a receipt for something else", code=Code.RECEIPT)
        await self._sealings.check(receipt, by=peer)
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


def _asks_for_wraps(refusal: Refusal) -> bool:
    return refusal.code is Code.KEM_EXPIRED and refusal.item.kind is OutboxKind.ENVELOPE


def _stuck(refusals: Sequence[Refusal], deferred: Sequence[Deferred]) -> frozenset[Code]:
    pairs = zip(refusals, deferred, strict=True)
    return frozenset(refusal.code for refusal, outcome in pairs if outcome.is_stuck)
