"""Tells people what services meet and cannot mend: a line in the journal, and a count.

What repeats is said once a minute for each node and code; the line says how many were left out.
"""

from collections.abc import Callable
from typing import Final

from gateway.continuity import ClosedLog
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock
from protocol.errors import Code
from protocol.identifiers import MessageId, NodeId

_DOUBTFUL: Final = frozenset({Code.FORK, Code.PROOF, Code.LOG_POSITION})
"""Refusals after which we ask what that node holds of our own log."""


class Alarms:
    """The alarms of one node.

    Args:
        clock: Spaces out what repeats.
        journal: For the operator.
        metrics: Counts alarms by their word.
        doubt: Called with a node whose refusals may concern our own log.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
        doubt: Callable[[NodeId], None],
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._doubt = doubt
        self._seldom = Seldom(clock.monotonic_s)

    def refused(self, node: NodeId, code: Code) -> None:
        """Tell of a refusal, given or met, that repeating does not mend.

        Args:
            node: The other side.
            code: Why.
        """
        if code in _DOUBTFUL:
            self._doubt(node)
        self._metrics.alarms(code.value)
        left_out = self._seldom.due(f"{node} {code}")
        if left_out is not None:
            self._journal.alarm("refused", node=str(node), code=code.value, left_out=left_out)

    def lost(self, node: NodeId, again: int, gone: int) -> None:
        """Tell that a node lost what it had accepted.

        Args:
            node: Who lost it.
            again: Messages that are sent again.
            gone: Messages that cannot be.
        """
        self._metrics.alarms("lost_by_peer")
        self._journal.alarm("lost_by_peer", node=str(node), again=again, gone=gone)

    def closed(self, closed: ClosedLog) -> None:
        """Tell that a node gave up its log for a new generation.

        Args:
            closed: The log; short if we hold more of it than its successor knows.
        """
        fields = {"log": str(closed.origin), "successor": str(closed.successor)}
        if closed.is_short:
            self._metrics.alarms("log_given_up_short")
            self._journal.alarm("log_given_up_short", **fields)
        else:
            self._journal.info("log_given_up", **fields)

    def parked(self, sender: NodeId, mid: MessageId) -> None:
        """Tell that a message could not be opened again and again.

        Args:
            sender: Who sent it.
            mid: The message.
        """
        self._metrics.alarms("parked")
        self._journal.alarm("parked", node=str(sender), mid=str(mid))
