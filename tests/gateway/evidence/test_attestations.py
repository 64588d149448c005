"""What several parts hold of one head comes out as one, in the order of the parts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.evidence.attestations import HeldAttestations
from gateway.evidence.material import Attested, SeenBy
from protocol.identifiers import LogOrigin, NodeId

ORIGIN = LogOrigin(NodeId("RO", 1), 1)
SEEN = SeenBy(note=b"note", salt=bytes(16), proof="proof")


@dataclass
class Part:
    """A part that holds what a test says."""

    held: Sequence[Attested]
    asked: tuple[int, Sequence[int]] | None = None

    async def of(self, origin: LogOrigin, size: int, indices: Sequence[int]) -> Sequence[Attested]:
        """Return it."""
        assert origin == ORIGIN
        self.asked = size, indices
        return self.held


def test_parts_that_know_one_head_give_it_once() -> None:
    """Lines one after the other, and the proof of whoever has one."""
    stamps = Part([Attested(note=b"a", stamps=(b"1",)), Attested(note=b"b", stamps=(b"2",))])
    lines = Part([
        Attested(note=b"b", cosignatures=b"line\n", seen=(SEEN,), joined=(b"p",)),
        Attested(note=b"c", cosignatures=b"other\n"),
    ])  # fmt: skip
    more = Part([Attested(note=b"b", stamps=(b"3",), cosignatures=b"last\n", joined=(b"q",))])
    found = asyncio.run(HeldAttestations([stamps, lines, more]).of(ORIGIN, 9, [1, 4]))
    assert found == (
        Attested(note=b"a", stamps=(b"1",)),
        Attested(
            note=b"b",
            stamps=(b"2", b"3"),
            cosignatures=b"line\nlast\n",
            seen=(SEEN,),
            joined=(b"p",),
        ),
        Attested(note=b"c", cosignatures=b"other\n"),
    )
    assert {part.asked == (9, [1, 4]) for part in (stamps, lines, more)} == {True}


def test_nothing_is_held_by_nobody() -> None:
    """A node without witnesses and authorities."""
    assert asyncio.run(HeldAttestations([]).of(ORIGIN, 9, [])) == ()
