"""Time stamps over our heads, and the one act by which a message's alert is stated."""

import pytest

from gateway.alerting import Alert
from gateway.records import SignedHead
from gateway.stamping import KeptStamp
from gateway.store import Store
from keys.digest import new_salt
from protocol.delivery.urgency import Urgency
from protocol.evidence.ladder import ALERTED_ACT
from protocol.identifiers import LogOrigin
from protocol.log.deed import Act
from protocol.log.statement import StatementKind, officer_act
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    PEER_ORIGIN,
    admission,
    incoming,
    mid,
    submission,
)
from tests.gateway.storage.scenario import Contract


def over(head: SignedHead, authority: str = "first", *, at_ms: int = NOW_MS) -> KeptStamp:
    """Return a stamp over a head; the store believes that it was verified."""
    return KeptStamp(
        origin=head.origin,
        size=head.size,
        authority=authority,
        time_ms=at_ms,
        kept_ms=at_ms + 1,
        answer=b"%s %d" % (authority.encode(), head.size),
    )


async def grown(store: Store, number: int, *, cls: Urgency = Urgency.P2) -> SignedHead:
    """Let one message of ours be queued, and return the head over it."""
    await store.submit(submission(number, cls=cls), now_ms=NOW_MS)
    head = store.head()
    assert head is not None
    return head


def alert(number: int) -> Alert:
    """Return the statement that somebody was called to a message."""
    act = Act(act=ALERTED_ACT, who=str(OWN), ref=mid(number), subject=None, why="t", t_ms=NOW_MS)
    return Alert(sender=PEER, mid=mid(number), act=officer_act(act.encode(), new_salt()))


class ProofContract(Contract):
    """What outsiders gave, and what the desk was told."""

    def test_stamp_is_kept_once_and_the_newest_is_known(self) -> None:
        """A repeat, also with another answer, changes nothing."""

        async def scenario(store: Store) -> None:
            assert await store.newest_stamp() is None
            first, second = await grown(store, 1), await grown(store, 2)
            for stamp in (over(first), over(second), over(second, at_ms=NOW_MS + 9)):
                await store.keep_stamp(stamp)
            assert await store.newest_stamp() == over(second)

        self.run(scenario)

    def test_stamps_of_no_checkpoint_of_ours_are_not_kept(self) -> None:
        """A stamp hangs on the note that it is over."""

        async def scenario(store: Store) -> None:
            head = await grown(store, 1)
            strange = SignedHead(origin=ORIGIN, size=head.size + 5, root=head.root, note=head.note)
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the store makes of it
                await store.keep_stamp(over(strange))
            assert await store.newest_stamp() is None

        self.run(scenario)

    def test_each_place_gets_the_first_stamp_after_it_of_each_authority(self) -> None:
        """A later one bounds no closer; another log than ours has none."""

        async def scenario(store: Store) -> None:
            heads = [await grown(store, number) for number in range(1, 5)]
            await store.keep_stamp(over(heads[0]))
            await store.keep_stamp(over(heads[1]))
            await store.keep_stamp(over(heads[3]))
            await store.keep_stamp(over(heads[3], "second"))
            newest = heads[3].size

            async def at(*indices: int) -> list[bytes]:
                held = await store.stamps_over(ORIGIN, newest, indices)
                assert all(one.joined is None for one in held)
                notes = {head.size: head.note for head in heads}
                assert all(one.note == notes[int(one.answer.split()[1])] for one in held)
                return [one.answer for one in held]

            second = b"second %d" % newest
            assert await at(0) == [b"first %d" % heads[0].size, second]
            assert await at(heads[0].size) == [b"first %d" % heads[1].size, second]
            assert await at(heads[2].size) == [b"first %d" % newest, second]
            assert await at(0, heads[0].size) == [
                b"first %d" % heads[0].size,
                b"first %d" % heads[1].size,
                second,
            ]
            assert await at(newest) == []
            assert await store.stamps_over(PEER_ORIGIN, newest, [0]) == ()
            assert await store.stamps_over(LogOrigin(OWN, 7), newest, []) == ()

        self.run(scenario)

    def test_emergencies_are_seen_by_their_events(self) -> None:
        """Of either direction, above the number that was looked at last."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
            assert not await store.has_emergency(0)
            await store.admit(admission(incoming(2, cls=Urgency.P0)), now_ms=NOW_MS)
            assert await store.has_emergency(0)
            assert not await store.has_emergency(store.newest_event)

        self.run(scenario)

    def test_alert_is_stated_once_and_told(self) -> None:
        """The act is a leaf; the event names it; nobody is called to what is not here."""

        async def scenario(store: Store) -> None:
            before = store.newest_event
            await store.admit(admission(incoming(1), incoming(2)), now_ms=NOW_MS)
            arrived = [event.number for event in await store.events(after=before, limit=9)]
            assert await store.unalerted(arrived) == ((PEER, mid(1)), (PEER, mid(2)))
            assert await store.unalerted([]) == ()
            size = store.size
            alerts = [alert(1), alert(1), alert(3)]
            assert await store.alert(alerts, now_ms=NOW_MS) == 1
            assert await store.alert([alert(1)], now_ms=NOW_MS) == 0
            (leaf,) = await store.leaves(size, store.size)
            assert leaf.kind == StatementKind.ACT
            (event,) = await store.events(after=arrived[-1], limit=9)
            assert (event.kind, event.mid, event.index) == ("message.alerted", mid(1), size)
            assert await store.unalerted(arrived) == ((PEER, mid(2)),)

        self.run(scenario)
