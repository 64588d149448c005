"""Keeps heads open that their logs signed and no proof has joined, and asks about them.

A frame or answer whose consistency proof fails says nothing yet. Its log is asked for a proof
until one joins the head, or until the log has answered often enough without one; a log that does
not answer is an alarm and nothing more.

Source: docs/wire-format.md, rule 9a.
"""

from dataclasses import replace
from typing import Final

from gateway.continuity import Unjoined
from gateway.errors import TransportError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Transport
from gateway.service.guard import passing_over_full
from gateway.service.joined import is_joined
from gateway.service.link import PeerLogs
from gateway.store import Store
from protocol.identifiers import LogOrigin
from protocol.limits import UNJOINED_MOST, UNJOINED_OF_LOG
from protocol.log.checkpoint import Checkpoint
from protocol.log.unjoined import OpenHead, is_due, is_second_history

_LOOK_EVERY_S: Final = 60.0

_Key = tuple[LogOrigin, int, bytes]


class OpenHeads:
    """The open heads of all peers' logs.

    Args:
        store: Keeps them.
        logs: Links what was proven.
        transport: Asks the logs.
        clock: Time.
        journal: Diagnostics and alarms.
        metrics: Counts alarms.
    """

    def __init__(
        self,
        *,
        store: Store,
        logs: PeerLogs,
        transport: Transport,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._logs = logs
        self._transport = transport
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._said: dict[LogOrigin, str] = {}
        self._open: dict[_Key, Unjoined] = {}

    async def load(self) -> None:
        """Read what is stored."""
        self._open = {_key(one): one for one in await self._store.unjoined()}

    def all(self) -> tuple[Unjoined, ...]:
        """Return what is open, for people."""
        return tuple(self._open.values())

    async def run(self) -> None:
        """Ask until cancelled; one owner awaits it.

        Raises:
            StorageError: What came of it could not be committed; not for want of room.
        """
        while True:
            await self.once()
            await self._clock.sleep(_LOOK_EVERY_S)

    async def once(self) -> None:
        """Take in what failed since the last round, and ask about what is due.

        What finds no room on the disk is kept in memory, and asked about again.

        Raises:
            StorageError: What came of it could not be committed; not for want of room.
        """
        unproven, self._logs.unproven = self._logs.unproven, []
        for checkpoint in unproven:
            with passing_over_full():
                await self._keep(checkpoint)
        now_ms = self._clock.now_ms()
        for one in tuple(self._open.values()):
            if is_due(one.head, now_ms=now_ms):
                with passing_over_full():
                    await self._ask(one)

    async def open(self, checkpoint: Checkpoint) -> None:
        """Keep a head open that its log, asked, did not join; people hear of it at once.

        Args:
            checkpoint: With both signatures verified.

        Raises:
            StorageError: It could not be kept.
        """
        self._alarm(checkpoint.head.origin, "unjoined")
        await self._keep(checkpoint)

    async def _keep(self, checkpoint: Checkpoint) -> None:
        head = checkpoint.head
        one = Unjoined(
            origin=head.origin,
            size=head.size,
            root=head.root,
            note=checkpoint.note,
            head=OpenHead(first_ms=self._clock.now_ms()),
        )
        of_log = sum(1 for origin, _, _ in self._open if origin == head.origin)
        if _key(one) in self._open or of_log >= UNJOINED_OF_LOG:
            return
        if len(self._open) >= UNJOINED_MOST:
            self._alarm(head.origin, "full")
            return
        self._open[_key(one)] = one
        await self._store.save_unjoined(one)

    async def _ask(self, one: Unjoined) -> None:
        place = self._logs.place(one.origin)
        if place is None or self._logs.succession.is_closed(one.origin):
            await self._drop(one)
            return
        now_ms = self._clock.now_ms()
        try:
            linked = await is_joined(self._transport, place, one.size, one.root)
        except TransportError:
            self._alarm(one.origin, "silent")
            await self._save(replace(one, head=one.head.unanswered(now_ms)))
            return
        if linked:
            await self._drop(one)
            return
        again = replace(one, head=one.head.unproven(now_ms))
        await self._save(again)
        is_new = one.origin not in self._logs.succession.forked
        is_fork = is_second_history(again.head, now_ms=now_ms)
        if place.head is not None and is_fork and is_new:
            await self._fork(one.origin, place.head.note, one.note)

    async def _fork(self, origin: LogOrigin, held: bytes, offered: bytes) -> None:
        self._logs.succession.accuse(origin, held, offered)
        self._alarm(origin, "fork")
        await self._logs.keep_forks()

    async def _save(self, one: Unjoined) -> None:
        self._open[_key(one)] = one
        await self._store.save_unjoined(one)

    async def _drop(self, one: Unjoined) -> None:
        """Forget a head that belongs to the history held; that refutes a fork it stood for."""
        await self._store.drop_unjoined(one)
        self._open.pop(_key(one), None)
        if not any(origin == one.origin for origin, _, _ in self._open):
            self._said.pop(one.origin, None)
        forked = self._logs.succession.forked
        fork = forked.get(one.origin)
        if fork is not None and fork.offered == one.note:
            del forked[one.origin]

    def _alarm(self, origin: LogOrigin, why: str) -> None:
        """Count it; say it once, and again when it is something else or was well in between."""
        self._metrics.alarms("log_unjoined")
        if self._said.get(origin) != why:
            self._said[origin] = why
            self._journal.alarm("log_unjoined", log=str(origin), why=why)


def _key(one: Unjoined) -> _Key:
    return one.origin, one.size, one.root
