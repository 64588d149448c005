"""Keeps the directory fresh, and states each version that this node adopts.

A node without a directory waits for one as long as it takes and says why; a node that has one
goes on with it when the source cannot be reached (docs/wire-format.md, rules 6 and 28 to 30).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.journal import Journal
from gateway.ports import Clock, Directory, Randomness
from gateway.service.guard import passing_over_full
from gateway.store import Store
from keys.digest import new_salt
from protocol.encoding import encode
from protocol.envelope.header import DirectoryStamp
from protocol.log.statement import directory_adopted

_EVERY_S: Final = 15 * 60.0
_WHILE_NONE_S: Final = 2.0
_WHILE_NONE_MOST_S: Final = 60.0


class Adopt:
    """The refresh worker of one node.

    Args:
        directory: The trusted client.
        store: Takes the statement 0x06.
        clock: Waiting.
        randomness: Spreads the refreshes of many nodes.
        journal: Diagnostics.
        changed: Called after every adopted version, to renew what rests on it.
        why: Gives the sentence of the last failed refresh, None after a good one.
    """

    def __init__(
        self,
        *,
        directory: Directory,
        store: Store,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        changed: Callable[[], Awaitable[None]],
        why: Callable[[], str | None],
    ) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._changed = changed
        self._why = why
        self._adopted: DirectoryStamp | None = None
        self._confirmed_s = clock.monotonic_s()
        self._one = asyncio.Lock()

    def age_s(self) -> float:
        """Return seconds since the source last confirmed the directory; since the start before."""
        return self._clock.monotonic_s() - self._confirmed_s

    async def run(self) -> None:
        """Refresh until cancelled; one owner awaits it.

        Raises:
            StorageError: The statement could not be committed.
        """
        wait_s = _WHILE_NONE_S
        while True:
            with passing_over_full():
                await self.once()
            if self._adopted is None or self._adopted != self._directory.stamp():
                wait_s = min(wait_s * 2, _WHILE_NONE_MOST_S)
            else:
                wait_s = _EVERY_S
            await self._clock.sleep(wait_s * self._randomness.between(0.5, 1.0))

    async def once(self) -> None:
        """Refresh once, and adopt what came.

        Raises:
            StorageError: The statement could not be committed.
        """
        is_changed = await self._directory.refresh()
        if self._why() is None:
            self._confirmed_s = self._clock.monotonic_s()
        await self.take(again=is_changed)

    async def found(self) -> None:
        """Adopt what somebody else fetched; what a full disk prevents comes with our next look.

        Raises:
            StorageError: The statement could not be committed for another reason.
        """
        with passing_over_full():
            await self.take()

    async def take(self, *, again: bool = False) -> None:
        """Adopt what the directory holds now, if that is new; who finds it there may call this.

        Args:
            again: What rests on it is renewed also if the version is the same: keys waited in
                it, and count now.

        Raises:
            StorageError: The statement could not be committed.
        """
        async with self._one:
            await self._take(again=again)

    async def _take(self, *, again: bool) -> None:
        stamp = self._directory.stamp()
        if stamp is None:
            return
        if stamp == self._adopted:
            if again:
                await self._changed()
            return
        await self._store.state(
            [directory_adopted(encode(stamp.to_value()), new_salt())], must_leave=False
        )
        self._adopted = stamp
        self._journal.info(
            "directory_adopted", root=stamp.root_version, timestamp=stamp.timestamp_version
        )
        await self._changed()
