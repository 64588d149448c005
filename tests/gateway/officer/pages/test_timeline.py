"""Timelines: every event has words, its place in a log, and its mark."""

import asyncio
from dataclasses import replace

import pytest

from gateway.casework import Access, CaseDesk, CaseNote, Hand, NoteKind
from gateway.officer.pages.timeline import (
    acts_of,
    by_people,
    is_silence,
    lines_of,
    merged,
    noted,
    opened_by,
    reach_of,
)
from gateway.officer.pages.timewords import LineKind, words_of
from gateway.records import Direction
from gateway.rows import EventRow
from gateway.service.shown import Explanation
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState
from protocol.identifiers import LogOrigin
from tests.gateway.officer.world import FR, NOW_MS, OUR_LOG, RO, World, mid, row_of

POP = Hand(person=3, who="RO/1 officer 3", name="Officer 3")


def event(kind: str, what: str, *, number: int = 1, origin: LogOrigin | None = None) -> EventRow:
    """Return an event of the first message."""
    return EventRow(
        number=number,
        at_ms=NOW_MS + number,
        kind=kind,
        mid=mid(1),
        thread=mid(1),
        what=what,
        by=str(FR),
        origin=None if origin is None else str(origin),
        index=None if origin is None else 12,
    )


def access(what: str, *, index: int | None = 4, of: int = 1) -> Access:
    """Return one line of an access record."""
    origin = None if index is None else OUR_LOG
    return Access(
        at_ms=NOW_MS, who="RO/1 officer 3", what=what, mid=mid(of), origin=origin, index=index
    )


@pytest.mark.parametrize(
    ("kind", "what", "direction", "words", "mark"),
    [
        ("receipt", "opened", Direction.OUT, "Opened by a person there", LineKind.STEP),
        ("receipt", "opened", Direction.IN, "Opened here; they were told", LineKind.STEP),
        (
            "silence_notice",
            "silence_acknowledged",
            Direction.OUT,
            "Silence: no person had acknowledged it when it was due",
            LineKind.EVIDENCE,
        ),
        ("expiry_warning", "21 days left", Direction.OUT, None, LineKind.WARNING),
        ("message.state", "rejected", Direction.OUT, None, LineKind.WARNING),
        ("message.escalated", "telephone_accepted", Direction.OUT, None, LineKind.WARNING),
        ("of a later version", "x", Direction.IN, "Event %(code)s", LineKind.STEP),
    ],
)
def test_event_has_words_and_a_mark(
    kind: str, what: str, *, direction: Direction, words: str | None, mark: LineKind
) -> None:
    """Each side reads a step in its own words; an unknown one is shown by its name."""
    found, kind_of_line = words_of(event(kind, what), direction)
    assert kind_of_line is mark
    assert words is None or found == words


@pytest.mark.parametrize("state", list(MessageState))
def test_every_step_has_words_on_the_side_that_sent(state: MessageState) -> None:
    """None falls back to its bare name."""
    assert "%" not in words_of(event("receipt", state.value), Direction.OUT)[0]


def test_lines_name_the_log_and_whether_we_can_prove_it() -> None:
    """A proof of our own log can be had here; that of a peer was checked on arrival."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    world.book.happen(row, "opened")
    world.book.log.append(event("message.stuck", "E_BUSY", number=2, origin=OUR_LOG))
    world.book.log.append(event("expiry_warning", "21 days left", number=3))
    detail = asyncio.run(world.services().consult.show(mid(1)))
    theirs, ours, warning = lines_of(detail, number=2, us=RO)
    assert theirs.log is not None
    assert (theirs.log.node, theirs.log.is_ours, theirs.number) == ("FR/1", False, 2)
    assert ours.log is not None
    assert (ours.log.node, ours.log.is_ours, ours.log.index) == ("RO/1", True, 12)
    assert (ours.values, warning.values) == ({"code": "E_BUSY"}, {"days": "21"})
    assert warning.log is None
    assert not is_silence([theirs, ours, warning])


def test_step_that_is_told_twice_is_one_line_and_the_one_with_its_proof() -> None:
    """An acknowledgement is a receipt and a message: people read of it once."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    for number, (kind, origin) in enumerate(
        (
            ("message.state", None),
            ("receipt", OUR_LOG),
            ("message.state", None),
            ("clock.warning", None),
        )
    ):
        what = "due soon" if kind == "clock.warning" else "acknowledged"
        world.book.log.append(event(kind, what, number=number + 2, origin=origin))
    detail = asyncio.run(world.services().consult.show(mid(1)))
    acknowledged, due = lines_of(detail, number=1, us=RO)
    assert (acknowledged.what, acknowledged.event) == ("Acknowledged by a person there", 3)
    assert (due.what, due.kind) == ("A step of it is due soon", LineKind.WARNING)


def test_acts_stand_in_the_timeline_but_not_what_steps_tell_already() -> None:
    """Readings are no acts, and an opening has its receipt."""
    record = [
        access("submitted"),
        access("read", index=None),
        access("opened"),
        access("override"),
        access("of_a_later_version", of=9),
    ]
    submitted, override, other = acts_of(record, numbers={mid(1): 1}, us=RO)
    assert (submitted.what, submitted.number, submitted.by) == (
        "Written and submitted",
        1,
        "RO/1 officer 3",
    )
    assert override.kind is LineKind.WARNING
    assert (other.values, other.number, other.mid) == ({"code": "of_a_later_version"}, None, None)


def test_opening_names_the_person_of_this_desk() -> None:
    """The receipt says which node; the act says who."""
    world = World()
    row = row_of(mid(1), Direction.IN, state=MessageState.CONSIGNED)
    world.book.put(row)
    world.book.log.append(event("receipt", "consigned", number=1))
    world.book.log.append(event("receipt", "opened", number=2))
    lines = lines_of(asyncio.run(world.services().consult.show(mid(1))), number=1, us=RO)
    people = opened_by([access("opened"), access("submitted", of=2)])
    assert [line.by for line in by_people(lines, people)] == ["FR/1", "RO/1 officer 3"]
    assert [line.by for line in by_people(lines, {})] == ["FR/1", "FR/1"]


def test_notes_and_calls_bear_the_mark_of_this_desk() -> None:
    """No other Party hears of them."""
    notes = tuple(
        CaseNote(number=n, thread=mid(1), kind=kind, text="said", by=POP, at_ms=NOW_MS + n)
        for n, kind in enumerate(NoteKind)
    )
    lines = noted(CaseDesk(thread=mid(1), notes=notes, assignment=None, filed=None, newest=1))
    assert [line.what for line in lines] == ["Note", "Telephone call"]
    assert {line.kind for line in lines} == {LineKind.OURS}


def test_lines_of_several_messages_are_merged_by_time() -> None:
    """One story, whoever told it."""
    first, second = acts_of([access("submitted"), access("exported")], numbers={}, us=RO)
    later = replace(first, at_ms=NOW_MS + 5)
    assert merged([later], [second]) == (second, later)


def test_reach_is_told_of_what_waits_to_be_sent_alone() -> None:
    """`queued, FR/1 not reached since 13:40, next try 14:04`."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    explanation = asyncio.run(world.services().consult.explain(mid(1)))
    way = Way(node=FR, failures=3, last_contact_ms=NOW_MS - 9)
    stuck = replace(explanation, way=way, next_ms=NOW_MS + 7)
    reach = reach_of(stuck)
    assert reach is not None
    assert (reach.party, reach.failures, reach.since_ms, reach.next_ms) == (
        "FR/1",
        3,
        NOW_MS - 9,
        NOW_MS + 7,
    )
    world.book.happen(row, "opened")
    assert reach_of(asyncio.run(world.services().consult.explain(mid(1)))) is None
    assert reach_of(_received()) is None


def _received() -> Explanation:
    world = World()
    world.book.put(row_of(mid(1), Direction.IN, state=MessageState.CONSIGNED))
    return asyncio.run(world.services().consult.explain(mid(1)))
