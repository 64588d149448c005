"""Linking as a table: where a node stands in a log, what is offered, what becomes of it.

Two histories of one log share their first 6 leaves: leaf n of the first is a cover of 32 bytes n,
of the second, from leaf 6 on, of 32 bytes 0x80 + n. All follows from these, so the files are
written anew each time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.linking import LinkedHead, Position
from protocol.log.statement import cover
from protocol.log.tree import consistency_path, root_at
from tests.protocol.log.tree_reference import subtree_of
from tests.vectors.case_file import Vector

FOLDER: Final = "exchange"
ORIGIN: Final = LogOrigin.parse("a35/RO/1/log/1")
LEAVES: Final = 16
PARTING: Final = 6
NOW_MS: Final = 1_795_000_000_000

FIRST: Final = tuple(cover(bytes((n,)) * 32).leaf_hash for n in range(LEAVES))
SECOND: Final = FIRST[:PARTING] + tuple(
    cover(bytes((0x80 + n,)) * 32).leaf_hash for n in range(PARTING, LEAVES)
)


def root(size: int, leaves: Sequence[bytes] = FIRST) -> bytes:
    """Return the root of the first leaves of a history."""
    return root_at(size, subtree_of(leaves))


def between(low: int, high: int, leaves: Sequence[bytes] = FIRST) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of a history."""
    return consistency_path(low, high, subtree_of(leaves))


def position_of(case: Vector) -> Position:
    """Return where the node of a case stands."""
    linked = tuple(
        LinkedHead(size=size, root=bytes.fromhex(held), note=b"held", linked_ms=NOW_MS)
        for size, held in case.value("linked")
    )
    return Position(origin=ORIGIN, head=linked[-1] if linked else None, linked=linked)


def offered_of(case: Vector) -> Checkpoint:
    """Return the checkpoint that a case offers, as if its signatures had been verified."""
    head = TreeHead(origin=ORIGIN, size=case.value("size"), root=case.bytes("root"))
    return Checkpoint(head=head, timestamp_s=NOW_MS // 1000, note=b"offered")


def linking_cases() -> Iterator[Vector]:
    """Yield all cases."""
    yield from _in_order()
    yield from _overtaken()
    yield from _refused()


def _in_order() -> Iterator[Vector]:
    yield _case("first", "First contact: old 0, no proof.", (), 4, old=0, head=4)
    yield _case("forward", "From the head on.", (4,), 7, old=4, proof=between(4, 7), head=7)
    yield _case(
        "forward-from-power", "4 is a power of two: its root is not sent.", (2, 4), 8,
        old=4, proof=between(4, 8), head=8,
    )  # fmt: skip
    yield _case("head-again", "A repeat: the proof is not looked at.", (4, 7), 7, old=4, head=7)


def _overtaken() -> Iterator[Vector]:
    yield _case(
        "known", "Overtaken, but linked before: old and proof are not looked at.", (4, 5, 7), 5,
        old=4, proof=between(4, 5), head=7,
    )  # fmt: skip
    yield _case(
        "backward", "Smaller than the head, and joined to it.", (4, 7), 5,
        old=7, proof=between(5, 7), head=7,
    )  # fmt: skip
    yield _case(
        "overtaken", "Made from 4 before 7 came: nothing against it, but ask for 5 to 7.", (4, 7),
        5, old=4, proof=between(4, 5), expect="E_LOG_POSITION", head=7,
    )  # fmt: skip
    yield _case(
        "ahead", "Made from a head that we have not reached.", (4,), 9,
        old=7, proof=between(7, 9), expect="E_LOG_POSITION", head=4,
    )  # fmt: skip
    yield _case(
        "from-a-linked-size", "4 is linked, but not the head: two such could be a fork.", (4, 7),
        9, old=4, proof=between(4, 9), expect="E_LOG_POSITION", head=7,
    )  # fmt: skip
    yield _case(
        "unknown-start", "First contact from somewhere.", (), 9,
        old=4, proof=between(4, 9), expect="E_LOG_POSITION", head=0,
    )  # fmt: skip


def _refused() -> Iterator[Vector]:
    yield _case(
        "fork", "Two roots at one size.", (4, 7), 7, old=4, proof=between(4, 7, SECOND),
        second=True, expect="E_FORK", head=7,
    )  # fmt: skip
    yield _case(
        "rewritten", "Another history above the head: no proof can hold.", (4, 7), 9, old=7,
        proof=between(7, 9, SECOND), second=True, expect="E_PROOF", head=7,
    )  # fmt: skip
    yield _case(
        "rewritten-below", "Another history below the head.", (4, 8), 7, old=8,
        proof=between(7, 8, SECOND), second=True, expect="E_PROOF", head=8,
    )  # fmt: skip
    yield _case(
        "proof-too-long", "One hash more.", (4,), 7, old=4, proof=(*between(4, 7), bytes(32)),
        expect="E_PROOF", head=4,
    )  # fmt: skip
    yield _case(
        "proof-too-short", "One hash less.", (4,), 7, old=4, proof=between(4, 7)[:-1],
        expect="E_PROOF", head=4,
    )  # fmt: skip
    yield _case(
        "first-with-proof", "Nothing begins every log: its proof is empty.", (), 4, old=0,
        proof=between(2, 4), expect="E_PROOF", head=0,
    )  # fmt: skip


def _case(
    name: str,
    comment: str,
    linked: tuple[int, ...],
    size: int,
    *,
    old: int,
    head: int,
    proof: tuple[bytes, ...] = (),
    second: bool = False,
    expect: str = "ok",
) -> Vector:
    return Vector(
        folder=FOLDER,
        name=f"linking-{name}",
        what="linking",
        expect=expect,
        comment=comment,
        content={
            "linked": [[held, root(held).hex()] for held in linked],
            "size": size,
            "root": root(size, SECOND if second else FIRST).hex(),
            "old": old,
            "con": [one.hex() for one in proof],
            "head": head,
        },
    )
