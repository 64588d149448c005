"""The one thread that writes: it drains what waits, commits it as a group, and tells the loop.

No artificial wait: whatever came during the last commit is the next group. What one turn of the
loop asks for is handed over together, so that callers who go on together also commit together.
One `call_soon_threadsafe` a commit; on the loop first the picture in memory is brought up to
date, then the callers go on. Leaves that nobody waits for get a signed head with the next group
that needs one, or within a second.
"""

import asyncio
import contextlib
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, Generic, NamedTuple, Protocol, TypeVar, cast

from gateway.errors import StorageError
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.storage.anchor import Anchor
from gateway.storage.group import Committed, Failed, GroupCommitter, Operation
from gateway.storage.session import CommitNews

T = TypeVar("T")

GROUP_MOST: Final = 128
"""Operations in one commit; one on many items counts for as many, so that groups stay short."""

_TURN_MOST: Final = 16
"""Items after which a turn of the loop hands over at once: the thread works beside it."""

SIGN_WITHIN_S: Final = 1.0
"""Longest time that a leaf stays without a signed head."""

_SYNC_ANCHOR_S: Final = 1.0
_IDLE_S: Final = 0.2
"""Quiet time after which pages are moved out of the write-ahead log."""

_WAL_FRAMES: Final = 4096
"""Frames (of 4 KiB: 16 MiB) at which they are moved also under load."""

_READ_AGAIN_S: Final = 30.0
"""Longest wait for the loop to read its picture again; it has only to get a turn."""

_TRUNCATE_FRAMES: Final = 16_384
"""64 MiB."""


class Landed(NamedTuple, Generic[T]):
    """The result of an operation and the newest signed head after its commit."""

    value: T
    head: SignedHead | None


class StoreWriter(Protocol):
    """What a store needs of its writer; callers are on the loop that ran at `start`."""

    @property
    def waiting(self) -> int:
        """Operations that wait to be committed."""

    def start(self) -> None:
        """Begin to take operations."""

    async def stop(self) -> None:
        """Commit what waits, and sign what is unsigned."""

    async def run(self, operation: Operation[T], *, weight: int = 1) -> T:
        """Run one operation; it is durable when this returns."""

    async def land(self, operation: Operation[T], *, weight: int = 1) -> Landed[T]:
        """Run one operation and return also the newest signed head after its commit."""


class WriterMaker(Protocol):
    """Makes the writer of one store: a thread of its own for a node, none for a simulated one."""

    def __call__(
        self,
        committer: GroupCommitter,
        *,
        anchor: Anchor,
        clock: Clock,
        on_news: Callable[[CommitNews | None], None],
    ) -> StoreWriter:
        """Make it, not yet started."""


class _Task(NamedTuple):
    operation: Operation[object]
    future: asyncio.Future[Landed[object]]
    weight: int


class Writer:
    """Hands operations to the writing thread and their results back to the loop.

    Args:
        committer: Used by the thread alone from `start` to `stop`.
        anchor: Synced once a second.
        clock: For the two timers.
        truncate_frames: Frames of a write-ahead log that is cut when the node is idle.
        on_news: Called on the loop after each commit, before any caller goes on; None says
            that the picture in memory must be read again.
    """

    def __init__(
        self,
        committer: GroupCommitter,
        *,
        anchor: Anchor,
        clock: Clock,
        on_news: Callable[[CommitNews | None], None],
        truncate_frames: int = _TRUNCATE_FRAMES,
    ) -> None:
        self._committer = committer
        self._anchor = anchor
        self._clock = clock
        self._on_news = on_news
        self._truncate_frames = truncate_frames
        self._tasks: SimpleQueue[list[_Task] | None] = SimpleQueue()
        self._turn: list[_Task] = []
        self._turn_weight = 0
        self._handed_over = 0
        self._taken = 0
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsigned_since: float | None = None
        self._synced_at = 0.0
        self._unmoved = 0
        self._unmoved_allowed = GROUP_MOST

    @property
    def waiting(self) -> int:
        """Operations that wait for the thread."""
        return len(self._turn) + self._handed_over - self._taken

    def start(self) -> None:
        """Start the thread; the running loop gets the results."""
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Commit what waits, sign what is unsigned, and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._end_turn()
            self._tasks.put(None)
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    async def run(self, operation: Operation[T], *, weight: int = 1) -> T:
        """Run one operation; it is durable when this returns.

        Args:
            operation: Called in the writer's thread.
            weight: Items that it writes.

        Raises:
            StorageError: It was not committed, or the store is not running.
            LogDamagedError: The log does not verify; nothing is written any more.
        """
        return (await self.land(operation, weight=weight)).value

    async def land(self, operation: Operation[T], *, weight: int = 1) -> Landed[T]:
        """Run one operation and return also the newest signed head after its commit.

        Args:
            operation: Called in the writer's thread.
            weight: Items that it writes.

        Raises:
            StorageError: It was not committed, or the store is not running.
            LogDamagedError: The log does not verify; nothing is written any more.
        """
        if self._thread is None or self._loop is None:
            raise StorageError("the store is not running", code="store_stopped")
        future: asyncio.Future[Landed[object]] = self._loop.create_future()
        if not self._turn:
            self._loop.call_soon(self._end_turn)
        self._turn.append(_Task(operation, future, weight))
        self._turn_weight += weight
        if self._turn_weight >= _TURN_MOST:
            self._end_turn()
        return cast("Landed[T]", await future)

    def _end_turn(self) -> None:
        """Hand over what was asked for in this turn of the loop, so far."""
        turn, self._turn, self._turn_weight = self._turn, [], 0
        if turn:
            self._handed_over += len(turn)
            self._tasks.put(turn)

    def _work(self) -> None:
        """Be the thread: one round is one group, or a quiet while without any."""
        going = True
        while going:
            tasks, going = self._drain()
            try:
                self._round(tasks, ending=not going)
            except Exception as fault:  # noqa: BLE001  outermost loop: callers must not hang on a bug
                self._committer.give_up("the writer met a bug")
                failed: list[object] = [Failed(fault=fault)] * len(tasks)
                self._hand_over(tasks, Committed(results=failed, news=None))

    def _round(self, tasks: list[_Task], *, ending: bool) -> None:
        sign = ending or self._is_sign_due()
        if tasks or (sign and not self._committer.is_signed):
            committed = self._committer.commit([one.operation for one in tasks], sign=sign)
            self._note_unsigned(tried=sign)
            self._hand_over(tasks, committed)
            self._unmoved += 1 + sum(one.weight for one in tasks)
        self._keep_house(idle=not tasks, ending=ending)

    def _drain(self) -> tuple[list[_Task], bool]:
        """Return the next group, empty after a quiet while, and whether to go on."""
        tasks: list[_Task] = []
        weight = 0
        try:
            turn = self._tasks.get(timeout=self._patience_s())
            while turn is not None:
                tasks += turn
                self._taken += len(turn)
                weight += sum(task.weight for task in turn)
                if weight >= GROUP_MOST:
                    return tasks, True
                turn = self._tasks.get_nowait()
        except Empty:
            return tasks, True
        return tasks, False

    def _patience_s(self) -> float | None:
        """Return how long the thread may sleep at most; for ever when nothing is open."""
        if self._unsigned_since is not None:
            left = self._unsigned_since + SIGN_WITHIN_S - self._clock.monotonic_s()
            return max(0.0, min(left, _IDLE_S if self._unmoved else SIGN_WITHIN_S))
        if self._unmoved:
            return _IDLE_S
        return _SYNC_ANCHOR_S if self._anchor.is_dirty else None

    def _is_sign_due(self) -> bool:
        since = self._unsigned_since
        return since is not None and self._clock.monotonic_s() >= since + SIGN_WITHIN_S

    def _note_unsigned(self, *, tried: bool) -> None:
        if self._committer.stopped is not None or self._committer.is_signed:
            self._unsigned_since = None
        elif tried or self._unsigned_since is None:
            self._unsigned_since = self._clock.monotonic_s()

    def _hand_over(self, tasks: list[_Task], committed: Committed) -> None:
        loop = self._loop
        if loop is None:
            return
        seen = Event()
        # A loop that was closed under us has no callers left; what landed has landed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._land, tasks, committed, seen)
            if committed.reopened:
                # The picture is read from the file: a commit in between would count twice.
                seen.wait(_READ_AGAIN_S)

    def _land(self, tasks: list[_Task], committed: Committed, seen: Event) -> None:
        """Be on the loop again: the picture first, then the callers."""
        results = committed.results
        try:
            if committed.news is not None or committed.reopened:
                self._on_news(committed.news)
        except Exception as fault:  # noqa: BLE001  whatever it is, the picture is not the store's
            self._committer.give_up("the picture of the store could not be read")
            results = [Failed(fault=fault)] * len(tasks)
        finally:
            seen.set()
        head = None if committed.news is None else committed.news.head
        for task, value in zip(tasks, results, strict=True):
            if task.future.done():
                continue
            if isinstance(value, Failed):
                task.future.set_exception(value.fault)
            else:
                task.future.set_result(Landed(value, head))

    def _keep_house(self, *, idle: bool, ending: bool) -> None:
        now = self._clock.monotonic_s()
        if self._anchor.is_dirty and (ending or now >= self._synced_at + _SYNC_ANCHOR_S):
            self._synced_at = now
            try:
                self._anchor.sync()
            except OSError:
                # What a second sync after a failed one says is worth nothing.
                self._committer.give_up("the anchor file could not be synced")
        if self._unmoved and (idle or ending or self._unmoved >= self._unmoved_allowed):
            self._move_pages(idle=idle or ending)

    def _move_pages(self, *, idle: bool) -> None:
        """Move pages out of the write-ahead log, and learn how many items fill it."""
        frames, moved = self._committer.checkpoint()
        if frames:
            self._unmoved_allowed = max(GROUP_MOST, self._unmoved * _WAL_FRAMES // frames)
        self._unmoved = 0
        if idle and frames >= self._truncate_frames and moved == frames:
            self._committer.checkpoint(truncate=True)
