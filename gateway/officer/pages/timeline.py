"""What happened to a case, as lines that people read: when, what, by whom, where it is logged.

A pure reading of events and of what the desk noted itself. A line names its place in a log
wherever there is one; evidence of silence is a line like any other. Words are ids of `ui`.

Source: docs/desk.md, "Inbox and cases".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.officer.adapters.languages import message
from gateway.records import Direction
from gateway.rows import EventRow
from gateway.service.shown import Explanation, MessageDetail
from protocol.cases.ladder import MessageState
from protocol.identifiers import LogOrigin, NodeId


class LineKind(StrEnum):
    """What a line is, for its mark beside the time."""

    STEP = "step"
    """A step of a message, told by a receipt or an act."""
    EVIDENCE = "evidence"
    """Silence that was stated in our log."""
    WARNING = "warning"
    """Somebody should do something."""
    OURS = "ours"
    """What this desk noted for itself: no other Party hears of it."""


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


_IN, _OUT = Direction.IN, Direction.OUT
_S = MessageState
_STEP, _WARNING = LineKind.STEP, LineKind.WARNING

_SENT: Final[Mapping[str, str]] = {
    _S.QUEUED: message("Sealed, stated in our log, waits to be sent"),
    _S.ACCEPTED: message("Accepted by their node"),
    _S.CONSIGNED: message("In their duty inbox"),
    _S.OPENED: message("Opened by a person there"),
    _S.ACKNOWLEDGED: message("Acknowledged by a person there"),
    _S.DECLINED: message("Declined"),
    _S.ANSWERED: message("Answered"),
    _S.REJECTED: message("Refused by their node, with proof"),
    _S.EXPIRED: message("Expired: its time ran out before it arrived"),
    _S.CANCELLED: message("Cancelled by this desk"),
}
_RECEIVED: Final[Mapping[str, str]] = {
    _S.ACCEPTED: message("Received by this node"),
    _S.CONSIGNED: message("In the duty inbox"),
    _S.OPENED: message("Opened here; they were told"),
    _S.ACKNOWLEDGED: message("Acknowledged; they were told"),
    _S.DECLINED: message("Declined; they were told"),
    _S.ANSWERED: message("Answered"),
    _S.REJECTED: message("Refused by this node, with proof"),
    _S.EXPIRED: message("Expired"),
    _S.CANCELLED: message("Taken back by its sender"),
}
_SAID: Final[Mapping[tuple[str, str], tuple[str, LineKind]]] = {
    ("message.escalated", "hasten_accepted"): (
        message("Not accepted in time: tried by every way, the operator was told"),
        _WARNING,
    ),
    ("message.escalated", "telephone_accepted"): (
        message("Not accepted in time: time to telephone"),
        _WARNING,
    ),
    ("message.escalated", "hasten_acknowledged"): (
        message("Not acknowledged in time: the operator was told"),
        _WARNING,
    ),
    ("message.escalated", "telephone_acknowledged"): (
        message("Not acknowledged in time: time to telephone"),
        _WARNING,
    ),
    ("non_delivery_notice", "silence_accepted"): (
        message("Silence: their node had not accepted it when it was due"),
        LineKind.EVIDENCE,
    ),
    ("silence_notice", "silence_acknowledged"): (
        message("Silence: no person had acknowledged it when it was due"),
        LineKind.EVIDENCE,
    ),
    ("message.escalated", "copied"): (
        message("A copy went to their second point of contact"),
        _WARNING,
    ),
    ("message.escalated", "withdrawn"): (
        message("Taken back: the other point of contact has the case"),
        _STEP,
    ),
    ("message.lost", "sent_again"): (
        message("Their node lost it; it is sent again"),
        _WARNING,
    ),
    ("message.lost", "gone"): (
        message("Their node lost it, and its time is over"),
        _WARNING,
    ),
    ("message.recovered", "receipts"): (
        message("Receipts that this node had lost came back"),
        _STEP,
    ),
    ("message.alerted", "desk"): (
        message("The desk was shown that an emergency waits"),
        _STEP,
    ),
}
_BY_KIND: Final[Mapping[str, tuple[str, LineKind]]] = {
    "message.stuck": (message("Not taken for now (%(code)s); tried again"), _WARNING),
    "expiry_warning": (message("Preserved data end soon: %(days)s days left"), _WARNING),
    "lapse_notice": (message("Preservation has lapsed"), _WARNING),
}
_OTHER: Final = message("Event %(code)s")


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
        for event in detail.timeline
    )


def merged(*groups: Iterable[TimelineLine]) -> tuple[TimelineLine, ...]:
    """Return all lines in the order of time; of one moment in the order of events.

    Args:
        groups: Lines of messages, notes, drafts.
    """
    every = [line for group in groups for line in group]
    return tuple(sorted(every, key=lambda line: (line.at_ms, line.event)))


def without_text(lines: Sequence[TimelineLine]) -> tuple[TimelineLine, ...]:
    """Return lines without what people wrote, and without lines that say nothing else.

    Args:
        lines: For somebody who may not read content.
    """
    return tuple(line for line in lines if line.text is None)


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
    what, kind = _words(event, direction)
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


def _words(event: EventRow, direction: Direction) -> tuple[str, LineKind]:
    said = _SAID.get((event.kind, event.what)) or _BY_KIND.get(event.kind)
    if said is not None:
        return said
    steps = _RECEIVED if direction is _IN else _SENT
    if event.what in steps:
        is_end = event.what in {_S.REJECTED, _S.EXPIRED}
        return steps[event.what], _WARNING if is_end else _STEP
    return _OTHER, _STEP


def _values(event: EventRow) -> Iterator[tuple[str, object]]:
    if event.kind == "expiry_warning":
        yield "days", event.what.partition(" ")[0]
    elif event.kind == "message.stuck" or _words(event, _OUT)[0] is _OTHER:
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
