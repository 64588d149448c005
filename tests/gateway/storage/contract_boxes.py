"""What lists of messages are made from: outlines of one list, summaries and rows by number."""

from gateway.boxes import Box
from gateway.casework import Hand
from gateway.records import Direction
from gateway.store import Store
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from tests.gateway.storage.material import (
    NOW_MS,
    PEER,
    admission,
    consignment,
    incoming,
    mid,
    submission,
)
from tests.gateway.storage.scenario import Contract

POP = Hand(person=3, who="RO/1 officer 3", name="Officer 3")


class BoxesContract(Contract):
    """Lists."""

    def test_each_list_has_its_messages_newest_first(self) -> None:
        """What is over stands in one list of its own, whoever wrote it."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1, cls=Urgency.P0), now_ms=NOW_MS)
            await store.submit(submission(2, exp_ms=NOW_MS + 5, re=mid(1)), now_ms=NOW_MS)
            await store.admit(admission(incoming(7), incoming(8)), now_ms=NOW_MS)
            await store.consign(consignment(7), now_ms=NOW_MS)
            received = await store.outlines(Box.INBOX, limit=9)
            assert [(one.state, one.direction) for one in received] == [
                (MessageState.ACCEPTED, Direction.IN),
                (MessageState.CONSIGNED, Direction.IN),
            ]
            assert {one.party for one in received} == {PEER}
            sent = await store.outlines(Box.OUTBOX, limit=9)
            assert [(one.is_reply, one.cls, one.t_ms) for one in sent] == [
                (True, Urgency.P2, NOW_MS + 2),
                (False, Urgency.P0, NOW_MS + 1),
            ]
            assert len(await store.outlines(Box.OUTBOX, limit=1)) == 1
            assert await store.outlines(Box.CLOSED, limit=9) == ()

        self.run(scenario)

    def test_case_that_was_put_away_is_closed_until_something_comes(self) -> None:
        """A desk that has done its part need not see it every day."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.file_case(mid(1), POP, on=True, now_ms=NOW_MS)
            (closed,) = await store.outlines(Box.CLOSED, limit=9)
            assert closed.is_filed
            assert await store.outlines(Box.OUTBOX, limit=9) == ()
            await store.submit(submission(2, thread=mid(1)), now_ms=NOW_MS)
            assert len(await store.outlines(Box.OUTBOX, limit=9)) == 2
            assert await store.outlines(Box.CLOSED, limit=9) == ()

        self.run(scenario)

    def test_what_came_after_the_page_was_made_brings_its_case_back(self) -> None:
        """Whoever puts a case away puts away what they saw of it."""

        async def scenario(store: Store) -> None:
            assert await store.newest_of(mid(1)) == 0
            await store.submit(submission(1), now_ms=NOW_MS)
            shown = await store.newest_of(mid(1))
            await store.submit(submission(2, thread=mid(1)), now_ms=NOW_MS)
            newest = await store.newest_of(mid(1))
            assert newest > shown
            told = await store.file_case(mid(1), POP, on=True, shown=shown, now_ms=NOW_MS)
            assert not told.is_closed
            assert len(await store.outlines(Box.OUTBOX, limit=9)) == 2
            for seen in (newest, newest + 5):  # nobody puts away what is still to come
                told = await store.file_case(mid(1), POP, on=True, shown=seen, now_ms=NOW_MS)
                assert told.is_closed
                assert await store.outlines(Box.OUTBOX, limit=9) == ()
            await store.submit(submission(3, thread=mid(1)), now_ms=NOW_MS)
            assert len(await store.outlines(Box.OUTBOX, limit=9)) == 3

        self.run(scenario)

    def test_summaries_and_rows_are_given_by_number(self) -> None:
        """Only one page of a list is opened."""

        async def scenario(store: Store) -> None:
            for number in range(1, 4):
                await store.submit(submission(number), now_ms=NOW_MS)
            await store.admit(admission(incoming(7)), now_ms=NOW_MS)
            (unread,) = await store.outlines(Box.INBOX, limit=9)
            numbers = [one.number for one in await store.outlines(Box.OUTBOX, limit=9)]
            found = await store.summaries([unread.number, *numbers, 10**6])
            assert found == {number: b"summary %d" % (3 - at) for at, number in enumerate(numbers)}
            assert await store.summaries([]) == {}
            rows = await store.messages_of([*reversed(numbers), 10**6])
            assert [row.mid for row in rows] == [mid(1), mid(2), mid(3)]

        self.run(scenario)

    def test_version_changes_with_every_step_and_when_a_case_is_put_away(self) -> None:
        """A list that was put in order is kept until then."""

        async def scenario(store: Store) -> None:
            seen = [await store.boxes_version()]
            await store.submit(submission(1), now_ms=NOW_MS)
            seen.append(await store.boxes_version())
            for on in (True, False):
                await store.file_case(mid(1), POP, on=on, now_ms=NOW_MS)
                seen.append(await store.boxes_version())
            assert len(set(seen)) == 4
            assert await store.boxes_version() == seen[-1]

        self.run(scenario)
