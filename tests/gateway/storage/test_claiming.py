"""A claim reads the covering index, and survives what ends in between."""

from pathlib import Path

from gateway.records import OutboxKind
from gateway.storage.claiming import read_items
from gateway.storage.sqlite import SqliteStore
from protocol.delivery.urgency import Urgency
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, mid, submission
from tests.gateway.storage.scenario import claim


def test_items_that_are_gone_are_left_out(tmp_path: Path) -> None:
    """The writer may end one between choosing and reading."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        reader = store._core.reader
        found = read_items(reader, OutboxKind.ENVELOPE, [1, 77], fence=5)
        assert [(one.item, one.fence) for one in found] == [(1, 5)]
        assert read_items(reader, OutboxKind.RECEIPT, [77], fence=5) == ()

    home.play(scenario)


def test_claim_never_sorts_and_never_reads_rows_it_does_not_take(tmp_path: Path) -> None:
    """An urgent item behind 100,000 others costs no more than the first."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        statements: list[str] = []
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.submit(submission(2), now_ms=NOW_MS)
        reader = store._core.reader
        reader.set_trace_callback(statements.append)
        await claim(store, max_items=1)  # there is more: what waited long is looked for, too
        reader.set_trace_callback(None)
        plans = {
            row[3]
            for one in statements
            if "ORDER BY cls" in one
            for row in reader.execute("EXPLAIN QUERY PLAN " + one).fetchall()
        }
        index = "SEARCH outbox USING COVERING INDEX outbox_lane (node=? AND kind=? AND "
        assert plans == {f"{index}cls<?)", f"{index}cls=? AND deliver_ms<?)"}

    home.play(scenario)


def test_urgent_item_behind_many_is_claimed_first(tmp_path: Path) -> None:
    """Class goes before number, whatever is leased already."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        for number in range(1, 41):
            await store.submit(submission(number, cls=Urgency.P3), now_ms=NOW_MS)
        held = await claim(store, max_items=30)
        await store.submit(submission(99, cls=Urgency.P0), now_ms=NOW_MS)
        (urgent,) = await claim(store, max_items=1)
        assert urgent.mid == mid(99)
        rest = await claim(store)
        assert [one.mid for one in rest] == [mid(number) for number in range(31, 41)]
        await store.release([*held, urgent, *rest])

    home.play(scenario)
