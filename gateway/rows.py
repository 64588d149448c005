"""What is read out of the store for people and programs: rows as lists and timelines show them."""

from dataclasses import dataclass

from gateway.records import Direction, OutboxKind
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message as lists show it; `summary` is None while it is unopened by this node.

    `erased_ms`: when retention erased its content, None while it did not.
    """

    direction: Direction
    sender: NodeId
    recipient: NodeId
    mid: MessageId
    thread: MessageId | None
    re: MessageId | None
    cls: Urgency
    state: MessageState
    t_ms: int
    exp_ms: int
    changed_ms: int
    summary: bytes | None
    why: str | None
    erased_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event of the node, numbered without gaps; never content.

    `what` is a state of the ladder or a word of the event's kind; `origin` and `index` name
    the leaf that shows it, in our log or in the peer's.
    """

    number: int
    at_ms: int
    kind: str
    mid: MessageId | None
    thread: MessageId | None
    what: str
    by: str
    origin: str | None
    index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt to deliver one message, and why it ended as it did."""

    at_ms: int
    kind: OutboxKind
    what: str
    outcome: str
    next_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRow:
    """One leaf of our own log as stored; the preimage is None once retention erased it."""

    index: int
    kind: int
    digest: bytes
    preimage: bytes | None
    salt: bytes | None
