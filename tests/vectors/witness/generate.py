"""Write the vectors of cosigning that are missing: `python -m tests.vectors.witness.generate`.

What a witness answers to a request, by what it cosigned last. Signatures by ML-DSA-44 are random:
the files are made once, all together, and read from then on.
"""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from keys.cosignature import SignatureType, cosigned_message
from keys.vkey import VerifierKey
from protocol.identifiers import NodeId
from protocol.witness.answer import Cosigned, encode_answer
from protocol.witness.cosigning import cosign
from protocol.witness.request import AddCheckpoint
from protocol.witness.rule import Grant, Held, View, judge
from tests.protocol.log.history import NOW_MS, signer
from tests.protocol.witness.samples import FORKED, HONEST, NOW_S, asked, signed, witness
from tests.vectors.case_file import Vector

FOLDER: Final = Path(__file__).parent
WHAT: Final = "add-checkpoint"
WITNESS: Final = 1
"""Number of the sample: the node JP/1, its seed 32 bytes of 0x65."""

# name, what was cosigned last, old size, offered size, comment
CASES: Final = (
    ("first", 0, 0, 5, "the first checkpoint of a log that the witness ever sees"),
    ("grown", 5, 5, 12, "a consistency proof joins it to the head cosigned last"),
    ("again", 5, 5, 5, "the same head once more, without a proof; a new time is signed"),
    ("position", 5, 0, 12, "the proof begins elsewhere: the body says where the witness stands"),
    ("smaller", 5, 12, 8, "an old size above the size offered"),
)


def held_at(size: int) -> Held | None:
    """Return what the witness cosigned last."""
    if size == 0:
        return None
    return Held(head=HONEST.head(size), note=signed(size).note, cosigned_s=NOW_S - 60)


def requests() -> Iterator[tuple[str, Held | None, AddCheckpoint, str]]:
    """Yield name, what is held, request and comment of each case."""
    for name, at, old, size, comment in CASES:
        yield name, held_at(at), asked(old, size), comment
    second = AddCheckpoint(old=5, proof=(), note=signed(5, FORKED).note)
    yield "second-history", held_at(5), second, "another root at the size cosigned last: a fork"
    proof = AddCheckpoint(old=5, proof=HONEST.joined(5, 8), note=signed(12).note)
    yield "wrong-proof", held_at(5), proof, "a proof to another size"
    half = signed(5).note.rsplit(b"\n", 2)[0] + b"\n"
    unsigned = AddCheckpoint(old=0, proof=(), note=half)
    yield "half-signed", None, unsigned, "the ML-DSA-44 line of the log is missing"


def vector(name: str, held: Held | None, request: AddCheckpoint, comment: str) -> Vector:
    """Return one case with the answer that is due."""
    verifier = signer(0, HONEST.origin).verifier
    mine = witness(WITNESS)
    view = View(node=NodeId("JP", 1), held=held, linked=None, verifiers=[verifier])
    decided = judge(request, view, now_ms=NOW_MS)
    content: dict[str, Any] = {
        "witness_seed": (bytes((100 + WITNESS,)) * 32).hex(),
        "witness_key": str(mine.cosigner.key),
        "log_ed25519": b64encode(verifier.ed25519).decode(),
        "log_mldsa44": b64encode(verifier.mldsa44).decode(),
        "now_s": NOW_S,
        "held": None
        if held is None
        else {"size": held.head.size, "root": held.head.root.hex(), "cosigned_s": held.cosigned_s},
        "request": request.encode().decode(),
    }
    if isinstance(decided, Grant):
        answer = encode_answer(Cosigned(lines=(cosign(mine, decided),)))
        head = decided.keep.head
        content["signed_message"] = cosigned_message(
            mine.cosigner.key.name,
            decided.keep.cosigned_s,
            origin=str(head.origin),
            size=head.size,
            root=head.root,
        ).hex()
    else:
        answer = encode_answer(decided.answer)
    content |= {"content_type": answer.content_type, "answer": answer.body.decode()}
    return Vector(
        folder="witness",
        name=f"{WHAT}-{name}",
        what=WHAT,
        expect=str(answer.status),
        comment=comment,
        content=content,
    )


def key_vector() -> Vector:
    """Return the key of the witness, from its seed."""
    key = witness(WITNESS).cosigner.key
    again = VerifierKey(name=key.name, kind=SignatureType.MLDSA44, public=key.public)
    return Vector(
        folder="witness",
        name="key",
        what="key",
        expect="ok",
        comment="the verifier key of a witness from its ML-DSA-44 seed",
        content={
            "node": "JP/1",
            "seed": (bytes((100 + WITNESS,)) * 32).hex(),
            "name": key.name,
            "key_id": key.key_id.hex(),
            "vkey": str(again),
        },
    )


def paths() -> list[Path]:
    """Return the files that are made only where they are missing."""
    return [FOLDER / f"{WHAT}-{name}.json" for name, _, _, _ in requests()]


def main() -> None:
    """Write what is missing; the key follows from its seed."""
    key = key_vector()
    key.path.write_text(key.text())
    if all(path.exists() for path in paths()):
        return
    for case in requests():
        made = vector(*case)
        made.path.write_text(made.text())


if __name__ == "__main__":
    main()
