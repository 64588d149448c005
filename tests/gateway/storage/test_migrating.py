"""Stores of earlier releases open in this one, with everything that was in them.

`stores/schema-NNNN.sql` is what a store of that release holds, as SQLite writes it out: messages
in every state, receipts, what waits. A later migration must open it and every one after it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import LogDamagedError, StorageError
from gateway.records import Direction
from gateway.storage.copy import check_copy
from gateway.storage.migrating import apply_migrations
from gateway.storage.opening import migrate_store
from gateway.storage.schema import MIGRATIONS, SCHEMA_VERSION
from gateway.storage.sqlite import SqliteStore
from protocol.cases.ladder import MessageState
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, PEER, admission, incoming, mid, submission
from tests.gateway.storage.scenario import claim

STORES = sorted((Path(__file__).parent / "stores").glob("schema-*.sql"))
OUT = {
    1: MessageState.QUEUED,
    2: MessageState.QUEUED,
    3: MessageState.ACCEPTED,
    4: MessageState.CONSIGNED,
    5: MessageState.ACKNOWLEDGED,
    6: MessageState.REJECTED,
    7: MessageState.EXPIRED,
}
IN = {11: MessageState.ACCEPTED, 12: MessageState.CONSIGNED, 13: MessageState.OPENED}


def written_out(path: Path) -> list[str]:
    """Return a store as text; the order of its triggers means nothing."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.iterdump())


@pytest.fixture(params=STORES, ids=lambda path: path.stem)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home with the store of an earlier release."""
    made = Home(tmp_path / "home")
    made.folder.mkdir()
    with closing(sqlite3.connect(made.database)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return made


def test_first_schema_is_among_the_stores() -> None:
    """A release that forgets it would notice at its users' only."""
    assert next(path.stem for path in STORES) == "schema-0001"


def test_store_of_an_earlier_release_shows_what_it_showed(home: Home) -> None:
    """States, contents, receipts and what waits."""

    async def look(store: SqliteStore) -> None:
        for direction, expected in ((Direction.OUT, OUT), (Direction.IN, IN)):
            rows = await store.messages(direction, limit=99)
            assert {row.mid: row.state for row in rows} == {
                mid(number): state for number, state in expected.items()
            }
        assert await store.inner(store.origin.node, mid(1)) == b"inner 1"
        assert await store.inner(PEER, mid(12)) == b"their inner 12"
        assert [one.mid for one in await store.unopened(9)] == [mid(11)]
        assert len(await store.receipts(PEER, mid(13))) == 3
        assert len(await store.attempts(mid(2))) == 1
        head = store.head()
        assert head is not None
        assert head.size >= 23
        await store.prove(head.size, range(head.size), old=1)

    home.play(look)


def test_store_of_an_earlier_release_goes_on(home: Home) -> None:
    """New messages and old ones side by side; a repeat gets the receipt that was stored."""

    async def go_on(store: SqliteStore) -> None:
        await store.submit(submission(20), now_ms=NOW_MS)
        assert {item.mid for item in await claim(store)} >= {mid(1), mid(20)}
        before = await store.receipts(PEER, mid(11))
        await store.admit(admission(incoming(11), incoming(21)), now_ms=NOW_MS)
        assert await store.receipts(PEER, mid(11)) == before

    home.play(go_on)
    home.play(go_on_again)


async def go_on_again(store: SqliteStore) -> None:
    """Find after a start what was done."""
    assert len(await store.messages(Direction.OUT, limit=99)) == len(OUT) + 1


def test_migration_keeps_a_verified_copy_of_the_store_as_it_was(home: Home) -> None:
    """Somebody may have to go back."""
    before = written_out(home.database)
    home.folder.joinpath("store.db.before-0000").write_bytes(b"of an earlier one")
    home.folder.joinpath("store.db.before.part").write_bytes(b"of a crash")
    migrate_store(home.database)
    (copy,) = home.folder.glob("store.db.before*")
    assert copy.name == f"store.db.before-{SCHEMA_VERSION:04}"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert check_copy(copy).schema < SCHEMA_VERSION
    assert written_out(copy) == before
    migrate_store(home.database)
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        names = connection.execute("SELECT name, checksum FROM schema_checksum ORDER BY name")
        assert names.fetchall() == [(one.name, one.checksum) for one in MIGRATIONS]


def test_store_that_does_not_verify_is_not_migrated(home: Home) -> None:
    """What is damaged is left as it is for somebody who knows how."""
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("DROP TRIGGER leaf_no_update")
        connection.execute("UPDATE leaf SET digest = zeroblob(32) WHERE i = 3")
        connection.commit()
    before = written_out(home.database)
    with pytest.raises(LogDamagedError):
        migrate_store(home.database)
    assert written_out(home.database) == before
    assert not list(home.folder.glob("store.db.before*"))


def test_copy_that_cannot_be_kept_stops_the_migration(home: Home) -> None:
    """Here something stands in its place."""
    before = written_out(home.database)
    home.folder.joinpath("store.db.before.part").mkdir()
    with pytest.raises(StorageError):
        migrate_store(home.database)
    assert written_out(home.database) == before


def test_receipts_that_a_new_generation_was_asking_for_are_still_asked_for(home: Home) -> None:
    """The list of work takes the place of a mark at each message."""
    with closing(sqlite3.connect(home.database)) as connection:
        (origin,) = connection.execute("SELECT origin FROM log").fetchone()
        connection.execute("INSERT INTO log VALUES (2, ?)", (origin.replace("/1", "/2"),))
        connection.commit()
        connection.isolation_level = None
        apply_migrations(connection)
        sent = connection.execute("SELECT count(*) FROM message WHERE direction = 'out'")
        (waiting,) = connection.execute("SELECT count(*) FROM unasked").fetchone()
        assert waiting == sent.fetchone()[0] == len(OUT)


def test_case_of_an_earlier_release_is_looked_at_once(home: Home) -> None:
    """That release looked at every case at each start; this one only at what is due."""

    async def look(store: SqliteStore) -> None:
        due = await store.due_cases(NOW_MS, limit=99)
        opened = {
            row.thread
            for direction in Direction
            for row in await store.messages(direction, limit=99)
            if row.summary is not None
        }
        assert set(due) == opened
        assert await store.watched_event() == store.newest_event
        await store.note_watched(dict.fromkeys(due, None), now_ms=NOW_MS)
        assert await store.due_cases(NOW_MS, limit=99) == ()

    home.play(look)


def test_store_whose_first_change_a_kill_left_half_written_opens(
    tmp_path: Path,
) -> None:
    """A copy that was put in place dies while its first start turns the write-ahead log on."""
    home = Home(tmp_path / "home")
    home.play(lambda store: store.lane_counts())
    whole = written_out(home.database)
    half = tmp_path / "half" / "store.db"
    half.parent.mkdir()
    with closing(sqlite3.connect(home.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        connection.execute("PRAGMA cache_size=1").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE filler (text TEXT)")
        # More than the cache holds: pages are written before the commit, under the journal.
        connection.executemany("INSERT INTO filler VALUES (?)", [("x" * 4000,)] * 64)
        for suffix in ("", "-journal"):
            half.with_name(f"store.db{suffix}").write_bytes(
                home.database.with_name(f"store.db{suffix}").read_bytes()
            )
    with (
        pytest.raises(sqlite3.OperationalError),
        closing(sqlite3.connect(f"{half.as_uri()}?mode=ro", uri=True)) as reader,
    ):
        reader.execute("SELECT count(*) FROM message").fetchone()
    migrate_store(half)
    assert written_out(half) == whole
