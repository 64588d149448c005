"""Turns: shares by bytes and weight, nobody starves, credit is not saved."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.fairness import QUANTUM_BYTES, WEIGHTS, Turns
from protocol.delivery.urgency import Urgency

MOST_BYTES = 4 * 1024 * 1024
lanes = st.lists(
    st.tuples(st.sampled_from(Urgency), st.integers(1, MOST_BYTES)), min_size=1, max_size=12
)


def served(lanes: list[tuple[Urgency, int]], rounds: int) -> dict[int, int]:
    """Let lanes that never run dry send frames of their size; return the bytes of each."""
    turns: Turns[int] = Turns()
    sent = dict.fromkeys(range(len(lanes)), 0)
    for lane, (urgency, _) in enumerate(lanes):
        turns.wait(lane, urgency)
    for _ in range(rounds):
        picked = turns.pick()
        assert picked is not None
        turns.charge(picked, lanes[picked][1])
        sent[picked] += lanes[picked][1]
    return sent


@given(lanes=lanes)
@settings(max_examples=60, deadline=None)
def test_no_lane_starves_and_shares_follow_the_weights(lanes: list[tuple[Urgency, int]]) -> None:
    """Whatever the sizes: bytes divided by weight differ by a frame and a turn at most."""
    sent = served(lanes, rounds=600)
    slack = {n: (size + 2 * QUANTUM_BYTES * WEIGHTS[cls]) for n, (cls, size) in enumerate(lanes)}
    turns = {n: sent[n] / (QUANTUM_BYTES * WEIGHTS[cls]) for n, (cls, _) in enumerate(lanes)}
    for one, (cls, _) in enumerate(lanes):
        for other, (other_cls, _) in enumerate(lanes):
            of_one = slack[one] / (QUANTUM_BYTES * WEIGHTS[cls])
            of_other = slack[other] / (QUANTUM_BYTES * WEIGHTS[other_cls])
            assert abs(turns[one] - turns[other]) <= of_one + of_other + 1


def test_large_frames_do_not_buy_a_larger_share() -> None:
    """Bytes count, not frames."""
    sent = served([(Urgency.P2, 1_000_000), (Urgency.P2, 1_000)], rounds=20_000)
    assert 0.8 < sent[0] / sent[1] < 1.25


def test_nobody_waits_nobody_is_picked() -> None:
    """And who left is not."""
    turns: Turns[str] = Turns()
    assert turns.pick() is None
    turns.wait("a", Urgency.P3)
    assert len(turns) == 1
    turns.leave("a")
    turns.leave("a")
    assert turns.pick() is None


def test_credit_is_for_waiting_and_not_for_saving() -> None:
    """Who leaves with credit comes back without; who owes comes back with the debt."""
    turns: Turns[str] = Turns()
    turns.wait("a", Urgency.P1)
    assert turns.pick() == "a"
    turns.leave("a")
    turns.charge("a", 1)
    turns.wait("a", Urgency.P1)
    turns.wait("b", Urgency.P1)
    assert turns.pick() == "a"
    turns.charge("a", MOST_BYTES)
    turns.leave("a")
    turns.wait("a", Urgency.P1)
    for _ in range(3):
        assert turns.pick() == "b"
        turns.charge("b", QUANTUM_BYTES)
    turns.forget("a")
    turns.leave("b")
    turns.charge("b", 0)
    turns.wait("a", Urgency.P3)
    assert turns.pick() == "a"
