"""Outcomes: an item ends by a proven receipt or its `exp`, and by nothing else."""

import asyncio

import pytest

from gateway.errors import GatewayError
from gateway.records import LaneRow, OfficerAct, OutboxKind
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.log.statement import Act, Statement, envelope_sent, officer_act
from protocol.receipt import Stage
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    OWN,
    PEER,
    admission,
    consignment,
    incoming,
    mid,
    outgoing,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, defer, deliver


def an_act(what: str) -> Statement:
    """Return an officer's act."""
    act = Act(act=what, who="RO/1 officer 3", ref=mid(1), subject=None, why="", t_ms=NOW_MS)
    return officer_act(act.encode(), new_salt())


class SettlingContract(Contract):  # noqa: PLR0904  one method a rule
    """What becomes of a claimed item."""

    def test_proven_receipt_ends_the_item_and_raises_the_message(self) -> None:
        """Accepted means: a receipt that was proven, and nothing less."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await deliver(store, item, received(1))
            assert await store.lanes() == ()
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.ACCEPTED
            (attempt,) = await store.attempts(mid(1))
            assert (attempt.what, attempt.outcome) == ("envelope", "accepted")

        self.run(scenario)

    def test_rejection_is_final_and_says_why(self) -> None:
        """Repeating would change nothing; the officer is told the reason."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await deliver(store, item, received(1, Stage.REJECTED, why="E_OPEN"))
            (row,) = await store.message(mid(1))
            assert (row.state, row.why) == (MessageState.REJECTED, "E_OPEN")
            assert await store.lanes() == ()

        self.run(scenario)

    def test_good_answer_clears_the_back_off_of_the_lane(self) -> None:
        """A peer that is back gets everything at once."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2), now_ms=NOW_MS)
            row = LaneRow(
                node=PEER,
                failures=4,
                back_off_ms=60_000,
                due_ms=NOW_MS + 60_000,
                last_ok_ms=None,
                last_error="timeout",
            )
            await store.save_lane(row)
            (work,) = await store.lanes()
            assert work.row == row
            items = await claim(store, max_items=1)
            await deliver(store, items[0], received(1))
            (work,) = await store.lanes()
            assert (work.row.failures, work.row.back_off_ms) == (0, 0)
            assert work.row.last_ok_ms == NOW_MS

        self.run(scenario)

    def test_deferred_item_waits_until_its_time_and_counts_the_attempt(self) -> None:
        """A stuck envelope is repeated slowly while the lane goes on."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await defer(store, item, code="E_SCHEMA", next_ms=NOW_MS + 1000, is_stuck=True)
            assert await store.lanes() == ()
            assert await claim(store) == ()
            self.clock.wall_ms = NOW_MS + 1000
            (work,) = await store.lanes()
            assert work.waiting == 1
            (again,) = await claim(store, now_ms=NOW_MS + 1000)
            assert again.attempts == 1
            (attempt,) = await store.attempts(mid(1))
            assert (attempt.outcome, attempt.next_ms) == ("E_SCHEMA", NOW_MS + 1000)
            kinds = [event.kind for event in await store.timeline(OWN, mid(1))]
            assert kinds.count("message.stuck") == 1

        self.run(scenario)

    def test_outcome_with_an_old_fence_changes_nothing(self) -> None:
        """A worker that was given up on must not end what another one sends now."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (old,) = await claim(store)
            await store.release([old])
            (item,) = await claim(store)
            await defer(store, old, next_ms=NOW_MS + DAY_MS)
            assert await store.attempts(mid(1)) == ()
            await defer(store, item)
            assert len(await store.attempts(mid(1))) == 1

        self.run(scenario)

    def test_proven_receipt_counts_also_with_an_old_fence(self) -> None:
        """A receipt is a fact, whoever brings it."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (old,) = await claim(store)
            await store.release([old])
            await deliver(store, old, received(1))
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.ACCEPTED
            assert await store.lanes() == ()

        self.run(scenario)

    def test_receipt_for_an_unknown_message_is_refused_and_the_item_waits_again(self) -> None:
        """The whole settlement is one transaction; nothing of it stays."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            with pytest.raises(GatewayError):
                await deliver(store, item, received(77))
            (again,) = await claim(store)
            assert again.item == item.item

        self.run(scenario)

    def test_new_wraps_keep_header_and_body_and_bring_a_new_leaf(self) -> None:
        """After E_KEM_EXPIRED the same envelope is sealed for the fresh key."""

        async def scenario(store: Store) -> None:
            first = await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            statement = envelope_sent(b"header 1", b"new wraps")
            assert await store.rewrap(item, b"new wraps", statement, now_ms=NOW_MS)
            await store.release([item])
            (again,) = await claim(store)
            assert (again.header, again.wraps, again.body) == (
                b"header 1",
                b"new wraps",
                b"sealed body",
            )
            assert again.index > first.index
            assert await store.statement(OWN, mid(1)) == (
                statement_of_header(b"header 1"),
                statement.digest,
            )

        self.run(scenario)

    def test_every_sealing_of_a_message_is_known_and_of_nobody_elses(self) -> None:
        """A receipt given before the wraps changed is as good as one given after."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            first = envelope_sent(b"header 1", b"wraps 1").digest
            second = envelope_sent(b"header 1", b"new wraps")
            (item,) = await claim(store)
            assert await store.rewrap(item, b"new wraps", second, now_ms=NOW_MS)
            stated = await store.stated(mid(1))
            assert stated is not None
            assert stated.to == PEER
            assert stated.header_digest == statement_of_header(b"header 1")
            assert stated.sealings == {first, second.digest}
            await store.admit(admission(incoming(2)), now_ms=NOW_MS)
            assert await store.stated(mid(2)) is None

        self.run(scenario)

    def test_wrapping_again_without_the_lease_is_refused(self) -> None:
        """Two sealings at once would leave one without its leaf."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await store.release([item])
            statement = envelope_sent(b"header 1", b"new")
            with pytest.raises(GatewayError):
                await store.rewrap(item, b"new", statement, now_ms=NOW_MS)

        self.run(scenario)

    def test_envelope_past_its_exp_is_closed_as_expired(self) -> None:
        """No end that nobody is told of."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, exp_ms=NOW_MS + 10), now_ms=NOW_MS)
            await store.submit(submission(2, exp_ms=NOW_MS + 99), now_ms=NOW_MS)
            assert await store.expire(now_ms=NOW_MS + 9) == 0
            assert await store.expire(now_ms=NOW_MS + 10) == 1
            assert await store.expire(now_ms=NOW_MS + 10) == 0
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.EXPIRED
            assert [event.what for event in await store.timeline(OWN, mid(1))] == [
                "queued",
                "expired",
            ]
            assert [item.mid for item in await claim(store)] == [mid(2)]

        self.run(scenario)

    def test_end_of_what_is_queued_beside_an_expiry_is_not_forgotten(self) -> None:
        """Both are on their way to the disk together."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, exp_ms=NOW_MS + 10), now_ms=NOW_MS)
            await asyncio.gather(
                store.expire(now_ms=NOW_MS + 10),
                store.submit(submission(2, exp_ms=NOW_MS + 20), now_ms=NOW_MS),
            )
            assert await store.expire(now_ms=NOW_MS + 20) == 1
            (row,) = await store.message(mid(2))
            assert row.state is MessageState.EXPIRED

        self.run(scenario)

    def test_item_on_its_way_does_not_expire_under_the_sender(self) -> None:
        """Its answer may be the receipt."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, exp_ms=NOW_MS + 10), now_ms=NOW_MS)
            items = await claim(store)
            assert await store.expire(now_ms=NOW_MS + 10) == 0
            await store.release(items)
            assert await store.expire(now_ms=NOW_MS + 10) == 1

        self.run(scenario)

    def test_waiting_for_work_ends_with_the_commit_that_brings_some(self) -> None:
        """Events, not polls."""

        async def scenario(store: Store) -> None:
            waiting = asyncio.create_task(store.wait_for_work(60.0))
            await store.submit(submission(1), now_ms=NOW_MS)
            await asyncio.wait_for(waiting, 5.0)
            await store.wait_for_work(0.0)

        self.run(scenario)

    def test_receipts_of_ours_travel_in_a_kind_of_their_own(self) -> None:
        """Envelopes and receipts go in different frames of one lane."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            await store.consign(consignment(9), now_ms=NOW_MS)
            await store.act(
                OfficerAct(
                    acts=(an_act("opened"),),
                    receipts=(outgoing(9, Stage.OPENED, cls=Urgency.P1),),
                    effects=(),
                ),
                now_ms=NOW_MS,
            )
            assert await claim(store) == ()
            opened, consigned = await claim(store, OutboxKind.RECEIPT)
            assert opened.receipt == b"opened 9"
            assert consigned.receipt == b"consigned 9"
            await deliver(store, opened, None)
            await deliver(store, consigned, None)
            assert await store.lanes() == ()
            outcomes = [(a.what, a.outcome) for a in await store.attempts(mid(9))]
            assert outcomes == [("opened", "delivered"), ("consigned", "delivered")]

        self.run(scenario)

    def test_pushed_receipts_count_once_and_leave_the_end_to_the_accepted_one(self) -> None:
        """The answer with `accepted` may have been lost: it is fetched by sending once more."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            for _ in range(2):
                await store.take_receipts(
                    PEER, [received(1, Stage.CONSIGNED)], peer_checkpoint(), now_ms=NOW_MS
                )
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.CONSIGNED
            (item,) = await claim(store, OutboxKind.ENVELOPE)
            await deliver(store, item, received(1, Stage.ACCEPTED))
            assert await store.lanes() == ()
            whats = [event.what for event in await store.timeline(OWN, mid(1))]
            assert whats == ["queued", "consigned", "accepted"]
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.CONSIGNED

        self.run(scenario)

    def test_item_that_comes_when_another_ended_under_way_is_neither_held_nor_put_off(
        self,
    ) -> None:
        """What is on its way is known by a number: a new item never has that of an older one."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (away,) = await claim(store)
            await store.take_receipts(
                PEER, [received(1, Stage.REJECTED)], peer_checkpoint(), now_ms=NOW_MS
            )
            await store.submit(submission(2), now_ms=NOW_MS)
            assert [item.mid for item in await claim(store)] == [mid(2)]
            await store.submit(submission(3), now_ms=NOW_MS)
            await defer(store, away, next_ms=NOW_MS + DAY_MS)
            assert [item.mid for item in await claim(store)] == [mid(3)]
            assert await store.attempts(mid(2)) == await store.attempts(mid(3)) == ()

        self.run(scenario)

    def test_newest_emergency_rises_with_each_although_the_one_before_is_gone(self) -> None:
        """Whoever waits for it asks for a larger one."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, cls=Urgency.P0), now_ms=NOW_MS)
            (first,) = await store.lanes()
            (item,) = await claim(store)
            await deliver(store, item, received(1, Stage.ACCEPTED))
            await store.submit(submission(2, cls=Urgency.P0), now_ms=NOW_MS)
            (second,) = await store.lanes()
            assert second.newest_emergency > first.newest_emergency

        self.run(scenario)

    def test_late_receipt_wins_over_expiry(self) -> None:
        """What the peer did is a fact, also after we gave up."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, exp_ms=NOW_MS + 10), now_ms=NOW_MS)
            await store.expire(now_ms=NOW_MS + 10)
            await store.take_receipts(
                PEER, [received(1, Stage.CONSIGNED)], peer_checkpoint(), now_ms=NOW_MS + 20
            )
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.CONSIGNED

        self.run(scenario)


def statement_of_header(header: bytes) -> bytes:
    """Return H(header) as the statement of an envelope holds it."""
    return envelope_sent(header, b"").preimage[:32]
