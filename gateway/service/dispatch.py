"""Sends one batch to one node: rides on what the peer has linked, or links first.

At most one frame with an unconfirmed checkpoint is on its way to a node, and a second one only
for urgent items; it is small, so that a refusal for position costs little. Everything larger or
parallel rides on a checkpoint that the peer has confirmed. A refusal for position is no failure:
the same items go again from the size that the peer names (docs/wire-format.md, rules 17a, 18).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from gateway.errors import TransportError
from gateway.metrics import Metrics
from gateway.ports import Clock, Route, Store, Transport
from gateway.records import ClaimedItem, OutboxKind, Proofs, SignedHead
from gateway.service.link import PeerLogs
from gateway.service.remedies import Remedies
from gateway.service.settle import Settle
from gateway.service.standings import Standings
from protocol.answer import ErrorAnswer, decode_answer, decode_error
from protocol.delivery.standing import Standing
from protocol.errors import Code, RemoteProtocolError
from protocol.frame import EnvelopeItem, FrameHead, FrameKind, ReceiptItem, encode_frame
from protocol.identifiers import NodeId
from protocol.limits import LINKING_FRAME_BYTES, MAX_ENVELOPES

BATCH_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one riding frame: half of what the wire allows, so that a frame stays short."""

URGENT_ITEMS: Final = 16
"""Items of one urgent frame: a big frame must not sit before the next emergency."""

_ITEM_BYTES: Final = 1536
"""Allowance for header, wraps and proof of one item when a linking frame is filled."""

_REFUSALS_BEFORE_ALARM: Final = 5
_HTTP_OK: Final = 200
_HTTP_CLIENT_ERROR: Final = 400

_ROUTES: Final = {
    OutboxKind.ENVELOPE: (Route.ENVELOPES, FrameKind.ENVELOPES),
    OutboxKind.RECEIPT: (Route.RECEIPTS, FrameKind.RECEIPTS),
}


class Progress(Enum):
    """How one batch ended, for the lane."""

    IDLE = auto()
    """Nothing to send."""
    DELIVERED = auto()
    """The peer answered; ask again at once."""
    REFUSED = auto()
    """The peer answered, but took nothing: wait before the next batch."""
    FAILED = auto()
    """The peer was not reached: the lane backs off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one worker of a lane sends: kind, and whether only urgent items."""

    kind: OutboxKind
    urgent_only: bool


@dataclass(slots=True)
class _Links:
    """Who may have an unconfirmed checkpoint on its way to one node."""

    ordinary: asyncio.Lock
    urgent: asyncio.Lock


class Dispatch:
    """Sends batches for all lanes.

    Args:
        store: Claims and proofs.
        transport: The wire.
        logs: Our position in the peers' logs.
        standings: The peers' position in ours.
        settle: Commits outcomes.
        remedies: Does what refusals ask for.
        clock: Time.
        metrics: Counts refusals for position.
    """

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        logs: PeerLogs,
        standings: Standings,
        settle: Settle,
        remedies: Remedies,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._transport = transport
        self._logs = logs
        self._standings = standings
        self._settle = settle
        self._remedies = remedies
        self._clock = clock
        self._metrics = metrics
        self._links: dict[NodeId, _Links] = {}
        self.frames = 0
        self.repositioned = 0

    async def deliver(self, node: NodeId, batch: Batch) -> Progress:
        """Claim, send and settle one batch.

        Args:
            node: The destination.
            batch: What kind, how urgent.

        Returns:
            How it ended; every claimed item is settled, put off or released.

        Raises:
            StorageError: The store failed; leases end at the next start.
        """
        standing = self._standings.of(node)
        if standing.head:
            items = await self._claim(node, batch, below=standing.head)
            if items:
                return await self._carry(node, batch.kind, items, link=False)
        head = self._store.head()
        if head is None or head.size <= standing.head:
            return Progress.IDLE
        return await self._link_and_carry(node, batch, head)

    async def contact(self, node: NodeId) -> Progress:
        """Exchange an empty frame: link, ping and gossip in one.

        Args:
            node: The destination.
        """
        head = self._store.head()
        if head is None:
            return Progress.IDLE
        link = self._is_behind(self._standings.of(node))
        return await self._carry(node, OutboxKind.ENVELOPE, (), link=link)

    async def _link_and_carry(self, node: NodeId, batch: Batch, head: SignedHead) -> Progress:
        links = self._links.setdefault(node, _Links(asyncio.Lock(), asyncio.Lock()))
        async with links.urgent if batch.urgent_only else links.ordinary:
            if self._standings.of(node).head >= head.size:
                return Progress.DELIVERED  # another worker linked meanwhile: ride
            items = await self._claim(node, batch, below=head.size)
            if not items:
                return Progress.IDLE
            if _sealed_bytes(items) <= LINKING_FRAME_BYTES:
                return await self._carry(node, batch.kind, items, link=True)
            try:
                progress = await self._carry(node, batch.kind, (), link=True)
            except BaseException:
                await self._store.release(items)
                raise
        if progress is not Progress.DELIVERED:
            await self._store.release(items)
            return progress
        return await self._carry(node, batch.kind, items, link=False)

    async def _claim(self, node: NodeId, batch: Batch, *, below: int) -> tuple[ClaimedItem, ...]:
        return await self._store.claim(
            node,
            batch.kind,
            now_ms=self._clock.now_ms(),
            max_items=URGENT_ITEMS if batch.urgent_only else MAX_ENVELOPES,
            max_bytes=BATCH_BYTES,
            below=below,
            urgent_only=batch.urgent_only,
        )

    async def _carry(
        self, node: NodeId, kind: OutboxKind, items: tuple[ClaimedItem, ...], *, link: bool
    ) -> Progress:
        """Send until the peer's position is met, then settle."""
        try:
            await self._remedies.send_parts_of(node, items)
            while True:
                link = link or not _covers(self._standings.of(node), items)
                status, body = await self._send(node, kind, items, link=link)
                if status == _HTTP_OK:
                    return await self._answered(node, items, body)
                error = _coded(status, body)
                if error.code is not Code.LOG_POSITION:
                    return await self._refused(node, items, error)
                self.repositioned += 1
                self._metrics.position_repeats()
                standing = await self._standings.refuse(node, error.size or 0)
                if standing.refusals > _REFUSALS_BEFORE_ALARM:
                    return await self._refused(node, items, error)
                link = self._is_behind(standing) if not items else False
        except TransportError as error:
            await self._settle.deferred(node, items, error.code)
            return Progress.FAILED
        except RemoteProtocolError as error:
            await self._settle.deferred(node, items, error.code.value)
            return Progress.REFUSED

    def _is_behind(self, standing: Standing) -> bool:
        head = self._store.head()
        return head is not None and head.size > standing.head

    async def _send(
        self, node: NodeId, kind: OutboxKind, items: tuple[ClaimedItem, ...], *, link: bool
    ) -> tuple[int, bytes]:
        route, frame_kind = _ROUTES[kind]
        head = self._store.head()
        standing = self._standings.of(node)
        if head is None:
            raise TransportError("there is no checkpoint to send on", code="no_checkpoint")
        at = head.size if link else standing.head
        proofs = await self._store.prove(
            at, [item.index for item in items], old=standing.head if link else at
        )
        frame = FrameHead(
            at=at,
            checkpoint=head.note if link else None,
            old=standing.head if link else at,
            consistency=proofs.consistency if link else (),
            seen=self._logs.head_size(node),
            heads=(),
            void=(),
            envelopes=_envelopes(items, proofs) if kind is OutboxKind.ENVELOPE else (),
            receipts=_receipts(items, proofs) if kind is OutboxKind.RECEIPT else (),
        )
        bodies = [item.body for item in items] if kind is OutboxKind.ENVELOPE else []
        self.frames += 1
        return await self._transport.send(node, route, encode_frame(frame_kind, frame, bodies))

    async def _answered(
        self, node: NodeId, items: tuple[ClaimedItem, ...], body: bytes
    ) -> Progress:
        verdict = await self._settle.answered(node, items, decode_answer(body))
        await self._remedies.apply(node, verdict.refused)
        if items and not verdict.delivered:
            return Progress.REFUSED
        return Progress.DELIVERED

    async def _refused(
        self, node: NodeId, items: tuple[ClaimedItem, ...], error: ErrorAnswer
    ) -> Progress:
        self._settle.heard(node, error.t_ms)
        await self._settle.deferred(node, items, error.code.value, retry_ms=error.retry_ms)
        await self._remedies.frame_refused(node, error)
        return Progress.REFUSED


def _covers(standing: Standing, items: Sequence[ClaimedItem]) -> bool:
    return standing.head > max((item.index for item in items), default=0)


def _sealed_bytes(items: Sequence[ClaimedItem]) -> int:
    return sum(len(item.body) + len(item.wraps) + _ITEM_BYTES for item in items)


def _envelopes(items: Sequence[ClaimedItem], proofs: Proofs) -> tuple[EnvelopeItem, ...]:
    return tuple(
        EnvelopeItem(
            header=item.header,
            wraps=item.wraps,
            body_bytes=len(item.body),
            queue_number=item.queue_number,
            index=item.index,
            path=path,
        )
        for item, path in zip(items, proofs.inclusion, strict=True)
    )


def _receipts(items: Sequence[ClaimedItem], proofs: Proofs) -> tuple[ReceiptItem, ...]:
    return tuple(
        ReceiptItem(receipt=item.receipt, index=item.index, path=path)
        for item, path in zip(items, proofs.inclusion, strict=True)
    )


def _coded(status: int, body: bytes) -> ErrorAnswer:
    """Read a coded refusal; anything else is a fault of the way, not of the message.

    Raises:
        TransportError: No coded refusal.
    """
    if status < _HTTP_CLIENT_ERROR:
        raise TransportError("an answer that our protocol does not know", code="not_our_protocol")
    try:
        return decode_error(body)
    except RemoteProtocolError as error:
        raise TransportError("an answer that carries no code", code="not_our_protocol") from error
