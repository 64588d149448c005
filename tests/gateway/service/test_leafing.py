"""Leafing through our log: what each kind of leaf says, page by page."""

import asyncio
from collections.abc import Sequence
from typing import cast

from gateway.rows import LeafRow
from gateway.service.leafing import Leaf, Leafing, leaf_of
from gateway.store import LogBook
from protocol.identifiers import MessageId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind

MID = MessageId(bytes(range(16)))


def _row(index: int, kind: StatementKind, preimage: bytes | None) -> LeafRow:
    return LeafRow(index=index, kind=kind, digest=bytes(32), preimage=preimage, salt=None)


def _act(index: int, word: str = "opened") -> LeafRow:
    act = Act(act=word, who="RO/1 officer 3", ref=MID, subject=None, why="because", t_ms=index)
    return _row(index, StatementKind.ACT, act.encode())


class _Log:
    """As much of a log as leafing asks for."""

    def __init__(self, rows: Sequence[LeafRow]) -> None:
        self._rows = rows
        self.size = len(rows)

    async def leaves(self, start: int, stop: int) -> tuple[LeafRow, ...]:
        """Return some."""
        return tuple(self._rows[start:stop])


def _leafing(*rows: LeafRow) -> Leafing:
    return Leafing(cast("LogBook", _Log(rows)))


def test_each_kind_says_what_it_holds() -> None:
    """What a kind does not say is left empty, never guessed."""
    told = Silence(mid=MID, header_digest=bytes(32), step="accepted", due_ms=1, tries=(), t_ms=2)
    assert leaf_of(_row(3, StatementKind.SILENCE, told.encode())) == Leaf(
        index=3, kind=StatementKind.SILENCE, at_ms=2, what="accepted", mid=MID
    )
    assert leaf_of(_act(7)) == Leaf(
        index=7,
        kind=StatementKind.ACT,
        at_ms=7,
        what="opened",
        mid=MID,
        who="RO/1 officer 3",
        why="because",
    )
    assert leaf_of(_row(1, StatementKind.KEY_SET, b"x")) == Leaf(
        index=1, kind=StatementKind.KEY_SET
    )


def test_erased_leaf_says_so_and_a_cover_was_never_anything() -> None:
    """An auditor must tell what retention took from what was noise all along."""
    assert leaf_of(_row(1, StatementKind.ACT, None)).is_erased
    assert not leaf_of(_row(1, StatementKind.COVER, None)).is_erased


def test_leaf_that_does_not_read_still_has_its_place() -> None:
    """Statements of a later version stand in the log all the same."""
    assert leaf_of(_row(4, StatementKind.ACT, b"?")) == Leaf(index=4, kind=StatementKind.ACT)


def test_pages_go_from_the_newest_to_the_first_leaf() -> None:
    """Each page names where the next begins; the last names nothing."""
    leafing = _leafing(*(_act(index) for index in range(5)))

    async def all_of() -> list[list[int]]:
        found, before = [], None
        while True:
            page = await leafing.page(before=before, limit=2)
            found.append([leaf.index for leaf in page.items])
            if page.before is None:
                return found
            before = page.before

    assert asyncio.run(all_of()) == [[4, 3], [2, 1], [0]]


def test_acts_are_picked_out_of_the_rest() -> None:
    """What is no act, or not wanted, is passed over; the next page goes on below."""
    rows = [
        _act(n, "opened" if n % 2 else "sent") if n % 3 else _row(n, StatementKind.COVER, b"")
        for n in range(9)
    ]
    leafing = _leafing(*rows)
    first = asyncio.run(leafing.acts(limit=2))
    assert [leaf.index for leaf in first.items] == [8, 7]
    rest = asyncio.run(leafing.acts(before=first.before, wanted=lambda leaf: leaf.what == "opened"))
    assert [leaf.index for leaf in rest.items] == [5, 1]
    assert rest.before is None
