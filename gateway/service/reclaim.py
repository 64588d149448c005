"""Fetches back receipts for our messages that a loss took from us.

Envelopes that we accepted and lost come again by their senders' own repeats; receipts of later
stages do not, because their givers know that we took them once. So after every start that may lack
what came last each addressee is asked once for what it gave: in a new generation of our log, and
where the log went on because nobody held more of it.

Source: docs/wire-format.md, rule 22; docs/delivery.md, "Restore and recovery".
"""

from typing import Final

from gateway.journal import Journal
from gateway.ports import Clock, Directory
from gateway.service.guard import passing_over_full
from gateway.service.inquire import Inquire
from gateway.store import Store
from protocol.identifiers import NodeId

_ROUND_S: Final = 60.0
_AT_ONCE: Final = 256


class Reclaim:
    """Asks for receipts after a loss.

    Args:
        store: Our messages.
        directory: Who can be asked.
        inquire: Asks one node about one message.
        clock: Time.
        journal: Diagnostics.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        inquire: Inquire,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._store = store
        self._directory = directory
        self._inquire = inquire
        self._clock = clock
        self._journal = journal

    async def run(self) -> None:
        """Ask until everything was asked for; one owner awaits it.

        Raises:
            StorageError: What came could not be committed; not for want of room.
        """
        is_done = False
        while not is_done:
            with passing_over_full():  # what came is asked for again
                is_done = await self.once()
            if not is_done:
                await self._clock.sleep(_ROUND_S)

    async def once(self) -> bool:
        """Ask about what was not asked for yet.

        Returns:
            Whether nothing is left.

        Raises:
            StorageError: What came could not be committed.
        """
        if not self._store.may_sign:
            return False
        active = {entry.node_id for entry in self._directory.nodes()}
        silent: set[NodeId] = set()  # not now; the others need not wait for them
        count = 0
        while waiting := await self._store.unclaimed(
            now_ms=self._clock.now_ms(), limit=_AT_ONCE, besides=silent
        ):
            for one in waiting:
                if one.node in silent:
                    continue
                if one.node in active and await self._inquire.ask(one.node, one.mid):
                    count += await self._store.claimed(one, now_ms=self._clock.now_ms())
                else:
                    silent.add(one.node)
        if count:
            self._journal.info("receipts_recovered", count=count)
        return not silent
