"""What is recorded when a log cannot simply go on, and the parts of the store that record it.

Losses, generations given up, acceptances, open heads. Every record is frozen. Notes are whole
signed notes, kept for ever: they are the evidence.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.records import PeerCheckpoint, SignedHead
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.recovery import Claim, StartDecision
from protocol.log.statement import Statement
from protocol.log.unjoined import OpenHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why a generation of our own log is not signed any more.

    `held` is our newest note when it was found, None if there was none; `shown` the note with
    our own valid signatures that shows a log that we do not have; `by` who showed it.
    """

    kind: Claim
    held: bytes | None
    shown: bytes
    by: NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLog:
    """A log of another node that was given up for a later generation, which proved its beginning.

    `epoch` are the bytes of leaf 0 of `successor`. `held` is our newest note of the closed log.
    `is_short`: we hold more of it than its owner named, so that its owner lost what we saw.
    """

    origin: LogOrigin
    successor: LogOrigin
    epoch: bytes
    held: bytes | None
    is_short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LateReceipt:
    """A receipt that is proven only in a log that was given up: evidence that changes nothing."""

    origin: LogOrigin
    digest: bytes
    note: bytes
    index: int
    path: tuple[bytes, ...]
    receipt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjoined:
    """A head that a log of a peer signed and that no proof has joined to its history yet."""

    origin: LogOrigin
    size: int
    root: bytes
    note: bytes
    head: OpenHead


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSealing:
    """How an envelope was accepted here: its wraps, proven by its sender's own note."""

    wraps: bytes
    index: int
    path: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A message of ours whose addressee was not asked for its receipts since a loss.

    `after`: the newest event before the question, so that what it brings can be told.
    """

    mid: MessageId
    node: NodeId
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedGeneration:
    """The operator's word that a node with two histories may go on above one generation."""

    node: NodeId
    above: int


class Continuity(Protocol):
    """Whether our log may be signed: what the start found, and what came of it.

    While it may not, leaves are committed unsigned; what must leave with a head is refused with
    RecoveringError (admit, state with must_leave).
    """

    @property
    def beginning(self) -> StartDecision:
        """How this start is to be taken."""

    @property
    def may_sign(self) -> bool:
        """Whether heads of our log are signed."""

    @property
    def loss(self) -> Loss | None:
        """What ended this generation, None if nothing did."""

    async def begin_signing(self, act: Statement | None) -> None:
        """Sign from now on, what waits included; `act` is stated in the same commit."""

    async def stop_signing(self, loss: Loss, *, now_ms: int) -> None:
        """Sign nothing more in this generation, from this call on; both notes are kept."""

    async def restate(self, limit: int) -> int:
        """State some receipts of earlier generations again; return how many, 0 when all are."""

    async def hear_generation(self, origin: LogOrigin, *, by: NodeId, now_ms: int) -> None:
        """Remember a later generation of our log that a peer holds something of."""

    async def past_head(self, origin: LogOrigin) -> SignedHead | None:
        """Return the newest signed head of any generation of our log that these files hold."""


class Successions(Protocol):
    """Logs of peers that were given up for later generations, and what came of that."""

    async def close_logs(
        self, closed: Sequence[ClosedLog], checkpoint: PeerCheckpoint | None, *, now_ms: int
    ) -> None:
        """Close logs for good, with the first checkpoint of the one that follows them."""

    async def closed_logs(self) -> tuple[ClosedLog, ...]:
        """Return every closed log of a peer."""

    async def keep_late(self, receipts: Sequence[LateReceipt], *, now_ms: int) -> None:
        """Keep receipts of a closed log as evidence; they change nothing."""

    async def accept_generation(
        self, accepted: AcceptedGeneration, act: Statement, *, now_ms: int
    ) -> None:
        """Record the operator's word about a node, stated in the same commit."""

    async def accepted_generations(self) -> tuple[AcceptedGeneration, ...]:
        """Return above which generations nodes with two histories may go on."""

    async def save_unjoined(self, one: Unjoined) -> None:
        """Keep an open head, with how often its log was asked."""

    async def drop_unjoined(self, one: Unjoined) -> None:
        """Forget an open head that was joined, and take back the fork that it was held for."""

    async def unjoined(self) -> tuple[Unjoined, ...]:
        """Return every open head."""


class Lost(Protocol):
    """What was lost here and is held by others, and the other way round."""

    async def held_sealing(self, sender: NodeId, mid: MessageId) -> HeldSealing | None:
        """Return how we accepted an envelope, with its sender's own note."""

    async def add_sealing(self, mid: MessageId, *, wraps: bytes, digest: bytes, index: int) -> None:
        """Keep a sealing of ours that was lost here; receipts may name it."""

    async def unclaimed(
        self, *, now_ms: int, limit: int, besides: Collection[NodeId] = ()
    ) -> tuple[Unclaimed, ...]:
        """Return messages of ours whose receipts are to be asked for; not those to `besides`."""

    async def claimed(self, one: Unclaimed, *, now_ms: int) -> int:
        """Note that receipts were asked for, tell what came back; return how many."""
