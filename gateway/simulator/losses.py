"""What disks held when they were lost, so that what is missing afterwards is excused for no more.

A node that fell back to a copy may miss what its log held above it, and may have signed another
history there before it found out. Both histories are known here: whatever belongs to neither is
a breach all the same.

Source: docs/wire-format.md, rule 8; docs/delivery.md, "Restore and recovery".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.simulator.evidence import Evidence, accepted_by, is_given
from gateway.storage.audit import AuditedHead, AuditedReceipt, StoreAudit
from protocol.identifiers import LogOrigin, MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One disk that was lost.

    Attributes:
        before: What it held.
        kept: By log, how many leaves the copy has that took its place.
        receipts: Receipts that it gave, and the copy does not know.
        sent: Ids of what it sent, and the copy does not know.
    """

    before: Evidence
    kept: Mapping[str, int]
    receipts: frozenset[bytes]
    sent: frozenset[MessageId]

    def is_joined(self, head: AuditedHead) -> bool:
        """Tell whether a head that was signed later belongs to what the lost disk held.

        Args:
            head: Of the same node.
        """
        tree = self.before.trees.get(head.origin)
        at_most = self.kept.get(head.origin, 0)
        if tree is None or head.size <= at_most:
            return True
        return tree.root(head.size) == head.root


def loss_of(before: Evidence, after: Evidence) -> Loss:
    """Compare a disk with the copy that took its place.

    Args:
        before: The disk.
        after: The copy.
    """
    return Loss(
        before=before,
        kept={origin: tree.size for origin, tree in after.trees.items()},
        receipts=_given(before.audit) - _given(after.audit),
        sent=_sent(before.audit) - _sent(after.audit),
    )


def _given(audit: StoreAudit) -> frozenset[bytes]:
    return frozenset(data for each in accepted_by(audit).values() for data in each)


def _sent(audit: StoreAudit) -> frozenset[MessageId]:
    return frozenset(message.mid for message in audit.messages if message.is_out)


class Losses:
    """All disks of one world that were lost."""

    def __init__(self) -> None:
        self._all: list[Loss] = []

    def add(self, loss: Loss) -> None:
        """Take note of one."""
        self._all.append(loss)

    def of(self, node: NodeId) -> Sequence[Loss]:
        """Return those of one node, oldest first."""
        return [loss for loss in self._all if loss.before.node == node]

    def above(self, origin: LogOrigin, size: int) -> int:
        """Return how often the head of a size was lost: so many more histories it may have."""
        return sum(1 for loss in self.of(origin.node) if size > loss.kept.get(str(origin), 0))

    def had_root(self, origin: str, size: int, root: bytes) -> bool:
        """Tell whether a lost disk held a history with this root."""
        return any(
            (tree := loss.before.trees.get(origin)) is not None and tree.root(size) == root
            for loss in self.of(LogOrigin.parse(origin).node)
        )

    def had_receipt(self, receipt: AuditedReceipt) -> bool:
        """Tell whether a lost disk held the leaf of a receipt."""
        giver = LogOrigin.parse(receipt.origin).node
        return any(is_given(loss.before, receipt) for loss in self.of(giver))
