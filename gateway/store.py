"""The store port: everything durable of one node, behind whole transactions.

An operation is named after what happens, and what it checks (duplicate, lease, state) is decided
inside it. gateway.storage implements it; one suite of tests holds every implementation to it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.accounts import Accounts
from gateway.alerting import Alerts
from gateway.boxes import BoxReads
from gateway.cancelling import Cancelling
from gateway.casework import CaseworkStore, RosterStore
from gateway.conditions import Conditions, Mutes
from gateway.continuity import Continuity, Lost, Successions
from gateway.exhibits import Exhibits
from gateway.lateness import (
    Awaited,
    CopyRow,
    Escalation,
    EscalationRow,
    Order,
    Rival,
    Unasked,
)
from gateway.numbers import Numbers
from gateway.operating import OperationStore
from gateway.pinging import Counting, Pinging, Steering
from gateway.records import (
    Admission,
    Admitted,
    CaseNotice,
    ClaimedItem,
    Consignment,
    Direction,
    Fork,
    LaneChanges,
    LaneRow,
    LaneWork,
    OfficerAct,
    OutboxKind,
    PeerCheckpoint,
    Proofs,
    ReceivedReceipt,
    Settlement,
    SignedHead,
    Stated,
    Submission,
    Submitted,
    Unopened,
)
from gateway.retaining import Retaining
from gateway.revoking import Revocations
from gateway.rows import (
    AttemptRow,
    EventRow,
    LeafRow,
    MessageRow,
)
from gateway.shelving import Shelf
from gateway.stamping import Stamps
from gateway.watching import WatchBook
from gateway.witnessing import Witnessing
from keys.note import LogVerifier
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.audited import KnownHead, LogVerification
from protocol.log.linking import Position
from protocol.log.statement import Statement


class LogBook(Protocol):
    """Our own log as committed."""

    @property
    def origin(self) -> LogOrigin:
        """The generation that is written now."""

    @property
    def size(self) -> int:
        """Committed leaves, signed or not."""

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` committed leaves."""

    def head(self) -> SignedHead | None:
        """Return the newest signed and committed checkpoint."""

    async def checkpoint(self, size: int) -> SignedHead | None:
        """Return the checkpoint signed at exactly this size, if there was one."""

    async def prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        """Prove leaves and an older size at `size`; every proof is checked before it returns."""

    async def leaves(self, start: int, stop: int) -> tuple[LeafRow, ...]:
        """Return stored leaves, start included, stop not."""

    async def state(self, statements: Sequence[Statement], *, must_leave: bool) -> int:
        """Append statements of the node itself; return the index of the first."""


class Audits(Protocol):
    """Our own logs, computed anew."""

    async def audit(
        self,
        verifiers: Callable[[LogOrigin], Sequence[LogVerifier]],
        *,
        origin: LogOrigin | None = None,
        known: Sequence[KnownHead] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> LogVerification:
        """Compute a log of this node anew, beside its work; the one that is written if not given.

        `known`: heads of that log which others are known to hold.
        """


class Lanes(Protocol):
    """What waits in each lane, and how the way to each node fares."""

    async def lanes(self) -> tuple[LaneWork, ...]:
        """Return every lane with items that wait and are not leased, due or not."""

    async def lane_work(self, node: NodeId) -> LaneWork | None:
        """Return what waits in one lane, None if nothing does."""

    async def lane_changes(self) -> LaneChanges:
        """Return the lanes whose work changed since the last call, and when time changes more."""

    async def lane_counts(self) -> Mapping[NodeId, tuple[int, ...]]:
        """Return what each lane holds by class, leased and put off included."""

    async def lane_rows(self) -> tuple[LaneRow, ...]:
        """Return what is kept about the way to each node."""

    async def save_lane(self, row: LaneRow) -> None:
        """Keep a lane's health."""

    async def retry(self, node: NodeId | None = None) -> None:
        """Let everything that was put off go at once: of one lane, or of all."""

    async def wait_for_work(self, timeout_s: float) -> None:
        """Return when something was queued or released, at the latest after the time-out."""


class Outbox(Protocol):
    """What waits to be delivered, by lane."""

    async def claim(
        self,
        node: NodeId,
        kind: OutboxKind | None,
        *,
        now_ms: int,
        max_items: int,
        max_bytes: int,
        below: int | None,
        down_to: Urgency = Urgency.P3,
    ) -> tuple[ClaimedItem, ...]:
        """Lease items of one lane in order of class, then time; at least one if any.

        `kind`: None for the kind of what goes first. `below`: only items stated below this leaf
        index (those that a confirmed checkpoint of that size covers). `down_to`: no class that
        is less urgent. A lease ends by settle, release, time or a new start.
        """

    async def extend(self, items: Sequence[ClaimedItem]) -> bool:
        """Let the leases of a claim begin anew; return whether it still has them all."""

    async def release(self, items: Sequence[ClaimedItem]) -> None:
        """Give leases back untouched."""

    async def settle(self, settlement: Settlement, *, now_ms: int) -> None:
        """Commit outcomes; an old fence changes nothing, save that a proven receipt counts."""

    async def rewrap(
        self, item: ClaimedItem, wraps: bytes, statement: Statement, *, now_ms: int
    ) -> bool:
        """Replace the wraps after E_KEM_EXPIRED, with the new statement 0x01 in the same commit.

        False, and nothing was changed, if this was done three times in the last day.
        """

    async def content_key(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the content key of a message (32 bytes), to wrap it again or to show it."""

    async def stated(self, mid: MessageId) -> Stated | None:
        """Return what receipts for a message of ours must name, None if we sent no such."""

    async def expire(self, *, now_ms: int) -> int:
        """Close items past their `exp` as expired; return how many."""


class Casebook(Protocol):
    """Messages, their states and the events that people and programs follow."""

    async def messages(
        self, direction: Direction, *, limit: int, before: int | None = None
    ) -> tuple[MessageRow, ...]:
        """Return messages one way, newest first."""

    async def message(self, mid: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages with this id: usually one, of any sender."""

    async def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages of a thread in order of time."""

    async def inner(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Return the opened content (canonical `inner`), None if there is none."""

    async def statement(self, sender: NodeId, mid: MessageId) -> tuple[bytes, bytes] | None:
        """Return (header digest, statement digest) of a message, as receipts name them."""

    async def timeline(self, sender: NodeId, mid: MessageId) -> tuple[EventRow, ...]:
        """Return what happened to a message, in order."""

    async def attempts(self, mid: MessageId) -> tuple[AttemptRow, ...]:
        """Return the attempts to deliver a message of ours, oldest first."""

    async def receipts(self, for_: NodeId, mid: MessageId) -> tuple[tuple[bytes, int], ...]:
        """Return (receipt, leaf index) of all that we gave this node for its message."""

    @property
    def newest_event(self) -> int:
        """The number of the newest event, 0 before the first."""

    async def events(self, *, after: int, limit: int) -> tuple[EventRow, ...]:
        """Return events with numbers above `after`."""

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when an event above `after` is committed, at the latest after the time-out."""


class Neighbours(Protocol):
    """What is kept of other nodes: their logs as linked, their keys; and our own key set."""

    async def advance_peer(self, checkpoint: PeerCheckpoint, *, now_ms: int) -> None:
        """Keep a linked checkpoint of a peer that came with nothing else."""

    async def positions(self) -> Mapping[LogOrigin, Position]:
        """Return where we stand in every peer's log; read once at start."""

    async def keep_fork(self, fork: Fork, *, now_ms: int) -> None:
        """Keep both notes of a log with two histories for ever; the first fork of a log counts."""

    async def forks(self) -> tuple[Fork, ...]:
        """Return every log with two histories, in order of its origin."""

    async def peer_key_set(self, node: NodeId) -> bytes | None:
        """Return the newest proven key set held of a node."""

    async def save_peer_key_set(self, node: NodeId, key_set: bytes, version: int) -> bool:
        """Keep a proven key set unless a newer one is held; return whether it was kept."""

    async def key_set(self) -> tuple[bytes, int] | None:
        """Return our own published key set and its leaf index."""


class Lateness(Protocol):
    """Messages that nobody answered in time: who was told, what was copied, what is withdrawn."""

    async def awaited(self, *, after: int, now_ms: int, limit: int) -> tuple[Awaited, ...]:
        """Return messages of ours numbered above `after` of which a step may be waited for."""

    async def numbered(self, number: int) -> MessageRow | None:
        """Return the message with this number."""

    async def escalate(self, escalation: Escalation, *, now_ms: int) -> bool:
        """Tell a stage unless it was told or its step was taken; return whether it was."""

    async def escalations(self, mids: Sequence[MessageId]) -> tuple[EscalationRow, ...]:
        """Return the stages told of some messages of ours, in the order of telling."""

    async def unasked(self, *, besides: Sequence[NodeId], limit: int) -> tuple[Unasked, ...]:
        """Return silences after which receipts are still to be asked for, of all nodes but some."""

    async def note_asked(self, mid: MessageId) -> None:
        """Note that receipts were asked for after silence was stated of a message."""

    async def forget_attempts(self, *, before_ms: int) -> int:
        """Drop attempts older than a time, the oldest thousands at a time; return how many."""

    async def order(
        self, submission: Submission, order: Order, *, of: MessageId, now_ms: int
    ) -> Submitted | None:
        """Queue a copy or a withdrawal of a message of ours; None if that was done before."""

    async def copies(self, mid: MessageId) -> tuple[CopyRow, ...]:
        """Return the pair of message and copy that a message of ours belongs to, if to one."""

    async def rivals(self) -> tuple[Rival, ...]:
        """Return the messages that are to be withdrawn, because the other one was acknowledged."""


class Overview(Protocol):
    """What people look up besides messages, and up to where programs were told."""

    async def coded(self, low: MessageId, high: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages whose ids lie between two, both included; of any sender."""

    async def silences(self) -> tuple[tuple[NodeId, int], ...]:
        """Return (node, since when) of nodes that missed a step and have not taken it since."""

    async def cursor(self, name: str) -> int | None:
        """Return up to which event a webhook was told, None if it is new."""

    async def save_cursor(self, name: str, number: int) -> None:
        """Keep up to which event a webhook was told."""


class Store(
    LogBook,
    Audits,
    Lanes,
    Outbox,
    Casebook,
    Neighbours,
    Continuity,
    Successions,
    Lost,
    Lateness,
    Overview,
    Numbers,
    Cancelling,
    Retaining,
    Exhibits,
    Witnessing,
    Pinging,
    Steering,
    Counting,
    Stamps,
    Alerts,
    Revocations,
    Accounts,
    Shelf,
    CaseworkStore,
    RosterStore,
    OperationStore,
    Conditions,
    Mutes,
    WatchBook,
    BoxReads,
    Protocol,
):
    """Everything durable of one node, behind transactions named after what happens."""

    @property
    def fault(self) -> str | None:
        """Why nothing is written any more, None as long as all is well: then stop the node."""

    @property
    def backlog(self) -> int:
        """Operations that wait to be committed; many of them mean that peers must wait."""

    async def submit(self, submission: Submission, *, now_ms: int) -> Submitted:
        """Queue an envelope with its leaves, act, receipts; durable when it returns."""

    async def submitted(self, request_key: bytes) -> Submitted | None:
        """Return what was queued under a request key, None if nothing was."""

    async def admit(self, admission: Admission, *, now_ms: int) -> Admitted:
        """Accept a frame: per item a new receipt, the stored one, or a conflict."""

    async def unopened(self, limit: int) -> tuple[Unopened, ...]:
        """Return accepted envelopes that wait to be opened, most urgent first."""

    async def begin_openings(self, messages: Sequence[tuple[NodeId, MessageId]]) -> tuple[int, ...]:
        """Count openings before they begin; return the counts (poison is parked at 5)."""

    async def consign(self, *consignments: Consignment, now_ms: int) -> None:
        """Put opened messages into the duty inbox, or record why they are rejected: all or none."""

    async def act(self, act: OfficerAct, *, now_ms: int) -> None:
        """Commit an officer's act with its receipts and effects."""

    async def tell(self, notices: Sequence[CaseNotice], *, now_ms: int) -> int:
        """Make events of notices that were not told before; return how many were new."""

    async def take_receipts(
        self,
        node: NodeId,
        receipts: Sequence[ReceivedReceipt],
        checkpoint: PeerCheckpoint | None,
        *,
        now_ms: int,
    ) -> None:
        """Commit receipts that a peer pushed; repeats change nothing."""
