"""The part of the store that states alerts: one act for a message, for ever."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from gateway.alerting import Alert
from gateway.storage.core import StorePart
from gateway.storage.session import KIND_ALERTED, KIND_RECEIVED, Event, Session
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId, NodeId

_CALLED_TO: Final = (MessageState.ACCEPTED.value, MessageState.CONSIGNED.value)
"""States in which a received message still waits for a person."""


class AlertPart(StorePart):
    """Implements alerting.Alerts."""

    async def unalerted(self, numbers: Sequence[int]) -> tuple[tuple[NodeId, MessageId], ...]:
        """Return the messages whose arrival these events tell, and of which no alert is stated."""
        marks = ", ".join("?" * len(numbers))
        rows = self._core.reader.execute(
            "SELECT m.sender, m.mid FROM event e JOIN message m ON m.id = e.message"  # noqa: S608 - marks alone
            f" WHERE e.number IN ({marks}) AND e.kind = ? AND m.direction = 'in'"
            " AND m.state IN (?, ?)"
            " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.message = m.id) ORDER BY e.number",
            (*numbers, KIND_RECEIVED, *_CALLED_TO),
        ).fetchall()
        return tuple((NodeId.parse(sender), MessageId(mid)) for sender, mid in rows)

    async def alert(self, alerts: Sequence[Alert], *, now_ms: int) -> int:
        """State alerts, each message's once for ever; return how many were new.

        Raises:
            StorageError: None was stated.
        """
        return await self._core.writer.run(
            partial(_state, alerts=alerts, own=self._core.own, now_ms=now_ms),
            weight=1 + len(alerts),
        )


def _state(session: Session, *, alerts: Sequence[Alert], own: str, now_ms: int) -> int:
    stated = 0
    for one in alerts:
        found = session.execute(
            "SELECT m.id FROM message m WHERE m.mid = ? AND m.sender = ? AND m.direction = 'in'"
            " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.message = m.id)",
            (one.mid.value, str(one.sender)),
        ).fetchone()
        if found is None:
            continue
        index = session.state(one.act, must_leave=False)
        session.execute(
            "INSERT INTO alert (message, at_ms, generation, i) VALUES (?, ?, ?, ?)",
            (found[0], now_ms, session.origin.generation, index),
        )
        session.tell(
            Event(
                at_ms=now_ms,
                kind=KIND_ALERTED,
                message=found[0],
                what="desk",
                by=own,
                origin=str(session.origin),
                index=index,
            )
        )
        stated += 1
    return stated
