"""What one node holds at one moment, as a checker wants it: its store, and its logs as trees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.simulator.merkle import Tree
from gateway.storage.audit import AuditedLeaf, AuditedReceipt, StoreAudit
from keys.note import LogVerifier
from protocol.identifiers import LogOrigin, MessageId, NodeId

_GIVEN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One node at one moment: its store, its logs as trees, and who may sign for it."""

    node: NodeId
    audit: StoreAudit
    leaves: Mapping[tuple[int, int], AuditedLeaf]
    trees: Mapping[str, Tree]
    verifiers: Sequence[LogVerifier]

    @property
    def generations(self) -> list[int]:
        """The generations of its log, oldest first."""
        return sorted(LogOrigin.parse(origin).generation for origin in self.trees)


def evidence_of(node: NodeId, audit: StoreAudit, verifiers: Sequence[LogVerifier]) -> Evidence:
    """Read the trees of a store.

    Args:
        node: Whose.
        audit: Its store.
        verifiers: The keys of the directory for its logs.
    """
    leaves: dict[str, list[bytes]] = {}
    for leaf in audit.leaves:
        origin = str(LogOrigin(node, leaf.generation))
        leaves.setdefault(origin, []).append(bytes((leaf.kind,)) + leaf.digest)
    return Evidence(
        node=node,
        audit=audit,
        leaves={(leaf.generation, leaf.index): leaf for leaf in audit.leaves},
        trees={origin: Tree(each) for origin, each in leaves.items()},
        verifiers=verifiers,
    )


def is_given(giver: Evidence, receipt: AuditedReceipt) -> bool:
    """Tell whether a giver's log has the leaf of a receipt."""
    generation = LogOrigin.parse(receipt.origin).generation
    leaf = giver.leaves.get((generation, receipt.index))
    return leaf is not None and (leaf.kind, leaf.digest) == (_GIVEN, receipt.digest)


def accepted_by(audit: StoreAudit) -> dict[tuple[NodeId, MessageId], list[bytes]]:
    """Return the accepted receipts that a node gave, by sender and message."""
    named = {one.row: (one.sender, one.mid) for one in audit.messages}
    given: dict[tuple[NodeId, MessageId], list[bytes]] = {}
    for one in audit.receipts:
        if one.given and one.stage == "accepted":
            given.setdefault(named[one.message], []).append(one.data)
    return given
