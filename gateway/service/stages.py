"""Tells one stage of a late message: durably first, then the operator.

Source: docs/delivery.md, "Delivery in rules", rule 14.
"""

from gateway.journal import Journal, Seldom
from gateway.lateness import Escalation
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.rows import MessageRow
from gateway.service.evidence import Evidence
from gateway.store import Store
from protocol.delivery.escalation import Budgets, Stage, Told
from protocol.delivery.reference import code_of
from protocol.delivery.urgency import Urgency


class Stages:
    """Tells stages of one node's messages.

    Args:
        store: Keeps what was told.
        budgets: How long each step may take.
        evidence: Writes down silence.
        clock: Time.
        journal: Tells the operator.
        metrics: Counts stages.
    """

    def __init__(
        self,
        *,
        store: Store,
        budgets: Budgets,
        evidence: Evidence,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._budgets = budgets
        self._evidence = evidence
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._seldom = Seldom(clock.monotonic_s)

    async def tell(self, row: MessageRow, told: Told) -> bool:
        """Tell one stage of a message of ours.

        Args:
            row: The message.
            told: The stage.

        Returns:
            Whether it was told now; False if it was told before, or its step was taken.

        Raises:
            StorageError: Nothing was told.
        """
        budget = self._budgets.of(row.cls)
        due_ms = row.t_ms + (0 if budget is None else budget.of(told.step))
        statement = None
        if told.stage is Stage.SILENCE:
            statement = await self._evidence.of(row, told.step, due_ms=due_ms)
        fresh = await self._store.escalate(
            Escalation(mid=row.mid, told=told, due_ms=due_ms, evidence=statement),
            now_ms=self._clock.now_ms(),
        )
        if fresh:
            self._metrics.escalations(told.stage.value, row.cls.name)
            self._alarm(row, told)
        return fresh

    def _alarm(self, row: MessageRow, told: Told) -> None:
        left_out = self._seldom.due(f"{row.recipient} {row.cls} {told}")
        if left_out is None:
            return
        fields = {
            "mid": str(row.mid),
            "reference": code_of(row.mid),
            "node": str(row.recipient),
            "cls": row.cls.name,
            "missing": told.step.value,
            "stage": told.stage.value,
            "left_out": left_out,
        }
        if row.cls is Urgency.P2:
            self._journal.warning("message_late", **fields)
            return
        self._metrics.alarms("message_late")
        self._journal.alarm("message_late", **fields)
