"""Receiving: accepted once, opened once, in the duty inbox once."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError, StorageError
from gateway.records import Accepted, Conflicting, OfficerAct, OutboxKind, StateChange
from gateway.store import Store
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.errors import NotAllowedError
from protocol.log.statement import StatementKind
from protocol.receipt import Stage
from tests.gateway.storage.material import (
    NOW_MS,
    OWN,
    PEER,
    admission,
    consignment,
    incoming,
    mid,
    outgoing,
    peer_checkpoint,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim


class InboxContract(Contract):  # noqa: PLR0904  one method a rule
    """What other nodes send."""

    def test_new_envelope_gets_its_receipt_under_a_head_that_covers_it(self) -> None:
        """The answer claims nothing that is not committed and signed."""

        async def scenario(store: Store) -> None:
            admitted = await store.admit(admission(incoming(1), incoming(2)), now_ms=NOW_MS)
            for number, item in enumerate(admitted.items, start=1):
                assert isinstance(item, Accepted)
                assert item.fresh
                assert item.receipt == incoming(number).receipt
                assert item.index < admitted.head.size
            assert admitted.head == store.head()

        self.run(scenario)

    def test_repeat_gets_the_stored_receipt_and_writes_nothing(self) -> None:
        """A lost answer must not make a second receipt, nor grow the log."""

        async def scenario(store: Store) -> None:
            first = await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            remade = replace(incoming(1), receipt=b"another receipt")
            again = await store.admit(admission(remade), now_ms=NOW_MS + 5)
            (one,), (two,) = first.items, again.items
            assert isinstance(one, Accepted)
            assert two == replace(one, fresh=False)
            assert again.head == first.head

        self.run(scenario)

    def test_same_id_with_another_header_is_a_conflict_that_shows_the_held_one(self) -> None:
        """One id names one envelope for ever."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            other = await store.admit(
                admission(incoming(1, header=b"another header"), incoming(2)), now_ms=NOW_MS
            )
            assert other.items[0] == Conflicting(held_header=b"their header 1", kept=True)
            assert isinstance(other.items[1], Accepted)
            assert len(await store.unopened(9)) == 2

        self.run(scenario)

    def test_a_peer_cannot_fill_the_disk_with_conflicts(self) -> None:
        """Evidence is kept of some; each of them is answered all the same."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            others = [incoming(1, header=b"other %d" % number) for number in range(20)]
            admitted = await store.admit(admission(*others), now_ms=NOW_MS)
            kept = [one.kept for one in admitted.items if isinstance(one, Conflicting)]
            assert kept == [True] * 8 + [False] * 12

        self.run(scenario)

    def test_one_frame_states_its_checkpoint_once_and_only_with_something_new(self) -> None:
        """Repeats and pings must not make idle logs grow."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1), incoming(2)), now_ms=NOW_MS)
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.admit(admission(checkpoint=peer_checkpoint(20)), now_ms=NOW_MS)
            await store.admit(admission(incoming(3)), now_ms=NOW_MS)
            leaves = await store.leaves(0, 99)
            kinds = [leaf.kind for leaf in leaves]
            assert kinds.count(StatementKind.CHECKPOINT_SEEN) == 1
            assert kinds.count(StatementKind.RECEIPT_GIVEN) == 3

        self.run(scenario)

    def test_envelope_on_a_checkpoint_that_is_not_held_is_refused(self) -> None:
        """Its proof could never be shown to a third party."""

        async def scenario(store: Store) -> None:
            with pytest.raises(StorageError):
                await store.admit(
                    admission(incoming(1, at=10), checkpoint=peer_checkpoint(11)), now_ms=NOW_MS
                )
            assert await store.unopened(9) == ()
            assert len(await store.leaves(0, 99)) == 1

        self.run(scenario)

    def test_envelope_may_ride_on_a_checkpoint_that_came_before(self) -> None:
        """Frames in parallel carry no checkpoint of their own."""

        async def scenario(store: Store) -> None:
            await store.advance_peer(peer_checkpoint(10), now_ms=NOW_MS)
            riding = replace(admission(incoming(1, at=10)), checkpoint=None)
            admitted = await store.admit(riding, now_ms=NOW_MS)
            assert isinstance(admitted.items[0], Accepted)

        self.run(scenario)

    def test_node_does_not_receive_from_itself(self) -> None:
        """Its own messages lie under the same name."""

        async def scenario(store: Store) -> None:
            with pytest.raises(NotAllowedError):
                await store.admit(admission(incoming(1), sender=OWN), now_ms=NOW_MS)

        self.run(scenario)

    def test_answer_tells_what_arrived_and_what_is_missing(self) -> None:
        """The sender learns of lost envelopes without asking."""

        async def scenario(store: Store) -> None:
            first = await store.admit(
                admission(incoming(1), incoming(2), incoming(5), void=(7,)), now_ms=NOW_MS
            )
            assert (first.have, first.miss) == (2, ((3, 4), (6, 6)))
            second = await store.admit(admission(incoming(4), void=(3,)), now_ms=NOW_MS)
            assert (second.have, second.miss) == (5, ((6, 6),))

        self.run(scenario)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.lists(st.integers(1, 30), max_size=6), max_size=8))
    def test_missing_numbers_are_those_that_no_frame_named(self, frames: list[list[int]]) -> None:
        """Whatever the order in which frames come."""

        async def scenario(store: Store) -> None:
            named: set[int] = set()
            for frame in frames:
                named |= set(frame)
                admitted = await store.admit(admission(void=tuple(frame)), now_ms=NOW_MS)
                missing = {n for low, high in admitted.miss for n in range(low, high + 1)}
                assert missing == set(range(1, max(named, default=0) + 1)) - named
                assert admitted.have == min(missing, default=max(named, default=0) + 1) - 1

        self.run(scenario)

    def test_unopened_envelopes_come_most_urgent_first(self) -> None:
        """A locked node catches up with emergencies first."""

        async def scenario(store: Store) -> None:
            items = (incoming(1), incoming(2, cls=Urgency.P0), incoming(3))
            await store.admit(admission(*items), now_ms=NOW_MS)
            unopened = await store.unopened(2)
            assert [one.mid for one in unopened] == [mid(2), mid(1)]
            assert unopened[0].body == b"sealed body"
            assert [(one.attempts, one.is_counted) for one in unopened] == [(1, True)] * 2
            assert unopened[0].statement_digest == items[1].statement_digest

        self.run(scenario)

    def test_openings_are_counted_before_they_begin(self) -> None:
        """What kills the process five times is parked."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            first = [(PEER, mid(1))]
            assert [await store.begin_openings(first) for _ in range(3)] == [(2,), (3,), (4,)]
            assert (await store.unopened(1))[0].attempts == 4
            with pytest.raises(GatewayError):
                await store.begin_openings([*first, (PEER, mid(2))])
            assert (await store.unopened(1))[0].attempts == 4
            await store.admit(admission(incoming(2)), now_ms=NOW_MS)
            assert await store.begin_openings([(PEER, mid(2)), *first]) == (2, 5)

        self.run(scenario)

    def test_consigned_message_is_readable_and_its_receipt_waits_to_leave(self) -> None:
        """The duty inbox and the receipt are one fact."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            (row,) = await store.message(mid(1))
            assert row.state is MessageState.CONSIGNED
            assert row.summary == b"their summary 1"
            assert row.thread == mid(1)
            assert await store.inner(PEER, mid(1)) == b"their inner 1"
            assert await store.unopened(9) == ()
            (item,) = await claim(store, OutboxKind.RECEIPT)
            assert item.receipt == b"consigned 1"
            head = store.head()
            assert head is not None
            assert head.size > item.index

        self.run(scenario)

    def test_second_consigning_changes_nothing(self) -> None:
        """A crash between commit and answer repeats it."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            before = store.head()
            other = replace(consignment(1), inner=b"other", why="E_OPEN")
            await store.consign(other, now_ms=NOW_MS + 1)
            assert await store.inner(PEER, mid(1)) == b"their inner 1"
            assert store.head() == before
            assert len(await claim(store, OutboxKind.RECEIPT)) == 1

        self.run(scenario)

    def test_message_that_cannot_be_read_is_kept_as_rejected(self) -> None:
        """The sender is told; nothing of it becomes readable."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            rejected = replace(
                consignment(1),
                thread=None,
                inner=None,
                summary=None,
                content_key=None,
                state=MessageState.REJECTED,
                why="E_OPEN",
                receipt=outgoing(1, Stage.REJECTED),
            )
            await store.consign(rejected, now_ms=NOW_MS)
            (row,) = await store.message(mid(1))
            assert (row.state, row.why, row.summary) == (MessageState.REJECTED, "E_OPEN", None)
            assert await store.inner(PEER, mid(1)) is None

        self.run(scenario)

    def test_answer_raises_the_message_that_it_answers(self) -> None:
        """The asker's list shows "answered" with the same commit."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(5), now_ms=NOW_MS)
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            answer = replace(
                consignment(1),
                thread=mid(5),
                re=mid(5),
                effects=(StateChange(sender=OWN, mid=mid(5), state=MessageState.ANSWERED),),
            )
            await store.consign(answer, now_ms=NOW_MS)
            (row,) = await store.message(mid(5))
            assert row.state is MessageState.ANSWERED
            assert [one.mid for one in await store.thread(mid(5))] == [mid(1), mid(5)]

        self.run(scenario)

    def test_same_stage_is_stated_once_however_often_it_is_acted_on(self) -> None:
        """Two officers who open one message give one receipt."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            for text in (b" first", b" second"):
                await store.act(
                    OfficerAct(
                        acts=(),
                        receipts=(outgoing(1, Stage.OPENED, text=text),),
                        effects=(StateChange(sender=PEER, mid=mid(1), state=MessageState.OPENED),),
                    ),
                    now_ms=NOW_MS,
                )
            receipts = await store.receipts(PEER, mid(1))
            assert [receipt for receipt, _ in receipts] == [
                incoming(1).receipt,
                b"consigned 1",
                b"opened 1 first",
            ]
            whats = [event.what for event in await store.timeline(PEER, mid(1))]
            assert whats == ["accepted", "consigned", "opened"]

        self.run(scenario)

    def test_receipt_for_a_message_that_is_not_here_is_refused(self) -> None:
        """The log must not state what did not happen."""

        async def scenario(store: Store) -> None:
            act = OfficerAct(acts=(), receipts=(outgoing(8, Stage.OPENED),), effects=())
            with pytest.raises(GatewayError):
                await store.act(act, now_ms=NOW_MS)
            assert len(await store.leaves(0, 9)) == 1

        self.run(scenario)
