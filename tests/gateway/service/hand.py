"""One node in the hands of a test: it states what it is told, honest or not, and sends it itself.

Its log is a real one, so that proofs hold unless the test spoils them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.ports import Route
from keys.digest import sha256
from keys.recipient import RecipientKey
from protocol.answer import Answer, ErrorAnswer, Receipted, Refused, decode_answer, decode_error
from protocol.delivery.urgency import Urgency
from protocol.directory import last_resort_keys
from protocol.envelope.header import Part
from protocol.envelope.seal import Address, seal
from protocol.envelope.wraps import wrap
from protocol.errors import Code
from protocol.frame import EnvelopeItem, FrameHead, FrameKind, ReceiptItem, encode_frame
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement, envelope_sent, receipt_given
from protocol.receipt import Receipt, Stage
from tests.gateway.network import DAY_MS, STAMP, Network
from tests.gateway.service.world import pass_time
from tests.gateway.wire import deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An envelope and the leaf that states it."""

    header: bytes
    wraps: bytes
    body: bytes
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A receipt and the leaf that states it."""

    receipt: bytes
    index: int


class Hand:
    """Speaks for one node to another one.

    Args:
        net: Both are in it.
        me: The node whose log is written.
        to: The node that is spoken to.
    """

    def __init__(self, net: Network, me: str, to: str) -> None:
        self.me = net[me]
        self.to = net[to]
        self._net = net
        self.linked = 0

    def key(self, node: NodeId | None = None) -> RecipientKey:
        """Return a node's last-resort key."""
        entry = self._net.entries[self.to.id if node is None else node]
        return last_resort_keys(entry, at_ms=self._net.clock.ms)[0]

    def address(self, mid: MessageId, *, blobs: tuple[Part, ...] = ()) -> Address:
        """Return an honest address, for tests to change."""
        now_ms = self._net.clock.ms
        return Address(
            mid=mid,
            sender=self.me.id,
            recipient=self.to.id,
            t_ms=now_ms,
            exp_ms=now_ms + DAY_MS,
            cls=Urgency.P2,
            directory=self.to.directory.current or STAMP,
            blobs=blobs,
        )

    async def envelope(
        self,
        address: Address,
        *,
        inner: bytes = b"nothing that opens",
        key: RecipientKey | None = None,
        header: bytes | None = None,
    ) -> Sealed:
        """Seal and state an envelope.

        Args:
            address: What its header says.
            inner: What is inside.
            key: Under which; the receiver's last-resort key if none is given.
            header: Stated in place of the true one.
        """
        sealed = seal(inner, address, [self.key() if key is None else key])
        outside = sealed.header if header is None else header
        wraps = sealed.wraps
        if header is not None:
            wraps = wrap(header, sealed.content_key, [self.key() if key is None else key])
        index = await self.state(envelope_sent(outside, wraps))
        return Sealed(header=outside, wraps=wraps, body=sealed.body, index=index)

    async def receipt(
        self,
        mid: MessageId,
        header: bytes,
        wraps: bytes,
        *,
        stage: Stage = Stage.CONSIGNED,
        by: NodeId | None = None,
        for_: NodeId | None = None,
    ) -> Said:
        """State a receipt for an envelope of the node that is spoken to."""
        receipt = Receipt(
            stage=stage,
            mid=mid,
            header_digest=sha256(header),
            envelope_digest=envelope_sent(header, wraps).digest,
            by=self.me.id if by is None else by,
            for_=self.to.id if for_ is None else for_,
            t_ms=self._net.clock.ms,
            why=None,
            directory=self.to.directory.current or STAMP,
        ).encode()
        return Said(receipt=receipt, index=await self.state(receipt_given(receipt)))

    async def state(self, statement: Statement) -> int:
        """Append a statement; a signed head covers it."""
        return await self.me.store.state([statement], must_leave=True)

    async def link(self) -> None:
        """Let the receiver link our newest head by an empty frame, so that frames may ride."""
        answer = await self._linking(())
        assert isinstance(answer, Answer), answer

    async def head(
        self,
        envelopes: Sequence[Sealed] = (),
        receipts: Sequence[Said] = (),
        *,
        link: bool = False,
    ) -> FrameHead:
        """Compose an honest head; a test may `replace` parts of it."""
        newest = self.me.store.head()
        assert newest is not None
        at = newest.size if link else self.linked
        indices = [*(one.index for one in envelopes), *(one.index for one in receipts)]
        proofs = await self.me.store.prove(at, indices, old=self.linked)
        head = FrameHead(
            at=at,
            checkpoint=newest.note if link else None,
            old=self.linked if link else at,
            consistency=proofs.consistency if link else (),
            seen=0,
            envelopes=tuple(
                EnvelopeItem(
                    header=one.header,
                    wraps=one.wraps,
                    body_bytes=len(one.body),
                    queue_number=number,
                    index=one.index,
                    path=path,
                )
                for number, (one, path) in enumerate(
                    zip(envelopes, proofs.inclusion, strict=False), start=1
                )
            ),
        )
        if not receipts:
            return head
        return replace(
            head,
            receipts=tuple(
                ReceiptItem(receipt=one.receipt, index=one.index, path=path)
                for one, path in zip(receipts, proofs.inclusion, strict=True)
            ),
        )

    async def send(
        self, head: FrameHead, bodies: Sequence[bytes] = (), *, route: Route = Route.ENVELOPES
    ) -> Answer | ErrorAnswer:
        """Deliver a frame and read what comes back."""
        kind = FrameKind.ENVELOPES if route is Route.ENVELOPES else FrameKind.RECEIPTS
        frame = b"".join(encode_frame(kind, head, bodies))
        status, body = await deliver(self.to, self.me.id, route, frame)
        if status != 200:
            return decode_error(body)
        if head.checkpoint is not None:
            self.linked = head.at
        return decode_answer(body)

    async def bring(self, *envelopes: Sealed, link: bool = False) -> list[Receipted | Refused]:
        """Send envelopes honestly and return the verdicts."""
        if link:
            answer = await self._linking(envelopes)
        else:
            answer = await self.send(await self.head(envelopes), [one.body for one in envelopes])
        assert isinstance(answer, Answer), answer
        return list(answer.items)

    async def _linking(self, envelopes: Sequence[Sealed]) -> Answer | ErrorAnswer:
        """Send a linking frame, once more from where the receiver stands if it met us meanwhile."""
        bodies = [one.body for one in envelopes]
        answer = await self.send(await self.head(envelopes, link=True), bodies)
        if isinstance(answer, ErrorAnswer) and answer.size:
            self.linked = answer.size
            answer = await self.send(await self.head(envelopes, link=True), bodies)
        return answer

    async def push(self, *receipts: Said) -> list[Receipted | Refused]:
        """Send receipts honestly and return the verdicts."""
        await self.link()
        head = await self.head(receipts=receipts)
        answer = await self.send(head, route=Route.RECEIPTS)
        assert isinstance(answer, Answer), answer
        return list(answer.items)


def code_of(verdict: Receipted | Refused | Answer | ErrorAnswer) -> Code | None:
    """Return the code of a refusal, None of anything else."""
    return verdict.code if isinstance(verdict, Refused | ErrorAnswer) else None


async def twin_of(net: Network, honest: Hand) -> Hand:
    """Return a second node with the keys of the first, whose log begins alike."""
    node = net.make(honest.me.id, honest.me.home.with_name("twin"))
    await node.store.start()
    await node.runtime.load()
    twin = Hand(net, str(honest.me.id), str(honest.to.id))
    twin.me = node
    pass_time(net)
    return twin
