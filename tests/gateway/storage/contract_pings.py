"""Pings: rounds that are kept once, outcomes of which the first counts, days that add up."""

from dataclasses import replace

from gateway.pinging import DayCount
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.log.statement import Act, StatementKind, officer_act
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    ORIGIN,
    OTHER,
    OWN,
    PEER,
    admission,
    consignment,
    incoming,
    mid,
    submission,
)
from tests.gateway.storage.scenario import Contract

LATER_MS = NOW_MS + DAY_MS


class PingsContract(Contract):
    """What is kept of pings."""

    def test_a_campaign_is_kept_once_under_its_name(self) -> None:
        """Who begins it again goes on with it; rounds without a name are each their own."""

        async def scenario(store: Store) -> None:
            first = await store.begin_round(
                "autumn", [PEER, OTHER], now_ms=NOW_MS, expires_ms=LATER_MS
            )
            assert first.name == "autumn"
            assert first.closed_ms is None
            again = await store.begin_round("autumn", [PEER], now_ms=NOW_MS + 1, expires_ms=1)
            assert again == first
            single = await store.begin_round(None, [PEER], now_ms=NOW_MS, expires_ms=LATER_MS)
            other = await store.begin_round(None, [PEER], now_ms=NOW_MS, expires_ms=LATER_MS)
            assert [row.number for row in await store.rounds(limit=2)] == [
                other.number,
                single.number,
            ]
            assert await store.round_of("autumn") == first
            assert await store.round_of(single.number) == single
            assert await store.round_of("spring") is None
            assert await store.open_rounds() == (first, single, other)
            assert [row.node for row in await store.pings(first.number)] == [PEER, OTHER]

        self.run(scenario)

    def test_the_first_outcome_of_each_leg_counts(self) -> None:
        """A repeat after a crash changes nothing that a report may have said."""

        async def scenario(store: Store) -> None:
            begun = await store.begin_round(None, [PEER], now_ms=NOW_MS, expires_ms=LATER_MS)
            (row,) = await store.pings(begun.number)
            assert (row.mid, row.node_ok, row.answered_ms, row.state) == (None, None, None, None)
            await store.submit(submission(1, cls=Urgency.P3), now_ms=NOW_MS)
            await store.note_asked_person(row.number, mid(1))
            await store.note_called(row.number, ok=True, took_ms=12, why=None)
            await store.note_called(row.number, ok=False, took_ms=None, why="timeout")
            await store.note_answered(row.number, details_valid=False, at_ms=NOW_MS + 5)
            await store.note_answered(row.number, details_valid=True, at_ms=NOW_MS + 6)
            (row,) = await store.pings(begun.number)
            assert (row.mid, row.state) == (mid(1), MessageState.QUEUED)
            assert (row.node_ok, row.node_ms, row.why) == (True, 12, None)
            assert (row.details_valid, row.answered_ms) == (False, NOW_MS + 5)
            assert await store.last_answers() == {PEER: NOW_MS + 5}

        self.run(scenario)

    def test_each_step_of_a_round_is_told_once(self) -> None:
        """The board of a campaign moves by itself; a repeat after a crash moves nothing."""

        async def scenario(store: Store) -> None:
            begun = await store.begin_round("autumn", [PEER], now_ms=NOW_MS, expires_ms=LATER_MS)
            await store.begin_round("autumn", [PEER], now_ms=NOW_MS, expires_ms=LATER_MS)
            (row,) = await store.pings(begun.number)
            await store.note_asked_person(row.number, mid(1))
            for _ in range(2):
                await store.note_called(row.number, ok=False, took_ms=None, why="timeout")
                await store.note_answered(row.number, details_valid=True, at_ms=NOW_MS + 5)
            await store.note_called(99, ok=True, took_ms=1, why=None)
            said = Act(act="ping_round", who=str(OWN), ref=None, subject=None, why="", t_ms=NOW_MS)
            act = officer_act(said.encode(), new_salt())
            await store.close_round(begun.number, act, now_ms=LATER_MS)
            told = await store.events(after=0, limit=99)
            assert [(one.what, one.by) for one in told if one.kind == "ping"] == [
                (f"{begun.number} begun", str(OWN)),
                (f"{begun.number} asked", str(PEER)),
                (f"{begun.number} called", str(PEER)),
                (f"{begun.number} answered", str(PEER)),
                (f"{begun.number} closed", str(OWN)),
            ]

        self.run(scenario)

    def test_a_round_is_closed_once_by_one_leaf(self) -> None:
        """Its outcome is a statement of ours."""

        async def scenario(store: Store) -> None:
            begun = await store.begin_round(None, [], now_ms=NOW_MS, expires_ms=LATER_MS)
            said = Act(act="ping_round", who=str(OWN), ref=None, subject=None, why="", t_ms=NOW_MS)
            act = officer_act(said.encode(), new_salt())
            size = store.size
            for later in range(2):
                await store.close_round(begun.number, act, now_ms=LATER_MS + later)
            await store.close_round(99, act, now_ms=LATER_MS)
            assert store.size == size + 1
            (row,) = await store.rounds(limit=9)
            assert (row.closed_ms, row.origin, row.index) == (LATER_MS, str(ORIGIN), size)
            (leaf,) = await store.leaves(size, size + 1)
            assert leaf.kind == StatementKind.ACT.value
            assert await store.open_rounds() == ()

        self.run(scenario)

    def test_replies_of_the_asked_node_alone_are_found_until_they_were_taken(self) -> None:
        """Somebody else who knows the id of a ping cannot answer for it."""

        async def scenario(store: Store) -> None:
            begun = await store.begin_round(None, [PEER, OTHER], now_ms=NOW_MS, expires_ms=LATER_MS)
            pings = await store.pings(begun.number)
            await store.note_asked_person(pings[0].number, mid(1))
            await store.note_asked_person(pings[1].number, mid(2))
            await store.admit(admission(incoming(5), incoming(6)), now_ms=NOW_MS)
            for number, asked in ((5, 1), (6, 2)):
                reply = replace(consignment(number), thread=mid(asked), re=mid(asked))
                await store.consign(reply, now_ms=NOW_MS + 7)
            (found,) = await store.ping_replies()
            assert (found.ping, found.asked, found.mid) == (pings[0].number, mid(1), mid(5))
            assert found.at_ms == NOW_MS  # when it arrived, not when it was opened
            await store.note_answered(found.ping, details_valid=True, at_ms=found.at_ms)
            assert await store.ping_replies() == ()

        self.run(scenario)

    def test_what_nobody_answered_is_found_by_its_class(self) -> None:
        """The duty officer sees what other desks ask of him; what is expired asks nothing."""

        async def scenario(store: Store) -> None:
            await store.admit(
                admission(incoming(1, cls=Urgency.P3), incoming(2), incoming(3, cls=Urgency.P3)),
                now_ms=NOW_MS,
            )
            await store.consign(consignment(1), now_ms=NOW_MS)
            await store.consign(consignment(2), now_ms=NOW_MS)
            found = await store.to_answer(Urgency.P3, now_ms=NOW_MS)
            assert [row.mid for row in found] == [mid(1)]
            assert await store.to_answer(Urgency.P3, now_ms=LATER_MS) == ()

        self.run(scenario)

    def test_calls_add_up_by_day_and_node(self) -> None:
        """The matrix over time."""

        async def scenario(store: Store) -> None:
            one = DayCount(day=7, node=PEER, called=4, answered=3)
            await store.count_calls([one, DayCount(day=7, node=OTHER, called=1, answered=0)])
            await store.count_calls([one, DayCount(day=8, node=PEER, called=1, answered=1)])
            found = await store.availability(since_day=7)
            assert found[PEER] == (
                DayCount(day=7, node=PEER, called=8, answered=6),
                DayCount(day=8, node=PEER, called=1, answered=1),
            )
            assert found[OTHER] == (DayCount(day=7, node=OTHER, called=1, answered=0),)
            assert list(await store.availability(since_day=8)) == [PEER]

        self.run(scenario)
