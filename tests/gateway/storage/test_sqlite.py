"""SqliteStore holds the contract of every store, and starts only on what it can vouch for."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typing_extensions import override

from gateway.errors import ConfigError, StorageError
from gateway.records import Accepted, Direction
from gateway.storage.sqlite import SqliteStore
from gateway.store import Store
from protocol.errors import NotAllowedError
from protocol.identifiers import LogOrigin, NodeId
from tests.gateway.storage.contract import StoreContract
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    DAY_MS,
    KEY_SET,
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    STORE_KEY,
    TestClock,
    admission,
    consignment,
    first_statement,
    head_signer,
    incoming,
    mid,
    peer_checkpoint,
    received,
    submission,
)
from tests.gateway.storage.scenario import Scenario, claim, defer, deliver


class TestSqliteStore(StoreContract):
    """The contract, on a folder."""

    @override
    def run(self, scenario: Scenario) -> None:
        with TemporaryDirectory() as folder:
            home = Home(Path(folder) / "home")
            self.clock = home.clock
            home.play(scenario)


def test_sqlite_store_is_a_store() -> None:
    """The checker holds the class against the port."""
    implementation: type[Store] = SqliteStore
    assert implementation is SqliteStore


def test_new_start_shows_what_the_live_store_showed(tmp_path: Path) -> None:
    """Nothing that was answered lives in memory alone."""
    home = Home(tmp_path / "home")

    async def fill(store: SqliteStore) -> tuple[object, ...]:
        for number in range(1, 6):
            await store.submit(submission(number), now_ms=NOW_MS)
        await store.admit(admission(incoming(7), incoming(8)), now_ms=NOW_MS)
        await store.consign(consignment(7), now_ms=NOW_MS)
        first, second, *rest = await claim(store)
        await deliver(store, first, received(1))
        await defer(store, second, next_ms=NOW_MS + DAY_MS)
        await store.release(rest)
        return await picture(store)

    async def picture(store: SqliteStore) -> tuple[object, ...]:
        return (
            await store.messages(Direction.OUT, limit=99),
            await store.messages(Direction.IN, limit=99),
            await store.events(after=0, limit=99),
            await store.lanes(),
            await store.positions(),
            [replace(one, is_counted=False) for one in await store.unopened(9)],
            await store.leaves(0, 99),
            await store.inner(PEER, mid(7)),
            await store.attempts(mid(2)),
        )

    before = home.play(fill)
    assert home.play(picture) == before


def test_new_start_frees_leases(tmp_path: Path) -> None:
    """Whoever claimed them died with the process."""
    home = Home(tmp_path / "home")

    async def take(store: SqliteStore) -> int:
        await store.submit(submission(1), now_ms=NOW_MS)
        return len(await claim(store))

    async def take_again(store: SqliteStore) -> int:
        return len(await claim(store))

    assert home.play(take) == 1
    assert home.play(take_again) == 1


def test_kill_between_commit_and_answer_gives_the_stored_receipt(tmp_path: Path) -> None:
    """The peer repeats; it must not get a second receipt for one envelope."""
    home, copy = Home(tmp_path / "home"), Home(tmp_path / "copy")

    async def accept(store: SqliteStore) -> Accepted:
        admitted = await store.admit(admission(incoming(1)), now_ms=NOW_MS)
        # What a kill leaves: the files as they are at this moment, nothing closed.
        shutil.copytree(home.folder, copy.folder)
        shutil.copy(home.anchor, copy.anchor)
        (item,) = admitted.items
        assert isinstance(item, Accepted)
        return item

    async def repeat(store: SqliteStore) -> Accepted:
        admitted = await store.admit(admission(incoming(1)), now_ms=NOW_MS + 1)
        (item,) = admitted.items
        assert isinstance(item, Accepted)
        assert admitted.head.size > item.index
        return item

    first = home.play(accept)
    again = copy.play(repeat)
    assert (again.receipt, again.index, again.fresh) == (first.receipt, first.index, False)


def test_unsigned_leaves_are_signed_at_an_orderly_end(tmp_path: Path) -> None:
    """The next start has a head over everything."""
    home = Home(tmp_path / "home")

    async def obtain(store: SqliteStore) -> None:
        await store.advance_peer(peer_checkpoint(), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        assert head.size == 1

    home.play(obtain)
    store = home.open()
    head = store.head()
    asyncio.run(store.close())
    assert head is not None
    assert head.size == 2


def test_store_is_made_once_and_never_by_opening(tmp_path: Path) -> None:
    """A wrong path must not start a second log."""
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    with pytest.raises(StorageError, match="no store here"):
        home.open()
    asyncio.run(home.create().close())
    with pytest.raises(StorageError, match="already"):
        home.create()


def test_store_whose_first_head_was_not_signed_is_not_left_behind(tmp_path: Path) -> None:
    """`a35 init` can be repeated."""

    def refuse(_: object) -> None:
        raise ValueError("no key")

    home = Home(tmp_path / "home")
    home.folder.mkdir()
    with pytest.raises(StorageError):
        SqliteStore.create(
            home.database,
            origin=ORIGIN,
            first=first_statement(),
            key_set=KEY_SET,
            store_key=STORE_KEY,
            head_signer=refuse,  # type: ignore[arg-type]
            clock=TestClock(),
        )
    asyncio.run(home.create().close())


def test_first_leaf_must_state_the_key_set_that_is_kept(tmp_path: Path) -> None:
    """Else `GET /v1/keys` would serve what the log does not prove."""
    clock = TestClock()
    with pytest.raises(NotAllowedError):
        SqliteStore.create(
            tmp_path / "store.db",
            origin=ORIGIN,
            first=first_statement(),
            key_set=b"another",
            store_key=STORE_KEY,
            head_signer=head_signer(clock),
            clock=clock,
        )


def test_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two writers on one log would sign two histories."""
    home = Home(tmp_path / "home")
    store = home.create()
    with pytest.raises(StorageError, match="another process") as caught:
        home.open()
    assert caught.value.code == "store_locked"
    assert caught.value.hint
    asyncio.run(store.close())
    asyncio.run(home.open().close())


def test_store_of_another_log_than_the_keys_is_refused(tmp_path: Path) -> None:
    """Keys and store of two nodes in one home."""
    home = Home(tmp_path / "home")
    asyncio.run(home.create().close())
    clock = TestClock()
    for other, why in (
        (LogOrigin(NodeId("FR", 1), 1), "another log"),
        (LogOrigin(OWN, 2), "not finished"),
    ):
        with pytest.raises(ConfigError, match=why):
            SqliteStore.open(
                home.database,
                origin=other,
                store_key=STORE_KEY,
                head_signer=head_signer(clock),
                clock=clock,
            )


def test_store_that_is_not_running_refuses_work(tmp_path: Path) -> None:
    """A caller after the end is told, it does not hang."""
    home = Home(tmp_path / "home")

    async def scenario() -> None:
        store = home.create()
        with pytest.raises(StorageError):
            await store.submit(submission(1), now_ms=NOW_MS)
        await store.start()
        await store.submit(submission(1), now_ms=NOW_MS)
        assert (store.fault, store.backlog) == (None, 0)
        await store.close()
        with pytest.raises(StorageError):
            await store.state([first_statement()], must_leave=True)

    asyncio.run(scenario())
