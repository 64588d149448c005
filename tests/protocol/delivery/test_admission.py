"""Admission: the urgent are never refused while a place is free, and those put off return apart."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.admission import (
    LEAST_RETRY_MS,
    MOST_RETRY_MS,
    QUEUE_KEPT,
    QUEUE_MOST,
    Comeback,
    PieceLimits,
    Places,
    Unfinished,
    ask_back,
    is_urgent,
    takes_piece,
    writes,
)
from protocol.delivery.urgency import Urgency


@given(classes=st.lists(st.sampled_from(Urgency), max_size=8))
@settings(max_examples=50, deadline=None)
def test_most_urgent_item_decides(classes: list[Urgency]) -> None:
    """One emergency among sixty-four others is an emergency."""
    assert is_urgent(classes) is (min(classes, default=Urgency.P3) <= Urgency.P1)


@given(
    total=st.integers(2, 40),
    percent=st.integers(0, 50),
    wishes=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=120),
)
@settings(max_examples=200, deadline=None)
def test_urgent_is_never_refused_while_a_place_is_free(
    total: int, percent: int, wishes: list[tuple[bool, bool]]
) -> None:
    """And the others never take what is kept, in any order of coming and going."""
    places = Places.of(total, percent=percent)
    assert places.kept * 100 >= total * percent
    for urgent, comes in wishes:
        taken = places.urgent + places.others
        if not comes:
            if places.urgent if urgent else places.others:
                places = places.left(urgent=urgent)
            continue
        free = places.is_free(urgent=urgent)
        if urgent:
            assert free is (taken < total)
        else:
            assert free is (taken < total and places.others < total - places.kept)
        if free:
            places = places.taken(urgent=urgent)
        assert 0 <= places.urgent + places.others <= total
        assert places.others <= total - places.kept


def test_bulk_alone_leaves_the_kept_places_free() -> None:
    """A fifth, rounded up: an emergency finds its place behind any flood."""
    places = Places.of(32)
    while places.is_free(urgent=False):
        places = places.taken(urgent=False)
    assert (places.kept, places.others) == (7, 25)
    assert places.is_free(urgent=True)


def test_end_of_the_queue_is_kept_for_the_urgent() -> None:
    """The writer takes an emergency when it takes nothing else any more."""
    assert writes(QUEUE_MOST - QUEUE_KEPT, urgent=False)
    assert not writes(QUEUE_MOST - QUEUE_KEPT + 1, urgent=False)
    assert writes(QUEUE_MOST, urgent=True)
    assert not writes(QUEUE_MOST + 1, urgent=True)
    assert QUEUE_MOST // 10 <= QUEUE_KEPT <= QUEUE_MOST // 5


@given(
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    per_s=st.floats(1, 100),
    least_ms=st.sampled_from([LEAST_RETRY_MS, 30_000, 120_000]),
)
@settings(max_examples=100, deadline=None)
def test_those_put_off_come_back_one_by_one(gaps: list[float], per_s: float, least_ms: int) -> None:
    """Storm control: nobody sooner than it may, no two closer than this node works."""
    state, now_s, turns = Comeback(), 1000.0, []
    for gap in gaps:
        now_s += gap
        state, wait_ms = ask_back(state, now_s, per_s=per_s, least_ms=least_ms)
        assert least_ms - 1 <= wait_ms <= least_ms + MOST_RETRY_MS
        turns.append(now_s + wait_ms / 1000)
    apart = [later - earlier for earlier, later in pairwise(turns)]
    assert all(one >= 1 / per_s - 0.002 for one in apart if one > 0)


def test_storm_is_spread_over_the_longest_wait_and_forgotten_after_it() -> None:
    """When all turns are given away, they are given away once more."""
    state, waits = Comeback(), []
    for _ in range(1300):
        state, wait_ms = ask_back(state, 0.0, per_s=10)
        waits.append(wait_ms)
    assert min(waits) == LEAST_RETRY_MS
    assert abs(max(waits) - LEAST_RETRY_MS - MOST_RETRY_MS) <= 100
    assert max(waits.count(one) for one in set(waits)) <= 3
    assert ask_back(state, 120.0, per_s=10)[1] == LEAST_RETRY_MS


@given(
    pieces=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=80),
    limits=st.builds(PieceLimits, size_bytes=st.integers(1, 60), blobs=st.integers(1, 5)),
)
@settings(max_examples=200, deadline=None)
def test_unfinished_attachments_are_bounded_and_one_can_always_be_finished(
    pieces: list[tuple[int, int]], limits: PieceLimits
) -> None:
    """Bounded by the share and one attachment; and never so that nothing goes on."""
    held: dict[int, int] = {}
    most_of_one = 30

    def unfinished(name: int) -> Unfinished:
        return Unfinished(
            size_bytes=sum(held.values()),
            blobs=len(held),
            most_bytes=max(held.values(), default=0),
            this_bytes=held.get(name, 0),
        )

    for name, size in pieces:
        if takes_piece(unfinished(name), size, limits):
            held[name] = held.get(name, 0) + size
        if held.get(name, 0) >= most_of_one:
            del held[name]
        assert len(held) <= limits.blobs
        assert sum(held.values()) <= limits.size_bytes + most_of_one
        assert not held or any(takes_piece(unfinished(one), 9, limits) for one in held)
