"""What happened to a case, as lines that people read: when, what, by whom, where it is logged.

A pure reading of events and of what the desk noted itself. A line names its place in a log
wherever there is one; evidence of silence is a line like any other. Words are ids of `ui`.

Source: docs/desk.md, "Inbox and cases".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.casework import Access, CaseDesk, NoteKind
from gateway.officer.pages.timewords import (
    ACTS,
    CALL,
    NOTE,
    OPENED_HERE,
    OTHER,
    OTHER_ACT,
    TOLD_BY_NOTES,
    TOLD_BY_STEPS,
    LineKind,
    is_step,
    words_of,
)
from gateway.records import Direction
from gateway.rows import EventRow
from gateway.service.shown import Explanation, MessageDetail
from protocol.cases.ladder import MessageState
from protocol.identifiers import LogOrigin, MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where a log states it.

    Attributes:
        origin: The log's name.
        node: Whose log it is.
        index: The entry's number.
        is_ours: Whether it is our own log, so that a proof of it can be had here.
    """

    origin: str
    node: str
    index: int
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One line.

    Attributes:
        at_ms: When, ms since 1970 UTC, by the clock of this node.
        what: What happened, an id of `ui`.
        values: For the placeholders of `what`; short words of ours, never content.
        by: Who: a node, or a person of this desk as pages call them.
        log: Where it is stated; None for what no log states.
        kind: Which mark it bears.
        number: Which message of the case, counted from 1; None for the case as a whole.
        mid: Its id; None likewise.
        text: What a person wrote of it; content, so None for who may not read that.
        event: The event's number, which orders lines of one moment; 0 for what is no event.
    """

    at_ms: int
    what: str
    by: str
    values: Mapping[str, object] = field(default_factory=dict)
    log: LogPlace | None = None
    kind: LineKind = LineKind.STEP
    number: int | None = None
    mid: str | None = None
    text: str | None = None
    event: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How it goes with a message of ours that waits: `queued, FR not reached since 13:40`.

    Attributes:
        party: Country and number of the other node.
        failures: Attempts in a row that failed; 0 if the way is good.
        since_ms: When it was met last; None if never.
        next_ms: When it is tried next; None if that is due now.
        attempts: How often this message was tried.
        sentences: The same in English sentences, with what would end it.
    """

    party: str
    failures: int
    since_ms: int | None
    next_ms: int | None
    attempts: int
    sentences: tuple[str, ...]


def lines_of(detail: MessageDetail, *, number: int | None, us: NodeId) -> tuple[TimelineLine, ...]:
    """Return the lines of one message.

    Args:
        detail: As the services give it.
        number: Which message of its case, counted from 1.
        us: This node, whose log can give proofs.
    """
    row = detail.line.row
    return tuple(
        _line(event, row.direction, number=number, mid=str(row.mid), us=us)
        for event in _once(detail.timeline)
    )


def _once(events: Sequence[EventRow]) -> list[EventRow]:
    """Return events with each step told once: by the one that a log states, if one is."""
    told: dict[str, int] = {}
    found: list[EventRow] = []
    for event in events:
        if event.kind == TOLD_BY_NOTES:
            continue
        place = told.get(event.what) if is_step(event) else None
        if place is not None:
            if found[place].index is None:
                found[place] = event
            continue
        if is_step(event):
            told[event.what] = len(found)
        found.append(event)
    return found


def acts_of(
    record: Sequence[Access], *, numbers: Mapping[MessageId, int], us: NodeId
) -> tuple[TimelineLine, ...]:
    """Return the lines of what people of this desk did with a case; readings are left out.

    Args:
        record: The access record of the case.
        numbers: For each message which of its case it is, counted from 1.
        us: This node, in whose log acts stand.
    """
    found = []
    for one in record:
        if one.index is None or one.origin is None or one.what in TOLD_BY_STEPS:
            continue
        known = ACTS.get(one.what)
        found.append(
            TimelineLine(
                at_ms=one.at_ms,
                what=OTHER_ACT if known is None else known,
                values={"code": one.what} if known is None else {},
                by=one.who,
                log=LogPlace(
                    origin=str(one.origin),
                    node=str(one.origin.node),
                    index=one.index,
                    is_ours=one.origin.node == us,
                ),
                kind=LineKind.WARNING if one.what == "override" else LineKind.STEP,
                number=None if one.mid is None else numbers.get(one.mid),
                mid=None if one.mid is None or one.mid not in numbers else str(one.mid),
            )
        )
    return tuple(found)


def opened_by(record: Sequence[Access]) -> Mapping[str, str]:
    """Return which person of this desk opened each message, by its id.

    Args:
        record: The access record of the case.
    """
    return {str(one.mid): one.who for one in record if one.what == "opened"}


def noted(beside: CaseDesk) -> tuple[TimelineLine, ...]:
    """Return the lines of what the desk noted itself: notes and calls.

    Args:
        beside: What is noted beside the case.
    """
    return tuple(
        TimelineLine(
            at_ms=note.at_ms,
            what=CALL if note.kind is NoteKind.CALL else NOTE,
            by=note.by.name,
            kind=LineKind.OURS,
            text=note.text,
        )
        for note in beside.notes
    )


def by_people(lines: Sequence[TimelineLine], people: Mapping[str, str]) -> tuple[TimelineLine, ...]:
    """Return lines in which our own opening names the person who did it.

    Args:
        lines: Of messages.
        people: By the id of the message, as `opened_by` gives it.
    """
    opened = OPENED_HERE
    return tuple(
        replace(line, by=people[line.mid])
        if line.what == opened and line.mid is not None and line.mid in people
        else line
        for line in lines
    )


def merged(*groups: Iterable[TimelineLine]) -> tuple[TimelineLine, ...]:
    """Return all lines in the order of time; of one moment in the order of events.

    Args:
        groups: Lines of messages, notes, drafts.
    """
    every = [line for group in groups for line in group]
    return tuple(sorted(every, key=lambda line: (line.at_ms, line.event)))


def reach_of(explanation: Explanation) -> Reach | None:
    """Return how it goes with a message that waits to be sent; None for every other.

    Args:
        explanation: As the services give it.
    """
    row, way = explanation.line.row, explanation.way
    if way is None or row.state is not MessageState.QUEUED:
        return None
    return Reach(
        party=str(row.recipient),
        failures=way.failures,
        since_ms=way.last_contact_ms,
        next_ms=explanation.next_ms,
        attempts=len(explanation.attempts),
        sentences=explanation.sentences,
    )


def is_silence(lines: Iterable[TimelineLine]) -> bool:
    """Tell whether silence was stated: its evidence can be given to others.

    Args:
        lines: Of a case.
    """
    return any(line.kind is LineKind.EVIDENCE for line in lines)


def _line(
    event: EventRow, direction: Direction, *, number: int | None, mid: str, us: NodeId
) -> TimelineLine:
    what, kind = words_of(event, direction)
    return TimelineLine(
        at_ms=event.at_ms,
        what=what,
        values=dict(_values(event)),
        by=event.by,
        log=_place(event, us),
        kind=kind,
        number=number,
        mid=mid,
        event=event.number,
    )


def _values(event: EventRow) -> Iterator[tuple[str, object]]:
    if event.kind == "expiry_warning":
        yield "days", event.what.partition(" ")[0]
    elif event.kind == "message.stuck" or words_of(event, Direction.OUT)[0] is OTHER:
        yield "code", event.what


def _place(event: EventRow, us: NodeId) -> LogPlace | None:
    if event.origin is None or event.index is None:
        return None
    origin = LogOrigin.parse(event.origin)
    return LogPlace(
        origin=event.origin,
        node=str(origin.node),
        index=event.index,
        is_ours=origin.node == us,
    )
