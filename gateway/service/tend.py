"""Looks after the node while it runs: stops it when its store has, sweeps what nobody needs.

A store that cannot write any more answers nothing; a node that went on without it would look
alive and accept nothing. It ends, loudly, and whoever supervises it starts it again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.errors import StorageError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.outfit import Ports
from gateway.ports import Blobs, Clock
from gateway.service.case import Cases
from gateway.service.guard import DiskGuard
from gateway.service.retention import Retention
from gateway.store import Store
from protocol.cases.phases import Phase
from protocol.identifiers import MessageId, NodeId

_LOOK_EVERY_S: Final = 1.0
_SWEEP_EVERY_S: Final = 3600.0


class Tend:
    """The house-keeping of one node.

    Args:
        store: Watched.
        blobs: Swept every hour.
        clock: Waiting.
        journal: Diagnostics.
        metrics: Shows how large our log is, and how old the directory.
        directory_age_s: Gives seconds since the source last confirmed the directory.
        guard: Measures the disk.
        retention: Erases once a day what is too old; runs beside the rest.
    """

    def __init__(
        self,
        *,
        store: Store,
        blobs: Blobs,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
        directory_age_s: Callable[[], float],
        guard: DiskGuard,
        retention: Retention | None = None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._directory_age_s = directory_age_s
        self._guard = guard
        self._retention = retention

    async def run(self) -> None:
        """Look after the node until cancelled; one owner awaits it.

        Raises:
            StorageError: The store has stopped: the node must.
        """
        if self._retention is None:
            await self._look_after(None)
            return
        # It may take minutes, and the disk is looked at each second.
        erasing = asyncio.create_task(self._retention.attend())
        try:
            await self._look_after(erasing)
        finally:
            erasing.cancel()
            await asyncio.gather(erasing, return_exceptions=True)

    async def _look_after(self, erasing: asyncio.Task[None] | None) -> None:
        sweep_at_s = self._clock.monotonic_s()
        while True:
            if erasing is not None and erasing.done():
                await erasing  # only a bug ends it: it ends the node
            fault = self._store.fault
            if fault is not None:
                self._journal.alarm("store_stopped", why=fault)
                raise StorageError(
                    f"the store has stopped: {fault}",
                    code="store_stopped",
                    hint="check the disk, then start the node again; see a35 log verify",
                )
            self._guard.look()
            head = self._store.head()
            if head is not None:
                self._metrics.log_size(head.size)
            self._metrics.directory_age(self._directory_age_s())
            if self._clock.monotonic_s() >= sweep_at_s:
                await self._sweep()
                sweep_at_s += _SWEEP_EVERY_S
            await self._clock.sleep(_LOOK_EVERY_S)

    async def _sweep(self) -> None:
        """Sweep; a folder that refuses today is tried again in an hour, and stops nothing."""
        try:
            await self._blobs.sweep(now_ms=self._clock.now_ms())
        except StorageError as error:
            self._journal.warning("sweep_failed", code=error.code)


def make_tend(
    node: NodeId,
    ports: Ports,
    *,
    cases: Cases,
    directory_age_s: Callable[[], float],
    guard: DiskGuard,
) -> Tend:
    """Make the house-keeping of one node.

    Args:
        node: This node.
        ports: Everything it may touch.
        cases: Say whether a case is over.
        directory_age_s: Gives seconds since the source last confirmed the directory.
        guard: Measures the disk.
    """

    async def phase(thread: MessageId) -> Phase | None:
        return (await cases.case(thread)).thread.phase

    retention = Retention(
        node=node,
        keep=ports.keep,
        store=ports.store,
        blobs=ports.blobs,
        phase=phase,
        clock=ports.clock,
        journal=ports.journal,
    )
    return Tend(
        store=ports.store,
        blobs=ports.blobs,
        clock=ports.clock,
        journal=ports.journal,
        metrics=ports.metrics,
        directory_age_s=directory_age_s,
        guard=guard,
        retention=retention,
    )
