"""Linking: no order of honest checkpoints is a fork, and no fork is ever linked."""

import itertools
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import (
    Code,
    ForkDetectedError,
    LogPositionError,
    NotAllowedError,
    NotProvenError,
)
from protocol.identifiers import LogOrigin
from protocol.limits import LINKED_KEPT, LINKED_MOST
from protocol.log.checkpoint import Checkpoint
from protocol.log.linking import (
    LINKED_KEPT_MS,
    Linked,
    LinkedHead,
    Position,
    joining,
    link,
)
from tests.protocol.log.history import (
    NOW_MS,
    ORIGIN,
    History,
    uniform_checkpoint,
    uniform_joined,
)

SIZES = 40
HONEST = History("honest", SIZES)
EMPTY = Position.empty(ORIGIN)
sizes = st.integers(1, SIZES)


@cache
def forked(parting: int) -> tuple[History, History]:
    """Return two histories that part at a leaf."""
    return History("left", SIZES, parting=parting), History("right", SIZES, parting=parting)


def present(position: Position, history: History, old: int, size: int) -> Linked:
    """Link a checkpoint with the honest proof between two sizes of its history."""
    proof = history.joined(old, size)
    return link(position, history.checkpoint(size), old=old, proof=proof, now_ms=NOW_MS)


def ask_and_link(position: Position, history: History, size: int) -> Linked:
    """Do what the receiver of an answer does after LogPositionError."""
    low, high = joining(position, size)
    assert {low, high} == {position.size, size}
    return link(
        position,
        history.checkpoint(size),
        old=position.size,
        proof=history.joined(low, high),
        now_ms=NOW_MS,
    )


def stood_at(*linked: int, history: History = HONEST) -> Position:
    """Return a position with these sizes linked in this order."""
    position = EMPTY
    for size in linked:
        position = ask_and_link(position, history, size).position
    return position


def remembered(position: Position) -> list[int]:
    """Return the sizes that a position holds."""
    return [one.size for one in position.linked]


def row(size: int) -> LinkedHead:
    """Return a linked head of the uniform log, as a store would give it back."""
    root = uniform_checkpoint(size).head.root
    return LinkedHead(size=size, root=root, note=b"uniform", linked_ms=NOW_MS)


def grown(position: Position, size: int, now_ms: int) -> Position:
    """Link a checkpoint of the uniform log at some time."""
    proof = uniform_joined(position.size, size)
    checkpoint = uniform_checkpoint(size)
    return link(position, checkpoint, old=position.size, proof=proof, now_ms=now_ms).position


def test_first_contact_links_from_zero_without_a_proof() -> None:
    """Every tree extends the empty one; there is nothing to prove and nothing to send."""
    linked = link(EMPTY, HONEST.checkpoint(7), old=0, proof=(), now_ms=NOW_MS)
    assert (linked.moved, linked.fresh, linked.position.size) == (True, True, 7)
    assert linked.head == linked.position.head == linked.position.find(7)
    assert linked.head.note == HONEST.checkpoint(7).note
    assert linked.head.linked_ms == NOW_MS


def test_first_contact_with_a_proof_from_nothing_is_not_proven() -> None:
    """A proof from size 0 has no hashes; hashes there are noise that somebody added."""
    with pytest.raises(NotProvenError):
        link(EMPTY, HONEST.checkpoint(7), old=0, proof=(bytes(32),), now_ms=NOW_MS)


def test_first_contact_from_a_later_size_asks_to_begin_at_zero() -> None:
    """The sender believes that we hold more than we do, after a restore here for example."""
    with pytest.raises(LogPositionError) as caught:
        present(EMPTY, HONEST, 3, 7)
    assert (caught.value.size, caught.value.code) == (0, Code.LOG_POSITION)


def test_the_next_checkpoint_moves_the_head() -> None:
    """The ordinary case."""
    linked = present(stood_at(7), HONEST, 7, 12)
    assert (linked.moved, linked.fresh) == (True, True)
    assert (linked.position.size, remembered(linked.position)) == (12, [7, 12])


def test_an_older_checkpoint_is_linked_and_leaves_the_head() -> None:
    """An answer that was overtaken still counts for what it proves."""
    linked = present(stood_at(12), HONEST, 12, 7)
    assert (linked.moved, linked.fresh, linked.head.size) == (False, True, 7)
    assert (linked.position.size, remembered(linked.position)) == (12, [7, 12])


def test_a_linked_checkpoint_needs_no_proof_and_changes_nothing() -> None:
    """Repeats, and checkpoints signed again: same head, other note."""
    position = stood_at(7, 12, 9)
    for size in (7, 9, 12):
        again = Checkpoint(head=HONEST.head(size), timestamp_s=1, note=b"signed again")
        for old, proof in ((0, ()), (size, ()), (33, (b"noise",))):
            linked = link(position, again, old=old, proof=proof, now_ms=NOW_MS + 5)
            assert linked.position is position
            assert (linked.moved, linked.fresh) == (False, False)
            assert linked.head is position.find(size)


def test_two_frames_from_one_old_size_cost_one_question() -> None:
    """Rule 17a: an urgent second unconfirmed frame overtakes; at worst one round trip more."""
    position = present(stood_at(10), HONEST, 10, 20).position
    with pytest.raises(LogPositionError) as caught:
        present(position, HONEST, 10, 15)
    assert caught.value.size == 20
    linked = ask_and_link(position, HONEST, 15)
    assert (linked.position.size, remembered(linked.position)) == (20, [10, 15, 20])


def test_two_first_answers_cost_one_question() -> None:
    """Both start at 0, since both requests were sent before anything was known."""
    position = present(EMPTY, HONEST, 0, 5).position
    with pytest.raises(LogPositionError) as caught:
        present(position, HONEST, 0, 7)
    assert caught.value.size == 5
    assert ask_and_link(position, HONEST, 7).moved


def test_a_proof_from_a_linked_size_below_the_head_does_not_link() -> None:
    """Two histories may both extend 10; only the proof to the head itself tells them apart."""
    left, right = forked(15)
    position = present(present(EMPTY, left, 0, 10).position, left, 10, 20).position
    for size in (18, 25):
        with pytest.raises(LogPositionError) as caught:
            present(position, right, 10, size)
        assert caught.value.size == 20
        with pytest.raises(NotProvenError):
            ask_and_link(position, right, size)


def test_a_failing_proof_changes_nothing_and_is_no_fork() -> None:
    """Rule 9a: the log is asked; a fault on the way looks the same as a lie."""
    position = stood_at(10)
    proof = [*HONEST.joined(10, 20)]
    proof[0] = bytes(32)
    with pytest.raises(NotProvenError) as caught:
        link(position, HONEST.checkpoint(20), old=10, proof=tuple(proof), now_ms=NOW_MS)
    assert caught.value.code is Code.PROOF
    assert remembered(position) == [10]


def test_another_root_at_a_linked_size_is_a_fork_with_both_notes() -> None:
    """The proof for everybody: two signatures under one size, two roots."""
    left, right = forked(5)
    position = stood_at(8, 6, 12, history=left)
    for size in (6, 8, 12):
        with pytest.raises(ForkDetectedError) as caught:
            present(position, right, position.size, size)
        assert caught.value.held == left.checkpoint(size).note
        assert caught.value.offered == right.checkpoint(size).note
        assert caught.value.code is Code.FORK


def test_a_checkpoint_of_another_log_is_our_mistake() -> None:
    """The position is chosen by the origin; another generation is another log."""
    other = History("honest", 9, origin=LogOrigin.parse("a35/RO/1/log/2"))
    with pytest.raises(NotAllowedError):
        link(EMPTY, other.checkpoint(5), old=0, proof=(), now_ms=NOW_MS)


@given(st.lists(st.tuples(st.integers(0, SIZES), sizes), max_size=25))
@settings(max_examples=150, deadline=None)
def test_an_honest_log_is_linked_in_any_order_of_frames_and_answers(
    presented: list[tuple[int, int]],
) -> None:
    """Whatever overtakes what: never a fork, never a failing proof, at most one question."""
    position = EMPTY
    largest = 0
    for old, size in presented:
        before = position
        if old == position.size or position.find(size) is not None:
            linked = present(position, HONEST, old, size)
        else:
            with pytest.raises(LogPositionError) as caught:
                present(position, HONEST, old, size)
            assert caught.value.size == position.size
            linked = ask_and_link(position, HONEST, size)
        largest = max(largest, size)
        position = linked.position
        assert position.size == largest
        assert linked.moved == (size > before.size)
        assert linked.fresh == (before.find(size) is None)
        assert linked.head == position.find(size)
    assert set(remembered(position)) == {size for _, size in presented}


@given(st.integers(0, SIZES - 1), st.lists(st.tuples(st.booleans(), sizes), max_size=20))
@settings(max_examples=150, deadline=None)
def test_two_histories_are_never_linked_together(
    parting: int, presented: list[tuple[bool, int]]
) -> None:
    """With every proof that either history can give, only one of them is ever followed."""
    both = forked(parting)
    position = EMPTY
    for side, size in presented:
        history = both[side]
        known = position.find(size)
        if known is not None and known.root != history.head(size).root:
            with pytest.raises(ForkDetectedError) as caught:
                ask_and_link(position, history, size)
            assert caught.value.held == both[not side].checkpoint(size).note
            continue
        try:
            linked = ask_and_link(position, history, size)
        except NotProvenError:
            assert known is None
            assert max(size, position.size) > parting
            continue
        assert known is None or known.root == linked.head.root
        position = linked.position
    followed = [
        all(history.head(one.size).root == one.root for one in position.linked) for history in both
    ]
    assert any(followed)


@given(st.integers(0, 20), st.sets(sizes, min_size=1, max_size=10), st.data())
@settings(max_examples=100, deadline=None)
def test_a_fork_at_a_remembered_size_is_always_told(
    parting: int, linked: set[int], data: st.DataObject
) -> None:
    """Whatever old size and proof come with it: the two notes are enough."""
    left, right = forked(parting)
    position = stood_at(*linked, history=left)
    size = data.draw(st.sampled_from(sorted(linked)))
    old = data.draw(st.integers(0, SIZES))
    if size <= parting:
        assert not present(position, right, old, size).fresh
    else:
        with pytest.raises(ForkDetectedError):
            present(position, right, old, size)


@given(st.permutations([3, 9, 14, 27, 33]))
@settings(max_examples=40, deadline=None)
def test_the_order_of_arrival_leaves_no_trace(order: list[int]) -> None:
    """Two nodes that saw the same checkpoints stand at the same place."""
    assert stood_at(*order) == stood_at(3, 9, 14, 27, 33)


def test_checkpoints_of_the_last_day_are_all_kept() -> None:
    """Rule 9a: a frame that waited for hours still rides on what was linked then."""
    position = EMPTY
    for step, size in enumerate(range(1, 200)):
        position = grown(position, size, NOW_MS + step)
    assert len(position.linked) == 199
    same_time = grown(position, 200, NOW_MS + LINKED_KEPT_MS)
    assert len(same_time.linked) == 200


def test_after_a_day_sixty_four_and_the_head_are_kept() -> None:
    """A quiet log does not lose what its next frame rides on."""
    position = EMPTY
    for size in range(1, 200):
        position = grown(position, size, NOW_MS)
    later = grown(position, 200, NOW_MS + LINKED_KEPT_MS + 1)
    assert remembered(later) == list(range(200 - LINKED_KEPT + 1, 201))
    assert later.size == 200


def test_the_head_is_kept_when_it_is_the_only_old_one() -> None:
    """Many older checkpoints may come late, long after the head was linked."""
    position = grown(EMPTY, 1000, NOW_MS)
    for size in range(1, 200):
        position = grown(position, size, NOW_MS + LINKED_KEPT_MS + 1)
    assert position.size == 1000
    assert len(position.linked) == 200
    settled = grown(position, 500, NOW_MS + 3 * LINKED_KEPT_MS)
    assert settled.size == 1000
    assert remembered(settled) == [*range(200 - LINKED_KEPT + 2, 200), 500, 1000]


def test_what_was_linked_long_ago_stays_behind_what_came_later() -> None:
    """The smallest are forgotten first: kept too long is safe, forgotten too early costs a trip."""
    position = EMPTY
    for size in range(2, 100):
        position = grown(position, size, NOW_MS)
    position = grown(position, 1, NOW_MS + LINKED_KEPT_MS)
    later = grown(position, 100, NOW_MS + LINKED_KEPT_MS + 1)
    assert remembered(later) == list(range(1, 101))
    assert len(grown(later, 101, NOW_MS + 2 * LINKED_KEPT_MS + 1).linked) == LINKED_KEPT


def test_a_flood_of_checkpoints_takes_bounded_memory() -> None:
    """A peer signs as often as it likes; the smallest are forgotten first."""
    full = Position(
        origin=ORIGIN,
        head=row(LINKED_MOST),
        linked=tuple(row(size) for size in range(1, LINKED_MOST + 1)),
    )
    later = grown(full, LINKED_MOST + 1, NOW_MS)
    assert len(later.linked) == LINKED_MOST
    assert (later.linked[0].size, later.size) == (2, LINKED_MOST + 1)


def test_a_forgotten_checkpoint_is_linked_again_by_a_proof() -> None:
    """Forgetting costs a round trip, never trust."""
    position = stood_at(*range(1, 11))
    thinned = Position(origin=ORIGIN, head=position.head, linked=position.linked[5:])
    with pytest.raises(LogPositionError):
        present(thinned, HONEST, 2, 3)
    assert ask_and_link(thinned, HONEST, 3).fresh


def test_a_position_takes_its_rows_in_any_order() -> None:
    """A store returns them as they came; finding needs them in order of size."""
    rows = tuple(row(size) for size in (5, 9, 2, 7))
    position = Position(origin=ORIGIN, head=rows[1], linked=rows)
    assert remembered(position) == [2, 5, 7, 9]
    for size in range(11):
        found = position.find(size)
        assert (found.size if found else None) == (size if size in {2, 5, 7, 9} else None)


def test_the_newest_below_a_leaf_is_found() -> None:
    """An envelope is held against the last checkpoint that was signed before its leaf."""
    position = stood_at(2, 5, 9)
    found = [position.newest_at_most(size) for size in (1, 2, 4, 5, 9, 70)]
    assert [one.size if one else None for one in found] == [None, 2, 2, 5, 9, 9]


@pytest.mark.parametrize(
    ("head", "linked"),
    [(None, (5,)), (5, ()), (5, (5, 9)), (9, (5,)), (5, (5, 5)), (9, (5, 9, 5))],
)
def test_a_position_that_contradicts_itself_is_refused(
    head: int | None, linked: tuple[int, ...]
) -> None:
    """A damaged store must not decide what a fork is."""
    with pytest.raises(NotAllowedError):
        Position(
            origin=ORIGIN,
            head=None if head is None else row(head),
            linked=tuple(row(size) for size in linked),
        )


def test_what_rides_finds_the_tree_of_its_size() -> None:
    """Frames with `cp` nil name a size; their proofs lead to that linked root."""
    position = stood_at(7, 12)
    assert position.tree_head(7) == HONEST.head(7)
    assert position.tree_head(8) is None
    assert (EMPTY.size, EMPTY.tree_head(0)) == (0, None)


def test_every_pair_of_sizes_joins_in_both_directions() -> None:
    """All heads and offers of a small log, exhaustively."""
    for held, offered in itertools.permutations(range(1, 17), 2):
        linked = ask_and_link(stood_at(held), HONEST, offered)
        assert linked.moved == (offered > held)
        assert linked.position.size == max(held, offered)
