"""Values for the store's tests: submissions, admissions, receipts, and a clock that is told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.records import (
    Admission,
    Consignment,
    IncomingEnvelope,
    OutgoingReceipt,
    PeerCheckpoint,
    ReceivedReceipt,
    Submission,
)
from keys.digest import new_salt, sha256
from keys.signing import NoteSigner
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.linking import LinkedHead
from protocol.log.signing import sign_head
from protocol.log.statement import (
    Statement,
    checkpoint_seen,
    envelope_sent,
    key_set_published,
    receipt_given,
    receipt_obtained,
)
from protocol.receipt import Stage

OWN = NodeId("RO", 1)
PEER = NodeId("FR", 1)
OTHER = NodeId("JP", 1)
ORIGIN = LogOrigin(OWN, 1)
PEER_ORIGIN = LogOrigin(PEER, 1)
STORE_KEY = bytes(range(32))
KEY_SET = b"key set of RO/1"
NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000


@dataclass
class TestClock:
    """Wall time that stands still until it is told; monotonic time goes with it, or alone."""

    __test__ = False
    wall_ms: int = NOW_MS
    seconds: float = field(default=1000.0)

    def now_ms(self) -> int:
        """Return the time that was set."""
        return self.wall_ms

    def monotonic_s(self) -> float:
        """Return the seconds that were set, and what the wall clock went on."""
        return self.seconds + (self.wall_ms - NOW_MS) / 1000

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


def mid(number: int) -> MessageId:
    """Return a message id that is recognised in a failing test."""
    return MessageId(number.to_bytes(16, "big"))


def head_signer(clock: TestClock, origin: LogOrigin = ORIGIN) -> Callable[[TreeHead], Checkpoint]:
    """Return the signer of our own log, with fixed keys."""
    signer = log_signer(origin)
    return lambda head: sign_head(signer, head, timestamp_s=clock.now_ms() // 1000)


def log_signer(origin: LogOrigin = ORIGIN) -> NoteSigner:
    """Return fixed keys of a log."""
    return NoteSigner(str(origin), sha256(b"e" + str(origin).encode()), sha256(b"m"))


def first_statement() -> Statement:
    """Return leaf 0."""
    return key_set_published(KEY_SET)


def peer_checkpoint(
    size: int = 10, *, origin: LogOrigin = PEER_ORIGIN, linked_ms: int = NOW_MS, seen: bool = True
) -> PeerCheckpoint:
    """Return a linked checkpoint of a peer; the store believes it was verified."""
    note = f"{origin}\n{size}\nnote\n".encode()
    return PeerCheckpoint(
        origin=origin,
        linked=LinkedHead(size=size, root=sha256(note), note=note, linked_ms=linked_ms),
        seen=checkpoint_seen(note, new_salt()) if seen else None,
    )


def submission(
    number: int,
    *,
    to: NodeId = PEER,
    cls: Urgency = Urgency.P2,
    body: bytes = b"sealed body",
    exp_ms: int = NOW_MS + DAY_MS,
    request_key: bytes | None = None,
    re: MessageId | None = None,
    acts: tuple[Statement, ...] = (),
    receipts: tuple[OutgoingReceipt, ...] = (),
    deliver_by_ms: int | None = None,
    thread: MessageId | None = None,
) -> Submission:
    """Return one envelope to be queued."""
    header = b"header %d" % number
    wraps = b"wraps %d" % number
    return Submission(
        mid=mid(number),
        thread=mid(number) if thread is None else thread,
        to=to,
        re=re,
        cls=cls,
        t_ms=NOW_MS + number,
        exp_ms=exp_ms,
        header=header,
        wraps=wraps,
        body=body,
        content_key=b"k" * 32,
        statement=envelope_sent(header, wraps),
        inner=b"inner %d" % number,
        summary=b"summary %d" % number,
        acts=acts,
        receipts=receipts,
        request_key=request_key,
        deliver_by_ms=deliver_by_ms,
    )


def incoming(
    number: int,
    *,
    at: int = 10,
    header: bytes | None = None,
    cls: Urgency = Urgency.P2,
    queue_number: int | None = None,
    body: bytes = b"sealed body",
) -> IncomingEnvelope:
    """Return one envelope of a peer, proven."""
    header = b"their header %d" % number if header is None else header
    wraps = b"their wraps %d" % number
    receipt = b"receipt %d %s" % (number, sha256(header))
    return IncomingEnvelope(
        mid=mid(number),
        cls=cls,
        t_ms=NOW_MS + number,
        exp_ms=NOW_MS + DAY_MS,
        header=header,
        header_digest=sha256(header),
        wraps=wraps,
        body=body,
        queue_number=number if queue_number is None else queue_number,
        statement_digest=envelope_sent(header, wraps).digest,
        origin=PEER_ORIGIN,
        at=at,
        index=3,
        path=(b"p" * 32, b"q" * 32),
        backdated=False,
        receipt=receipt,
        receipt_statement=receipt_given(receipt),
    )


def admission(
    *items: IncomingEnvelope,
    checkpoint: PeerCheckpoint | None = None,
    void: tuple[int, ...] = (),
    sender: NodeId = PEER,
) -> Admission:
    """Return a frame; its checkpoint is the usual one of size 10 if none is given."""
    return Admission(
        sender=sender,
        checkpoint=peer_checkpoint() if checkpoint is None else checkpoint,
        items=items,
        void=void,
    )


def outgoing(
    number: int, stage: Stage, *, to: NodeId = PEER, cls: Urgency = Urgency.P2, text: bytes = b""
) -> OutgoingReceipt:
    """Return a receipt of ours for a message of a peer."""
    receipt = b"%s %d" % (stage.value.encode(), number) + text
    return OutgoingReceipt(
        to=to,
        mid=mid(number),
        stage=stage,
        receipt=receipt,
        statement=receipt_given(receipt),
        cls=cls,
        exp_ms=NOW_MS + DAY_MS,
    )


def consignment(number: int, *, sender: NodeId = PEER) -> Consignment:
    """Return what opening a good message comes to."""
    return Consignment(
        sender=sender,
        mid=mid(number),
        thread=mid(number),
        re=None,
        inner=b"their inner %d" % number,
        summary=b"their summary %d" % number,
        content_key=b"c" * 32,
        state=MessageState.CONSIGNED,
        why=None,
        receipt=outgoing(number, Stage.CONSIGNED, to=sender),
    )


def received(
    number: int, stage: Stage = Stage.ACCEPTED, *, at: int = 10, why: str | None = None
) -> ReceivedReceipt:
    """Return a proven receipt of a peer for a message of ours."""
    receipt = b"%s by peer %d" % (stage.value.encode(), number)
    digest = receipt_given(receipt).digest
    return ReceivedReceipt(
        by=PEER,
        mid=mid(number),
        stage=stage,
        receipt=receipt,
        digest=digest,
        origin=PEER_ORIGIN,
        at=at,
        index=5,
        path=(b"p" * 32,),
        statement=receipt_obtained(digest, new_salt()),
        why=why,
    )
