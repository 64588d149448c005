"""A writer without a thread: groups are committed on the loop itself, for simulated nodes.

One turn of the loop is one group: what was handed over until then. The rest is as in
gateway.storage.writer: the picture in memory first, then the callers; a leaf that nobody waits
for gets its signed head within a second, by the clock port. A `Disk` may refuse a group as a
real one does, and is asked before and after each commit: a simulated process may end there.

Source: docs/simulation.md.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NoReturn, Protocol, TypeVar, cast

from gateway.errors import StorageError
from gateway.ports import Clock
from gateway.storage.anchor import Anchor
from gateway.storage.group import Committed, Failed, GroupCommitter, Operation
from gateway.storage.session import CommitNews, Session
from gateway.storage.writer import GROUP_MOST, SIGN_WITHIN_S, Landed, WriterMaker

T = TypeVar("T")

_MOVED_EVERY: Final = 2048
"""Items after which pages are moved out of the write-ahead log."""


class Refusal(Enum):
    """What a disk does to a group of writes."""

    NONE = auto()
    FULL = auto()
    BROKEN = auto()
    """An input or output error: the file is opened anew, and twice in a row is the end."""


class Disk(Protocol):
    """What lies below the commits of one simulated node; either call may end the process."""

    def before(self, operations: int) -> Refusal:
        """Say what becomes of the group that is about to be committed."""

    def after(self) -> None:
        """Take note that a group ended, before anybody is told."""


class InlineWriter:
    """Implements gateway.storage.writer.StoreWriter on the loop.

    Args:
        committer: Used by this writer alone.
        anchor: Synced with each late signature and at the end.
        clock: For the timer of signatures.
        on_news: Called after each commit, before any caller goes on.
        disk: Below it.
    """

    def __init__(
        self,
        committer: GroupCommitter,
        *,
        anchor: Anchor,
        clock: Clock,
        on_news: Callable[[CommitNews | None], None],
        disk: Disk,
    ) -> None:
        self._committer = committer
        self._anchor = anchor
        self._clock = clock
        self._on_news = on_news
        self._disk = disk
        self._tasks: list[tuple[Operation[object], asyncio.Future[Landed[object]], int]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signing: asyncio.Task[None] | None = None
        self._unmoved = 0

    @property
    def waiting(self) -> int:
        """Operations that wait for the next turn."""
        return len(self._tasks)

    def start(self) -> None:
        """Use the running loop from now on."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Commit what waits, and sign what is unsigned."""
        if self._loop is None:
            return
        if self._signing is not None:
            self._signing.cancel()
        while self._tasks:
            self._turn()
            await self._clock.sleep(0)
        self._sign()
        self._loop = None

    async def run(self, operation: Operation[T], *, weight: int = 1) -> T:
        """Run one operation; it is durable when this returns.

        Args:
            operation: Called on the loop.
            weight: Items that it writes.

        Raises:
            StorageError: It was not committed, or the store is not running.
        """
        return (await self.land(operation, weight=weight)).value

    async def land(self, operation: Operation[T], *, weight: int = 1) -> Landed[T]:
        """Run one operation and return also the newest signed head after its commit.

        Args:
            operation: Called on the loop.
            weight: Items that it writes.

        Raises:
            StorageError: It was not committed, or the store is not running.
        """
        if self._loop is None:
            raise StorageError("the store is not running", code="store_stopped")
        future: asyncio.Future[Landed[object]] = self._loop.create_future()
        if not self._tasks:
            self._loop.call_soon(self._turn)
        self._tasks.append((operation, future, weight))
        return cast("Landed[T]", await future)

    def _turn(self) -> None:
        """Commit one group, and tell its callers."""
        group = self._tasks[: self._cut()]
        del self._tasks[: len(group)]
        if not group:
            return
        if self._tasks and self._loop is not None:
            self._loop.call_soon(self._turn)
        committed = self._commit([operation for operation, _, _ in group], sign=False)
        results = self._take(committed, len(group))
        head = None if committed.news is None else committed.news.head
        for (_, future, _), value in zip(group, results, strict=True):
            if future.done():
                continue
            if isinstance(value, Failed):
                future.set_exception(value.fault)
            else:
                future.set_result(Landed(value, head))
        self._keep_house(sum(weight for _, _, weight in group))

    def _cut(self) -> int:
        """Return how many of the waiting operations are one group."""
        total = 0
        for place, (_, _, weight) in enumerate(self._tasks):
            total += weight
            if total >= GROUP_MOST:
                return place + 1
        return len(self._tasks)

    def _commit(self, operations: list[Operation[object]], *, sign: bool) -> Committed:
        refusal = self._disk.before(len(operations))
        asked = len(operations)
        if refusal is not Refusal.NONE:
            operations = [*operations, _refuser(refusal)]
        committed = self._committer.commit(operations, sign=sign)
        self._disk.after()
        return Committed(
            results=committed.results[:asked], news=committed.news, reopened=committed.reopened
        )

    def _take(self, committed: Committed, asked: int) -> list[object]:
        """Bring the picture in memory up to date; a picture that cannot be read ends the store."""
        try:
            if committed.news is not None or committed.reopened:
                self._on_news(committed.news)
        except Exception as fault:  # noqa: BLE001  as in the real writer
            self._committer.give_up("the picture of the store could not be read")
            return [Failed(fault=fault)] * asked
        return list(committed.results)

    def _keep_house(self, weight: int) -> None:
        self._unmoved += weight
        if self._unmoved >= _MOVED_EVERY:
            self._unmoved = 0
            self._committer.checkpoint()
        waits = self._signing is not None and not self._signing.done()
        if not self._committer.is_signed and not waits and self._loop is not None:
            self._signing = self._loop.create_task(self._sign_later(), name="store signs")

    async def _sign_later(self) -> None:
        while not self._committer.is_signed and self._committer.stopped is None:
            await self._clock.sleep(SIGN_WITHIN_S)
            self._sign()

    def _sign(self) -> None:
        """Sign what no head covers, and sync the anchor."""
        if not self._committer.is_signed and self._committer.stopped is None:
            self._take(self._commit([], sign=True), 0)
        if self._anchor.is_dirty:
            self._anchor.sync()


def inline(disk: Disk) -> WriterMaker:
    """Return what makes the writer of a store above this disk.

    Args:
        disk: Below it.
    """

    def make(
        committer: GroupCommitter,
        *,
        anchor: Anchor,
        clock: Clock,
        on_news: Callable[[CommitNews | None], None],
    ) -> InlineWriter:
        return InlineWriter(committer, anchor=anchor, clock=clock, on_news=on_news, disk=disk)

    return make


def _refuser(refusal: Refusal) -> Operation[object]:
    """Return an operation that fails the whole group as SQLite reports it."""
    fault = sqlite3.OperationalError("the simulated disk refuses")
    is_full = refusal is Refusal.FULL
    fault.sqlite_errorcode = sqlite3.SQLITE_FULL if is_full else sqlite3.SQLITE_IOERR

    def refuse(session: Session) -> NoReturn:
        del session
        raise fault

    return refuse
