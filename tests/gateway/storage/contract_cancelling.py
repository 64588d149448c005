"""Messages that their author took back: never sent again, stated once, late receipts beside it."""

import asyncio

import pytest

from gateway.cancelling import Cancellation, CancelResult, OwedWithdrawal
from gateway.errors import NoInputError
from gateway.lateness import Order
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.cancelling import CancelOutcome
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Stage as Escalated
from protocol.delivery.escalation import Step
from protocol.delivery.gaps import Ended, Shown
from protocol.log.statement import Act, StatementKind, officer_act
from protocol.receipt import Stage
from tests.gateway.storage.contract_lateness import stage_of
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    admission,
    incoming,
    mid,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, defer, deliver


def wish(number: int, *, owes: bool = True, why: str = "wrong number") -> Cancellation:
    """Return the wish to cancel a message."""
    act = Act(
        act="cancelled", who="RO/1 officer 3", ref=mid(number), subject=None, why=why, t_ms=NOW_MS
    )
    return Cancellation(mid=mid(number), act=officer_act(act.encode(), new_salt()), owes=owes)


async def cancel(store: Store, number: int, *, owes: bool = True) -> CancelResult:
    """Cancel a message."""
    return await store.cancel(wish(number, owes=owes), now_ms=NOW_MS)


async def take(store: Store, number: int, stage: Stage) -> None:
    """Let a receipt for a message of ours come in."""
    await store.take_receipts(PEER, [received(number, stage)], peer_checkpoint(), now_ms=NOW_MS)


async def state_of(store: Store, number: int) -> MessageState:
    """Return how far a message of ours is."""
    (row,) = await store.message(mid(number))
    return row.state


class CancellingContract(Contract):
    """What becomes of a message that its author takes back."""

    def test_what_never_left_is_gone_and_stated_once(self) -> None:
        """Row, state, act and event are one commit; a repeat finds them."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            done = await cancel(store, 1)
            assert (done.outcome, done.state) == (CancelOutcome.NEVER_LEFT, MessageState.CANCELLED)
            assert done.row is not None
            assert not done.row.may_have_left
            assert await claim(store) == ()
            assert await store.lanes() == ()
            assert await state_of(store, 1) is MessageState.CANCELLED
            size = store.size
            again = await cancel(store, 1)
            assert (again.outcome, again.row) == (CancelOutcome.CANCELLED_BEFORE, done.row)
            assert await store.cancellation(mid(1)) == done.row
            assert store.size == size
            (leaf,) = await store.leaves(done.row.index, done.row.index + 1)
            assert leaf.kind == StatementKind.ACT.value
            assert leaf.preimage is not None
            assert Act.decode(leaf.preimage).why == "wrong number"
            event = (await store.timeline(OWN, mid(1)))[-1]
            assert (event.what, event.by, event.origin, event.index) == (
                "cancelled",
                str(OWN),
                str(ORIGIN),
                done.row.index,
            )

        self.run(scenario)

    def test_its_number_ends_without_a_receipt(self) -> None:
        """Its addressee is told that it never comes, as long as it lacks it."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await cancel(store, 1)
            found = await store.ended(PEER, ((1, 99),), generation=1, now_ms=NOW_MS)
            assert found == (Ended(number=1, held_at=None),)
            assert await store.lacking(PEER, Shown(have=1)) == ()

        self.run(scenario)

    def test_what_was_claimed_or_tried_may_have_arrived(self) -> None:
        """Also when nothing is known to have come of it."""

        async def scenario(store: Store) -> None:
            for number in (1, 2, 3):
                await store.submit(submission(number), now_ms=NOW_MS)
            first, second, _ = await claim(store)
            await store.release([first])
            await defer(store, second)
            for number in (1, 2, 3):
                done = await cancel(store, number)
                assert done.outcome is CancelOutcome.MAY_HAVE_ARRIVED
                assert done.row is not None
                assert done.row.may_have_left
            await store.submit(submission(4), now_ms=NOW_MS)
            assert (await cancel(store, 4)).outcome is CancelOutcome.NEVER_LEFT
            assert await claim(store) == ()

        self.run(scenario)

    def test_outcome_of_a_frame_under_way_changes_nothing_but_by_a_receipt(self) -> None:
        """The claim lost its lease; a number of the outbox that is used anew is not its own."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
            one, two = await claim(store)
            await cancel(store, 1)
            await cancel(store, 2)
            assert not await store.extend([one, two])
            await store.submit(submission(3), now_ms=NOW_MS)
            await defer(store, two, next_ms=NOW_MS + DAY_MS)
            await deliver(store, one, received(1))
            (item,) = await claim(store)
            assert (item.mid, item.attempts) == (mid(3), 0)
            assert await state_of(store, 1) is MessageState.CANCELLED
            said = [event.what for event in await store.timeline(OWN, mid(1))]
            assert said == ["queued", "cancelled", "accepted"]

        self.run(scenario)

    def test_claim_and_cancellation_at_once_send_nothing_that_never_left(self) -> None:
        """Who holds the lease decides."""

        async def scenario(store: Store) -> None:
            for number in range(1, 9):
                await store.submit(submission(number), now_ms=NOW_MS)
                cancelling = asyncio.create_task(cancel(store, number))
                for _ in range(number % 3):
                    await asyncio.sleep(0)
                claimed = {item.mid for item in await claim(store)}
                left = (await cancelling).outcome is CancelOutcome.MAY_HAVE_ARRIVED
                assert left is (mid(number) in claimed)
                assert await claim(store) == ()

        self.run(scenario)

    def test_what_has_a_receipt_or_has_ended_is_refused_and_waits_or_stays(self) -> None:
        """Nothing is written; what still waits for its `accepted` goes on."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await take(store, 1, Stage.CONSIGNED)
            await store.submit(submission(2, exp_ms=NOW_MS + 1), now_ms=NOW_MS)
            await store.expire(now_ms=NOW_MS + 1)
            size = store.size
            assert (await cancel(store, 1)).outcome is CancelOutcome.TAKEN
            assert (await cancel(store, 2)).outcome is CancelOutcome.ENDED
            assert store.size == size
            assert await store.cancellation(mid(1)) is None
            assert [item.mid for item in await claim(store)] == [mid(1)]

        self.run(scenario)

    def test_messages_of_others_and_unknown_ones_are_not_cancelled(self) -> None:
        """Only its author takes a message back."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            for number in (7, 9):
                with pytest.raises(NoInputError):
                    await cancel(store, number)

        self.run(scenario)

    def test_late_receipt_counts_and_the_message_is_neither_awaited_nor_sent_again(self) -> None:
        """Its author waits for nothing, whatever its state says."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await claim(store)
            await cancel(store, 1)
            await take(store, 1, Stage.CONSIGNED)
            assert await state_of(store, 1) is MessageState.CONSIGNED
            assert await store.awaited(after=0, now_ms=NOW_MS, limit=9) == ()
            late = stage_of(1, Escalated.SILENCE, Step.ACKNOWLEDGED)
            assert not await store.escalate(late, now_ms=NOW_MS)
            assert await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS) == (0, 1)
            assert (await store.timeline(OWN, mid(1)))[-1].what == "taken_back"
            assert await claim(store) == ()
            assert (await cancel(store, 1)).outcome is CancelOutcome.CANCELLED_BEFORE

        self.run(scenario)

    def test_silence_ends_with_the_cancellation(self) -> None:
        """No node owes us a step of what was taken back; what never left is not asked about."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.escalate(stage_of(1, Escalated.SILENCE), now_ms=NOW_MS)
            assert [row.asked for row in await store.escalations([mid(1)])] == [False]
            await cancel(store, 1)
            assert [row.asked for row in await store.escalations([mid(1)])] == [True]
            assert await store.silences() == ()
            copy = submission(2)
            assert await store.order(copy, Order.COPY, of=mid(1), now_ms=NOW_MS) is None

        self.run(scenario)

    def test_what_arrived_after_all_is_owed_a_withdrawal_once(self) -> None:
        """If its author's reason is known, its addressee reads it."""

        async def scenario(store: Store) -> None:
            for number in (1, 2, 3):
                await store.submit(submission(number), now_ms=NOW_MS)
            await claim(store)
            for number in (1, 2, 3):
                await cancel(store, number, owes=number != 3)
            await take(store, 1, Stage.ACCEPTED)
            assert await store.owed_withdrawals() == ()
            await take(store, 1, Stage.CONSIGNED)
            await take(store, 3, Stage.CONSIGNED)
            owed = OwedWithdrawal(mid=mid(1), reason="wrong number")
            assert await store.owed_withdrawals() == (owed,)
            for expected in (True, False):
                queued = await store.order(
                    submission(9 - expected), Order.WITHDRAWAL, of=mid(1), now_ms=NOW_MS
                )
                assert (queued is not None) is expected
            assert await store.owed_withdrawals() == ()
            row = await store.cancellation(mid(1))
            assert row is not None
            assert row.withdrawal == mid(8)

        self.run(scenario)
