"""Sending: queued once, claimed once, ended by a proven receipt."""

from dataclasses import replace

from gateway.store import Store
from keys.digest import new_salt
from protocol.delivery.urgency import Urgency
from protocol.log.statement import Act, Statement, StatementKind, officer_act
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
from tests.gateway.storage.scenario import Contract, claim


def an_act(what: str) -> Statement:
    """Return an officer's act."""
    act = Act(act=what, who="RO/1 officer 3", ref=mid(1), subject=None, why="", t_ms=NOW_MS)
    return officer_act(act.encode(), new_salt())


class OutboxContract(Contract):
    """What is queued, who may have it, and how it ends."""

    def test_queue_numbers_are_contiguous_for_each_pair_of_nodes(self) -> None:
        """The receiver tells from them what it still misses."""

        async def scenario(store: Store) -> None:
            numbers = [
                (await store.submit(submission(n, to=to), now_ms=NOW_MS)).queue_number
                for n, to in ((1, PEER), (2, OTHER), (3, PEER), (4, PEER))
            ]
            assert numbers == [1, 1, 2, 3]

        self.run(scenario)

    def test_same_request_key_queues_once_and_gives_the_first_result(self) -> None:
        """An officer's program repeats a request whose answer was lost."""

        async def scenario(store: Store) -> None:
            first = await store.submit(submission(1, request_key=b"key"), now_ms=NOW_MS)
            again = await store.submit(submission(2, request_key=b"key"), now_ms=NOW_MS)
            assert again == replace(first, repeated=True)
            assert await store.submitted(b"key") == again
            assert await store.submitted(b"another") is None
            head = store.head()
            assert head is not None
            assert head.size == 2
            assert await store.message(mid(2)) == ()

        self.run(scenario)

    def test_leaves_stand_in_order_envelope_then_acts_then_receipts(self) -> None:
        """Whoever reads the log finds what was done together side by side."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            await store.consign(consignment(9), now_ms=NOW_MS)
            answer = submission(
                1,
                re=mid(9),
                acts=(an_act("approved"),),
                receipts=(outgoing(9, Stage.ACKNOWLEDGED),),
            )
            submitted = await store.submit(answer, now_ms=NOW_MS)
            leaves = await store.leaves(submitted.index, submitted.index + 9)
            assert [leaf.kind for leaf in leaves] == [
                StatementKind.ENVELOPE_SENT,
                StatementKind.ACT,
                StatementKind.RECEIPT_GIVEN,
            ]

        self.run(scenario)

    def test_submission_is_covered_by_a_signed_head_when_it_returns(self) -> None:
        """Only then may it leave the node."""

        async def scenario(store: Store) -> None:
            submitted = await store.submit(submission(1), now_ms=NOW_MS)
            head = store.head()
            assert head is not None
            assert head.size > submitted.index

        self.run(scenario)

    def test_claim_gives_the_bytes_that_were_queued_in_order_of_class_then_number(self) -> None:
        """Urgent work never waits behind bulk, and nothing is sealed twice."""

        async def scenario(store: Store) -> None:
            for number, cls in ((1, Urgency.P3), (2, Urgency.P2), (3, Urgency.P2), (4, Urgency.P0)):
                await store.submit(submission(number, cls=cls), now_ms=NOW_MS)
            items = await claim(store)
            assert [item.mid for item in items] == [mid(4), mid(2), mid(3), mid(1)]
            assert items[0].header == b"header 4"
            assert items[0].wraps == b"wraps 4"
            assert items[0].body == b"sealed body"
            assert [item.queue_number for item in items] == [4, 2, 3, 1]

        self.run(scenario)

    def test_claim_holds_to_its_limits_but_gives_one_item_at_least(self) -> None:
        """One item larger than the limit must not block the lane for ever."""

        async def scenario(store: Store) -> None:
            for number in range(1, 5):
                await store.submit(submission(number, body=b"x" * 500), now_ms=NOW_MS)
            assert len(await claim(store, max_items=1)) == 1
            assert len(await claim(store, max_bytes=10)) == 1
            assert len(await claim(store, max_bytes=600)) == 1
            assert len(await claim(store)) == 1

        self.run(scenario)

    def test_claim_passes_over_what_no_confirmed_head_covers(self) -> None:
        """A frame that rides may carry only leaves below the size it rides on."""

        async def scenario(store: Store) -> None:
            first = await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2), now_ms=NOW_MS)
            items = await claim(store, below=first.index + 1)
            assert [item.mid for item in items] == [mid(1)]

        self.run(scenario)

    def test_urgent_slot_gets_urgent_items_alone(self) -> None:
        """The reserved connection is never filled with bulk."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, cls=Urgency.P2), now_ms=NOW_MS)
            await store.submit(submission(2, cls=Urgency.P1), now_ms=NOW_MS)
            items = await claim(store, urgent_only=True)
            assert [item.mid for item in items] == [mid(2)]

        self.run(scenario)

    def test_item_is_leased_to_one_claimer_until_released(self) -> None:
        """Two connections of one lane must not send the same envelope."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            items = await claim(store)
            assert await claim(store) == ()
            assert await store.lanes() == ()
            await store.release(items)
            (lane,) = await store.lanes()
            assert lane.waiting == 1
            again = await claim(store)
            assert again[0].item == items[0].item
            assert again[0].fence > items[0].fence

        self.run(scenario)

    def test_lanes_tell_count_and_most_urgent_class_of_what_waits(self) -> None:
        """Delivery picks the lane first, then the items."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, cls=Urgency.P2), now_ms=NOW_MS)
            await store.submit(submission(2, cls=Urgency.P1), now_ms=NOW_MS)
            await store.submit(submission(3, to=OTHER, cls=Urgency.P3), now_ms=NOW_MS)
            lanes = {work.row.node: work for work in await store.lanes()}
            assert (lanes[PEER].waiting, lanes[PEER].most_urgent) == (2, Urgency.P1)
            assert (lanes[OTHER].waiting, lanes[OTHER].most_urgent) == (1, Urgency.P3)

        self.run(scenario)
