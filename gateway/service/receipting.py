"""Makes our receipts, one stage for one envelope, and holds those of others against what we stated.

A receipt is bound to the envelope's header and its sealing. Ours is made once and its bytes are
kept; a repeat gets them again (docs/wire-format.md, rules 21 to 23). Who commits it is the
caller's business.
"""

from collections.abc import Callable
from typing import Final

from gateway.errors import UnavailableError
from gateway.ports import Clock, Directory
from gateway.records import OutgoingReceipt, Stated
from protocol.delivery.urgency import Urgency
from protocol.errors import Code, NotProvenError, RemoteProtocolError
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_LIFE_MS
from protocol.log.statement import receipt_given
from protocol.receipt import Receipt, Stage

_CLASS_OF_RECEIPT: Final = {
    Urgency.P0: Urgency.P1,
    Urgency.P1: Urgency.P1,
    Urgency.P2: Urgency.P2,
    Urgency.P3: Urgency.P3,
}
"""A receipt for something urgent is urgent, but never before an emergency itself."""


def _no_mark() -> None:
    """Say nothing, where nobody watches the directory's age."""


class Receipting:
    """Makes receipts in the name of this node.

    Args:
        node: This node.
        directory: Every receipt names the version it rests on.
        clock: Time.
        mark: Gives what every receipt says while the directory has expired, else None.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        directory: Directory,
        clock: Clock,
        mark: Callable[[], str | None] = _no_mark,
    ) -> None:
        self._node = node
        self._mark = mark
        self._directory = directory
        self._clock = clock

    def is_ready(self) -> bool:
        """Tell whether there is a directory for receipts to rest on."""
        return self._directory.stamp() is not None

    def make(
        self,
        peer: NodeId,
        mid: MessageId,
        stated: tuple[bytes, bytes],
        *,
        stage: Stage,
        why: str | None = None,
    ) -> bytes:
        """Return the bytes of one receipt.

        Args:
            peer: The sender of the envelope.
            mid: The envelope.
            stated: Digest of its header and of the statement that it was sent, 32 bytes each.
            stage: How far it got.
            why: For `rejected`: a code of rule 25, for E_SCHEMA with blank and path.

        Raises:
            RemoteProtocolError: There is no directory to rest on yet (E_BUSY).
        """
        stamp = self._directory.stamp()
        if stamp is None:
            raise RemoteProtocolError("no directory yet", code=Code.BUSY)
        return Receipt(
            stage=stage,
            mid=mid,
            header_digest=stated[0],
            envelope_digest=stated[1],
            by=self._node,
            for_=peer,
            t_ms=self._clock.now_ms(),
            why=self._mark() if why is None else why,
            directory=stamp,
        ).encode()

    def outgoing(
        self,
        peer: NodeId,
        mid: MessageId,
        stated: tuple[bytes, bytes],
        *,
        stage: Stage,
        cls: Urgency,
        why: str | None = None,
    ) -> OutgoingReceipt:
        """Return a receipt of a later stage, to be queued for the sender.

        Args:
            peer: The sender of the envelope.
            mid: The envelope.
            stated: As for `make`.
            stage: Any but accepted.
            cls: The envelope's class; decides the receipt's.
            why: As for `make`.

        Raises:
            UnavailableError: There is no directory to rest on yet.
        """
        if not self.is_ready():
            raise UnavailableError(
                "this node has no directory yet", hint="see why with: a35 doctor"
            )
        receipt = self.make(peer, mid, stated, stage=stage, why=why)
        return OutgoingReceipt(
            to=peer,
            mid=mid,
            stage=stage,
            receipt=receipt,
            statement=receipt_given(receipt),
            cls=_CLASS_OF_RECEIPT[cls],
            exp_ms=self._clock.now_ms() + MAX_LIFE_MS,
        )


def check_receipt(receipt: Receipt, stated: Stated | None, *, by: NodeId, for_: NodeId) -> None:
    """Hold a receipt against what we stated of its message (rule 21).

    Args:
        receipt: Of any stage.
        stated: What the store holds of a message of ours with this id.
        by: Whose log proves it.
        for_: This node.

    Raises:
        NotProvenError: It is of another node than the addressee, or for something that we did
            not state (E_RECEIPT).
    """
    fits = (
        stated is not None
        and receipt.by == by == stated.to
        and receipt.for_ == for_
        and receipt.header_digest == stated.header_digest
        and receipt.envelope_digest in stated.sealings
    )
    if not fits:
        raise NotProvenError("a receipt for something else", code=Code.RECEIPT)
