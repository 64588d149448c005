"""Sends one batch to one node: rides on what the peer has linked, or links first.

At most one frame with an unconfirmed checkpoint is on its way to a node, and a second one only
for urgent items; it is small, so that a refusal for position costs little. Everything larger or
parallel rides on a checkpoint that the peer has confirmed. A refusal for position is no failure:
what was refused goes again from the size that the peer names (docs/wire-format.md, rules 17a, 18).
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from gateway.errors import TransportError
from gateway.metrics import Metrics
from gateway.ports import Clock, Route, Transport
from gateway.records import ClaimedItem, OutboxKind, SignedHead
from gateway.service.batches import URGENT_ITEMS, Attempt, Batch, Progress
from gateway.service.deferrals import Refusal
from gateway.service.framing import last_index, linking_frame, riding_frame, sealed_bytes
from gateway.service.link import PeerLogs
from gateway.service.refusals import coded
from gateway.service.remedies import Remedies
from gateway.service.settle import Settle
from gateway.service.shortfall import Shortfall
from gateway.service.standings import Standings
from gateway.store import Store
from protocol.answer import ErrorAnswer, decode_answer
from protocol.delivery.outcome import is_stuck, remedy_for
from protocol.delivery.standing import Repeats, rides
from protocol.delivery.urgency import Urgency
from protocol.errors import Code, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.limits import LINKING_FRAME_BYTES

__all__ = ("Attempt", "Batch", "Dispatch", "Progress")

_HTTP_OK: Final = 200
_TIME_OUT: Final = "time_out"

_ROUTES: Final = {OutboxKind.ENVELOPE: Route.ENVELOPES, OutboxKind.RECEIPT: Route.RECEIPTS}


@dataclass(slots=True)
class _Links:
    """Who may have an unconfirmed checkpoint on its way to one node."""

    ordinary: asyncio.Lock = field(default_factory=asyncio.Lock)
    urgent: asyncio.Lock = field(default_factory=asyncio.Lock)


class Dispatch:
    """Sends batches for all lanes.

    Args:
        store: Claims and proofs.
        transport: The wire.
        logs: Our position in the peers' logs.
        standings: The peers' position in ours.
        settle: Commits outcomes.
        shortfall: Knows what to name void, and when a request left.
        remedies: Does what refusals ask for.
        clock: Time.
        metrics: Counts refusals for position.
        alarm: Called with the node and the code of what people must hear of.
    """

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        logs: PeerLogs,
        standings: Standings,
        settle: Settle,
        shortfall: Shortfall,
        remedies: Remedies,
        clock: Clock,
        metrics: Metrics,
        alarm: Callable[[NodeId, Code], None],
    ) -> None:
        self._store = store
        self._transport = transport
        self._logs = logs
        self._standings = standings
        self._settle = settle
        self._shortfall = shortfall
        self._remedies = remedies
        self._clock = clock
        self._metrics = metrics
        self._alarm = alarm
        self._links: dict[NodeId, _Links] = {}

    async def deliver(
        self, node: NodeId, batch: Batch, *, attempt: Attempt | None = None
    ) -> Progress:
        """Claim, send and settle one batch.

        Args:
            node: The destination.
            batch: What kind, how urgent.
            attempt: Takes what the way was like; is told of the claim.

        Returns:
            How it ended; every claimed item is settled, put off or released.

        Raises:
            StorageError: The store failed; what was claimed waits again.
        """
        run = Attempt(node=node) if attempt is None else attempt
        if not self._store.may_sign:
            return Progress.IDLE  # what peers hold of our log comes first
        if self._logs.is_forked(node):
            return await self._freeze(run, batch)
        if not await self._shortfall.is_counted(node):
            return await self._introduce(run, batch)
        standing = self._standings.of(node)
        if standing.head:
            items = await self._claim_riding(run, batch, standing.head)
            if items:
                return await self._carry_in_turn(run, self._remedies.in_turn(node, items))
        head = self._store.head()
        if head is None or head.size <= standing.head:
            return Progress.IDLE
        return await self._link_and_carry(run, batch, head)

    async def contact(self, node: NodeId, *, attempt: Attempt | None = None) -> Progress:
        """Exchange an empty frame: link, ping and gossip in one.

        Args:
            node: The destination.
            attempt: Takes what the way was like.

        Raises:
            StorageError: The link could not be committed.
        """
        if self._store.head() is None or not self._store.may_sign:
            return Progress.IDLE
        if self._logs.is_forked(node):
            return Progress.REFUSED
        run = Attempt(node=node) if attempt is None else attempt
        return await self._carry(run, OutboxKind.ENVELOPE, (), link=self._is_behind(node))

    async def _introduce(self, run: Attempt, batch: Batch) -> Progress:
        """Send the first frame after a loss, which is empty (rule 8).

        A refusal puts off what waits behind it: a peer that does not know the new log yet would
        else be asked again at once, for ever.
        """
        progress = await self.contact(run.node, attempt=run)
        if progress is not Progress.REFUSED:
            return progress
        # Claimed only now: an answer would have given what waits other numbers.
        items = await self._claim(run, batch, below=None)
        return await self._put_off(run.node, items, run.refused or Code.LOG_POSITION)

    async def _freeze(self, run: Attempt, batch: Batch) -> Progress:
        """Send nothing to a log with two histories, and say so of everything that waits."""
        items = await self._claim(run, batch, below=None)
        if not items:
            return Progress.IDLE
        return await self._put_off(run.node, items, Code.FORK)

    async def _claim_riding(self, run: Attempt, batch: Batch, size: int) -> tuple[ClaimedItem, ...]:
        """Claim what is covered already, unless something more urgent is not: then link first."""
        work = await self._store.lane_work(run.node) if batch.kind is None else None
        items = await self._claim(run, batch, below=size)
        head = self._store.head()
        if not items or work is None or head is None or head.size <= size:
            return items
        if work.most_urgent >= min(item.cls for item in items):
            return items
        await self._store.release(items)
        return ()

    async def _link_and_carry(self, run: Attempt, batch: Batch, head: SignedHead) -> Progress:
        node = run.node
        links = self._links.setdefault(node, _Links())
        lock = links.urgent if batch.urgent_only else links.ordinary
        async with lock:
            if self._standings.of(node).head >= head.size:
                return Progress.DELIVERED  # another worker linked meanwhile: ride
            items = await self._claim(run, batch, below=head.size)
            if not items:
                return Progress.IDLE
            # No attachment goes while others wait for this link.
            ready, *laden = self._remedies.in_turn(node, items)
            is_small = sealed_bytes(ready) <= LINKING_FRAME_BYTES and not self._is_unmet(node)
            first, rest = (ready, laden) if is_small else ((), [ready, *laden])
            links_first = bool(ready) or not is_small or not self._goes_at_once(node, laden)
            if links_first:
                waiting = tuple(chain.from_iterable(rest))
                progress = await self._carry(run, items[0].kind, first, link=True, waiting=waiting)
                if progress is not Progress.DELIVERED:
                    await self._store.release(waiting)  # save what was put off with the frame
                    return progress
        later = None if links_first else lock
        return await self._carry_in_turn(run, rest, later, is_begun=bool(first))

    def _goes_at_once(self, node: NodeId, laden: Sequence[tuple[ClaimedItem, ...]]) -> bool:
        """Tell whether envelopes may bring the link themselves, after their few attachments."""
        items = tuple(chain.from_iterable(laden))
        return sealed_bytes(items) <= LINKING_FRAME_BYTES and self._remedies.is_quick(node, items)

    async def _carry_in_turn(
        self,
        run: Attempt,
        groups: Sequence[tuple[ClaimedItem, ...]],
        lock: asyncio.Lock | None = None,
        *,
        is_begun: bool = False,
    ) -> Progress:
        """Send one group after the other; what follows one that did not go waits again."""
        progress = Progress.DELIVERED
        for number, group in enumerate(groups, 1):
            if group and progress is Progress.DELIVERED:
                rest = tuple(chain.from_iterable(groups[number:]))
                kind = group[0].kind
                progress = await self._carry(run, kind, group, link=False, waiting=rest, lock=lock)
                is_begun |= progress is Progress.DELIVERED
        if progress is not Progress.DELIVERED:
            await self._store.release(tuple(chain.from_iterable(groups)))
        return Progress.DELIVERED if is_begun and progress is Progress.REFUSED else progress

    async def _claim(
        self, run: Attempt, batch: Batch, *, below: int | None
    ) -> tuple[ClaimedItem, ...]:
        urgent = batch.urgent_only
        items = await self._store.claim(
            run.node,
            batch.kind,
            now_ms=self._clock.now_ms(),
            max_items=min(batch.max_items, URGENT_ITEMS) if urgent else batch.max_items,
            max_bytes=batch.max_bytes,
            below=below,
            down_to=min(batch.down_to, Urgency.P1) if urgent else batch.down_to,
        )
        if items:
            run.kind = items[0].kind
            run.claimed()
        return items

    async def _carry(
        self,
        run: Attempt,
        kind: OutboxKind,
        items: tuple[ClaimedItem, ...],
        *,
        link: bool,
        waiting: tuple[ClaimedItem, ...] = (),
        lock: asyncio.Lock | None = None,
    ) -> Progress:
        """Send until the peer's position is met, then settle; the lease of no item is lost.

        `waiting` are items that go next, and are put off with the frame if it fails. `lock` is
        held while the frame, which may link, is on its way, and not for its attachments.
        """
        held = (*items, *waiting)
        try:
            try:
                ready = await self._ready(run.node, items, waiting)
                if items and not ready:
                    return Progress.REFUSED
                async with lock or nullcontext():
                    return await self._sent(run, kind, ready, link=link, waiting=waiting)
            except TransportError as error:
                run.timed_out = error.code == _TIME_OUT
                await self._settle.unreached(run.node, held, error.code)
                return Progress.FAILED
            except RemoteProtocolError as error:
                run.refused = error.code
                return await self._put_off(run.node, held, error.code)
        except BaseException:
            await self._store.release(held)
            raise

    async def _sent(
        self,
        run: Attempt,
        kind: OutboxKind,
        items: tuple[ClaimedItem, ...],
        *,
        link: bool,
        waiting: tuple[ClaimedItem, ...],
    ) -> Progress:
        node = run.node
        held = (*items, *waiting)
        repeats = Repeats()
        while repeats.may_go_on:
            if not await self._store.extend(held):
                await self._store.release(held)  # it took so long that others have it
                return Progress.IDLE
            standing = self._standings.of(node)
            link = link or not rides(standing, last_index(items))
            start = standing.begins if link else standing.head
            asked_at = self._shortfall.moment()
            status, body = await self._send(run, kind, items, link=link, old=start)
            if status == _HTTP_OK:
                return await self._answered(node, items, body, asked_at=asked_at)
            error = coded(status, body)
            self._settle.heard(node, error.t_ms)
            if error.code is not Code.LOG_POSITION:
                run.refused = error.code
                return await self._refused(node, held, error)
            self._metrics.position_repeats()
            if error.size == start:
                self._alarm(node, Code.LOG_POSITION)
            repeats = repeats.refused(error.size or 0, start=start)
            await self._standings.refuse(node, error.size or 0)
            if waiting and not items and rides(self._standings.of(node), last_index(waiting)):
                return Progress.DELIVERED  # it linked meanwhile what they need
            link = not items and self._is_behind(node)
        return await self._put_off(node, held, Code.LOG_POSITION)

    async def _ready(
        self, node: NodeId, items: tuple[ClaimedItem, ...], waiting: tuple[ClaimedItem, ...]
    ) -> tuple[ClaimedItem, ...]:
        """Send attachments; an envelope whose attachments cannot go is put off alone."""
        held_up = await self._remedies.send_parts(node, items, held=(*items, *waiting))
        if not held_up:
            return items
        self._tell(node, await self._settle.refused(node, held_up))
        gone = {refusal.item.item for refusal in held_up}
        return tuple(item for item in items if item.item not in gone)

    async def _send(
        self, run: Attempt, kind: OutboxKind, items: Sequence[ClaimedItem], *, link: bool, old: int
    ) -> tuple[int, bytes]:
        node = run.node
        head = self._store.head()
        seen = self._logs.head_size(node)
        void = self._shortfall.void(node)
        heads = self._logs.hearsay.tell(node)
        indices = [item.index for item in items]
        if link and head is not None and old < head.size:
            proofs = await self._store.prove(head.size, indices, old=old)
            frame = linking_frame(
                kind, items, proofs, head=head, old=old, seen=seen, void=void, heads=heads
            )
        else:
            proofs = await self._store.prove(old, indices, old=old)
            frame = riding_frame(kind, items, proofs, seen=seen, void=void, heads=heads)
        urgent = any(item.cls is Urgency.P0 for item in items)
        began_s = self._clock.monotonic_s()
        run.size_bytes = sealed_bytes(items)
        try:
            answer = await self._transport.send(node, _ROUTES[kind], frame, urgent=urgent)
        finally:
            run.seconds = self._clock.monotonic_s() - began_s
        self._metrics.attempt_seconds(run.seconds)
        return answer

    async def _answered(
        self, node: NodeId, items: tuple[ClaimedItem, ...], body: bytes, *, asked_at: int
    ) -> Progress:
        verdict = await self._settle.answered(node, items, decode_answer(body), asked_at=asked_at)
        self._tell(node, verdict.stuck)
        await self._remedies.apply(node, verdict.refused)
        wrapped = await self._remedies.wrap_again(node, verdict.unwrapped)
        if verdict.unwrapped:
            refusals = [
                Refusal(item=item, code=Code.KEM_EXPIRED, at_once=item.item in wrapped)
                for item in verdict.unwrapped
            ]
            self._tell(node, await self._settle.refused(node, refusals))
        if items and not verdict.delivered:
            return Progress.REFUSED
        return Progress.DELIVERED

    async def _refused(
        self, node: NodeId, items: tuple[ClaimedItem, ...], error: ErrorAnswer
    ) -> Progress:
        progress = await self._put_off(node, items, error.code, error.retry_ms)
        await self._remedies.frame_refused(error)
        return progress

    async def _put_off(
        self, node: NodeId, items: Sequence[ClaimedItem], code: Code, retry_ms: int | None = None
    ) -> Progress:
        """Put a whole frame off for one reason; also that of an empty frame may be told."""
        refusals = [Refusal(item=item, code=code, retry_ms=retry_ms) for item in items]
        stuck = await self._settle.refused(node, refusals)
        if not items and is_stuck(remedy_for(code)):
            stuck = frozenset({code})
        self._tell(node, stuck)
        return Progress.REFUSED

    def _tell(self, node: NodeId, codes: frozenset[Code]) -> None:
        for code in sorted(codes):
            self._alarm(node, code)

    def _is_unmet(self, node: NodeId) -> bool:
        """Tell whether a later generation of our log is new to this node: meet it empty-handed."""
        return self._store.origin.generation > 1 and not self._standings.of(node).head

    def _is_behind(self, node: NodeId) -> bool:
        head = self._store.head()
        return head is not None and head.size > self._standings.of(node).head
