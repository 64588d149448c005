"""The part of the store about messages that nobody answered in time."""

from collections.abc import Sequence
from functools import partial

from gateway.lateness import (
    Awaited,
    CopyRow,
    Escalation,
    EscalationRow,
    Order,
    Rival,
    Unasked,
)
from gateway.records import Submission, Submitted
from gateway.rows import MessageRow
from gateway.storage.core import StorePart
from gateway.storage.escalations import (
    drop_attempts,
    note_asked,
    queue_order,
    read_pairs,
    read_rivals,
    read_stages,
    read_unasked,
    tell_stage,
)
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


class LatenessPart(StorePart):
    """Implements the part of ports.Store about escalation and copies."""

    async def awaited(self, *, after: int, now_ms: int, limit: int) -> tuple[Awaited, ...]:
        """Return messages of ours numbered above `after` of which a step may be waited for."""
        rows = self._core.reader.execute(
            # Named, because the planner prefers an index over every message that we ever sent.
            "SELECT id, cls, t_ms FROM message INDEXED BY message_awaited"
            " WHERE id > ? AND exp_ms > ? AND direction = 'out'"
            " AND cls <= 2 AND state IN ('queued', 'accepted', 'consigned', 'opened')"
            " AND NOT EXISTS (SELECT 1 FROM cancellation c WHERE c.message = message.id)"
            " ORDER BY id LIMIT ?",
            (after, now_ms, limit),
        ).fetchall()
        return tuple(
            Awaited(number=number, cls=Urgency(cls), t_ms=t_ms) for number, cls, t_ms in rows
        )

    async def numbered(self, number: int) -> MessageRow | None:
        """Return the message with this number."""
        return self._core.casebook.numbered(number)

    async def escalate(self, escalation: Escalation, *, now_ms: int) -> bool:
        """Tell a stage unless it was told or its step was taken; return whether it was.

        Raises:
            NoInputError: There is no such message of ours.
            StorageError: Nothing was told.
        """
        return await self._core.writer.run(
            partial(tell_stage, escalation=escalation, own=self._core.own, now_ms=now_ms)
        )

    async def escalations(self, mids: Sequence[MessageId]) -> tuple[EscalationRow, ...]:
        """Return the stages told of some messages of ours, in the order of telling."""
        return read_stages(self._core.reader, mids, own=self._core.own)

    async def unasked(self, *, besides: Sequence[NodeId], limit: int) -> tuple[Unasked, ...]:
        """Return silences after which receipts are still to be asked for, of all nodes but some."""
        return read_unasked(self._core.reader, besides, limit)

    async def note_asked(self, mid: MessageId) -> None:
        """Note that receipts were asked for after silence was stated of a message.

        Raises:
            StorageError: It will be asked again.
        """
        await self._core.writer.run(partial(note_asked, mid=mid, own=self._core.own))

    async def forget_attempts(self, *, before_ms: int) -> int:
        """Drop attempts older than a time, the oldest thousands at a time; return how many.

        Raises:
            StorageError: None was dropped.
        """
        return await self._core.writer.run(partial(drop_attempts, before_ms=before_ms))

    async def order(
        self, submission: Submission, order: Order, *, of: MessageId, now_ms: int
    ) -> Submitted | None:
        """Queue a copy or a withdrawal of a message of ours; None if that was done before.

        Raises:
            NoInputError: There is no such message of ours.
            StorageError: Nothing was queued.
        """
        core = self._core
        sealed = await core.seal(
            core.node,
            submission.mid,
            summary=submission.summary,
            content_key=submission.content_key,
            inner=submission.inner,
            now_ms=now_ms,
        )
        return await core.writer.run(
            partial(
                queue_order,
                submission=submission,
                sealed=sealed,
                order=order,
                of=of,
                own=core.own,
                now_ms=now_ms,
            )
        )

    async def copies(self, mid: MessageId) -> tuple[CopyRow, ...]:
        """Return the pair of message and copy that a message of ours belongs to, if to one."""
        return read_pairs(self._core.reader, mid, own=self._core.own)

    async def rivals(self) -> tuple[Rival, ...]:
        """Return the messages that are to be withdrawn, because the other one was acknowledged."""
        return read_rivals(self._core.reader)
