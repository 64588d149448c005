"""Who else saw a log, at which size and when: cosignatures, leaves 0x05 of third nodes, stamps.

Does: the steps that make a `Sighting` out of what was proven, and `join`, which says that two
heads are of one history. Leaves to `protocol.evidence.verdict` what follows for a statement.

Rule kept: a sighting is of a checkpoint that its log signed. Who shows a head that the log did
not sign accuses nobody.

Source: docs/evidence.md, "Verdicts"; docs/wire-format.md, rules 6, 9a and 33.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from keys.vkey import VerifierKey
from protocol.errors import NotAllowedError, NotProvenError
from protocol.identifiers import NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.proof import InclusionProof, believe
from protocol.log.statement import StatementKind, checkpoint_seen
from protocol.log.tree import check_consistency
from protocol.witness.cosignature import Cosignature
from protocol.witness.naming import node_of_witness, witness_name


class Way(StrEnum):
    """How somebody shows that it saw a checkpoint."""

    COSIGNED = "cosigned"
    """A cosignature of its witness key."""
    SEEN = "seen"
    """A leaf 0x05 of its own log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That somebody saw a checkpoint of a log; made by the functions below alone.

    Attributes:
        checkpoint: What was seen, signed by its log.
        way: How that is shown.
        name: Of the witness key; of a node that has a leaf, the name that its key has.
        key: The key that cosigned; None for a leaf.
        node: The node, None for a witness outside this network.
        by_s: It was seen at this moment or before: seconds since 1970, by the witness's clock.
        newest_s: At this moment it was the newest that the witness had been shown; None if
            nothing says so (a leaf says that a checkpoint was seen, not that none was newer).
    """

    checkpoint: Checkpoint
    way: Way
    name: str
    key: VerifierKey | None
    node: NodeId | None
    by_s: int
    newest_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """That an authority of RFC 3161 stamped a note; made by whoever verified the stamp.

    A stamp says that the note existed, not that anybody looked at it: it bounds time from one
    side, and makes nothing witnessed.

    Attributes:
        checkpoint: Whose note was stamped.
        stamped_s: Seconds since 1970, by the authority's clock, its stated accuracy added.
        authority: Its name, as the reader configured it.
    """

    checkpoint: Checkpoint
    stamped_s: int
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """That one head is the beginning of another; made by `join` alone.

    Attributes:
        smaller: The beginning.
        larger: What it grew into.
    """

    smaller: TreeHead
    larger: TreeHead


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLeaf:
    """What shows a leaf 0x05 of a third log.

    Attributes:
        salt: Of the leaf, 16 bytes.
        proof: Of the leaf in that log.
        log: Checkpoint of that log, verified.
    """

    salt: bytes
    proof: InclusionProof
    log: Checkpoint


def by_cosignature(checkpoint: Checkpoint, cosignature: Cosignature) -> Sighting:
    """Take a cosignature for a sighting.

    Args:
        checkpoint: Verified under the keys of its log.
        cosignature: Believed, of the same head.

    Returns:
        The sighting.

    Raises:
        NotProvenError: A cosignature of another head (E_PROOF).
    """
    if cosignature.head != checkpoint.head:
        raise NotProvenError("a cosignature of another head")
    key = cosignature.cosigner.key
    return Sighting(
        checkpoint=checkpoint,
        way=Way.COSIGNED,
        name=key.name,
        key=key,
        node=node_of_witness(key.name),
        by_s=cosignature.timestamp_s,
        newest_s=cosignature.timestamp_s,
    )


def by_leaf(checkpoint: Checkpoint, leaf: SeenLeaf) -> Sighting:
    """Take a leaf 0x05 of another node's log for a sighting.

    The time is that of the checkpoint in which the leaf is proven: the node's own clock, and
    later than the moment of seeing by as much as its log was not signed.

    Args:
        checkpoint: Verified under the keys of its log; its note is the very one in the leaf.
        leaf: What shows it.

    Returns:
        The sighting.

    Raises:
        NotProvenError: The leaf does not stand there (E_PROOF).
        NotAllowedError: The log is of the same node as the checkpoint, or the salt of another
            length.
    """
    node = leaf.log.head.origin.node
    if node == checkpoint.head.origin.node:
        raise NotAllowedError("a node sees other nodes' logs")
    digest = checkpoint_seen(checkpoint.note, leaf.salt).digest
    believe(StatementKind.CHECKPOINT_SEEN, digest, leaf.proof, leaf.log)
    return Sighting(
        checkpoint=checkpoint,
        way=Way.SEEN,
        name=witness_name(node),
        key=None,
        node=node,
        by_s=leaf.log.timestamp_s,
        newest_s=None,
    )


def join(smaller: TreeHead, larger: TreeHead, proof: Sequence[bytes]) -> Joined:
    """Check that one head is the beginning of another.

    Args:
        smaller: Of some log.
        larger: Of the same log, not smaller.
        proof: Consistency proof between them.

    Returns:
        That it is.

    Raises:
        NotProvenError: It is not (E_PROOF).
        NotAllowedError: Heads of two logs.
    """
    if smaller.origin != larger.origin:
        raise NotAllowedError("heads of two logs are never joined")
    check_consistency(smaller.size, larger.size, smaller.root, larger.root, proof)
    return Joined(smaller=smaller, larger=larger)
