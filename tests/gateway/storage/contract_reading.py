"""What people and programs read: lists, timelines, events."""

import asyncio

from gateway.records import Direction
from gateway.store import Store
from protocol.cases.ladder import MessageState
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    PEER_ORIGIN,
    admission,
    consignment,
    incoming,
    mid,
    received,
    submission,
)
from tests.gateway.storage.scenario import Contract, claim, deliver


class ReadingContract(Contract):
    """The casebook."""

    def test_lists_show_one_direction_newest_first(self) -> None:
        """An inbox and an outbox."""

        async def scenario(store: Store) -> None:
            for number in (1, 3, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
            await store.admit(admission(incoming(9)), now_ms=NOW_MS)
            sent = await store.messages(Direction.OUT, limit=9)
            assert [row.mid for row in sent] == [mid(3), mid(2), mid(1)]
            assert [row.summary for row in sent] == [b"summary 3", b"summary 2", b"summary 1"]
            (got,) = await store.messages(Direction.IN, limit=9)
            assert (got.sender, got.recipient) == (PEER, OWN)
            assert (got.state, got.summary) == (MessageState.ACCEPTED, None)

        self.run(scenario)

    def test_pages_meet_without_gap(self) -> None:
        """`before` is the time of the last row of the page before."""

        async def scenario(store: Store) -> None:
            for number in range(1, 8):
                await store.submit(submission(number), now_ms=NOW_MS)
            seen = []
            before = None
            while page := await store.messages(Direction.OUT, limit=3, before=before):
                seen += [row.mid for row in page]
                before = page[-1].t_ms
            assert seen == [mid(number) for number in range(7, 0, -1)]

        self.run(scenario)

    def test_timeline_names_the_leaf_that_shows_each_step(self) -> None:
        """Whoever doubts a step asks for the proof of that leaf."""

        async def scenario(store: Store) -> None:
            submitted = await store.submit(submission(1), now_ms=NOW_MS)
            (item,) = await claim(store)
            await deliver(store, item, received(1))
            queued, accepted = await store.timeline(OWN, mid(1))
            assert (queued.kind, queued.what, queued.by) == ("message.state", "queued", "RO/1")
            assert (queued.origin, queued.index) == (str(ORIGIN), submitted.index)
            assert (accepted.kind, accepted.what, accepted.by) == ("receipt", "accepted", "FR/1")
            assert (accepted.origin, accepted.index) == (str(PEER_ORIGIN), 5)
            assert accepted.thread == mid(1)

        self.run(scenario)

    def test_same_id_of_two_senders_names_two_messages(self) -> None:
        """Ids are drawn by each sender alone."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            await store.consign(consignment(1), now_ms=NOW_MS)
            assert {row.sender for row in await store.message(mid(1))} == {OWN, PEER}
            assert await store.inner(OWN, mid(1)) == b"inner 1"
            assert await store.inner(PEER, mid(1)) == b"their inner 1"
            assert len(await store.timeline(OWN, mid(1))) == 1
            assert len(await store.timeline(PEER, mid(1))) == 2

        self.run(scenario)

    def test_unknown_message_has_nothing(self) -> None:
        """Reads answer, they do not fail."""

        async def scenario(store: Store) -> None:
            assert await store.message(mid(1)) == ()
            assert await store.thread(mid(1)) == ()
            assert await store.inner(OWN, mid(1)) is None
            assert await store.statement(OWN, mid(1)) is None
            assert await store.timeline(OWN, mid(1)) == ()
            assert await store.attempts(mid(1)) == ()
            assert await store.receipts(PEER, mid(1)) == ()

        self.run(scenario)

    def test_events_are_numbered_without_gaps_and_resume_anywhere(self) -> None:
        """A program that reconnects loses and repeats nothing."""

        async def scenario(store: Store) -> None:
            for number in range(1, 6):
                await store.submit(submission(number), now_ms=NOW_MS)
            events = await store.events(after=2, limit=2)
            assert [event.number for event in events] == [3, 4]
            assert [event.mid for event in events] == [mid(3), mid(4)]

        self.run(scenario)

    def test_waiting_for_events_ends_with_the_commit_that_brings_one(self) -> None:
        """Each waiter is woken, and one who lags returns at once."""

        async def scenario(store: Store) -> None:
            waiting = [asyncio.create_task(store.wait_for_events(0, 60.0)) for _ in range(3)]
            await store.submit(submission(1), now_ms=NOW_MS)
            await asyncio.wait_for(asyncio.gather(*waiting), 5.0)
            await store.wait_for_events(0, 60.0)
            await store.wait_for_events(1, 0.0)

        self.run(scenario)

    def test_exhibit_holds_each_statement_of_a_message_with_its_proof(self) -> None:
        """Ours against the newest head, and nothing of another message."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.submit(submission(2), now_ms=NOW_MS)
            exhibit = await store.exhibit(OWN, mid(1))
            assert exhibit is not None
            asked = submission(1)
            assert (exhibit.header, exhibit.body) == (asked.header, asked.body)
            assert exhibit.content_key == asked.content_key
            (sealing,) = [one for one in exhibit.statements if one.wraps is not None]
            head = store.head()
            assert head is not None
            assert (sealing.size, sealing.note) == (head.size, head.note)
            assert sealing.preimage == asked.statement.preimage
            proofs = await store.prove(head.size, [sealing.index], old=head.size)
            assert sealing.path == proofs.inclusion[0]
            assert exhibit.unproven == 0
            assert await store.exhibit(PEER, mid(1)) is None
            assert await store.exhibit(OWN, mid(9)) is None

        self.run(scenario)
