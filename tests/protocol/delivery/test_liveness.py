"""Whom to call though nothing waits: about every quarter of an hour, and not after an exchange."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.liveness import JITTER, OWN_CALL_S, PING_S, Exchanges, ping_at_s

times = st.floats(0, 10**6)
draws = st.floats(0, 1, exclude_max=True)


@given(heard=times, reached=times, asked=times, draw=draws)
@settings(max_examples=200, deadline=None)
def test_call_comes_within_the_quarter_of_an_hour_after_the_last_exchange(
    heard: float, reached: float, asked: float, draw: float
) -> None:
    """Never sooner than four fifths of it, save where only the other side calls for an hour."""
    at_s = ping_at_s(Exchanges(heard_s=heard, reached_s=reached, asked_s=asked), draw=draw)
    last_s, own_s = max(heard, reached, asked), max(reached, asked)
    assert at_s <= last_s + PING_S
    assert at_s <= own_s + OWN_CALL_S
    assert at_s >= min(last_s + PING_S * (1 - JITTER), own_s + OWN_CALL_S * (1 - JITTER))


def test_node_that_was_never_met_is_called_at_once() -> None:
    """A start calls everybody."""
    assert ping_at_s(Exchanges(), draw=0.0) == float("-inf")
