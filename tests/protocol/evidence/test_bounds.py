"""What bounds make of a stated time; ten minutes are allowed to every clock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.evidence.bounds import SaidTime, TimeBounds
from protocol.limits import MAX_AHEAD_MS

NOON_S = 1_900_000_000
LATER_S = NOON_S + 3600


@pytest.mark.parametrize(
    ("after_s", "before_s", "said_ms", "judged"),
    [
        (None, None, 0, SaidTime.OWN_WORD),
        (NOON_S, None, NOON_S * 1000, SaidTime.OWN_WORD),
        (None, NOON_S, NOON_S * 1000, SaidTime.OWN_WORD),
        (NOON_S, LATER_S, NOON_S * 1000 + 1, SaidTime.WITHIN),
        (NOON_S, LATER_S, NOON_S * 1000 - MAX_AHEAD_MS, SaidTime.WITHIN),
        (NOON_S, LATER_S, NOON_S * 1000 - MAX_AHEAD_MS - 1, SaidTime.BACKDATED),
        (NOON_S, None, NOON_S * 1000 - MAX_AHEAD_MS - 1, SaidTime.BACKDATED),
        (NOON_S, LATER_S, LATER_S * 1000 + MAX_AHEAD_MS, SaidTime.WITHIN),
        (NOON_S, LATER_S, LATER_S * 1000 + MAX_AHEAD_MS + 1, SaidTime.POSTDATED),
        (None, LATER_S, LATER_S * 1000 + MAX_AHEAD_MS + 1, SaidTime.POSTDATED),
    ],
)
def test_stated_time_is_held_against_the_bounds(
    after_s: int | None, before_s: int | None, said_ms: int, judged: SaidTime
) -> None:
    """Only what lies between two bounds is more than the speaker's own word."""
    assert TimeBounds(after_s=after_s, before_s=before_s).judge(said_ms) is judged


@given(st.none() | st.integers(0, 100), st.none() | st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_bounds_contradict_each_other_only_if_both_exist(
    after_s: int | None, before_s: int | None
) -> None:
    """Witnesses with wrong clocks are said to be so, not corrected."""
    bounds = TimeBounds(after_s=after_s, before_s=before_s)
    assert bounds.is_contradictory is (
        after_s is not None and before_s is not None and after_s > before_s
    )
