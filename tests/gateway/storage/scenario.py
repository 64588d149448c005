"""How a contract test gets a store, and the steps that many of them share."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from gateway.records import (
    ClaimedItem,
    Deferred,
    Delivered,
    OutboxKind,
    PeerCheckpoint,
    ReceivedReceipt,
    Settlement,
)
from gateway.store import Store
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId
from tests.gateway.storage.material import NOW_MS, PEER, TestClock, peer_checkpoint

Scenario: TypeAlias = Callable[[Store], Awaitable[None]]

MEBIBYTE = 1 << 20


class Contract(ABC):
    """A part of the suite; `clock` is the one that the store was given."""

    clock: TestClock

    @abstractmethod
    def run(self, scenario: Scenario) -> None:
        """Run a scenario on a new store of RO/1, with leaf 0 signed, and close it."""


async def claim(
    store: Store,
    kind: OutboxKind | None = OutboxKind.ENVELOPE,
    *,
    node: NodeId = PEER,
    now_ms: int = NOW_MS,
    max_items: int = 64,
    max_bytes: int = MEBIBYTE,
    below: int | None = None,
    urgent_only: bool = False,
) -> tuple[ClaimedItem, ...]:
    """Claim with the usual limits."""
    return await store.claim(
        node,
        kind,
        now_ms=now_ms,
        max_items=max_items,
        max_bytes=max_bytes,
        below=below,
        down_to=Urgency.P1 if urgent_only else Urgency.P3,
    )


async def deliver(
    store: Store,
    item: ClaimedItem,
    receipt: ReceivedReceipt | None,
    *,
    checkpoint: PeerCheckpoint | None = None,
) -> None:
    """Settle one item as delivered."""
    await store.settle(
        Settlement(
            node=PEER,
            outcomes=(Delivered(item=item.item, fence=item.fence, receipt=receipt),),
            checkpoint=peer_checkpoint() if checkpoint is None else checkpoint,
        ),
        now_ms=NOW_MS,
    )


async def defer(
    store: Store,
    item: ClaimedItem,
    *,
    code: str = "E_BUSY",
    next_ms: int | None = None,
    is_stuck: bool = False,
) -> None:
    """Settle one item as put off."""
    outcome = Deferred(
        item=item.item, fence=item.fence, code=code, next_ms=next_ms, is_stuck=is_stuck
    )
    await store.settle(Settlement(node=PEER, outcomes=(outcome,), checkpoint=None), now_ms=NOW_MS)
