"""The writing thread: nobody hangs, heads come in time, the file stays small."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.errors import LogDamagedError, StorageError
from gateway.storage.anchor import Anchor
from gateway.storage.group import GroupCommitter
from gateway.storage.opening import append_first, make_store
from gateway.storage.session import CommitNews, Session
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import GROUP_MOST, Writer
from protocol.log.statement import cover
from tests.gateway.storage.home import Home, open_gate
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    TestClock,
    first_statement,
    head_signer,
    peer_checkpoint,
)


@dataclass
class Bench:
    """A writer on a new file, and the news that it told."""

    writer: Writer
    committer: GroupCommitter
    anchor: Anchor
    clock: TestClock
    news: list[CommitNews | None]


def bench(
    folder: Path,
    on_news: Callable[[CommitNews | None], None] | None = None,
    *,
    truncate_frames: int = 1 << 20,
) -> Bench:
    """Return a writer that is not started."""
    path, clock = folder / "store.db", TestClock()
    make_store(path, ORIGIN)
    anchor = Anchor(folder / "anchor", machine="m")
    anchor.open()
    committer = GroupCommitter(
        path, origin=ORIGIN, signer=head_signer(clock), anchor=anchor, gate=open_gate()
    )
    append_first(committer, first_statement())
    news: list[CommitNews | None] = []
    writer = Writer(
        committer,
        anchor=anchor,
        clock=clock,
        on_news=on_news or news.append,
        truncate_frames=truncate_frames,
    )
    return Bench(writer, committer, anchor, clock, news)


def one_leaf(number: int, *, must_leave: bool) -> Callable[[Session], int]:
    """Return an operation that states one leaf."""
    return lambda session: session.state(cover(bytes([number]) * 32), must_leave=must_leave)


def test_leaves_that_nobody_waits_for_get_a_head_within_a_second(tmp_path: Path) -> None:
    """Rule: they ride with the next head, at most one second later."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.advance_peer(peer_checkpoint(), now_ms=NOW_MS)
        home.clock.seconds += 0.9
        await store.advance_peer(peer_checkpoint(11), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        assert head.size == 1
        home.clock.seconds += 0.2
        await store.advance_peer(peer_checkpoint(12, seen=False), now_ms=NOW_MS)
        head = store.head()
        assert head is not None
        assert head.size == 3

    home.play(scenario)


def test_quiet_node_signs_by_itself(tmp_path: Path) -> None:
    """No further operation is needed; the thread wakes on its own."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.advance_peer(peer_checkpoint(), now_ms=NOW_MS)
        home.clock.seconds += 2
        async with asyncio.timeout(30.0):
            while (head := store.head()) is None or head.size < 2:
                await asyncio.get_running_loop().run_in_executor(None, int)

    home.play(scenario)


def test_what_came_during_a_commit_is_the_next_group(tmp_path: Path) -> None:
    """No artificial wait, and never more than a bounded group."""

    async def scenario() -> None:
        on = bench(tmp_path)
        on.writer.start()
        operations = [on.writer.run(one_leaf(n % 250, must_leave=True)) for n in range(300)]
        indices = await asyncio.gather(*operations)
        assert sorted(indices) == list(range(1, 301))
        sizes = [len(one.completed) for one in on.news if one is not None]
        assert sum(sizes) == 300
        assert max(sizes) <= GROUP_MOST
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_what_one_turn_of_the_loop_asks_for_is_one_group(tmp_path: Path) -> None:
    """Callers who go on together share one sync and one signature."""

    async def scenario() -> None:
        on = bench(tmp_path)
        on.writer.start()
        few = [on.writer.run(one_leaf(n, must_leave=True)) for n in range(5)]
        await asyncio.gather(*few)
        assert [len(one.completed) for one in on.news if one is not None] == [5]
        many = [
            asyncio.ensure_future(on.writer.run(one_leaf(n, must_leave=True))) for n in range(16)
        ]
        assert on.writer.waiting == 0  # nobody has asked yet
        await asyncio.gather(*many)
        assert [len(one.completed) for one in on.news if one is not None][:2] == [5, 16]
        assert on.writer.waiting == 0
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_heavy_operations_make_smaller_groups(tmp_path: Path) -> None:
    """A frame of 64 envelopes is not one operation like another."""

    async def scenario() -> None:
        on = bench(tmp_path)
        operations = [
            on.writer.run(one_leaf(n, must_leave=True), weight=GROUP_MOST) for n in range(5)
        ]
        tasks = [asyncio.create_task(one) for one in operations]
        on.writer.start()
        await asyncio.gather(*tasks)
        assert [len(one.completed) for one in on.news if one is not None] == [1] * 5
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_bug_in_the_thread_fails_the_callers_instead_of_hanging_them(tmp_path: Path) -> None:
    """A sequence that is gone stands for any bug."""

    async def scenario() -> None:
        on = bench(tmp_path)
        on.writer.start()
        await on.writer.run(one_leaf(1, must_leave=True))
        del on.committer._sequence
        with pytest.raises((AttributeError, StorageError)):
            await on.writer.run(one_leaf(2, must_leave=True))
        with pytest.raises(StorageError):
            await on.writer.run(one_leaf(3, must_leave=True))
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_picture_that_cannot_be_read_fails_the_callers(tmp_path: Path) -> None:
    """Whoever went on with it would act on a store that is not there."""

    def broken(_: CommitNews | None) -> None:
        raise LogDamagedError("the picture")

    async def scenario() -> None:
        on = bench(tmp_path, broken)
        on.writer.start()
        with pytest.raises(LogDamagedError):
            await on.writer.run(one_leaf(1, must_leave=True))
        assert on.committer.stopped is not None
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_cancelled_caller_does_not_disturb_the_group(tmp_path: Path) -> None:
    """Its operation lands, as after a crash between commit and answer."""

    async def scenario() -> None:
        on = bench(tmp_path)
        on.writer.start()
        waiting = asyncio.create_task(on.writer.run(one_leaf(1, must_leave=True)))
        await asyncio.sleep(0)
        waiting.cancel()
        assert await on.writer.run(one_leaf(2, must_leave=True)) == 2
        assert waiting.cancelled()
        await on.writer.stop()
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_anchor_that_cannot_be_synced_stops_the_writer(tmp_path: Path) -> None:
    """A second sync after a failed one proves nothing."""

    class Lost(Anchor):
        @override
        def sync(self) -> None:
            raise OSError("gone")

    async def scenario() -> None:
        on = bench(tmp_path)
        lost = Lost(tmp_path / "anchor", machine="m")
        lost.open()
        on.committer._anchor = lost
        on.writer._anchor = lost
        on.writer.start()
        await on.writer.run(one_leaf(1, must_leave=True))
        await on.writer.stop()
        assert on.committer.stopped is not None
        on.committer.close()
        lost.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_write_ahead_log_that_was_large_is_cut_when_the_node_is_idle(tmp_path: Path) -> None:
    """470 MiB in twenty seconds, without it."""

    async def scenario() -> None:
        on = bench(tmp_path, truncate_frames=1)
        wal = tmp_path / "store.db-wal"
        assert wal.stat().st_size > 0
        on.writer.start()
        await on.writer.run(one_leaf(1, must_leave=True))
        await on.writer.stop()
        assert wal.stat().st_size == 0
        on.committer.close()
        on.anchor.close()

    asyncio.run(scenario())


def test_result_for_a_loop_that_is_gone_is_dropped(tmp_path: Path) -> None:
    """The process ends in disorder: nothing is left to answer, and nothing breaks."""

    async def scenario() -> None:
        on = bench(tmp_path)
        loop = asyncio.new_event_loop()
        loop.close()
        on.writer._loop = loop
        committed = on.committer.commit([one_leaf(1, must_leave=True)])
        on.writer._hand_over([], committed)
        on.writer._loop = None
        on.writer._hand_over([], committed)
        on.committer.close()
        on.anchor.close()
        await on.writer.stop()

    asyncio.run(scenario())
