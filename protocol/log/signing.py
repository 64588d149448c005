"""The one signing call of a node for its own log; nobody else may import `keys.signing`.

Leaves to its callers the two duties that no signature can show (rule 8): the head is recomputed
from leaves that were committed and read back, and the note leaves only after the commit that
holds it.

Source: docs/wire-format.md, rules 7 and 8.
"""

from keys.errors import KeysError
from keys.note import SignedTree
from keys.signing import NoteSigner
from protocol.errors import NotAllowedError
from protocol.log.checkpoint import Checkpoint, TreeHead


def sign_head(signer: NoteSigner, head: TreeHead, *, timestamp_s: int) -> Checkpoint:
    """Sign one tree head of the node's own log, with both keys.

    The caller never signs a head smaller than, or inconsistent with, one signed before, and lets
    the note out only after its leaves' commit; of a failed commit it is destroyed.

    Args:
        signer: Both keys of this log.
        head: Not empty; its origin is the signer's name.
        timestamp_s: Now, in seconds since 1970, UTC; at least 1.

    Returns:
        The checkpoint with its note. Signing the same head again gives another note.

    Raises:
        NotAllowedError: Another log's head, an empty one, or a time out of range; nothing was
            signed.

    Source:
        docs/wire-format.md, rules 7 and 8; C2SP tlog-checkpoint.
    """
    if str(head.origin) != signer.verifier.name:
        raise NotAllowedError("a signer signs the heads of its own log only")
    try:
        tree = SignedTree(origin=str(head.origin), size=head.size, root=head.root)
        note = signer.sign(tree, timestamp_s)
    except KeysError as error:
        raise NotAllowedError("an empty head, or a time out of range, is never signed") from error
    return Checkpoint(head=head, timestamp_s=timestamp_s, note=note)
