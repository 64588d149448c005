"""States in the log, once for each received message, that whoever calls the desk was told of it.

What counts as told: a webhook took the call that tells of its arrival, or the event stream wrote
that event to a program that is connected. It is this node's word that it passed the call on; that
a person looked is said by the act of opening. Nothing waits for it: it is stated after the call.

Source: docs/evidence.md, "The ladder"; docs/wire-format.md, rule 6.
"""

from collections.abc import Sequence

from gateway.alerting import Alert, Alerts
from gateway.ports import Clock
from gateway.rows import EventRow
from gateway.service.guard import passing_over_full
from keys.digest import new_salt
from protocol.evidence.ladder import ALERTED_ACT
from protocol.identifiers import MessageId, NodeId
from protocol.log.deed import Act
from protocol.log.statement import Statement, officer_act

_KIND = "message.received"


class Alerting:
    """The alerts of one node.

    Args:
        node: This node: it states what it did on standing orders.
        book: Where they are kept.
        clock: Time.
    """

    def __init__(self, *, node: NodeId, book: Alerts, clock: Clock) -> None:
        self._node = node
        self._book = book
        self._clock = clock

    async def told(self, events: Sequence[EventRow], way: str) -> None:
        """Take note that some events were told to somebody outside.

        A full disk passes it over: the desk was told, and only the statement is missing.

        Args:
            events: In any order, of any kind; repeats change nothing.
            way: How, in a few fixed words: it stands in the act as its reason.

        Raises:
            StorageError: Nothing was stated.
        """
        numbers = [event.number for event in events if event.kind == _KIND]
        if not numbers:
            return
        found = await self._book.unalerted(numbers)
        if not found:
            return
        now_ms = self._clock.now_ms()
        alerts = [
            Alert(sender=sender, mid=mid, act=self._act(mid, way, now_ms)) for sender, mid in found
        ]
        with passing_over_full():
            await self._book.alert(alerts, now_ms=now_ms)

    def _act(self, mid: MessageId, way: str, now_ms: int) -> Statement:
        act = Act(act=ALERTED_ACT, who=str(self._node), ref=mid, subject=None, why=way, t_ms=now_ms)
        return officer_act(act.encode(), new_salt())
