"""Names around witnesses: of a node's witness key, and of the place of a log's cosigned head.

Source: docs/evidence.md, "Witnesses"; C2SP tlog-witness, section Monitor Retrieval Mechanism.
"""

import re
from typing import Final

from keys.digest import sha256
from protocol.errors import MalformedError
from protocol.identifiers import NodeId

_WITNESS: Final = re.compile(r"a35/([A-Z]{2}/[0-9]{1,3})/witness\Z")


def witness_name(node: NodeId) -> str:
    """Return the name of a node's witness key, a35/CC/n/witness."""
    return f"a35/{node}/witness"


def node_of_witness(name: str) -> NodeId | None:
    """Return the node that a witness key belongs to.

    Args:
        name: Name of any key.

    Returns:
        The node; None for a witness that is no node of this network.
    """
    found = _WITNESS.match(name)
    if found is None:
        return None
    try:
        return NodeId.parse(found[1])
    except MalformedError:
        return None


def origin_hash(origin: str) -> str:
    """Return the folder below which a witness shows what it cosigned of a log.

    Args:
        origin: Name of the log.

    Returns:
        SHA-256 of it, 64 lower-case hex digits.
    """
    return sha256(origin.encode()).hex()
