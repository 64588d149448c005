"""The waits that the rule of back-off comes to, drawn 400 times for each class and outage.

From "the peer is back" to the next attempt; the limits are those that issue tables promise.
"""

from random import Random
from statistics import median

import pytest

from protocol.delivery.lane import Failed, LaneState, step
from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency

RUNS = 400
MOST_S = {Urgency.P0: 7.5, Urgency.P1: 32.0, Urgency.P2: 150.0, Urgency.P3: 900.0}
"""Longest median; of P0 the promise is 8 s, and this leaves a margin."""


def waited_s(draw: Random, urgency: Urgency, out_s: float) -> float:
    """Return how long a peer that is back after so many seconds waits for the next attempt."""
    state, back_s = LaneState(), out_s * draw.uniform(1.0, 1.1)
    now_s = 0.0
    while now_s < back_s:
        state, _ = step(state, Failed(urgency), now_s=now_s, draw=draw.random())
        now_s = state.due_s
    return now_s - back_s


@pytest.mark.parametrize("out_s", [60.0, 3600.0])
@pytest.mark.parametrize("urgency", list(Urgency))
def test_median_wait_of_each_class_is_what_is_promised(urgency: Urgency, out_s: float) -> None:
    """Drawn evenly below a cap: half of the cap at the most, however long the peer was away."""
    draw = Random(f"{urgency} {out_s}")  # noqa: S311 - a seeded sample
    waits = [waited_s(draw, urgency, out_s) for _ in range(RUNS)]
    assert median(waits) <= MOST_S[urgency]
    assert max(waits) <= BACK_OFF_CAP_S[urgency]
