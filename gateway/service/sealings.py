"""Holds receipts against what we stated, asking for sealings of ours that were lost.

After a loss a receipt may name a sealing that these files do not know. It is fetched from the node
that accepted it and believed only as a statement of our own log; that is no fault of anybody.

Source: docs/wire-format.md, rule 21.
"""

from typing import Final

from gateway.errors import TransportError
from gateway.ports import Directory, Transport
from gateway.records import Stated
from gateway.service.receipting import check_receipt
from gateway.store import Store
from keys.note import LogVerifier
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_INDEX, MAX_SEALING_BYTES
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.log.sealing import SealingAnswer, believe_sealing
from protocol.receipt import Receipt

_HTTP_OK: Final = 200


class Sealings:
    """Checks receipts for one node.

    Args:
        node: This node.
        store: What we stated.
        directory: Keys of our earlier logs.
        transport: The wire.
    """

    def __init__(
        self, *, node: NodeId, store: Store, directory: Directory, transport: Transport
    ) -> None:
        self._node = node
        self._store = store
        self._directory = directory
        self._transport = transport

    async def check(self, receipt: Receipt, *, by: NodeId) -> None:
        """Hold a receipt against what we stated of its message.

        Args:
            receipt: Of any stage.
            by: Whose log proves it.

        Raises:
            NotProvenError: It is of another node than the addressee, or for something that we did
                not state (E_RECEIPT).
        """
        stated = await self._store.stated(receipt.mid)
        if stated is not None and self._may_be_lost(receipt, stated, by):
            stated = await self._fetched(receipt, stated)
        check_receipt(receipt, stated, by=by, for_=self._node)

    def _may_be_lost(self, receipt: Receipt, stated: Stated, by: NodeId) -> bool:
        return (
            self._store.origin.generation > 1
            and receipt.envelope_digest not in stated.sealings
            and receipt.header_digest == stated.header_digest
            and receipt.by == by == stated.to
        )

    async def _fetched(self, receipt: Receipt, stated: Stated) -> Stated:
        """Return what we stated, with the sealing that its receiver shows."""
        try:
            status, body = await self._transport.get(
                stated.to, f"/v1/sealings/{receipt.mid}", max_bytes=MAX_SEALING_BYTES
            )
            if status != _HTTP_OK:
                return stated
            answer = SealingAnswer.decode(body)
            claimed = ClaimedCheckpoint.parse(answer.note)
            # Under the keys of our own earlier logs; when they signed does not matter.
            keys = self._keys(claimed.head.origin)
            checkpoint = verify_checkpoint(claimed, keys, now_ms=MAX_INDEX // 2)
            digest = believe_sealing(answer, checkpoint, stated.header_digest)
        except (TransportError, RemoteProtocolError):
            return stated
        await self._store.add_sealing(
            receipt.mid, wraps=answer.wraps, digest=digest, index=answer.index
        )
        return await self._store.stated(receipt.mid) or stated

    def _keys(self, origin: LogOrigin) -> tuple[LogVerifier, ...]:
        entry = self._directory.node(self._node)
        listed = () if entry is None else entry.logs
        return tuple(key.verifier for key in listed if key.log_origin == origin)
