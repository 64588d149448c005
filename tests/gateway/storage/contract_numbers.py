"""Queue numbers: given out once, compared with what a receiver shows, sent again when lost."""

from gateway.records import Conflicting, Direction, OfficerAct, StateChange
from gateway.store import Store
from protocol.cases.ladder import MessageState
from protocol.delivery.gaps import Ended, Shown
from protocol.delivery.urgency import Urgency
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
from tests.gateway.storage.scenario import Contract, claim, deliver

ALL = ((1, 99),)


async def accept_all(store: Store, *numbers: int) -> None:
    """Queue messages and settle each by its receipt."""
    for number in numbers:
        await store.submit(submission(number), now_ms=NOW_MS)
    for number, item in zip(numbers, await claim(store), strict=True):
        await deliver(store, item, received(number))


async def ended(store: Store, *, generation: int = 1, now_ms: int = NOW_MS) -> tuple[Ended, ...]:
    """Return what does not wait of all numbers."""
    return await store.ended(PEER, ALL, generation=generation, now_ms=now_ms)


class NumbersContract(Contract):  # noqa: PLR0904  one method a rule
    """What becomes of queue numbers."""

    def test_number_that_waits_is_not_ended(self) -> None:
        """What waits comes by itself, however many there are."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2), now_ms=NOW_MS)
            assert await ended(store) == ()
            assert await store.lacking(PEER, Shown(have=0)) == ((1, 2),)

        self.run(scenario)

    def test_number_of_a_receipt_is_known_with_the_time_of_its_receipt(self) -> None:
        """Only what was held before a request left can be missed by its answer."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            before = store.newest_event
            await accept_all(store, 2)
            one, two = await ended(store)
            assert (one.number, one.can_go, one.again) == (1, True, 0)
            assert one.held_at is not None
            assert two.held_at is not None
            assert one.held_at <= before < two.held_at <= store.newest_event

        self.run(scenario)

    def test_expired_number_ended_without_a_receipt(self) -> None:
        """It will never come: its receiver is told."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.expire(now_ms=NOW_MS + DAY_MS)
            assert await ended(store) == (Ended(number=1, held_at=None),)

        self.run(scenario)

    def test_lost_message_waits_again_with_the_same_bytes_and_number(self) -> None:
        """Its receiver accepts it as new, or knows it after all."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (first,) = await claim(store)
            await deliver(store, first, received(1))
            assert await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS) == (1, 0)
            (again,) = await claim(store)
            assert (again.header, again.wraps, again.body) == (
                first.header,
                first.wraps,
                first.body,
            )
            assert (again.queue_number, again.index) == (1, first.index)
            assert await ended(store) == ()
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.ACCEPTED
            event = (await store.timeline(OWN, mid(1)))[-1]
            assert (event.kind, event.what, event.by) == ("message.lost", "sent_again", "FR/1")

        self.run(scenario)

    def test_lost_message_goes_again_once_for_a_generation(self) -> None:
        """A peer that always says so costs one repeat."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            assert await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS) == (1, 0)
            assert await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS) == (0, 0)
            (item,) = await claim(store)
            await deliver(store, item, received(1))
            assert await ended(store) == ()
            assert await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS) == (0, 0)
            (one,) = await ended(store, generation=2)
            assert one.again == 1
            assert await store.send_again(PEER, [1], generation=2, now_ms=NOW_MS) == (1, 0)

        self.run(scenario)

    def test_lost_message_past_its_time_is_told_once_and_not_sent(self) -> None:
        """Its receiver would refuse it."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            late = NOW_MS + DAY_MS
            assert await store.send_again(PEER, [1], generation=1, now_ms=late) == (0, 1)
            assert await store.send_again(PEER, [1], generation=1, now_ms=late) == (0, 0)
            (one,) = await ended(store, now_ms=late)
            assert (one.can_go, one.again) == (False, 1)
            assert await claim(store, now_ms=late) == ()
            assert (await store.timeline(OWN, mid(1)))[-1].what == "gone"

        self.run(scenario)

    def test_message_without_a_receipt_is_never_sent_again(self) -> None:
        """What expired here stays expired."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.expire(now_ms=NOW_MS + DAY_MS)
            assert await store.send_again(PEER, [1, 7], generation=1, now_ms=NOW_MS) == (0, 0)

        self.run(scenario)

    def test_lost_message_that_expires_on_its_second_way_stays_accepted(self) -> None:
        """Its sender holds the proof that it was."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            await store.send_again(PEER, [1], generation=1, now_ms=NOW_MS)
            assert await store.expire(now_ms=NOW_MS + DAY_MS) == 1
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.ACCEPTED

        self.run(scenario)

    def test_numbers_go_on_above_what_the_receiver_shows_and_old_ones_end(self) -> None:
        """After our own loss no number is given out twice."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            await store.submit(submission(2), now_ms=NOW_MS)
            await store.submit(submission(3), now_ms=NOW_MS)
            assert await store.is_counted(PEER)
            assert await store.move_on(PEER, Shown(have=4, miss=((6, 6),))) == 9
            assert [item.queue_number for item in await claim(store)] == [8, 9]
            assert [(one.number, one.held_at is None) for one in await ended(store)] == [
                (1, False),
                *((number, True) for number in (2, 3, 4, 5, 6, 7)),
            ]
            assert (await store.submit(submission(4), now_ms=NOW_MS)).queue_number == 10

        self.run(scenario)

    def test_numbers_do_not_move_for_what_nobody_can_have_counted(self) -> None:
        """A peer that invents a number cannot use ours up."""

        async def scenario(store: Store) -> None:
            await accept_all(store, 1)
            assert await store.move_on(PEER, Shown(have=2**53 - 1)) == 1
            assert await store.lacking(PEER, Shown(have=0, miss=((1, 2**53 - 1),))) == ((1, 1),)

        self.run(scenario)

    def test_gaps_are_those_of_what_was_committed(self) -> None:
        """Also an answer that accepted nothing shows them."""

        async def scenario(store: Store) -> None:
            assert await store.gaps(PEER) == Shown(have=0)
            await store.admit(admission(incoming(1), incoming(2, queue_number=4)), now_ms=NOW_MS)
            assert await store.gaps(PEER) == Shown(have=1, miss=((2, 3),))
            await store.admit(admission(void=(2, 3)), now_ms=NOW_MS)
            assert await store.gaps(PEER) == Shown(have=4)

        self.run(scenario)

    def test_numbers_without_an_envelope_fill_no_disk(self) -> None:
        """A peer may name any; it gets as many rows as honest work can need."""

        async def scenario(store: Store) -> None:
            for start in range(2, 2 + 2 * 1024 * 6, 2 * 1024):
                void = tuple(range(start, start + 2 * 1024, 2))
                await store.admit(admission(void=void), now_ms=NOW_MS)
            shown = await store.gaps(PEER)
            assert (shown.have, len(shown.miss)) == (0, 64)
            far = 10**6
            await store.admit(admission(void=(far,)), now_ms=NOW_MS)
            await store.admit(admission(void=(1, 3, 5)), now_ms=NOW_MS)
            assert (await store.gaps(PEER)).have == 6
            fresh = incoming(1, queue_number=far)
            await store.admit(admission(fresh), now_ms=NOW_MS)
            await store.admit(admission(fresh, void=tuple(range(7, 1024, 2))), now_ms=NOW_MS)
            assert (await store.gaps(PEER)).have == 1024

        self.run(scenario)

    def test_evidence_of_conflicts_ends_at_a_hundred_of_one_peer(self) -> None:
        """The first are evidence enough; the others are counted."""

        async def scenario(store: Store) -> None:
            kept = 0
            for number in range(1, 120):
                header = b"other %d" % number
                await store.admit(admission(incoming(number)), now_ms=NOW_MS)
                other = incoming(number, header=header, queue_number=10_000 + number)
                (became,) = (await store.admit(admission(other), now_ms=NOW_MS)).items
                assert isinstance(became, Conflicting)
                kept += became.kept
            assert kept == 100
            assert await store.gaps(PEER) == Shown(have=119)

        self.run(scenario)

    def test_message_that_nobody_opened_in_time_is_told_of_once(self) -> None:
        """Rule 22: `expired`; what came of it before stays."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1), incoming(2)), now_ms=NOW_MS)
            await store.consign(consignment(2), now_ms=NOW_MS)
            assert await store.unheeded(now_ms=NOW_MS, limit=9) == ()
            late = NOW_MS + DAY_MS
            found = await store.unheeded(now_ms=late, limit=9)
            assert found == ((PEER, mid(1), Urgency.P2), (PEER, mid(2), Urgency.P2))
            receipts = [outgoing(number, Stage.EXPIRED) for number in (1, 2)]
            assert await store.give_unheeded(receipts, now_ms=late) == 2
            assert await store.unheeded(now_ms=late, limit=9) == ()
            states = {row.mid: row.state for row in await store.messages(Direction.IN, limit=9)}
            assert states == {mid(1): MessageState.EXPIRED, mid(2): MessageState.CONSIGNED}

        self.run(scenario)

    def test_message_opened_in_the_meantime_did_not_expire_unopened(self) -> None:
        """The check is made where it is stated."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            await store.take_receipts(PEER, (), peer_checkpoint(), now_ms=NOW_MS)
            await open_by_hand(store)
            receipt = outgoing(1, Stage.EXPIRED)
            assert await store.give_unheeded([receipt], now_ms=NOW_MS + DAY_MS) == 0
            assert await store.unheeded(now_ms=NOW_MS + DAY_MS, limit=9) == ()

        self.run(scenario)

    def test_late_receipt_wins_over_expired_and_both_stay(self) -> None:
        """Whatever comes first, both sides agree at the end."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await deliver(store, item, received(1))
            for stage in (Stage.EXPIRED, Stage.CONSIGNED, Stage.OPENED):
                await store.take_receipts(PEER, [received(1, stage)], None, now_ms=NOW_MS)
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.OPENED
            said = [event.what for event in await store.timeline(OWN, mid(1))]
            assert said == ["queued", "accepted", "expired", "consigned", "opened"]

        self.run(scenario)


async def open_by_hand(store: Store) -> None:
    """Let a person open message 1."""
    await store.act(
        OfficerAct(
            acts=(),
            receipts=(outgoing(1, Stage.OPENED),),
            effects=(StateChange(sender=PEER, mid=mid(1), state=MessageState.OPENED),),
        ),
        now_ms=NOW_MS,
    )
