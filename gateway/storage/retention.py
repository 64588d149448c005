"""The part of the store that erases what retention named, and keeps what is held."""

from collections.abc import Sequence
from functools import partial

from gateway.retaining import AgedStatement, AgedThread, HoldRow
from gateway.storage.core import StorePart
from gateway.storage.prune import (
    destroy_months,
    erase,
    hold,
    name,
    read_aged,
    read_hold,
    read_named,
    read_signed_before,
    read_statements,
    read_with_content,
)
from protocol.identifiers import MessageId
from protocol.log.erasure import Erasure
from protocol.log.statement import Statement


class RetentionPart(StorePart):
    """Implements retaining.Retaining."""

    async def aged_threads(
        self, *, after: int, before_ms: int, limit: int
    ) -> tuple[AgedThread, ...]:
        """Return what has not changed since, with contents or attachments, in order of place."""
        return read_aged(self._core.reader, after=after, before_ms=before_ms, limit=limit)

    async def generations(self) -> tuple[int, ...]:
        """Return the generations of our log, the oldest first."""
        rows = self._core.reader.execute("SELECT generation FROM log ORDER BY generation")
        return tuple(row[0] for row in rows.fetchall())

    async def signed_before(self, generation: int, at_ms: int) -> int:
        """Return the size of the largest head of a log that was signed before a time."""
        return read_signed_before(self._core.reader, generation, at_ms)

    async def aged_statements(
        self, generation: int, *, start: int, stop: int, limit: int
    ) -> tuple[AgedStatement, ...]:
        """Return statements of [start, stop) of which the preimage is still kept."""
        return read_statements(self._core.reader, generation, start=start, stop=stop, limit=limit)

    async def with_content(self, mids: Sequence[MessageId]) -> frozenset[MessageId]:
        """Return those of these ids that name a message whose content or body is still kept."""
        return read_with_content(self._core.reader, mids)

    async def name_erasure(self, erasure: Erasure, act: Statement, *, now_ms: int) -> None:
        """Commit a retention act with its list; nothing is erased yet.

        Raises:
            RecoveringError: No head may be signed now.
            StorageError: Nothing was named.
        """
        await self._core.writer.run(
            partial(name, erasure=erasure, act=act, now_ms=now_ms),
            weight=1 + len(erasure.statements),
        )

    async def named_erasure(self) -> Erasure | None:
        """Return the oldest list that was named and is not erased yet, None if there is none."""
        return read_named(self._core.reader)

    async def erase_named(self) -> None:
        """Erase what the oldest such list names, whole; its attachments are gone already.

        Raises:
            LogDamagedError: The log does not state the list.
            StorageError: Nothing was erased; the list stays.
        """
        await self._core.writer.run(erase)

    async def destroy_months(self, *, now_ms: int) -> int:
        """Destroy the keys of past months that seal nothing any more; return how many.

        Raises:
            StorageError: None was.
        """
        months = await self._core.writer.run(partial(destroy_months, now_ms=now_ms))
        self._core.vault.forget(months)
        return len(months)

    async def hold(
        self, thread: MessageId, act: Statement, *, on: bool, by: str, now_ms: int
    ) -> HoldRow:
        """Hold a thread or release it; the row as it was if that is so already.

        Raises:
            NoInputError: There is no such thread, or it is to be released and was never held.
            StorageError: Nothing was changed.
        """
        return await self._core.writer.run(
            partial(hold, thread=thread, act=act, on=on, by=by, now_ms=now_ms)
        )

    async def held(self, thread: MessageId) -> HoldRow | None:
        """Return whether a thread was ever held, and is now."""
        return read_hold(self._core.reader, thread)
