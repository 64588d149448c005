"""The part of the store that people and programs read: messages, timelines, events."""

from functools import partial

from gateway.records import (
    Direction,
)
from gateway.rows import (
    AttemptRow,
    EventRow,
    MessageRow,
)
from gateway.storage.core import StorePart
from gateway.storage.restating import restate_for
from protocol.identifiers import MessageId, NodeId


class CasebookPart(StorePart):
    """Implements ports.Casebook."""

    async def messages(
        self, direction: Direction, *, limit: int, before: int | None = None
    ) -> tuple[MessageRow, ...]:
        """Return messages one way, newest first.

        Args:
            direction: Out or in.
            limit: So many; a few more if several share the time of the last one.
            before: Only those with a `t_ms` below: the last one of the page before.
        """
        return self._core.casebook.messages(direction, limit=limit, before=before)

    async def message(self, mid: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages with this id: usually one, of any sender."""
        return self._core.casebook.message(mid)

    async def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages of a thread in order of time."""
        return self._core.casebook.thread(thread)

    @property
    def newest_event(self) -> int:
        """The number of the newest event, 0 before the first."""
        return self._core.newest_event

    async def inner(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the opened content (canonical `inner`), None if there is none."""
        return self._core.casebook.inner(sender, mid)

    async def statement(self, sender: NodeId, mid: MessageId) -> tuple[bytes, bytes] | None:
        """Return (header digest, statement digest) of a message, as receipts name them."""
        return self._core.casebook.statement(sender, mid)

    async def timeline(self, sender: NodeId, mid: MessageId) -> tuple[EventRow, ...]:
        """Return what happened to a message, in order."""
        return self._core.casebook.timeline(sender, mid)

    async def attempts(self, mid: MessageId) -> tuple[AttemptRow, ...]:
        """Return the attempts to deliver a message of ours, oldest first."""
        return self._core.casebook.attempts(mid)

    async def receipts(self, for_: NodeId, mid: MessageId) -> tuple[tuple[bytes, int], ...]:
        """Return (receipt, leaf index) of all that we gave this node for its message.

        What an earlier generation of our log states is stated again first; while nothing may be
        signed it is left out.
        """
        core = self._core
        given = core.casebook.receipts(for_, mid)
        here = str(core.log.origin)
        if core.committer.gate.is_open and any(origin != here for _, _, origin in given):
            await core.writer.run(partial(restate_for, sender=str(for_), mid=mid.value))
            given = core.casebook.receipts(for_, mid)
        return tuple((receipt, leaf) for receipt, leaf, origin in given if origin == here)

    async def events(self, *, after: int, limit: int) -> tuple[EventRow, ...]:
        """Return events with numbers above `after`."""
        return self._core.casebook.events(after=after, limit=limit)

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when an event above `after` is committed, at the latest after the time-out."""
        await self._core.wait_for_events(after, timeout_s)
