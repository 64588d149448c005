"""Whether a node may sign: decided from its files and from what its peers hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.recovery import (
    PATIENCE_S,
    AnchorFinding,
    Claim,
    Start,
    decide_start,
    may_begin,
    needed,
    weigh,
)

PROVEN_LOSS = (AnchorFinding.AHEAD, AnchorFinding.OTHER_HISTORY, AnchorFinding.LATER_GENERATION)
ORIGIN = LogOrigin(NodeId("RO", 1), 2)

findings = st.sampled_from(AnchorFinding)
starts = st.sampled_from(Start)
counts = st.integers(0, 80)


@given(finding=findings, size=st.integers(0, 10), restored=st.booleans())
def test_each_start_has_one_decision_with_its_reason(
    *, finding: AnchorFinding, size: int, restored: bool
) -> None:
    """A proven loss outweighs all; an empty log has nothing to lose; a restore asks everybody."""
    decision = decide_start(finding, size=size, restored=restored)
    assert decision.why
    if finding in PROVEN_LOSS:
        assert decision.start is Start.NEVER
    elif size == 0:
        assert decision.start is Start.ORDINARY
    elif restored:
        assert decision.start is Start.ALL
    elif finding is AnchorFinding.PREFIX:
        assert decision.start is Start.ORDINARY
    else:
        assert decision.start is Start.HALF


@given(
    start=starts,
    size=st.integers(0, 5),
    peers=st.none() | counts,
    answered=counts,
    waited_s=st.floats(0, 100),
)
def test_more_answers_and_more_patience_never_close_what_was_open(
    *, start: Start, size: int, peers: int | None, answered: int, waited_s: float
) -> None:
    """The decision only moves one way while nothing speaks against us."""
    now = may_begin(start, size=size, peers=peers, answered=answered, waited_s=waited_s)
    later = may_begin(start, size=size, peers=peers, answered=answered + 1, waited_s=waited_s + 1)
    assert later or not now


@given(counts, counts)
def test_half_is_half_and_all_is_all(peers: int, answered: int) -> None:
    """Rule 8, recovering: time alone opens nothing."""
    arguments = {"size": 1, "peers": peers, "answered": answered, "waited_s": 1e9}
    assert may_begin(Start.HALF, **arguments) == (2 * answered >= peers)  # type: ignore[arg-type]
    assert may_begin(Start.ALL, **arguments) == (answered >= peers)  # type: ignore[arg-type]
    assert not may_begin(Start.NEVER, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("peers", [None, 0, 1, 70])
def test_ordinary_start_waits_for_one_answer_or_half_a_minute(peers: int | None) -> None:
    """An emergency never waits for a quorum."""
    alone = peers == 0

    def opens(answered: int, waited_s: float) -> bool:
        return may_begin(Start.ORDINARY, size=9, peers=peers, answered=answered, waited_s=waited_s)

    assert opens(0, PATIENCE_S - 0.001) == alone
    assert opens(0, PATIENCE_S)
    assert opens(1, 0.0) == (peers is not None)


def test_log_without_leaves_is_exempt_unless_it_is_lost() -> None:
    """Nobody can hold what was never signed."""
    assert may_begin(Start.HALF, size=0, peers=None, answered=0, waited_s=0.0)
    assert not may_begin(Start.NEVER, size=0, peers=0, answered=0, waited_s=0.0)


def test_number_needed_can_be_told() -> None:
    """The operator is told for how many the node waits."""
    assert [needed(Start.HALF, peers=n) for n in range(5)] == [0, 1, 1, 2, 2]
    assert needed(Start.ORDINARY, peers=0) == 0
    assert needed(Start.ORDINARY, peers=9) == 1
    assert needed(Start.ALL, peers=9) == 9
    assert needed(Start.NEVER, peers=9) is None


@given(
    size=st.integers(1, 20),
    claimed=st.integers(1, 20),
    same=st.booleans(),
    generation=st.integers(1, 3),
)
def test_what_we_signed_speaks_against_us_only_if_we_do_not_have_it(
    *, size: int, claimed: int, same: bool, generation: int
) -> None:
    """Larger, other, or of a later generation; an earlier generation is given up anyway."""
    head = TreeHead(
        origin=LogOrigin(ORIGIN.node, generation),
        size=claimed,
        root=bytes([claimed if same else 0]) * 32,
    )
    claim = weigh(head, generation=2, size=size, root_of=lambda n: bytes([n]) * 32)
    if generation == 1:
        assert claim is Claim.HELD
    elif generation == 3:
        assert claim is Claim.LATER_GENERATION
    elif claimed > size:
        assert claim is Claim.MORE
    else:
        assert claim is (Claim.HELD if same else Claim.OTHER_ROOT)
