"""Logs with real statements, and what third parties make of them.

Checkpoints and cosignatures are made as if they had been verified, unless a test signs them:
what follows from them is the matter here, their signatures are tested where they are read.
"""

from collections.abc import Sequence
from functools import cache

from keys.cosignature import SignatureType
from keys.cosigner import Cosigner
from keys.note import SignatureLine, SignedTree, note_text
from keys.vkey import VerifierKey
from protocol.evidence.ladder import Exchange
from protocol.evidence.sighting import Joined, SeenLeaf, Sighting, by_cosignature, by_leaf, join
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.proof import InclusionProof, ProvenStatement, believe
from protocol.log.statement import (
    Statement,
    checkpoint_seen,
    cover,
    envelope_sent,
)
from protocol.log.tree import consistency_path, inclusion_path, root_at
from protocol.receipt import Receipt, Stage
from protocol.witness.cosignature import Cosignature
from protocol.witness.policy import Group, Policy, PolicyWitness
from tests.protocol.log.tree_reference import subtree_of
from tests.protocol.samples import MID, STAMP

START_S = 1_900_000_000
RO = NodeId("RO", 1)
FR = NodeId("FR", 1)
THIRDS = (NodeId("JP", 1), NodeId("BR", 2), NodeId("US", 3))
EXCHANGE = Exchange(sender=FR, receiver=RO)
SALT = b"s" * 16
ENVELOPE = envelope_sent(b"header", b"wraps")


class Log:
    """One log of one node.

    Args:
        node: Whose.
        statements: In their order.
    """

    def __init__(self, node: NodeId, statements: Sequence[Statement]) -> None:
        self.origin = LogOrigin(node, 1)
        self.statements = tuple(statements)
        self._subtree = cache(subtree_of([each.leaf_hash for each in statements]))

    def head(self, size: int) -> TreeHead:
        """Return the head at a size."""
        return TreeHead(origin=self.origin, size=size, root=root_at(size, self._subtree))

    def checkpoint(self, size: int, at_s: int = START_S) -> Checkpoint:
        """Return a checkpoint as if it had been verified; its note has no signatures."""
        head = self.head(size)
        text = note_text(SignedTree(origin=str(self.origin), size=size, root=head.root))
        return Checkpoint(head=head, timestamp_s=at_s, note=text + b"\n%d\n" % at_s)

    def proof(self, index: int, size: int) -> InclusionProof:
        """Return an inclusion proof."""
        return InclusionProof(index=index, path=inclusion_path(index, size, self._subtree))

    def proven(self, index: int, size: int) -> ProvenStatement:
        """Return a statement, believed."""
        one = self.statements[index]
        return believe(one.kind, one.digest, self.proof(index, size), self.head(size))

    def joined(self, smaller: int, larger: int) -> Joined:
        """Return that one size is the beginning of another."""
        path = consistency_path(smaller, larger, self._subtree)
        return join(self.head(smaller), self.head(larger), path)


def noise(count: int, name: int = 0) -> list[Statement]:
    """Return statements that say nothing; another name gives others."""
    return [cover(bytes((name,)) + number.to_bytes(31, "big")) for number in range(count)]


@cache
def cosigner(name: str) -> Cosigner:
    """Return a witness by its name; the key is made up."""
    public = (name.encode() * 1312)[:1312]
    return Cosigner(key=VerifierKey(name=name, kind=SignatureType.MLDSA44, public=public))


def of_node(node: NodeId) -> Cosigner:
    """Return the witness key of a node."""
    return cosigner(f"a35/{node}/witness")


def cosigned(checkpoint: Checkpoint, by: Cosigner, at_s: int) -> Sighting:
    """Return a sighting by a cosignature, as if it had been believed."""
    line = SignatureLine(name=by.key.name, key_id=by.key.key_id, signature=b"s")
    return by_cosignature(
        checkpoint,
        Cosignature(cosigner=by, head=checkpoint.head, timestamp_s=at_s, line=line),
    )


def seen(checkpoint: Checkpoint, node: NodeId, at_s: int) -> Sighting:
    """Return a sighting by a leaf 0x05 of a node, really proven."""
    log = Log(node, [*noise(3), checkpoint_seen(checkpoint.note, SALT), *noise(2, 1)])
    leaf = SeenLeaf(salt=SALT, proof=log.proof(3, 6), log=log.checkpoint(6, at_s))
    return by_leaf(checkpoint, leaf)


def receipt(stage: Stage = Stage.ACCEPTED, *, about: Statement = ENVELOPE) -> Receipt:
    """Return a receipt of RO for FR."""
    return Receipt(
        stage=stage,
        mid=MID,
        header_digest=b"h" * 32,
        envelope_digest=about.digest,
        by=RO,
        for_=FR,
        t_ms=START_S * 1000,
        why="internal" if stage is Stage.REJECTED else None,
        directory=STAMP,
    )


def policy(threshold: int, *cosigners: Cosigner) -> Policy:
    """Return a policy that asks for some of these witnesses."""
    names = [b"w%d" % number for number in range(len(cosigners))]
    return Policy(
        logs=(),
        witnesses=tuple(
            PolicyWitness(name=name, cosigner=each)
            for name, each in zip(names, cosigners, strict=True)
        ),
        groups=(Group(name=b"g", threshold=threshold, members=tuple(names)),),
        quorum=b"g",
    )
