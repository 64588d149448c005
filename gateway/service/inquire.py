"""Asks another node which receipts it gave for a message of ours, and takes what it proves.

Done before and after silence is stated: a receipt that was lost on its way is no silence
(docs/wire-format.md, rule 22). What comes late counts, whenever it comes.
"""

import asyncio
from typing import Final

from gateway.errors import TransportError
from gateway.ports import Clock, Transport
from gateway.records import ReceivedReceipt
from gateway.service.judge import Judge
from gateway.service.link import PeerLogs
from gateway.store import Store
from protocol.answer import Answer, Receipted, decode_answer
from protocol.errors import MalformedError, NotProvenError, RemoteProtocolError
from protocol.frame import ReceiptItem
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_ANSWER_BYTES
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead

ASK_S: Final = 5.0
"""How long one answer is waited for: an officer must not wait longer for the stage itself."""

_HTTP_OK: Final = 200


class Inquire:
    """Asks for receipts of messages of this node.

    Args:
        store: Commits what was proven.
        transport: The wire.
        logs: Links the answer's checkpoint.
        judge: Examines each receipt.
        clock: Time.
    """

    def __init__(
        self, *, store: Store, transport: Transport, logs: PeerLogs, judge: Judge, clock: Clock
    ) -> None:
        self._store = store
        self._transport = transport
        self._logs = logs
        self._judge = judge
        self._clock = clock

    async def ask(self, node: NodeId, mid: MessageId) -> bool:
        """Ask one node for its receipts of one message.

        Args:
            node: Whom the message was sent to.
            mid: The message.

        Returns:
            Whether it answered so that it is believed; what it proved is committed then.

        Raises:
            StorageError: What it proved was not committed.
        """
        if self._logs.is_forked(node):
            return False
        try:
            async with asyncio.timeout(ASK_S):
                status, body = await self._transport.get(
                    node, f"/v1/receipts/{mid}", max_bytes=MAX_ANSWER_BYTES
                )
                if status != _HTTP_OK:
                    return False
                await self._take(node, decode_answer(body))
        except (TransportError, RemoteProtocolError, TimeoutError):
            return False
        return True

    async def _take(self, node: NodeId, answer: Answer) -> None:
        head, linked = await self._link(node, answer)
        good = []
        for item in answer.items:
            if not isinstance(item, Receipted) or item.receipt is None or item.index is None:
                continue
            asked = ReceiptItem(receipt=item.receipt, index=item.index, path=item.path)
            verdict = await self._judge.receipt(node, head, asked)
            if isinstance(verdict, ReceivedReceipt):
                good.append(verdict)
        evidence = self._logs.unwritten.evidence(head.origin, linked, proved=bool(good))
        now_ms = self._clock.now_ms()
        if good:
            await self._store.take_receipts(node, good, evidence, now_ms=now_ms)
        elif evidence is not None:
            await self._store.advance_peer(evidence, now_ms=now_ms)
        self._logs.unwritten.committed(evidence)

    async def _link(self, node: NodeId, answer: Answer) -> tuple[TreeHead, LinkedHead]:
        """Link the checkpoint of an answer.

        Raises:
            NotProvenError: It rides on a checkpoint that we do not hold.
            MalformedError: It contradicts its own checkpoint.
            RemoteProtocolError: It is not believed.
            TransportError: The log was asked for a proof and gave none.
        """
        if answer.checkpoint is None:
            riding = self._logs.ride(node, answer.at)
            if riding is None:
                raise NotProvenError("an answer that rides on a checkpoint we do not hold")
            return riding
        checkpoint = self._logs.verify(node, answer.checkpoint)
        if checkpoint.head.size != answer.at:
            raise MalformedError("an answer names the size of its own checkpoint")
        linked = await self._logs.join(node, checkpoint, old=answer.old, proof=answer.consistency)
        return checkpoint.head, linked.head
