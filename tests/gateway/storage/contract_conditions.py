"""How things stand: told when it changes, once; and which emergencies wait."""

from gateway.conditions import Condition, ConditionKind
from gateway.store import Store
from protocol.delivery.urgency import Urgency
from tests.gateway.storage.material import NOW_MS, admission, consignment, incoming, mid
from tests.gateway.storage.scenario import Contract


def _peer(word: str, subject: str = "FR/1") -> Condition:
    return Condition(kind=ConditionKind.PEER, subject=subject, word=word)


class ConditionsContract(Contract):
    """Conditions."""

    def test_change_is_told_once_and_the_first_word_to_nobody(self) -> None:
        """A page is renewed when something changed; a new node changes nothing."""

        async def scenario(store: Store) -> None:
            assert await store.note_conditions([_peer("reached")], now_ms=NOW_MS) == 0
            before = store.newest_event
            found = [_peer("failing"), _peer("silent", "DE/1")]
            assert await store.note_conditions(found, now_ms=NOW_MS) == 1
            assert await store.note_conditions(found, now_ms=NOW_MS) == 0
            (told,) = await store.events(after=before, limit=9)
            assert (told.kind, told.what, told.by) == ("peer.state", "failing", "FR/1")
            assert (told.mid, told.at_ms) == (None, NOW_MS)
            assert await store.conditions() == {
                (ConditionKind.PEER, "FR/1"): "failing",
                (ConditionKind.PEER, "DE/1"): "silent",
            }

        self.run(scenario)

    def test_emergency_waits_until_it_is_opened(self) -> None:
        """What is urgent but no emergency, or not in the inbox yet, does not."""

        async def scenario(store: Store) -> None:
            frames = [incoming(7, cls=Urgency.P0), incoming(8, cls=Urgency.P0), incoming(9)]
            await store.admit(admission(*frames), now_ms=NOW_MS)
            assert await store.waiting_emergencies() == ()
            for number in (7, 9):
                await store.consign(consignment(number), now_ms=NOW_MS)
            (waiting,) = await store.waiting_emergencies()
            assert waiting.mid == mid(7)

        self.run(scenario)

    def test_mute_is_of_one_person_until_somebody_opens_the_emergency(self) -> None:
        """Whoever wants it quiet is not woken again by a restart; the others still are."""

        async def scenario(store: Store) -> None:
            await store.admit(admission(incoming(7, cls=Urgency.P0), incoming(9)), now_ms=NOW_MS)
            for number in (7, 9):
                await store.consign(consignment(number), now_ms=NOW_MS)
                await store.mute(mid(number), "RO/1 officer 3", now_ms=NOW_MS)
            await store.mute(mid(7), "RO/1 officer 3", now_ms=NOW_MS + 1)
            await store.mute(mid(7), "RO/1 officer 4", now_ms=NOW_MS + 1)
            both = frozenset({"RO/1 officer 3", "RO/1 officer 4"})
            assert await store.mutes() == {mid(7): both}

        self.run(scenario)
