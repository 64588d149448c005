"""Erasing: named by an act first, then gone; what is held, young or new says so."""

from gateway.retaining import AgedThread
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId
from protocol.log.erasure import Erasure
from protocol.log.statement import StatementKind, officer_act
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    admission,
    incoming,
    mid,
    submission,
)
from tests.gateway.storage.scenario import Contract

LATER_MS = NOW_MS + 90 * DAY_MS


async def name(store: Store, erasure: Erasure) -> None:
    """Name a list."""
    act = erasure.act(who=str(OWN), why="a test", t_ms=LATER_MS)
    await store.name_erasure(erasure, officer_act(act.encode(), new_salt()), now_ms=LATER_MS)


async def aged(store: Store) -> dict[MessageId | None, AgedThread]:
    """Return what is old, by thread."""
    found = await store.aged_threads(after=0, before_ms=LATER_MS, limit=99)
    return {one.thread: one for one in found}


class RetentionContract(Contract):
    """What is old, named, held, erased."""

    def test_what_an_act_names_goes_and_nothing_else(self) -> None:
        """The act is signed first; the row, the header and the digest stay."""

        async def scenario(store: Store) -> None:
            for number in (1, 2):
                await store.submit(submission(number), now_ms=NOW_MS)
            before = await store.leaves(0, store.size)
            assert await store.named_erasure() is None
            erasure = Erasure(generation=1, statements=((1, 1),), messages=((OWN, mid(1)),))
            await name(store, erasure)
            head = store.head()
            assert head is not None
            assert head.size == len(before) + 1
            assert (await store.leaves(0, len(before))) == before
            assert await store.named_erasure() == erasure
            await store.erase_named()
            assert await store.named_erasure() is None
            after = await store.leaves(0, len(before))
            assert [leaf.index for leaf in after if leaf.preimage is None] == [1]
            assert [leaf.digest for leaf in after] == [leaf.digest for leaf in before]
            assert await store.inner(OWN, mid(1)) is None
            assert await store.inner(OWN, mid(2)) == b"inner 2"
            assert await store.statement(OWN, mid(1)) is not None
            assert (await store.message(mid(1)))[0].erased_ms == LATER_MS
            assert await store.with_content([mid(1), mid(2), mid(3)]) == {mid(2)}
            await store.erase_named()

        self.run(scenario)

    def test_old_threads_come_with_what_the_rule_asks_for(self) -> None:
        """State, what waits, what is held; a received message that nobody opened waits."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            await store.admit(admission(incoming(7)), now_ms=NOW_MS)
            found = await aged(store)
            [sent] = found[mid(1)].kept.messages
            assert (sent.sender, sent.state, sent.waits) == (OWN, MessageState.QUEUED, True)
            [got] = found[None].kept.messages
            assert (got.sender, got.mid, got.waits) == (PEER, mid(7), True)
            await store.expire(now_ms=LATER_MS - 1)
            [sent] = (await aged(store))[mid(1)].kept.messages
            assert (sent.state, sent.waits) == (MessageState.EXPIRED, False)
            assert await store.aged_threads(after=0, before_ms=NOW_MS, limit=9) == ()

        self.run(scenario)

    def test_statements_are_as_old_as_the_head_that_signed_them(self) -> None:
        """A leaf has no time of its own."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.signed_before(ORIGIN.generation, NOW_MS) == 0
            size = await store.signed_before(ORIGIN.generation, NOW_MS + 1000)
            head = store.head()
            assert head is not None
            assert size == head.size
            found = await store.aged_statements(1, start=0, stop=size, limit=1)
            assert [(one.index, one.kind) for one in found] == [(0, StatementKind.KEY_SET)]
            assert await store.generations() == (1,)

        self.run(scenario)

    def test_month_that_seals_something_keeps_its_key(self) -> None:
        """A key is destroyed once nothing needs it, and not before the month is over."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.destroy_months(now_ms=LATER_MS) == 0
            await name(store, Erasure(generation=1, messages=((OWN, mid(1)),)))
            await store.erase_named()
            assert await store.destroy_months(now_ms=NOW_MS) == 0
            assert await store.destroy_months(now_ms=LATER_MS) == 1
            await store.submit(submission(2), now_ms=NOW_MS)
            assert await store.inner(OWN, mid(2)) == b"inner 2"

        self.run(scenario)
