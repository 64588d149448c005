"""Nothing is signed while the gate is closed, whatever is committed; the end is for ever."""

import asyncio
from pathlib import Path

import pytest

from gateway.continuity import Loss, Unclaimed
from gateway.errors import RecoveringError
from gateway.storage.continuity import marker_of
from gateway.storage.sqlite import SqliteStore
from keys.digest import new_salt
from protocol.limits import MAX_LIFE_MS
from protocol.log.deed import Act
from protocol.log.recovery import Claim, Start
from protocol.log.statement import Statement, officer_act
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, PEER, admission, incoming, submission

LOSS = Loss(kind=Claim.MORE, held=b"held", shown=b"shown", by=PEER)


def act() -> Statement:
    """Return the operator's word as a statement."""
    deed = Act(act="keep_log", who="RO/1 desk", ref=None, subject=None, why="x", t_ms=NOW_MS)
    return officer_act(deed.encode(), new_salt())


async def closed(home: Home) -> SqliteStore:
    """Make a store, and open it again: its gate is closed."""
    await home.create().close()
    store = home.open()
    await store.start()
    assert not store.may_sign
    return store


def test_leaves_are_committed_and_wait_for_the_signature(tmp_path: Path) -> None:
    """Officers' work is kept; it leaves the node with the first head after the gate opens."""

    async def scenario() -> None:
        store = await closed(Home(tmp_path / "home"))
        await store.submit(submission(1), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        assert (head.size, store.size) == (1, 2)
        with pytest.raises(RecoveringError):
            await store.admit(admission(incoming(1)), now_ms=NOW_MS)
        with pytest.raises(RecoveringError):
            await store.state([act()], must_leave=True)
        assert store.size == 2
        await store.begin_signing(act())
        head = store.head()
        assert head is not None
        assert head.size == store.size == 3
        assert store.root(3) == head.root
        await store.close()

    asyncio.run(scenario())


def test_closing_signs_nothing_while_the_gate_is_closed(tmp_path: Path) -> None:
    """An orderly end is no reason to sign."""
    home = Home(tmp_path / "home")

    async def scenario() -> None:
        store = await closed(home)
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.close()
        again = home.open()
        head = again.head()
        assert head is not None
        assert (head.size, again.size) == (1, 2)
        await again.close()

    asyncio.run(scenario())


def test_end_of_a_generation_outlives_every_start(tmp_path: Path) -> None:
    """Both notes are kept; neither time nor the operator's word opens it again."""
    home = Home(tmp_path / "home")

    async def scenario() -> None:
        store = await closed(home)
        await store.begin_signing(None)
        await store.stop_signing(LOSS, now_ms=NOW_MS)
        await store.submit(submission(1), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        assert head.size == 1
        await store.close()
        again = home.open()
        assert again.beginning.start is Start.NEVER
        assert again.loss == LOSS
        assert str(PEER) in again.beginning.why
        await again.start()
        with pytest.raises(RecoveringError):
            await again.begin_signing(None)
        await again.stop_signing(LOSS, now_ms=NOW_MS)
        assert not again.may_sign
        await again.close()

    asyncio.run(scenario())


def test_receipts_are_asked_for_once_after_each_restore(tmp_path: Path) -> None:
    """Of messages that may still bring one; a start that loses nothing asks for none."""
    home = Home(tmp_path / "home")

    async def asked(*, restored: bool) -> tuple[Unclaimed, ...]:
        if restored:
            marker_of(home.database).touch()
        store = home.open()
        await store.start()
        assert (store.beginning.start is Start.ALL) is restored
        await store.begin_signing(None)
        found = await store.unclaimed(now_ms=NOW_MS, limit=9)
        assert await store.unclaimed(now_ms=NOW_MS, limit=9, besides={PEER}) == ()
        assert await store.unclaimed(now_ms=NOW_MS + 2 * MAX_LIFE_MS, limit=9) == ()
        await store.close()
        return found

    async def scenario() -> None:
        store = await closed(home)
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.close()
        assert await asked(restored=False) == ()
        (one,) = await asked(restored=True)
        assert one.node == PEER
        assert await asked(restored=False) == (one,)  # its process ended before the answer
        store = home.open()
        await store.start()
        assert await store.claimed(one, now_ms=NOW_MS) == 0
        await store.close()
        assert await asked(restored=False) == ()
        assert [each.mid for each in await asked(restored=True)] == [one.mid]

    asyncio.run(scenario())
