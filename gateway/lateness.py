"""What the store keeps of messages that nobody answered in time, and of who was told: values.

A message is watched while somebody waits for a step of it. Each stage that was told is a row for
ever; the last one names the leaf of our log that states the silence.
"""

from dataclasses import dataclass
from enum import StrEnum

from protocol.delivery.escalation import Stage, Step, Told
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A message of ours for which a step may still be waited; `number` grows with each message."""

    number: int
    cls: Urgency
    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A stage to be told of a message of ours.

    `evidence` is the statement 0x0a where the stage is silence, None otherwise.
    """

    mid: MessageId
    told: Told
    due_ms: int
    evidence: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRow:
    """A stage that was told: when the step was due, when it was told, and the leaf that states it.

    `asked`: the other side was asked for receipts after silence was stated, or need not be.
    """

    mid: MessageId
    step: Step
    stage: Stage
    due_ms: int
    at_ms: int
    origin: str | None
    index: int | None
    asked: bool

    @property
    def told(self) -> Told:
        """The stage as the rule knows it."""
        return Told(step=self.step, stage=self.stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A silence after which the other side was not yet asked for receipts."""

    mid: MessageId
    node: NodeId


class Order(StrEnum):
    """What a node sends by itself about a message of its officers."""

    COPY = "copied"
    """The same document to the second point of contact."""
    WITHDRAWAL = "withdrawn"
    """That the message is taken back, because the other point of contact has the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """A message and its copy for the second point of contact; `withdrawal` takes one back."""

    original: MessageId
    original_to: NodeId
    copy: MessageId
    copy_to: NodeId
    withdrawal: MessageId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A message that is to be withdrawn, and the one by which the case was taken."""

    mid: MessageId
    taken: MessageId
    taken_by: NodeId
