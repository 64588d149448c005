"""The list that a retention act names: canonical, bounded, and bound to its act."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.encoding import encode
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId
from protocol.log.deed import Act
from protocol.log.erasure import Erasure, is_named_by, ranges_of

RO = NodeId("RO", 1)
LIST = Erasure(
    generation=2,
    statements=((1, 1), (4, 9)),
    messages=((RO, MessageId(bytes(16))),),
    attachments=((RO, bytes(32)),),
)


def test_list_reads_back_as_written() -> None:
    """It is read again years later, to tell what was erased from what was lost."""
    assert Erasure.decode(LIST.encode()) == LIST
    assert LIST.count == 7


def test_only_the_act_with_its_digest_names_it() -> None:
    """Another list, another word, no act at all."""
    act = LIST.act(who="RO/1", why="", t_ms=1)
    assert is_named_by(LIST.encode(), act.encode())
    assert not is_named_by(Erasure(generation=2).encode(), act.encode())
    other = Act(act="opened", who="RO/1", ref=None, subject=LIST.digest, why="", t_ms=1)
    assert not is_named_by(LIST.encode(), other.encode())
    assert not is_named_by(LIST.encode(), b"no act")


@pytest.mark.parametrize(
    ("statements", "messages"),
    [
        ([[2, 1]], []),
        ([[1, 5], [5, 6]], []),
        ([[4, 5], [1, 2]], []),
        ([[1]], []),
        ([], [["RO/1"]]),
        ([], [["RO/1", b"short"]]),
        ([], [["", bytes(16)]]),
    ],
)
def test_list_that_is_none_is_refused(statements: list[object], messages: list[object]) -> None:
    """Ranges rise and stand apart; names are whole."""
    data = encode({"v": 1, "typ": "erasure", "gen": 1, "st": statements, "ms": messages, "fs": []})  # type: ignore[dict-item]
    with pytest.raises(MalformedError):
        Erasure.decode(data)


@settings(max_examples=200, deadline=None)
@given(indices=st.lists(st.integers(0, 60), unique=True).map(sorted))
def test_ranges_hold_exactly_the_leaves(indices: list[int]) -> None:
    """Nothing between them is named."""
    ranges = ranges_of(indices)
    assert [i for first, last in ranges for i in range(first, last + 1)] == indices
    assert Erasure.decode(Erasure(generation=1, statements=ranges).encode()).statements == ranges
