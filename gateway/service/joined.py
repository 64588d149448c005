"""Asks a log whether a head belongs to the history that is held of it.

The answer of an honest log is a consistency proof between that head and ours. Silence, and every
answer from which nothing follows of the log that was meant, is a TransportError: it accuses
nobody. Source: docs/wire-format.md, rules 8, 9a and 25.
"""

from contextlib import suppress
from typing import Final

from gateway.errors import TransportError
from gateway.ports import Transport
from gateway.service.refusals import coded
from protocol.errors import Code, MalformedError, RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_BEGINNING_BYTES, MAX_LOG_PROOF_BYTES
from protocol.log.beginning import BeginningAnswer
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.linking import Position, check_joined
from protocol.standing import decode_log_proof

REFUSED: Final = "no_log_proof"
"""Code of the TransportError if the log was there, and said nothing of the question."""

_HTTP_OK: Final = 200
_SILENT: Final = frozenset({Code.BUSY, Code.QUOTA, Code.STORE, Code.PEER})
"""Refusals that say nothing of the log."""


async def ask_proof(transport: Transport, peer: NodeId, low: int, high: int) -> tuple[bytes, ...]:
    """Ask a node for the consistency of two sizes of its log.

    Args:
        transport: The wire.
        peer: Whose log.
        low: The smaller size, above 0.
        high: The larger one.

    Returns:
        The proof, not checked yet.

    Raises:
        TransportError: It did not answer, or gave none.
        MalformedError: What it answered is no proof between these sizes.
    """
    proof = await _asked(transport, peer, low, high)
    if proof is None:
        raise TransportError("the peer's log gave no consistency proof", code=REFUSED)
    return proof


async def _asked(
    transport: Transport, peer: NodeId, low: int, high: int
) -> tuple[bytes, ...] | None:
    """Return the proof; None if the log answered that it has none.

    Raises:
        TransportError: It did not answer, or said nothing of its log.
        MalformedError: What it answered is no proof between these sizes.
    """
    status, body = await transport.get(
        peer, f"/v1/log/proof?old={low}&new={high}", max_bytes=MAX_LOG_PROOF_BYTES
    )
    if status != _HTTP_OK:
        if coded(status, body).code in _SILENT:
            raise TransportError("the log gave no answer now", code=REFUSED)
        return None
    answer = decode_log_proof(body)
    if (answer.old, answer.new) != (low, high):
        raise MalformedError("a log proof between other sizes than asked")
    return answer.path


async def is_joined(transport: Transport, place: Position, size: int, root: bytes) -> bool:
    """Tell whether a head belongs to the history held, asking its log where that is not known.

    Args:
        transport: The wire.
        place: Where we stand in that log; with a head.
        size: Of the head in question, above 0.
        root: Of the same.

    Returns:
        False if another root is linked at this size, or the log answered without a valid proof.

    Raises:
        TransportError: The log was silent, or goes on in a later generation.
    """
    held = place.find(size)
    if held is not None:
        return held.root == root
    head = TreeHead(origin=place.origin, size=size, root=root)
    low, high = sorted((place.size, size))
    with suppress(RemoteProtocolError):
        proof = await _asked(transport, place.origin.node, low, high)
        if proof is not None:
            check_joined(place.head, head, proof)
            return True
    await _check_same_log(transport, place.origin)
    return False


async def _check_same_log(transport: Transport, origin: LogOrigin) -> None:
    """See that the node did not speak of a later log, in which the sizes mean something else.

    The resource for proofs names no origin. Whoever goes on in a new generation is believed here
    without proof, since that accuses nobody: the old log stays in doubt until it is closed.

    Raises:
        TransportError: It did, or did not say.
    """
    status, body = await transport.get(origin.node, "/v1/log/epoch", max_bytes=MAX_BEGINNING_BYTES)
    if status != _HTTP_OK:
        return
    with suppress(RemoteProtocolError):
        later = ClaimedCheckpoint.parse(BeginningAnswer.decode(body).note).head.origin
        if later.node == origin.node and later > origin:
            raise TransportError("the node goes on in a later log", code=REFUSED)
