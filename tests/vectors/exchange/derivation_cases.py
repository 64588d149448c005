"""What is signed and hashed, piece by piece: the bytes of a checkpoint, and a small tree.

All follows from fixed seeds and leaves; nothing random is in these files.
"""

from collections.abc import Iterator
from typing import Final

from keys.cosignature import SignatureType, cosigned_message, key_id
from keys.note import SignedTree, note_text
from keys.signing import NoteSigner
from protocol.log.tree import consistency_path, inclusion_path, root_at
from tests.protocol.log.tree_reference import subtree_of
from tests.vectors.case_file import Vector
from tests.vectors.exchange.linking_cases import FIRST, FOLDER, ORIGIN, root

SIZE: Final = 7
TIMESTAMP_S: Final = 1_795_000_000
ED25519_SEED: Final = b"\x11" * 32
MLDSA44_SEED: Final = b"\x12" * 32


def derivation_cases() -> Iterator[Vector]:
    """Yield all cases."""
    yield _checkpoint()
    yield _tree()


def _checkpoint() -> Vector:
    verifier = NoteSigner(str(ORIGIN), ED25519_SEED, MLDSA44_SEED).verifier
    name = verifier.name
    tree = SignedTree(origin=name, size=SIZE, root=root(SIZE))
    message = cosigned_message(name, TIMESTAMP_S, origin=name, size=SIZE, root=tree.root)
    return Vector(
        folder=FOLDER,
        name="derivation-checkpoint",
        what="derivation",
        expect="ok",
        comment="Both messages that a log signs for one head, and the ids of its two keys.",
        content={
            "origin": name,
            "size": SIZE,
            "root": tree.root.hex(),
            "timestamp_s": TIMESTAMP_S,
            "ed25519_seed": ED25519_SEED.hex(),
            "ed25519_public": verifier.ed25519.hex(),
            "ed25519_key_id": key_id(name, SignatureType.ED25519, verifier.ed25519).hex(),
            "ed25519_message": note_text(tree).hex(),
            "mldsa44_seed": MLDSA44_SEED.hex(),
            "mldsa44_public": verifier.mldsa44.hex(),
            "mldsa44_key_id": key_id(name, SignatureType.MLDSA44, verifier.mldsa44).hex(),
            "mldsa44_message": message.hex(),
        },
    )


def _tree() -> Vector:
    subtree = subtree_of(FIRST)
    return Vector(
        folder=FOLDER,
        name="derivation-tree",
        what="derivation",
        expect="ok",
        comment="Seven covers: leaf n states 32 bytes n. Hashes, roots and proofs.",
        content={
            "leaf_hashes": [one.hex() for one in FIRST[:SIZE]],
            "roots": [root_at(size, subtree).hex() for size in range(SIZE + 1)],
            "inclusion_2_of_7": [one.hex() for one in inclusion_path(2, SIZE, subtree)],
            "inclusion_6_of_7": [one.hex() for one in inclusion_path(6, SIZE, subtree)],
            "consistency_4_to_7": [one.hex() for one in consistency_path(4, SIZE, subtree)],
            "consistency_3_to_7": [one.hex() for one in consistency_path(3, SIZE, subtree)],
        },
    )
