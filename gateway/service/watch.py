"""Watches the clocks of preservation: warns in time on both sides, tells of every lapse.

Each case that something was said in is looked at, and then at the moments at which one of its
clocks changes anything; after a start, all of them. What was told before is not told again: the
store keeps a key for each notice. Nothing here sends anything: an officer acts
(docs/cases.md, "clocks").
"""

from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.ports import Clock
from gateway.records import CaseNotice
from gateway.rows import MessageRow
from gateway.service.guard import passing_over_full
from gateway.service.surroundings import meant
from gateway.store import Store
from keys.digest import sha256
from protocol.cases.notices import Notice
from protocol.identifiers import MessageId

_LOOK_EVERY_S: Final = 30.0
_EVENTS_AT_ONCE: Final = 1000


class Clocks(Protocol):
    """What the watch needs of the cases."""

    async def notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Return what is to be told of a case now, and when to look again."""


class Watch:
    """The watch over the clocks of one node's cases.

    Args:
        store: Events that say which cases changed; takes notices.
        cases: Where cases stand.
        clock: Time.
        journal: Diagnostics.
    """

    def __init__(self, *, store: Store, cases: Clocks, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._cases = cases
        self._clock = clock
        self._journal = journal
        self._due: dict[MessageId, int] = {}
        self._seen = 0

    async def run(self) -> None:
        """Watch until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed.
        """
        self._seen = self._store.newest_event
        self._due = dict.fromkeys(await self._store.threads(), 0)
        while True:
            with passing_over_full():
                await self.look()
            await self._clock.sleep(_LOOK_EVERY_S)

    async def look(self) -> int:
        """Look at every case that changed or whose moment has come.

        Returns:
            How many notices were new.

        Raises:
            StorageError: The store failed.
        """
        await self._note_changes()
        now_ms = self._clock.now_ms()
        told = 0
        for thread in [each for each, due_ms in self._due.items() if due_ms <= now_ms]:
            notices, next_ms = await self._notices(thread)
            told += await self._tell(thread, notices)
            if next_ms is None:
                del self._due[thread]
            else:
                self._due[thread] = next_ms
            await self._clock.sleep(0)  # many cases at a start must not hold up a message
        return told

    async def _notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Look at one case; one that cannot be computed costs its own clocks, not the node.

        The contents are a peer's: a fault of ours that some content meets would else end the node
        again at every start.

        Raises:
            GatewayError: The store failed.
        """
        try:
            return await self._cases.notices(thread)
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - outermost frame of one case: our bug, told
            self._journal.bug("case_not_computed", error, thread=str(thread))
            return (), None

    async def _note_changes(self) -> None:
        while True:
            events = await self._store.events(after=self._seen, limit=_EVENTS_AT_ONCE)
            for event in events:
                self._seen = event.number
                if event.thread is not None:
                    self._due[event.thread] = 0
            if len(events) < _EVENTS_AT_ONCE:
                return

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
