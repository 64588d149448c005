"""A log with two histories, its signed checkpoints, and three witnesses."""

from functools import cache

from keys.note import SignatureLine, SignedTree
from keys.witnesskey import WitnessKey, WitnessSigner
from protocol.log.checkpoint import Checkpoint
from protocol.log.signing import sign_head
from protocol.witness.request import AddCheckpoint
from tests.protocol.log.history import NOW_MS, History, signer

NOW_S = NOW_MS // 1000
SIZES = 12
HONEST = History("honest", SIZES)
FORKED = History("forked", SIZES, parting=5)


def signed(size: int, history: History = HONEST, stamp: int = NOW_S) -> Checkpoint:
    """Return the signed checkpoint of a size, always the same note of it."""
    return _signed(size, history, stamp)


@cache
def _signed(size: int, history: History, stamp: int) -> Checkpoint:
    return sign_head(signer(0, history.origin), history.head(size), timestamp_s=stamp)


@cache
def witness(number: int) -> WitnessSigner:
    """Return a witness: the node JP/1 and so on."""
    return WitnessKey(node=f"JP/{number}", seed=bytes((100 + number,)) * 32).signer()


def asked(old: int, size: int, history: History = HONEST) -> AddCheckpoint:
    """Return an honest request of one history."""
    proof = history.joined(old, size) if old <= size else ()
    return AddCheckpoint(old=old, proof=proof, note=signed(size, history).note)


def line_of(signer_: WitnessSigner, checkpoint: Checkpoint, stamp: int = NOW_S) -> SignatureLine:
    """Return a cosignature line."""
    head = checkpoint.head
    tree = SignedTree(origin=str(head.origin), size=head.size, root=head.root)
    return signer_.cosign(tree, stamp)
