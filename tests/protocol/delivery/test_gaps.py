"""Gaps: what was lost goes again, what was not lost never does, whatever overtakes what."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.gaps import MAX_LEAP, Ended, Reading, Shown, go_on_from, lacking, read
from protocol.limits import MAX_INDEX, MAX_MISS_RANGES, MAX_VOID


def shown_of(come: set[int]) -> Shown:
    """Return what a receiver shows that has these numbers, written from rule 20 alone."""
    have = 0
    while have + 1 in come:
        have += 1
    miss: list[tuple[int, int]] = []
    for number in range(have + 1, max(come, default=0)):
        if number in come:
            continue
        if miss and miss[-1][1] == number - 1:
            miss[-1] = (miss[-1][0], number)
        else:
            miss.append((number, number))
    return Shown(have=have, miss=tuple(miss[:MAX_MISS_RANGES]))


@given(come=st.sets(st.integers(1, 40)), top=st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_lacking_never_names_what_came_nor_what_was_never_given_out(
    come: set[int], top: int
) -> None:
    """A peer's invention above our own count costs nothing."""
    named = {n for first, last in lacking(shown_of(come), top=top) for n in range(first, last + 1)}
    assert not named & come
    assert all(1 <= number <= top for number in named)


@given(come=st.sets(st.integers(1, 40)))
@settings(max_examples=100, deadline=None)
def test_every_number_below_the_highest_that_came_is_told_apart(come: set[int]) -> None:
    """Nothing below it can hide."""
    top = max(come, default=0)
    named = {n for first, last in lacking(shown_of(come), top=top) for n in range(first, last + 1)}
    assert named == set(range(1, top + 1)) - come


def test_lost_tail_shows_when_nothing_is_missing_below_it() -> None:
    """A receiver that fell back knows of nothing above `have`."""
    assert lacking(Shown(have=3), top=5) == ((4, 5),)
    assert lacking(Shown(have=0), top=2) == ((1, 2),)
    assert lacking(Shown(have=3, miss=((5, 5),)), top=9) == ((5, 5),)
    assert lacking(Shown(have=9), top=5) == ()


def test_number_that_ended_without_delivery_is_named_and_accuses_nobody() -> None:
    """It will never come: the receiver need not wait for it."""
    ended = Ended(number=4, held_at=None)
    assert read([ended], asked_at=0, generation=1) == Reading(void=(4,))


def test_overtaken_answer_read_after_a_newer_receipt_accuses_nobody() -> None:
    """Scenario 11: the receipt came after this request had left."""
    held = Ended(number=4, held_at=8, can_go=True)
    assert read([held], asked_at=7, generation=1) == Reading()
    assert read([held], asked_at=8, generation=1) == Reading(lost=(4,))


def test_lost_number_goes_again_once_for_each_generation_of_the_receiver() -> None:
    """A peer that always lies costs one repeat, and another one when its log begins anew."""
    again = Ended(number=4, held_at=1, can_go=True, again=2)
    assert read([again], asked_at=9, generation=1) == Reading()
    assert read([again], asked_at=9, generation=2) == Reading()
    assert read([again], asked_at=9, generation=3) == Reading(lost=(4,))


def test_lost_number_past_its_time_is_told_and_voided() -> None:
    """Its receiver would refuse it; the gap closes all the same."""
    late = Ended(number=4, held_at=1, can_go=False)
    assert read([late], asked_at=9, generation=1) == Reading(void=(4,), lost=(4,))
    told = Ended(number=4, held_at=1, can_go=False, again=1)
    assert read([told], asked_at=9, generation=1) == Reading(void=(4,))


def test_void_is_bounded_by_what_a_frame_may_carry() -> None:
    """The rest is named after these are seen."""
    ended = [Ended(number=n, held_at=None) for n in range(1, 2 * MAX_VOID)]
    assert read(ended, asked_at=0, generation=1).void == tuple(range(1, MAX_VOID + 1))


def test_numbers_go_on_above_all_that_the_receiver_shows() -> None:
    """Scenario 10: a number used twice would let `have` hide a loss."""
    assert go_on_from(10, Shown(have=4)) == 10
    assert go_on_from(10, Shown(have=20)) == 20
    assert go_on_from(10, Shown(have=4, miss=((5, 5), (9, 29)))) == 30
    assert go_on_from(10, Shown(have=10 + MAX_LEAP + 1)) == 10
    assert go_on_from(MAX_INDEX - MAX_LEAP, Shown(have=MAX_INDEX)) == MAX_INDEX - MAX_LEAP


@dataclass
class World:
    """A sender, a receiver that may lose its end, and answers under way; no wire, no store."""

    top: int = 0
    waiting: set[int] = field(default_factory=set)
    held: dict[int, int] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    again: dict[int, int] = field(default_factory=dict)
    count: int = 0
    come: set[int] = field(default_factory=set)
    void: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    generation: int = 1
    answers: list[tuple[int, Shown, int, frozenset[int]]] = field(default_factory=list)
    resent: list[int] = field(default_factory=list)

    def submit(self) -> None:
        """Give out the next number."""
        self.top += 1
        self.waiting.add(self.top)

    def end(self, pick: int) -> None:
        """Let one that waits end without delivery, unless it was lost: that one came before."""
        mine = sorted(self.waiting - set(self.held))
        if mine:
            number = mine[pick % len(mine)]
            self.waiting.discard(number)
            self.dropped.add(number)

    def ask(self, pick: int, size: int) -> None:
        """Send a frame with some of what waits; its answer is under way."""
        asked_at = self.count
        mine = sorted(self.waiting)
        some = frozenset(mine[pick % (len(mine) + 1) :][:size])
        self.come |= some | self.void
        self.lost -= some
        self.answers.append((asked_at, shown_of(self.come), self.generation, some))

    def hear(self, pick: int) -> None:
        """Read one of the answers, in any order."""
        if not self.answers:
            return
        asked_at, shown, generation, some = self.answers.pop(pick % len(self.answers))
        for number in sorted(some):
            self.count += 1
            self.held.setdefault(number, self.count)
            self.waiting.discard(number)
            if number not in self.come:  # receipted by an answer that left before the loss
                self.lost.add(number)
        ended = [
            Ended(
                number=number,
                held_at=self.held.get(number),
                can_go=True,
                again=self.again.get(number, 0),
            )
            for first, last in lacking(shown, top=self.top)
            for number in range(first, last + 1)
            if number not in self.waiting
        ]
        reading = read(ended, asked_at=asked_at, generation=generation)
        self.void = set(reading.void)
        for number in reading.lost:
            assert number in self.lost, "sent again what was not lost"
            self.again[number] = generation
            self.waiting.add(number)
            self.resent.append(number)

    def lose(self, keep: int) -> None:
        """Let the receiver fall back to an older copy, with a new generation of its log."""
        gone = {number for number in self.come if number > keep}
        self.come -= gone
        self.lost |= gone & set(self.held)
        self.generation += 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit")),
        st.tuples(st.just("ask"), st.integers(0, 9), st.integers(0, 4)),
        st.tuples(st.just("hear"), st.integers(0, 9)),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(st.just("lose"), st.integers(0, 12)),
    ),
    max_size=60,
)


@given(steps=steps)
@settings(max_examples=400, deadline=None)
def test_what_was_lost_always_goes_again_and_nothing_else_ever_does(
    steps: list[tuple[str | int, ...]],
) -> None:
    """Random histories of numbers, losses and overtaking answers; then a quiet end."""
    world = World()
    for name, *numbers in steps:
        getattr(world, str(name))(*numbers)
    for _ in range(3 * world.top + 3):
        while world.answers:
            world.hear(0)
        world.ask(0, 64)
    while world.answers:
        world.hear(0)
    assert not world.lost
    assert not world.waiting
    assert shown_of(world.come | world.void) == Shown(have=world.top)
