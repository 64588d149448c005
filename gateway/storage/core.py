"""What the parts of the store share: the writer, one reader, and the picture in memory.

The picture (log, lanes, newest event) lives on the loop's thread. The writer's news change it
after each commit and before any caller goes on, so whoever was answered sees what it did.
"""

import asyncio
import sqlite3
from pathlib import Path

from gateway.ports import Clock
from gateway.storage.anchor import Anchor
from gateway.storage.casebook import CasebookReader
from gateway.storage.connection import connect_reader
from gateway.storage.group import GroupCommitter
from gateway.storage.inbox import newest_unopened
from gateway.storage.lanes import LaneBoard
from gateway.storage.log import OwnLog
from gateway.storage.session import CommitNews
from gateway.storage.vault import SealedContent, Vault, add_month, month_of
from gateway.storage.writer import StoreWriter, Writer, WriterMaker
from protocol.identifiers import LogOrigin, MessageId, NodeId


class StoreCore:
    """One open store.

    Args:
        path: The database file.
        origin: The generation of the log that is written.
        committer: Holds the read-write connection.
        anchor: Open for writing.
        store_key: 32 bytes, secret.
        clock: Of the node.
        make_writer: Makes what commits; a thread of its own unless given.
    """

    def __init__(
        self,
        path: Path,
        *,
        origin: LogOrigin,
        committer: GroupCommitter,
        anchor: Anchor,
        store_key: bytes,
        clock: Clock,
        make_writer: WriterMaker = Writer,
    ) -> None:
        self.path = path
        self.anchor = anchor
        self.own = str(origin.node)
        self.node: NodeId = origin.node
        self.clock = clock
        self.committer = committer
        self.reader: sqlite3.Connection = connect_reader(path)
        self.log = OwnLog(self.reader, origin)
        self.vault = Vault(store_key, self.reader)
        self.casebook = CasebookReader(self.reader, self.vault)
        self.key_sets: dict[NodeId, bytes | None] = {}
        self._began = (clock.now_ms(), clock.monotonic_s())
        self.lanes = LaneBoard(self.reader, steady_ms=self.steady_ms())
        self.writer: StoreWriter = make_writer(
            committer, anchor=anchor, clock=clock, on_news=self._on_news
        )
        self.newest_event = self._read_newest_event()
        self.left_unopened = newest_unopened(self.reader)
        self._work = asyncio.Event()
        self._happened = asyncio.Event()
        self.filings = 0  # since the start: no event tells of one

    def steady_ms(self) -> int:
        """Return milliseconds by a clock that never jumps; at the start of the store, wall time."""
        wall_ms, monotonic_s = self._began
        return wall_ms + round((self.clock.monotonic_s() - monotonic_s) * 1000)

    async def seal(
        self,
        sender: NodeId,
        mid: MessageId,
        *,
        summary: bytes | None,
        content_key: bytes | None,
        inner: bytes | None,
        now_ms: int,
    ) -> SealedContent:
        """Seal the content of one message under the key of this month, made if missing.

        Raises:
            StorageError: The key of the month could not be committed, or does not open.
        """
        month = await self.month(now_ms)
        return self.vault.seal(
            sender, mid, month=month, summary=summary, content_key=content_key, inner=inner
        )

    async def month(self, now_ms: int) -> int:
        """Return the month of a time; its key is made if missing.

        Raises:
            StorageError: The key of the month could not be committed, or does not open.
        """
        month = month_of(now_ms)
        if not self.vault.has_month(month):
            wrapped = self.vault.new_month(month)
            await self.writer.run(lambda session: add_month(session, month, wrapped))
        return month

    def wake_workers(self) -> None:
        """Let whoever waits for work look again."""
        self._work.set()

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when something was queued or released since the last return, or in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._work.wait()
        except TimeoutError:
            return
        self._work.clear()

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when an event above `after` is committed, or in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.newest_event <= after:
                    await self._happened.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Close the reader."""
        self.reader.close()

    def _on_news(self, news: CommitNews | None) -> None:
        if news is None:
            self.log.read()
            self.lanes.read(self.reader, steady_ms=self.steady_ms())
            self.newest_event = self._read_newest_event()
            self._work.set()
            self._tell_all()
            return
        self.log.apply(news)
        if news.lanes and self.lanes.apply(news.lanes):
            self._work.set()
        if news.newest_event > self.newest_event:
            self.newest_event = news.newest_event
            self._tell_all()

    def _tell_all(self) -> None:
        """Wake every waiter for events; each gets an event of its own to wait for next."""
        happened, self._happened = self._happened, asyncio.Event()
        happened.set()

    def _read_newest_event(self) -> int:
        row = self.reader.execute("SELECT coalesce(max(number), 0) FROM event").fetchone()
        return int(row[0])


class StorePart:
    """A part of the store's surface; what it needs of the others is in the core.

    Args:
        core: The open store.
    """

    def __init__(self, core: StoreCore) -> None:
        self._core = core
