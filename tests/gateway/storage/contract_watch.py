"""The watch's book: a case comes when it is due, and only then; what was looked at stays known."""

from gateway.store import Store
from tests.gateway.storage.material import NOW_MS, mid
from tests.gateway.storage.scenario import Contract

FIRST, SECOND, THIRD = mid(1), mid(2), mid(3)


class WatchContract(Contract):
    """What is kept of looks at cases."""

    def test_case_is_due_at_its_moment_and_not_before(self) -> None:
        """A look costs what is due, not what there is."""

        async def scenario(store: Store) -> None:
            await store.note_watched(
                {FIRST: NOW_MS + 1, SECOND: NOW_MS + 2, THIRD: None}, now_ms=NOW_MS
            )
            assert await store.due_cases(NOW_MS, limit=9) == ()
            assert await store.due_cases(NOW_MS + 1, limit=9) == (FIRST,)
            assert set(await store.due_cases(NOW_MS + 2, limit=9)) == {FIRST, SECOND}
            assert len(await store.due_cases(NOW_MS + 2, limit=1)) == 1
            await store.note_watched({FIRST: NOW_MS + 3, SECOND: None}, now_ms=NOW_MS + 2)
            assert await store.due_cases(NOW_MS + 2, limit=9) == ()
            assert await store.due_cases(NOW_MS + 99, limit=9) == (FIRST,)

        self.run(scenario)

    def test_case_looked_at_by_a_clock_that_was_set_back_is_due_again(self) -> None:
        """What a wrong clock found to be over is not over."""

        async def scenario(store: Store) -> None:
            await store.note_watched({FIRST: 2**62}, now_ms=NOW_MS)
            assert await store.due_cases(NOW_MS, limit=9) == ()
            assert await store.due_cases(NOW_MS - 1, limit=9) == (FIRST,)

        self.run(scenario)

    def test_event_up_to_which_was_looked_is_kept(self) -> None:
        """It moves only where a look says so."""

        async def scenario(store: Store) -> None:
            assert await store.watched_event() == 0
            await store.note_watched({}, now_ms=NOW_MS, event=7)
            await store.note_watched({FIRST: NOW_MS}, now_ms=NOW_MS)
            assert await store.watched_event() == 7

        self.run(scenario)
