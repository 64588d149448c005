"""Watches the clocks of preservation: warns in time on both sides, tells of every lapse.

A case is looked at when something was said in it, and then at the moments at which one of its
clocks changes anything. The store keeps these moments and up to which event all was looked at, so
that a start begins where the last look ended, and a case in which no clock runs costs nothing.
What was told before is not told again: the store keeps a key for each notice. Nothing here sends
anything: an officer acts (docs/cases.md, "clocks").
"""

from collections.abc import Iterable
from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.ports import Clock
from gateway.records import CaseNotice
from gateway.rows import MessageRow
from gateway.service.repeating import repeat
from gateway.service.surroundings import meant
from gateway.store import Store
from keys.digest import sha256
from protocol.cases.notices import Notice
from protocol.identifiers import MessageId

_LOOK_EVERY_S: Final = 30.0
_AT_ONCE: Final = 1000
"""Events read, and cases looked at, before what was found is kept."""

_DAY_MS: Final = 24 * 3_600_000
_NEVER_MS: Final = 2**62
"""All was told: the case is looked at again if something is said in it, or the clock set back."""


class Clocks(Protocol):
    """What the watch needs of the cases."""

    async def notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Return what is to be told of a case now, and when to look again."""


class Watch:
    """The watch over the clocks of one node's cases.

    Args:
        store: Events that say which cases changed; keeps when each is due; takes notices.
        cases: Where cases stand.
        clock: Time.
        journal: Diagnostics.
    """

    def __init__(self, *, store: Store, cases: Clocks, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._cases = cases
        self._clock = clock
        self._journal = journal

    async def run(self) -> None:
        """Watch until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        await repeat(self.look, every_s=_LOOK_EVERY_S, clock=self._clock)

    async def look(self) -> int:
        """Look at every case that changed or whose moment has come.

        Returns:
            How many notices were new.

        Raises:
            StorageError: The store failed; what was not looked at is with the next look.
        """
        return await self._look_at_changed() + await self._look_at_due()

    async def _look_at_changed(self) -> int:
        told, seen, more = 0, await self._store.watched_event(), True
        while more and seen < self._store.newest_event:
            events = await self._store.events(after=seen, limit=_AT_ONCE)
            seen = events[-1].number
            more = len(events) == _AT_ONCE
            threads = dict.fromkeys(each.thread for each in events if each.thread is not None)
            told += await self._look_at(threads, event=seen)
        return told

    async def _look_at_due(self) -> int:
        told = 0
        while threads := await self._store.due_cases(self._clock.now_ms(), limit=_AT_ONCE):
            told += await self._look_at(threads, event=None)
        return told

    async def _look_at(self, threads: Iterable[MessageId], *, event: int | None) -> int:
        """Look at some cases, and keep when each is due next; told first, so that none is lost."""
        told, dates = 0, dict[MessageId, int | None]()
        for thread in threads:
            notices, dates[thread] = await self._notices(thread)
            if notices and dates[thread] is None:
                dates[thread] = _NEVER_MS
            told += await self._tell(thread, notices)
            await self._clock.sleep(0)  # many cases at a start must not hold up a message
        await self._store.note_watched(dates, now_ms=self._clock.now_ms(), event=event)
        return told

    async def _notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Look at one case; one that cannot be computed costs its own clocks, not the node.

        The contents are a peer's: a fault of ours that some content meets would else end the node
        again at every start. It is tried again the next day, by then perhaps by a newer release.

        Raises:
            GatewayError: The store failed.
        """
        try:
            return await self._cases.notices(thread)
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - outermost frame of one case: our bug, told
            self._journal.bug("case_not_computed", error, thread=str(thread))
            return (), self._clock.now_ms() + _DAY_MS

    async def _tell(self, thread: MessageId, notices: tuple[Notice, ...]) -> int:
        if not notices:
            return 0
        records = []
        for notice in notices:
            row = meant(await self._store.message(notice.request))
            if row is not None:
                records.append(_record(thread, notice, row))
        told = await self._store.tell(records, now_ms=self._clock.now_ms())
        if told:
            self._journal.warning("case_notices", count=told)
        return told


def _record(thread: MessageId, notice: Notice, row: MessageRow) -> CaseNotice:
    return CaseNotice(
        thread=thread,
        key=sha256(thread.value + notice.key.encode()).hex(),  # names of items are content
        sender=row.sender,
        mid=row.mid,
        kind=notice.kind.value,
        what=f"{notice.days_left} days left",
    )
