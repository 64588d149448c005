"""What an active node may read of us: key set, log proofs, notes, receipts given to it.

Source: docs/wire-format.md, rules 22 and 25.
"""

from gateway.records import Accepted
from gateway.service.answers import Answers
from gateway.service.link import PeerLogs
from gateway.store import Store
from protocol.errors import Code, MalformedError, RemoteProtocolError
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.keyset import KeySetAnswer
from protocol.log.beginning import BeginningAnswer
from protocol.log.sealing import SealingAnswer
from protocol.log.statement import StatementKind
from protocol.standing import LogProof, encode_log_proof


class Resources:
    """The readable resources of one node.

    Args:
        store: Our log, key set and receipts.
        logs: Notes of other logs.
        answers: Composes lists of receipts.
    """

    def __init__(self, *, store: Store, logs: PeerLogs, answers: Answers) -> None:
        self._store = store
        self._logs = logs
        self._answers = answers

    async def key_set(self) -> bytes:
        """Return our key set with its proof (GET /v1/keys).

        Raises:
            RemoteProtocolError: There is none yet (E_BUSY).
        """
        held = await self._store.key_set()
        head = self._store.head()
        if held is None or head is None or held[1] >= head.size:
            raise RemoteProtocolError("no key set is published yet", code=Code.BUSY)
        key_set, index = held
        proofs = await self._store.prove(head.size, [index], old=head.size)
        return KeySetAnswer(
            key_set=key_set, index=index, path=proofs.inclusion[0], at=head.size, note=head.note
        ).encode()

    async def beginning(self) -> bytes | None:
        """Return how our log begins, if it follows another one (GET /v1/log/epoch)."""
        head = self._store.head()
        leaves = await self._store.leaves(0, 1)
        if head is None or not leaves or leaves[0].kind != StatementKind.EPOCH:
            return None
        if leaves[0].preimage is None:
            return None
        proofs = await self._store.prove(head.size, [0], old=head.size)
        return BeginningAnswer(
            epoch=leaves[0].preimage, path=proofs.inclusion[0], note=head.note
        ).encode()

    async def log_proof(self, old: int, new: int) -> bytes:
        """Return the consistency of two sizes of our log (GET /v1/log/proof).

        Args:
            old: The smaller size.
            new: The larger size, at most that of our newest checkpoint.

        Raises:
            MalformedError: Not two sizes of this log in order.
            RemoteProtocolError: This log is not signed now: what it cannot show, others may hold
                (E_BUSY).
        """
        if not self._store.may_sign:
            raise RemoteProtocolError("this log is not signed now", code=Code.BUSY)
        head = self._store.head()
        if head is None or not 0 < old <= new <= head.size:
            raise MalformedError("no two sizes of this log")
        proofs = await self._store.prove(new, [], old=old)
        return encode_log_proof(LogProof(old=old, new=new, path=proofs.consistency))

    async def log_note(
        self, peer: NodeId, origin: LogOrigin, size: int | None = None
    ) -> bytes | None:
        """Return a note held of a log (GET /v1/logs/{origin}).

        Args:
            peer: Who asks; any active node may: this is how forks are found.
            origin: Whose log; our own, or one that we have linked.
            size: Of which size; None for the newest one.
        """
        del peer
        if origin.node != self._store.origin.node:
            place = self._logs.place(origin)
            held = None if place is None else place.find(place.size if size is None else size)
            return None if held is None else held.note
        here = origin == self._store.origin
        head = self._store.head() if here else await self._store.past_head(origin)
        return None if head is None or size not in {None, head.size} else head.note

    async def sealing(self, peer: NodeId, mid: MessageId) -> bytes | None:
        """Return how we accepted an envelope of this peer (GET /v1/sealings/{mid}).

        Args:
            peer: The node that sent it.
            mid: The message.
        """
        held = await self._store.held_sealing(peer, mid)
        if held is None:
            return None
        return SealingAnswer(
            wraps=held.wraps, index=held.index, path=held.path, note=held.note
        ).encode()

    async def receipts_for(self, peer: NodeId, mid: MessageId) -> bytes:
        """Return every receipt given for one message of this peer (GET /v1/receipts/{mid}).

        Args:
            peer: The node that sent the message.
            mid: The message.

        Raises:
            RemoteProtocolError: This log has no checkpoint yet (E_BUSY).
        """
        given = await self._store.receipts(peer, mid)
        head = self._store.head()
        size = 0 if head is None else head.size
        items = [
            Accepted(receipt=receipt, index=index, fresh=False)
            for receipt, index in given
            if index < size
        ]
        return await self._answers.compose(peer, 0, items, head=head)
