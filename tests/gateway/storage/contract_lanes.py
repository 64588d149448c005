"""Lanes: what changed in them, what is put off, what is leased and for how long."""

import asyncio

import pytest

from gateway.records import LaneRow, OutboxKind
from gateway.store import Store
from protocol.delivery.attempt import lease_s
from protocol.delivery.order import BULK_WAITS_S
from protocol.delivery.urgency import Urgency
from protocol.receipt import Stage
from tests.gateway.storage.material import (
    NOW_MS,
    OTHER,
    PEER,
    admission,
    consignment,
    incoming,
    mid,
    outgoing,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, defer, deliver


class LaneContract(Contract):
    """What delivery is told of lanes, and what it may have of them."""

    def test_changes_name_each_lane_once_until_it_changes_again(self) -> None:
        """Delivery looks at what changed, and at nothing else."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2), now_ms=NOW_MS)
            await store.submit(submission(3, to=OTHER), now_ms=NOW_MS)
            assert set((await store.lane_changes()).nodes) == {PEER, OTHER}
            changes = await store.lane_changes()
            assert (changes.nodes, changes.next_s) == ((), None)
            items = await claim(store)
            assert (await store.lane_changes()).nodes == ()
            await store.release(items)
            assert (await store.lane_changes()).nodes == (PEER,)

        self.run(scenario)

    def test_changes_say_when_time_alone_lets_something_wait_again(self) -> None:
        """What was put off, and what was leased and never settled."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await defer(store, item, next_ms=NOW_MS + 10_000)
            await store.lane_changes()
            assert (await store.lane_changes()).next_s == 10.0
            assert await store.lane_work(PEER) is None
            self.clock.wall_ms += 10_000
            assert (await store.lane_changes()).nodes == (PEER,)
            work = await store.lane_work(PEER)
            assert work is not None
            assert work.by_class == (0, 0, 1, 0)
            assert await store.lane_work(OTHER) is None

        self.run(scenario)

    def test_wall_clock_that_is_set_back_holds_nothing_up(self) -> None:
        """Waits are measured by a clock that never jumps."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await defer(store, item, next_ms=NOW_MS + 10_000)
            self.clock.wall_ms -= 1_000_000
            self.clock.seconds += 1_000 + 10
            assert len(await claim(store)) == 1

        self.run(scenario)

    def test_what_was_put_off_goes_at_once_when_it_is_told_to(self) -> None:
        """A start and a new directory try everything; one lane may be tried alone."""

        async def scenario(store: Store) -> None:
            for number, to in ((1, PEER), (2, OTHER)):
                await store.submit(submission(number, to=to), now_ms=NOW_MS)
                (item,) = await claim(store, node=to)
                await defer(store, item, next_ms=NOW_MS + 10**6, is_stuck=True)
            assert await store.lanes() == ()
            await store.retry(PEER)
            assert [work.row.node for work in await store.lanes()] == [PEER]
            await store.retry()
            assert len(await store.lanes()) == 2
            assert len(await claim(store)) == 1

        self.run(scenario)

    @pytest.mark.parametrize("is_first", [True, False])
    def test_what_is_put_off_beside_a_hastening_goes_in_its_time(self, *, is_first: bool) -> None:
        """Both may share a commit, in either order; the time of what came last is not missed."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            put_off = defer(store, item, next_ms=NOW_MS + 1_000)
            both = (store.retry(), put_off) if is_first else (put_off, store.retry())
            await asyncio.gather(*both)
            await store.lane_changes()
            assert len(await store.lanes()) == (0 if is_first else 1)
            self.clock.wall_ms += 1_000
            if is_first:
                assert (await store.lane_changes()).nodes == (PEER,)
            assert len(await claim(store)) == 1

        self.run(scenario)

    def test_lease_ends_by_time_unless_it_is_extended(self) -> None:
        """A call that never returns holds no item for ever; its outcome counts no more."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            lease_ms = int(lease_s(0) * 1000)
            self.clock.wall_ms += lease_ms - 1_000
            assert await store.extend([item])
            self.clock.wall_ms += lease_ms - 1_000
            assert await claim(store) == ()
            self.clock.wall_ms += 3_000
            (again,) = await claim(store)
            assert again.fence > item.fence
            assert not await store.extend([item])
            await defer(store, item)
            assert await store.attempts(mid(1)) == ()

        self.run(scenario)

    def test_claim_of_any_kind_takes_the_kind_of_what_goes_first(self) -> None:
        """An urgent receipt does not wait behind routine envelopes, nor the other way round."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            (receipt,) = await claim(store, None)
            assert receipt.kind is OutboxKind.RECEIPT
            await store.submit(submission(2, cls=Urgency.P1), now_ms=NOW_MS)
            await store.release([receipt])
            (envelope,) = await claim(store, None)
            assert (envelope.kind, envelope.mid) == (OutboxKind.ENVELOPE, mid(2))
            (receipt,) = await claim(store, None)
            assert receipt.kind is OutboxKind.RECEIPT
            await deliver(store, receipt, None)
            assert await claim(store, None) == ()
            assert outgoing(1, Stage.CONSIGNED).cls is Urgency.P2

        self.run(scenario)

    def test_claim_in_order_of_time_inside_a_class(self) -> None:
        """An item may ask for less time than its class has."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2, deliver_by_ms=NOW_MS + 60_000), now_ms=NOW_MS)
            assert [item.mid for item in await claim(store)] == [mid(2), mid(1)]

        self.run(scenario)

    def test_bulk_that_waited_long_leaves_beside_a_stream_of_routine(self) -> None:
        """Nothing waits for ever behind what is more urgent."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, cls=Urgency.P3), now_ms=NOW_MS)
            now_ms = NOW_MS + int(BULK_WAITS_S * 1000) + 1
            for number in range(2, 7):
                await store.submit(submission(number), now_ms=now_ms)
            items = await claim(store, max_items=2)
            assert [item.mid for item in items] == [mid(2), mid(3)]
            items = await claim(store, max_items=2, now_ms=now_ms)
            assert [item.mid for item in items] == [mid(4), mid(1)]

        self.run(scenario)

    def test_rows_and_counts_cover_every_lane(self) -> None:
        """Also those without work: somebody asks when a node was met last."""

        async def scenario(store: Store) -> None:
            row = LaneRow(
                node=OTHER, failures=2, back_off_ms=4_000, due_ms=0, last_ok_ms=7, last_error=None
            )
            await store.save_lane(row)
            await store.submit(submission(1, cls=Urgency.P0), now_ms=NOW_MS)
            await claim(store)
            assert row in await store.lane_rows()
            counts = await store.lane_counts()
            assert (counts[PEER], counts[OTHER]) == ((1, 0, 0, 0), (0, 0, 0, 0))
            await store.submit(submission(2, cls=Urgency.P0), now_ms=NOW_MS)
            work = await store.lane_work(PEER)
            assert work is not None
            assert work.newest_emergency > 0

        self.run(scenario)

    def test_wraps_are_renewed_three_times_a_day(self) -> None:
        """Counted where they are kept, so that a restart forgets nothing."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            statement = submission(2).statement
            done = [
                await store.rewrap(item, b"wraps %d" % n, statement, now_ms=NOW_MS + n)
                for n in range(4)
            ]
            assert done == [True, True, True, False]
            later = NOW_MS + 24 * 3_600_000 + 1
            assert await store.rewrap(item, b"wraps", statement, now_ms=later)

        self.run(scenario)
