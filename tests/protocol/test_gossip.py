"""Gossip as values: what is told, what fits, what waits, and how little a teller can cost."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.gossip import (
    ASK_AGAIN_MS,
    ASKED_AT_ONCE,
    ASKED_OF_TELLER,
    REFUSALS,
    SIGNED_MS,
    UNSIGNED_MS,
    Fit,
    Heard,
    Rumours,
    fit_of,
    heads_to_tell,
    others_to_ask,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import HEARD_OF_TELLER, MAX_HEADS
from protocol.log.linking import LinkedHead, Position
from protocol.standing import ThirdHead

NOW_MS = 1_795_000_000_000
TELLER = NodeId("DE", 1)


def log(number: int) -> LogOrigin:
    """Return one of many logs."""
    return LogOrigin(NodeId("FR", number), 1)


def place(number: int, *sizes: int) -> Position:
    """Return where we stand in a log."""
    linked = tuple(
        LinkedHead(size=size, root=bytes([size]) * 32, note=b"note", linked_ms=NOW_MS)
        for size in sizes
    )
    return Position(origin=log(number), head=linked[-1] if linked else None, linked=linked)


def heard(
    number: int, *, teller: NodeId = TELLER, size: int = 9, note: bytes | None = None
) -> Heard:
    """Return a head that was told."""
    head = ThirdHead(origin=log(number), size=size, root=bytes(32))
    return Heard(teller=teller, head=head, first_ms=NOW_MS, note=note)


def test_head_fits_is_contradicted_or_is_open() -> None:
    """A size that is not linked says nothing yet."""
    here = place(1, 3, 7)
    for size, root, fit in (
        (7, 7, Fit.KNOWN), (3, 3, Fit.KNOWN), (3, 7, Fit.CONTRADICTED), (5, 3, Fit.OPEN),
        (9, 7, Fit.OPEN),
    ):  # fmt: skip
        told = ThirdHead(origin=log(1), size=size, root=bytes([root]) * 32)
        assert fit_of(here, told) is fit


def test_heads_are_drawn_among_all_third_logs() -> None:
    """Not those of the listener, none twice, sixteen at most, and each log has its turn."""
    draw = Random(1)  # noqa: S311 - draws that repeat
    places = [place(number, 4) for number in range(1, 41)]
    places.append(place(41))
    told: Counter[LogOrigin] = Counter()
    for _ in range(200):
        heads = heads_to_tell(places, to=NodeId("FR", 7), draw=draw.randrange)
        assert len(heads) == len({head.origin for head in heads}) == MAX_HEADS
        told.update(head.origin for head in heads)
    assert set(told) == {log(number) for number in range(1, 41)} - {log(7)}
    assert min(told.values()) > 40
    few = heads_to_tell(places[:3], to=TELLER, draw=draw.randrange)
    assert sorted(head.origin for head in few) == [log(1), log(2), log(3)]


def test_others_are_asked_at_first_contact() -> None:
    """Two, whoever they are; fewer if there are fewer."""
    names = [NodeId("IT", number) for number in range(1, 6)]
    draws = [Random(seed).randrange for seed in range(60)]  # noqa: S311 - likewise
    drawn = {others_to_ask(names, draw=draw) for draw in draws}
    assert {len(set(pair)) for pair in drawn} == {2}
    assert {name for pair in drawn for name in pair} == set(names)
    assert others_to_ask(names[:1], draw=lambda below: below - 1) == (names[0],)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 400), st.integers(1, 3)), max_size=900))
def test_tellers_cost_bounded_memory_and_questions(
    told: list[tuple[int, int, int]],
) -> None:
    """One head of one teller and log; each round has its share for each teller."""
    rumours = Rumours()
    for teller, number, size in told:
        rumours.add(heard(number, teller=NodeId("DE", teller), size=size))
    assert len(rumours) <= 4 * HEARD_OF_TELLER
    rounds = 0
    while due := rumours.due(NOW_MS):
        rounds += 1
        assert len(due) <= ASKED_AT_ONCE
        assert max(Counter(one.teller for one in due).values()) <= ASKED_OF_TELLER
        for one in due:
            rumours.drop(one)
    assert len(rumours) == 0
    assert rounds <= 1 + HEARD_OF_TELLER // ASKED_OF_TELLER


def test_loud_teller_takes_no_turn_from_others() -> None:
    """Whoever was served last comes last."""
    rumours = Rumours()
    tellers = [NodeId("DE", number) for number in range(1, 8)]
    for teller in tellers:
        for number in range(1, 60):
            rumours.add(heard(number, teller=teller))
    served: Counter[NodeId] = Counter()
    for _ in range(2):
        for one in rumours.due(NOW_MS):
            served[one.teller] += 1
            rumours.drop(one)
    assert set(served) == set(tellers)


def test_earlier_head_of_a_teller_cannot_be_talked_away() -> None:
    """It stays until its log was asked; what was joined is not asked about again."""
    rumours = Rumours()
    first = heard(1, size=9)
    rumours.add(first)
    rumours.add(heard(1, size=10))
    assert rumours.due(NOW_MS) == (first,)
    rumours.joined(first)
    rumours.add(first)
    assert len(rumours) == 0
    rumours.drop(first)
    for number in range(5000):
        rumours.joined(heard(2, size=number + 1))
    rumours.add(first)
    assert rumours.due(NOW_MS) == (first,)


@pytest.mark.parametrize(("note", "patience"), [(None, UNSIGNED_MS), (b"note", SIGNED_MS)])
def test_silence_is_waited_out(note: bytes | None, patience: int) -> None:
    """A log out of reach has a day, or an hour for what it signed; one that evades has less."""
    rumours = Rumours()
    rumours.add(heard(1, note=note))
    (one,) = rumours.due(NOW_MS)
    waits = rumours.unanswered(one, NOW_MS, refused=False)
    assert not rumours.due(NOW_MS + ASK_AGAIN_MS - 1)
    assert rumours.due(NOW_MS + ASK_AGAIN_MS) == rumours.due(NOW_MS - 1) == (waits,)
    assert not waits.is_overdue(NOW_MS + patience - 1)
    assert waits.is_overdue(NOW_MS + patience)
    for _ in range(REFUSALS):
        assert not waits.is_overdue(NOW_MS)
        waits = rumours.unanswered(waits, NOW_MS, refused=True)
    assert waits.is_overdue(NOW_MS)
