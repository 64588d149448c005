"""The one signing call of a node for other nodes' logs; nobody else may use a witness key.

Leaves to its caller the duty that no signature can show: what the grant keeps was committed, in
the place of exactly what it replaces, before the signature was made.

Source: C2SP tlog-witness, section add-checkpoint; docs/evidence.md, "Witnesses".
"""

from keys.errors import KeysError
from keys.note import SignatureLine, SignedTree
from keys.witnesskey import WitnessSigner
from protocol.errors import NotAllowedError
from protocol.witness.rule import Grant


def cosign(signer: WitnessSigner, grant: Grant) -> SignatureLine:
    """Cosign a checkpoint that the rule granted.

    The caller has committed `grant.keep`.

    Args:
        signer: Witness key of this node.
        grant: Of `protocol.witness.rule.judge`.

    Returns:
        The signature line that the log is answered with.

    Raises:
        NotAllowedError: What is granted cannot be signed; nothing was.
    """
    head = grant.keep.head
    try:
        tree = SignedTree(origin=str(head.origin), size=head.size, root=head.root)
        return signer.cosign(tree, grant.keep.cosigned_s)
    except KeysError as error:
        raise NotAllowedError("a head that no witness signs") from error
