"""What passes between the two nodes of the kept exchange, made from what they stated so far."""

from dataclasses import dataclass, field
from typing import Final

from gateway.directory.chain import VerifiedDirectory
from keys.digest import sha256
from protocol.answer import Answer, AnswerItem, Receipted, encode_answer
from protocol.delivery.urgency import Urgency
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.header import DirectoryStamp
from protocol.envelope.seal import Address, SealedEnvelope, seal
from protocol.frame import EnvelopeItem, FrameHead, FrameKind, ReceiptItem, encode_frame
from protocol.identifiers import MessageId, NodeId
from protocol.log.checkpoint import Checkpoint
from protocol.log.statement import envelope_sent
from protocol.receipt import Receipt, Stage
from protocol.requests.check import read_document
from protocol.requests.wire import to_wire
from tests.vectors.exchange.two_nodes import DAY_MS, MINUTE_MS, START_MS, Side

MID: Final = MessageId(bytes(range(0xA0, 0xB0)))
REQUEST: Final = MessageId(bytes(range(0xC0, 0xD0)))
DOCUMENT: Final = {
    "type": "acknowledgement",
    "to": "FR/1",
    "in_reply_to": str(REQUEST),
    "urgency": "urgent",
    "handling_code": "H1",
    "language": "en",
    "body": {
        "desk": "Duty desk",
        "recipient_reference": "RO-2026-0417",
        "expected_decision_by": "2026-12-01",
        "duty_contact": {
            "name": "Duty officer",
            "telephone": "+40215550100",
            "languages": ["en", "fr"],
        },
    },
}
ARRIVED_MS: Final = START_MS + MINUTE_MS


@dataclass
class Messages:
    """Both nodes, and what passed between them so far."""

    ro: Side = field(default_factory=lambda: Side(NodeId("RO", 1), 0x10))
    fr: Side = field(default_factory=lambda: Side(NodeId("FR", 1), 0x20))
    verified: VerifiedDirectory = field(init=False)
    sealed: SealedEnvelope = field(init=False)
    heads: dict[str, Checkpoint] = field(default_factory=dict)

    @property
    def stamp(self) -> DirectoryStamp:
        """The directory that both nodes hold."""
        return self.verified.stamp

    def seal(self) -> SealedEnvelope:
        """Seal the acknowledgement for the prekey of FR/1."""
        content = Content(
            mid=MID,
            sender=self.ro.id,
            recipient=self.fr.id,
            t_ms=START_MS,
            type="acknowledgement",
            thread=REQUEST,
            re=REQUEST,
            body=to_wire(read_document(DOCUMENT)),
        )
        address = Address(
            mid=MID,
            sender=self.ro.id,
            recipient=self.fr.id,
            t_ms=START_MS,
            exp_ms=START_MS + DAY_MS,
            cls=Urgency.P1,
            directory=self.stamp,
        )
        return seal(encode_inner(content.encode()), address, [self.fr.prekey])

    def receipt(self, stage: Stage, at_ms: int) -> bytes:
        """Return a receipt of FR/1 for that envelope."""
        return Receipt(
            stage=stage,
            mid=MID,
            header_digest=sha256(self.sealed.header),
            envelope_digest=envelope_sent(self.sealed.header, self.sealed.wraps).digest,
            by=self.fr.id,
            for_=self.ro.id,
            t_ms=at_ms,
            why=None,
            directory=self.stamp,
        ).encode()

    def item(self, index: int, size: int) -> EnvelopeItem:
        """Return the envelope with its proof."""
        return EnvelopeItem(
            header=self.sealed.header,
            wraps=self.sealed.wraps,
            body_bytes=len(self.sealed.body),
            queue_number=1,
            index=index,
            path=self.ro.proof(index, size).path,
        )

    def receipted(self, receipt: bytes, index: int, size: int) -> Receipted:
        """Return the verdict on an envelope that stands."""
        return Receipted(receipt=receipt, index=index, path=self.fr.proof(index, size).path)

    def signed(self, side: Side, size: int, at_ms: int) -> Checkpoint:
        """Sign a head once; every later mention is of the same note."""
        made = side.checkpoint(size, at_ms)
        self.heads[f"{side.id.country} {size}"] = made
        return made

    def frame(
        self,
        side: Side,
        at: int,
        *,
        old: int,
        seen: int,
        items: tuple[EnvelopeItem, ...] = (),
        receipts: tuple[ReceiptItem, ...] = (),
        rides: bool = False,
    ) -> bytes:
        """Return a frame of one side, its newest note with it unless it rides."""
        head = FrameHead(
            at=at,
            checkpoint=None if rides else self.heads[f"{side.id.country} {at}"].note,
            old=old,
            consistency=() if rides else side.consistency(old, at),
            seen=seen,
            envelopes=items,
            receipts=receipts,
        )
        kind = FrameKind.RECEIPTS if receipts else FrameKind.ENVELOPES
        return b"".join(encode_frame(kind, head, [self.sealed.body for _ in items]))

    def answer(
        self,
        side: Side,
        at: int,
        *,
        old: int,
        seen: int,
        items: tuple[AnswerItem, ...],
        have: int = 0,
        rides: bool = False,
    ) -> bytes:
        """Return an answer of one side, likewise."""
        return encode_answer(
            Answer(
                t_ms=ARRIVED_MS + 3000,
                at=at,
                checkpoint=None if rides else self.heads[f"{side.id.country} {at}"].note,
                old=old,
                consistency=() if rides else side.consistency(old, at),
                seen=seen,
                have=have,
                items=items,
            )
        )
