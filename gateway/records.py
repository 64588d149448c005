"""What goes into the store and comes out of it: values, no behaviour.

Every record is frozen. Bytes that a peer proved carry their proof with them, because only the
log's owner can make it again. `inner` and `summary` are plaintext here; whoever stores them
seals them first, and nothing else of a content is stored.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.linking import LinkedHead
from protocol.log.statement import Statement
from protocol.receipt import Stage


class Direction(StrEnum):
    """Which way a message went, seen from this node."""

    OUT = "out"
    IN = "in"


class OutboxKind(StrEnum):
    """What waits in the outbox: each kind travels in frames of its own."""

    ENVELOPE = "envelope"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A checkpoint of our own log that was committed and may leave the node."""

    origin: LogOrigin
    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """Proofs of our own log for one frame: inclusion at `size` in the order asked, consistency."""

    size: int
    inclusion: tuple[tuple[bytes, ...], ...]
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerCheckpoint:
    """A checkpoint of another log that was verified and linked, to be kept.

    `seen` is the statement 0x05 about it, where one is due (docs/wire-format.md, rule 9b).
    """

    origin: LogOrigin
    linked: LinkedHead
    seen: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Two signed histories of one log: the note held before, and the one that contradicts it.

    `by`: who showed the second, None for the log's own node; `directory`: SHA-256 of the
    timestamp.json that was gone by when it was found; `found_ms`: when it was kept.
    """

    origin: LogOrigin
    held: bytes
    offered: bytes
    by: NodeId | None = None
    directory: bytes | None = None
    found_ms: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A step of the ladder of one message, named by who sent it and its id."""

    sender: NodeId
    mid: MessageId
    state: MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReceipt:
    """A receipt of ours for the message `mid` of the node `to`; its statement becomes a leaf."""

    to: NodeId
    mid: MessageId
    stage: Stage
    receipt: bytes
    statement: Statement
    cls: Urgency
    exp_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEnd:
    """The stored draft that a submission sends; `override`: why no second person approved it."""

    id: str
    digest: bytes
    who: str
    person: int | None = None
    override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One sealed envelope to be queued, and everything that is true from the same moment.

    `acts` are officers' acts, `receipts` and `effects` concern the message that this one
    answers. `deliver_by_ms`: when it should be accepted, if earlier than its class says.
    `request_key` names the officer's request: the same key twice queues once.
    """

    mid: MessageId
    thread: MessageId
    to: NodeId
    re: MessageId | None
    cls: Urgency
    t_ms: int
    exp_ms: int
    header: bytes
    wraps: bytes
    body: bytes
    content_key: bytes
    statement: Statement
    inner: bytes
    summary: bytes
    acts: tuple[Statement, ...] = ()
    receipts: tuple[OutgoingReceipt, ...] = ()
    effects: tuple[StateChange, ...] = ()
    request_key: bytes | None = None
    deliver_by_ms: int | None = None
    draft: DraftEnd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Queued for good. `repeated`: the request key was known, this is the first one's result."""

    mid: MessageId
    thread: MessageId
    index: int
    queue_number: int
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerAct:
    """An act on a received message: leaves, receipts to its sender, steps of the ladder."""

    acts: tuple[Statement, ...]
    receipts: tuple[OutgoingReceipt, ...]
    effects: tuple[StateChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEnvelope:
    """An envelope whose statement was proven, with the receipt that it will get if it is new.

    `index`, `path` and `at` prove `statement_digest` in the sender's log `origin`.
    """

    mid: MessageId
    cls: Urgency
    t_ms: int
    exp_ms: int
    header: bytes
    header_digest: bytes
    wraps: bytes
    body: bytes
    queue_number: int
    statement_digest: bytes
    origin: LogOrigin
    at: int
    index: int
    path: tuple[bytes, ...]
    backdated: bool
    receipt: bytes
    receipt_statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One frame of envelopes from one node, verified, to be committed as a whole."""

    sender: NodeId
    checkpoint: PeerCheckpoint | None
    items: tuple[IncomingEnvelope, ...]
    void: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The receipt that stands for this envelope for ever, and its leaf in our log."""

    receipt: bytes
    index: int
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicting:
    """The sender used this message id before, with another header, which is this one.

    `kept`: header and proof of the other one were kept as evidence just now; of the first
    conflicts of a sender they are.
    """

    held_header: bytes
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What became of a frame; `head` covers every receipt in it."""

    items: tuple[Accepted | Conflicting, ...]
    head: SignedHead
    have: int
    miss: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """Accepted, not yet opened; `attempts` were begun, with the one to come if `is_counted`."""

    sender: NodeId
    mid: MessageId
    cls: Urgency
    exp_ms: int
    header: bytes
    wraps: bytes
    body: bytes
    statement_digest: bytes
    attempts: int
    is_counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """An opened envelope on its way to the duty inbox, or the reason why it cannot be read.

    `inner`, `summary` and `content_key` are None exactly when `receipt` says rejected, except
    that an opened content of an unknown form keeps them.
    """

    sender: NodeId
    mid: MessageId
    thread: MessageId | None
    re: MessageId | None
    inner: bytes | None
    summary: bytes | None
    content_key: bytes | None
    state: MessageState
    why: str | None
    receipt: OutgoingReceipt
    effects: tuple[StateChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNotice:
    """Something that the clock of a case makes this node tell its officers, once.

    `key` names it within its thread for ever; `what` is a word for lists and programs.
    """

    thread: MessageId
    key: str
    sender: NodeId
    mid: MessageId
    kind: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedItem:
    """One item of the outbox, leased to its claimer until settled.

    For an envelope, `header`, `wraps` and `body` are the bytes to send, identical at each
    attempt; for a receipt, `receipt` is. `index` is the leaf that states it.
    """

    item: int
    fence: int
    kind: OutboxKind
    mid: MessageId
    cls: Urgency
    index: int
    queue_number: int
    exp_ms: int
    attempts: int
    header: bytes = b""
    wraps: bytes = b""
    body: bytes = b""
    receipt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReceipt:
    """A proven receipt of another node for a message of ours, and our statement that we hold it."""

    by: NodeId
    mid: MessageId
    stage: Stage
    receipt: bytes
    digest: bytes
    origin: LogOrigin
    at: int
    index: int
    path: tuple[bytes, ...]
    statement: Statement
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What this node stated of a message of its own: a receipt for it must name these.

    `sealings` are the digests of all statements that it was sent: wrapping again adds one, and
    a receipt may still name one from before.
    """

    to: NodeId
    header_digest: bytes
    sealings: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The peer answered well: an envelope with its receipt, a receipt with nothing."""

    item: int
    fence: int
    receipt: ReceivedReceipt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not delivered at this attempt; stays in the queue.

    `code` is an E_ code or a word for a transport fault; `next_ms` is None when the lane
    decides; `is_stuck` tells the officer that repeating alone will not help.
    """

    item: int
    fence: int
    code: str
    next_ms: int | None
    is_stuck: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of one frame, in one transaction."""

    node: NodeId
    outcomes: tuple[Delivered | Deferred, ...]
    checkpoint: PeerCheckpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    """What is kept about the way to one node."""

    node: NodeId
    failures: int
    back_off_ms: int
    due_ms: int
    last_ok_ms: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneWork:
    """A lane with items that wait (those that are leased or put off not counted).

    `by_class` has a number for each class; `newest_emergency` grows with each P0 that is queued.
    """

    row: LaneRow
    waiting: int
    most_urgent: Urgency
    by_class: tuple[int, ...]
    newest_emergency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChanges:
    """Lanes to be looked at again; `next_s`: after so many seconds time alone makes more wait."""

    nodes: tuple[NodeId, ...]
    next_s: float | None
