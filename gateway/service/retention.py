"""Erases each night what the settings no longer keep; what it erases, the log says first.

In this order, so that a crash at any point is taken up by the next run: the act with the digest of
its list is committed; sealed files go; then the rows go in one transaction with the note that it is
done. Settings that are not set erase nothing.

Source: docs/delivery.md, "Retention".
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from gateway.errors import GatewayError
from gateway.journal import Journal
from gateway.ports import Blobs, Clock
from gateway.retaining import AgedThread
from gateway.service.contents import forget
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.phases import Phase
from protocol.cases.retention import Keep, RetainedMessage, may_erase
from protocol.evidence.forgetting import may_forget
from protocol.identifiers import MessageId, NodeId
from protocol.log.erasure import Erasure, ranges_of
from protocol.log.statement import officer_act

_DAY_MS: Final = 24 * 3_600_000
_EVERY_S: Final = 24 * 3600.0
_AGAIN_S: Final = 3600.0
_PAGE: Final = 256
"""Threads or statements looked at between two pauses."""

_MESSAGES: Final = 256
_STATEMENTS: Final = 4096
"""At most so many in one act: what one transaction erases."""


class Retention:
    """The retention of one node.

    Args:
        node: This node, who states it.
        keep: The settings.
        store: Where everything lies.
        blobs: The sealed files.
        phase: Says where the case of a thread stands.
        clock: Time.
        journal: Told what was erased.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        keep: Keep,
        store: Store,
        blobs: Blobs,
        phase: Callable[[MessageId], Awaitable[Phase | None]],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._node = node
        self._keep = keep
        self._store = store
        self._blobs = blobs
        self._phase_of = phase
        self._clock = clock
        self._journal = journal
        self._due_s = clock.monotonic_s()

    async def attend(self) -> None:
        """Look every hour until cancelled; one owner awaits it."""
        while True:
            await self.look()
            await self._clock.sleep(_AGAIN_S)

    async def look(self) -> None:
        """Run if a day has passed since the last run; what fails is tried again in an hour."""
        if self._clock.monotonic_s() < self._due_s:
            return
        try:
            await self.run()
            self._due_s = self._clock.monotonic_s() + _EVERY_S
        except GatewayError as error:
            self._due_s = self._clock.monotonic_s() + _AGAIN_S
            self._journal.warning("retention_failed", code=error.code)

    async def run(self) -> None:
        """Finish what was named, then name and erase what is too old.

        Raises:
            GatewayError: It ended early; what was named stays named.
        """
        await self._finish()
        if not self._keep.is_set:
            return
        await self._erase_threads()
        if self._keep.statements_days is not None:
            await self._erase_statements(self._keep.statements_days)
        destroyed = await self._store.destroy_months(now_ms=self._clock.now_ms())
        if destroyed:
            self._journal.info("retention_keys_destroyed", months=destroyed)

    async def _finish(self) -> None:
        """Erase what acts of the log name, files first; a repeat goes on where a crash came."""
        while (erasure := await self._store.named_erasure()) is not None:
            for owner, digest in erasure.attachments:
                await self._blobs.drop(owner, digest)
            await self._store.erase_named()
            forget()
            self._journal.info(
                "retention_erased",
                statements=erasure.count,
                messages=len(erasure.messages),
                attachments=len(erasure.attachments),
            )

    async def _name(self, erasure: Erasure, why: str) -> None:
        now_ms = self._clock.now_ms()
        act = erasure.act(who=str(self._node), why=why, t_ms=now_ms)
        await self._store.name_erasure(
            erasure, officer_act(act.encode(), new_salt()), now_ms=now_ms
        )
        await self._finish()

    # ------------------------------------------------------------------ messages

    async def _erase_threads(self) -> None:
        messages: list[RetainedMessage] = []
        files: list[tuple[NodeId, bytes]] = []
        async for thread, whole in self._over():
            if whole:
                messages += thread.kept.messages
            files += await self._files(thread)
            if len(messages) >= _MESSAGES or len(files) >= _MESSAGES:
                await self._name_messages(messages, files)
                messages, files = [], []
        if messages or files:
            await self._name_messages(messages, files)

    async def _over(self) -> AsyncIterator[tuple[AgedThread, bool]]:
        """Yield threads of which anything goes, and whether their contents go."""
        days = [
            one
            for one in (self._keep.contents_days, self._keep.attachments_days)
            if one is not None
        ]
        if not days:
            return
        now_ms = self._clock.now_ms()
        after = 0
        while True:
            page = await self._store.aged_threads(
                after=after, before_ms=now_ms - min(days) * _DAY_MS, limit=_PAGE
            )
            for thread in page:
                phase = await self._phase(thread.thread) if thread.kept.messages else None
                if self._is_over(thread, phase, min(days), now_ms):
                    yield (
                        thread,
                        self._is_over(thread, phase, self._keep.contents_days, now_ms),
                    )
            if not page:
                return
            after = page[-1].place
            await self._clock.sleep(0)  # others go first: a page is read at a time

    async def _phase(self, thread: MessageId | None) -> Phase | None:
        return None if thread is None else await self._phase_of(thread)

    @staticmethod
    def _is_over(thread: AgedThread, phase: Phase | None, days: int | None, now_ms: int) -> bool:
        if days is None:
            return False
        return may_erase(thread.kept, phase, before_ms=now_ms - days * _DAY_MS, now_ms=now_ms)

    async def _files(self, thread: AgedThread) -> list[tuple[NodeId, bytes]]:
        return [
            (message.sender, digest)
            for message in thread.kept.messages
            for digest, size_bytes in message.attachments
            if await self._blobs.is_complete(message.sender, digest, size_bytes)
        ]

    async def _name_messages(
        self, messages: list[RetainedMessage], files: list[tuple[NodeId, bytes]]
    ) -> None:
        """Name some messages and files, in as many acts as their number needs."""
        generation = self._store.origin.generation
        named = tuple((one.sender, one.mid) for one in messages)
        for first in range(0, max(len(messages), len(files)), _MESSAGES):
            erasure = Erasure(
                generation=generation,
                messages=named[first : first + _MESSAGES],
                attachments=tuple(files[first : first + _MESSAGES]),
            )
            await self._name(
                erasure,
                f"{len(erasure.messages)} contents, {len(erasure.attachments)} attachments:"
                f" kept {self._keep.contents_days} and {self._keep.attachments_days} days",
            )

    # ------------------------------------------------------------------ statements

    async def _erase_statements(self, days: int) -> None:
        before_ms = self._clock.now_ms() - days * _DAY_MS
        for generation in await self._store.generations():
            stop = await self._store.signed_before(generation, before_ms)
            start = 0
            found: list[int] = []
            while start < stop:
                page = await self._store.aged_statements(
                    generation, start=start, stop=stop, limit=_PAGE
                )
                if not page:
                    break
                start = page[-1].index + 1
                await self._clock.sleep(0)
                asked = [(one.index, *may_forget(one.kind, one.preimage)) for one in page]
                kept = await self._store.with_content(
                    [mid for _, may, mid in asked if may and mid is not None]
                )
                found += [index for index, may, mid in asked if may and mid not in kept]
                if len(found) >= _STATEMENTS - _PAGE:
                    await self._name_statements(generation, found, days)
                    found = []
            if found:
                await self._name_statements(generation, found, days)

    async def _name_statements(self, generation: int, indices: list[int], days: int) -> None:
        await self._name(
            Erasure(generation=generation, statements=ranges_of(indices)),
            f"{len(indices)} statements: kept {days} days",
        )
