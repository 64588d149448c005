"""The verdict on one envelope or one receipt of a frame, in the order the rules give.

A verdict changes nothing: what fits is handed to the commit, which looks for a duplicate once
more. Source: docs/wire-format.md, rules 19, 21 and 22.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.outfit import unheard
from gateway.ports import Blobs, Clock
from gateway.records import Accepted, IncomingEnvelope, ReceivedReceipt
from gateway.service.currency import any_class
from gateway.service.guard import DiskGuard
from gateway.service.link import PeerLogs
from gateway.service.receipting import Receipting
from gateway.service.sealings import Sealings
from gateway.store import Store
from keys.digest import new_salt, sha256
from keys.recipient import RecipientSecret
from protocol.answer import Refused
from protocol.delivery.room import RETRY_MS
from protocol.delivery.urgency import Urgency
from protocol.envelope.header import DirectoryStamp, Header
from protocol.envelope.seal import check_wraps
from protocol.errors import Code, RemoteProtocolError
from protocol.frame import EnvelopeItem, ReceiptItem
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_AHEAD_MS, MAX_LIFE_MS
from protocol.log.checkpoint import TreeHead
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import (
    Statement,
    StatementKind,
    envelope_sent,
    receipt_given,
    receipt_obtained,
)
from protocol.receipt import Receipt, Stage

_PASSED_PROOF: Final = frozenset(
    {
        Code.CLOCK,
        Code.EXPIRED,
        Code.DIR_STALE,
        Code.STORE,
        Code.KEM_EXPIRED,
        Code.BLOBS,
        Code.LENGTH,
        Code.HASH,
    }
)
"""Refusals of an envelope whose statement was proven: time, room, keys or parts were missing."""


class Judge:
    """Examines what came in a linked frame.

    Args:
        node: This node.
        store: Where duplicates are looked up.
        blobs: Where attachments lie.
        receipting: Makes the receipt that a new envelope gets.
        logs: Positions of all peers.
        clock: Time.
        secrets: Gives the content keys held now, by key id.
        guard: Knows whether there is room for what is new.
        sealings: Holds receipts against what we stated.
        carries: Tells whether our directory is young enough for an envelope of a class.
        heard: Told which directory a peer held when it wrote something that is proven.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        blobs: Blobs,
        receipting: Receipting,
        logs: PeerLogs,
        clock: Clock,
        secrets: Callable[[], Mapping[bytes, RecipientSecret]],
        guard: DiskGuard,
        sealings: Sealings,
        carries: Callable[[Urgency], bool] = any_class,
        heard: Callable[[NodeId, DirectoryStamp], None] = unheard,
    ) -> None:
        self._node = node
        self._store = store
        self._blobs = blobs
        self._receipting = receipting
        self._logs = logs
        self._clock = clock
        self._secrets = secrets
        self._guard = guard
        self._sealings = sealings
        self._carries = carries
        self._heard = heard

    async def envelope(
        self, peer: NodeId, head: TreeHead, item: EnvelopeItem, body: bytes
    ) -> IncomingEnvelope | Refused:
        """Examine one envelope.

        Args:
            peer: The node behind the TLS key.
            head: The linked tree head that the proof must meet.
            item: Header, wraps, proof.
            body: The sealed body.

        Returns:
            The envelope with the receipt it would get if new, or the refusal.
        """
        mid: MessageId | None = None
        try:
            header = Header.decode(item.header)
            mid = header.mid
            stated = envelope_sent(item.header, item.wraps)
            missing = await self._examine(peer, head, item, stated, header=header, body=body)
            if missing:
                return Refused(code=Code.BLOBS, mid=mid, retry_ms=None, blobs=missing)
            return self._incoming(peer, head, item, stated, header=header, body=body)
        except RemoteProtocolError as error:
            retry_ms = RETRY_MS if error.code is Code.STORE else None
            return Refused(code=error.code, mid=mid, retry_ms=retry_ms, blobs=())

    async def repeated(self, peer: NodeId, item: EnvelopeItem, refused: Refused) -> Accepted | None:
        """Look once more for an envelope that was refused, before the refusal leaves.

        Another frame may have brought it and committed it meanwhile (rule 19).

        Args:
            peer: The node behind the TLS key.
            item: The envelope.
            refused: What it would be told.

        Returns:
            The stored receipt, None if the refusal stands.
        """
        if refused.code not in _PASSED_PROOF or refused.mid is None:
            return None
        stated = await self._store.statement(peer, refused.mid)
        if stated is None or stated[0] != sha256(item.header):
            return None
        given = await self._store.receipts(peer, refused.mid)
        if not given:
            return None
        receipt, index = given[0]
        return Accepted(receipt=receipt, index=index, fresh=False)

    async def _examine(
        self,
        peer: NodeId,
        head: TreeHead,
        item: EnvelopeItem,
        stated: Statement,
        *,
        header: Header,
        body: bytes,
    ) -> tuple[bytes, ...]:
        key_ids = check_wraps(item.wraps)
        if header.recipient != self._node:
            raise RemoteProtocolError("addressed to another node", code=Code.TO)
        if header.sender != peer:
            raise RemoteProtocolError("a peer sends its own envelopes only", code=Code.FROM)
        proof = InclusionProof(index=item.index, path=item.path)
        believe(StatementKind.ENVELOPE_SENT, stated.digest, proof, head)
        self._heard(peer, header.directory)
        # A repeat is answered also after its time, and after its prekey is gone: rule 23.
        if await self._store.statement(peer, header.mid) is not None:
            return ()
        _check_times(header, self._clock.now_ms())
        if not self._carries(header.cls):
            raise RemoteProtocolError("our directory is too old for it", code=Code.DIR_STALE)
        if not self._guard.takes(header.cls):
            raise RemoteProtocolError("the disk has no room for what is new", code=Code.STORE)
        secrets = self._secrets()
        if not any(key_id in secrets for key_id in key_ids):
            raise RemoteProtocolError("no wrap to a key still held", code=Code.KEM_EXPIRED)
        missing = await self._missing_blobs(peer, header)
        if not missing:
            _check_body(header, body)
        return missing

    def _incoming(
        self,
        peer: NodeId,
        head: TreeHead,
        item: EnvelopeItem,
        stated: Statement,
        *,
        header: Header,
        body: bytes,
    ) -> IncomingEnvelope:
        header_digest = sha256(item.header)
        receipt = self._receipting.make(
            peer, header.mid, (header_digest, stated.digest), stage=Stage.ACCEPTED
        )
        return IncomingEnvelope(
            mid=header.mid,
            cls=header.cls,
            t_ms=header.t_ms,
            exp_ms=header.exp_ms,
            header=item.header,
            header_digest=header_digest,
            wraps=item.wraps,
            body=body,
            queue_number=item.queue_number,
            statement_digest=stated.digest,
            origin=head.origin,
            at=head.size,
            index=item.index,
            path=item.path,
            backdated=self._is_backdated(peer, header, item.index),
            receipt=receipt,
            receipt_statement=receipt_given(receipt),
        )

    def _is_backdated(self, peer: NodeId, header: Header, index: int) -> bool:
        place = self._logs.newest(peer)
        earlier = None if place is None else place.newest_at_most(index)
        if earlier is None:
            return False
        try:
            checkpoint = self._logs.verify(peer, earlier.note)
        except RemoteProtocolError:
            return False  # its keys have gone since: that is not this envelope's fault
        return header.t_ms < checkpoint.timestamp_s * 1000 - MAX_AHEAD_MS

    async def _missing_blobs(self, peer: NodeId, header: Header) -> tuple[bytes, ...]:
        missing = [
            part.digest
            for part in header.blobs
            if not await self._blobs.is_complete(peer, part.digest, part.size_bytes)
        ]
        return tuple(missing)

    async def receipt(
        self, peer: NodeId, head: TreeHead, item: ReceiptItem
    ) -> ReceivedReceipt | Refused:
        """Examine one pushed receipt.

        Args:
            peer: The node behind the TLS key.
            head: The linked tree head that the proof must meet.
            item: Receipt and proof.

        Returns:
            The proven receipt with our statement that we hold it, or the refusal.
        """
        mid: MessageId | None = None
        try:
            receipt = Receipt.decode(item.receipt)
            mid = receipt.mid
            digest = receipt_given(item.receipt).digest
            proof = InclusionProof(index=item.index, path=item.path)
            believe(StatementKind.RECEIPT_GIVEN, digest, proof, head)
            self._heard(peer, receipt.directory)
            await self._sealings.check(receipt, by=peer)
        except RemoteProtocolError as error:
            return Refused(code=error.code, mid=mid, retry_ms=None, blobs=())
        return ReceivedReceipt(
            by=receipt.by,
            mid=receipt.mid,
            stage=receipt.stage,
            receipt=item.receipt,
            digest=digest,
            origin=head.origin,
            at=head.size,
            index=item.index,
            path=item.path,
            statement=receipt_obtained(digest, new_salt()),
            why=receipt.why,
        )


def _check_times(header: Header, now_ms: int) -> None:
    if header.t_ms > now_ms + MAX_AHEAD_MS:
        raise RemoteProtocolError("sealed in our future", code=Code.CLOCK)
    if header.exp_ms <= now_ms or header.exp_ms - header.t_ms > MAX_LIFE_MS:
        raise RemoteProtocolError("expired, or meant to live too long", code=Code.EXPIRED)


def _check_body(header: Header, body: bytes) -> None:
    if len(body) != header.body.size_bytes:
        raise RemoteProtocolError("a body of another length than stated", code=Code.LENGTH)
    if sha256(body) != header.body.digest:
        raise RemoteProtocolError("a body of another digest than stated", code=Code.HASH)
