"""A peer's standing in our log: what overtakes what, and when a frame may ride."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.standing import Repeats, Standing, answered, confirmed, refused, rides

sizes = st.integers(0, 10_000)
standings = st.builds(Standing, head=sizes)


@given(said=st.lists(sizes, min_size=1, max_size=8), draw=st.randoms())
@settings(max_examples=100, deadline=None)
def test_confirmations_give_the_same_standing_in_any_order(said: list[int], draw: Random) -> None:
    """Frames and answers overtake each other: an old size heard late changes nothing."""
    shuffled = list(said)
    draw.shuffle(shuffled)
    standing = Standing()
    for size in shuffled:
        standing = confirmed(standing, size)
    assert standing.head == max(said)


@given(standing=standings, size=sizes)
@settings(max_examples=50, deadline=None)
def test_refusal_is_the_word_of_now_also_when_it_lowers(standing: Standing, size: int) -> None:
    """A peer that lost what it had not written must be met where it is."""
    assert refused(size).head == size
    assert confirmed(standing, size).head >= standing.head


@given(head=sizes, index=sizes)
@settings(max_examples=100, deadline=None)
def test_frame_rides_only_on_leaves_below_the_confirmed_size(head: int, index: int) -> None:
    """A leaf that the confirmed tree does not hold cannot be proven in it."""
    assert rides(Standing(head=head), index) is (index < head)


@given(standing=standings, size=sizes, index=sizes)
@settings(max_examples=100, deadline=None)
def test_what_an_answer_showed_is_where_a_link_begins_and_nothing_rides_on_it(
    standing: Standing, size: int, index: int
) -> None:
    """An answer may be lost: only the peer's own word counts, and a refusal undoes the guess."""
    shown = answered(standing, size)
    assert shown.begins == max(standing.head, size)
    assert shown.head == standing.head
    assert rides(shown, index) is rides(standing, index)
    assert confirmed(shown, size).begins == shown.begins
    assert refused(standing.head) == standing


@given(steps=st.lists(st.tuples(sizes, sizes), min_size=32, max_size=40))
@settings(max_examples=100, deadline=None)
def test_repeats_end_at_the_sixth_that_brings_no_nearer_and_the_last_of_all(
    steps: list[tuple[int, int]],
) -> None:
    """A peer that moves on is followed; one that only says no is left alone."""
    repeats = Repeats()
    in_vain = tried = 0
    while repeats.may_go_on:
        size, start = steps[tried]
        repeats = repeats.refused(size, start=start)
        tried += 1
        in_vain += size <= start
    assert in_vain == 6 or tried == 32
    assert in_vain <= 6


def test_peer_that_moves_on_each_time_is_followed_further_than_one_that_stands() -> None:
    """Answers on their way to it explain the first, and nothing good explains the second."""
    follows, stands = Repeats(), Repeats()
    for size in range(1, 7):
        follows, stands = follows.refused(size, start=size - 1), stands.refused(0, start=0)
    assert follows.may_go_on
    assert not stands.may_go_on
