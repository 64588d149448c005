"""The order of a batch: class, then time, then number; and a share for what waited long."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.order import (
    AGED_SHARE,
    BULK_WAITS_S,
    Candidate,
    aged_before_ms,
    choose,
    rank,
)
from protocol.delivery.urgency import ACCEPTED_WITHIN_S, Urgency, deliver_by_ms

NOW_MS = 1_795_000_000_000
MEBIBYTE = 1 << 20


def item(
    number: int, cls: Urgency = Urgency.P2, *, waited_s: float = 0, size_bytes: int = 1000
) -> Candidate:
    """Return an item that waited so long."""
    return Candidate(
        item=number,
        cls=cls,
        deliver_by_ms=deliver_by_ms(cls, queued_ms=NOW_MS - int(waited_s * 1000)),
        queue_number=number,
        size_bytes=size_bytes,
    )


def batch(
    items: list[Candidate], *, max_items: int = 64, max_bytes: int = MEBIBYTE
) -> tuple[Candidate, ...]:
    """Choose as a claim does: by ranges of an index."""
    ordered = sorted(items, key=lambda one: (one.cls, one.deliver_by_ms, one.queue_number))
    ranges = []
    for cls in (Urgency.P2, Urgency.P3):
        before = aged_before_ms(cls, NOW_MS)
        assert before is not None
        ranges.append([one for one in ordered if one.cls is cls and one.deliver_by_ms < before])
    return choose(ordered, *ranges, now_ms=NOW_MS, max_items=max_items, max_bytes=max_bytes)


items = st.lists(
    st.builds(
        lambda number, cls, waited_s, size: item(number, cls, waited_s=waited_s, size_bytes=size),
        st.integers(1, 10**6),
        st.sampled_from(Urgency),
        st.floats(0, 200_000),
        st.integers(1, 200_000),
    ),
    max_size=40,
    unique_by=lambda one: one.item,
)


@given(items=items, max_items=st.integers(1, 64), max_bytes=st.integers(1, MEBIBYTE))
@settings(max_examples=300, deadline=None)
def test_batch_holds_to_its_limits_and_begins_with_what_goes_first(
    items: list[Candidate], max_items: int, max_bytes: int
) -> None:
    """One item at least, nothing twice, and P0 and P1 before everything else."""
    chosen = batch(items, max_items=max_items, max_bytes=max_bytes)
    assert bool(chosen) == bool(items)
    assert len({one.item for one in chosen}) == len(chosen) <= max_items
    assert len(chosen) == 1 or sum(one.size_bytes for one in chosen) <= max_bytes
    first = min(items, key=lambda one: rank(one, now_ms=NOW_MS), default=None)
    if first is not None and rank(first, now_ms=NOW_MS)[0] <= Urgency.P1:
        assert chosen[0] == first


@given(items=items)
@settings(max_examples=200, deadline=None)
def test_whatever_else_waits_a_p3_that_waited_long_is_in_every_batch(
    items: list[Candidate],
) -> None:
    """So it leaves in the end, also beside a stream of P2 that never ends."""
    old = item(0, Urgency.P3, waited_s=10**6)
    chosen = batch([*items, old], max_bytes=64 * MEBIBYTE)
    assert old in chosen


def test_inside_a_class_the_earliest_deadline_goes_first() -> None:
    """An item may ask for less time than its class has."""
    late, early = item(1), item(2, waited_s=60)
    assert batch([late, early]) == (early, late)
    assert deliver_by_ms(Urgency.P2, queued_ms=0, stated_ms=5) == 5
    assert deliver_by_ms(Urgency.P2, queued_ms=0, stated_ms=10**9) == 3_600_000


def test_routine_past_its_time_counts_as_urgent_and_never_as_emergency() -> None:
    """Ageing lifts P2 to P1; nothing becomes a P0."""
    overdue = item(1, waited_s=2 * ACCEPTED_WITHIN_S[Urgency.P2])
    fresh, emergency = item(2, Urgency.P1), item(3, Urgency.P0)
    assert batch([fresh, overdue, emergency, item(4)]) == (emergency, overdue, fresh, item(4))
    assert aged_before_ms(Urgency.P0, NOW_MS) is None
    assert aged_before_ms(Urgency.P1, NOW_MS) is None


def test_old_bulk_has_its_part_and_no_more() -> None:
    """100,000 of them must not stand before every fresh P2."""
    old = [item(n, Urgency.P3, waited_s=BULK_WAITS_S + 9) for n in range(100, 200)]
    routine = [item(n) for n in range(1, 99)]
    chosen = batch([*old, *routine])
    assert [one.cls for one in chosen].count(Urgency.P3) == 64 // AGED_SHARE
    assert batch(old)[:1] == (old[8],)
    assert len(batch(old)) == 64


def test_old_bulk_that_fits_beside_nothing_goes_alone_but_not_before_the_urgent() -> None:
    """A large one would else never go."""
    large = item(1, Urgency.P3, waited_s=BULK_WAITS_S + 9, size_bytes=MEBIBYTE)
    assert batch([large, item(2)]) == (large,)
    urgent = item(3, Urgency.P1)
    assert batch([large, urgent]) == (urgent,)
    assert batch([large, item(2)], max_items=1) == (item(2),)
