"""Which endpoint is tried when: in order, the good one first, the failed one last."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.endpoints import (
    GOOD_FOR_S,
    STAGGER_S,
    Endpoints,
    Try,
    answered,
    failed,
    plan,
)

LISTED = ("a", "b", "c")


def order(state: Endpoints, *, now_s: float = 0.0) -> list[str]:
    """Return the order of an attempt."""
    return [one.endpoint for one in plan(state, LISTED, now_s=now_s, urgent=False)]


@given(
    events=st.lists(
        st.tuples(st.sampled_from("abcx"), st.booleans(), st.floats(0, 1000)), max_size=20
    ),
    urgent=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_every_listed_endpoint_is_tried_once_whatever_happened(
    *, events: list[tuple[str, bool, float]], urgent: bool
) -> None:
    """None is given up, and none that the directory does not list any more is tried."""
    state, now_s = Endpoints(), 0.0
    for endpoint, good, pause_s in events:
        now_s += pause_s
        state = answered(state, endpoint, now_s=now_s) if good else failed(state, endpoint)
    tries = plan(state, LISTED, now_s=now_s, urgent=urgent)
    assert sorted(one.endpoint for one in tries) == list(LISTED)
    assert {one.after_s for one in tries} == {STAGGER_S if urgent else None}


def test_good_one_is_first_for_ten_minutes() -> None:
    """Then the order of the directory holds again: its first is meant to be first."""
    state = answered(Endpoints(), "b", now_s=0.0)
    assert order(state, now_s=GOOD_FOR_S - 1) == ["b", "a", "c"]
    assert order(state, now_s=GOOD_FOR_S) == ["a", "b", "c"]


def test_failed_one_is_tried_last_until_something_answers() -> None:
    """An attempt that may have got through ends there; the next begins elsewhere."""
    state = failed(failed(answered(Endpoints(), "a", now_s=0.0), "a"), "b")
    assert order(state) == ["c", "a", "b"]
    assert order(failed(state, "a")) == ["c", "b", "a"]
    assert order(answered(state, "c", now_s=0.0)) == ["c", "a", "b"]
    assert Try("a", None) in plan(state, LISTED, now_s=0.0, urgent=False)
