"""Composes the answer to a frame: receipts with their proofs, and our log from where they hold it.

Proofs are made for this answer and checked by the store before they leave; the receipts inside
are the stored bytes (docs/wire-format.md, rules 9, 20 and 23).
"""

from collections.abc import Callable, Iterator, Sequence

from gateway.ports import Clock
from gateway.records import Accepted, SignedHead
from gateway.service.link import PeerLogs
from gateway.store import LogBook
from protocol.answer import Answer, AnswerItem, Receipted, Refused, encode_answer
from protocol.delivery.gaps import Shown
from protocol.errors import Code, RemoteProtocolError
from protocol.identifiers import NodeId

TAKEN = Receipted(receipt=None, index=None, path=())
"""What a receipt is answered with: no receipt for a receipt."""


class Answers:
    """Composes answers for one node.

    Args:
        log: Our own log, for checkpoints and proofs.
        logs: The peers' logs, for the position that the answer names.
        clock: Time.
        shown: Called with the peer and the size of each checkpoint that an answer shows it.
    """

    def __init__(
        self, *, log: LogBook, logs: PeerLogs, clock: Clock, shown: Callable[[NodeId, int], None]
    ) -> None:
        self._log = log
        self._logs = logs
        self._clock = clock
        self._shown = shown

    async def compose(
        self,
        peer: NodeId,
        seen: int,
        items: Sequence[Accepted | Refused | None],
        *,
        head: SignedHead | None = None,
        gaps: Shown | None = None,
    ) -> bytes:
        """Return one encoded answer.

        Args:
            peer: Who asked.
            seen: The size of our log that the peer says it has linked.
            items: One verdict for each thing asked, in order; None: taken, with nothing to say.
            head: A committed checkpoint that covers every receipt in `items`; the newest one if
                None.
            gaps: What came of the peer's queue, read after its frame was; None where the answer
                is to a question and says nothing of it.

        Returns:
            The bytes to send.

        Raises:
            RemoteProtocolError: This log has no checkpoint yet (E_BUSY).
        """
        head = self._log.head() if head is None else head
        if head is None:
            raise RemoteProtocolError("this log has no checkpoint yet", code=Code.BUSY)
        old = seen if seen <= head.size else 0
        given = [item.index for item in items if isinstance(item, Accepted)]
        proofs = await self._log.prove(head.size, given, old=old)
        paths = iter(proofs.inclusion)
        is_linked = old == head.size
        if not is_linked:
            self._shown(peer, head.size)
        gaps = Shown(have=0) if gaps is None else gaps
        return encode_answer(
            Answer(
                t_ms=self._clock.now_ms(),
                at=head.size,
                checkpoint=None if is_linked else head.note,
                old=old,
                consistency=() if is_linked else proofs.consistency,
                seen=self._logs.head_size(peer),
                heads=self._logs.hearsay.tell(peer),
                have=gaps.have,
                miss=gaps.miss,
                items=tuple(_answered(item, paths) for item in items),
            )
        )


def _answered(item: Accepted | Refused | None, paths: Iterator[tuple[bytes, ...]]) -> AnswerItem:
    match item:
        case None:
            return TAKEN
        case Refused():
            return item
        case Accepted(receipt=receipt, index=index):
            return Receipted(receipt=receipt, index=index, path=next(paths))
