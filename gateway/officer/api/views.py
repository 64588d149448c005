"""From what the use cases return to the bodies of the API."""

from gateway.officer.api.lateviews import card_view, copy_view, lane_shape, late_view, stage_view
from gateway.officer.services import OpenedMessage
from gateway.officer.shapes.delivery import AttemptView, ExplainView
from gateway.officer.shapes.models import (
    ClockView,
    ContentView,
    Event,
    FileItem,
    LogRef,
    LogView,
    MessageItem,
    MessageView,
    TimelineEntry,
)
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.rows import (
    EventRow,
)
from gateway.service.prove import LogView as Log
from gateway.service.shown import Explanation, MessageContent, MessageDetail, MessageLine
from keys.digest import EMPTY_ROOT
from protocol.cases.ladder import MessageState
from protocol.delivery.reference import code_of, spoken


def message_item(line: MessageLine) -> MessageItem:
    """Return a message as lists show it."""
    row, summary = line.row, line.summary
    return MessageItem(
        mid=str(row.mid),
        code=code_of(row.mid),
        thread=None if row.thread is None else str(row.thread),
        type=line.type,
        party=str(line.party),
        party_name=line.party_name,
        state=row.state.value,
        due=instant_or_none(line.due_ms),
        urgency=line.urgency,
        reference=None if summary is None else summary.reference,
        handling=None if summary is None else summary.handling,
        at=instant(row.t_ms),
        late=None if line.late is None else late_view(line.late),
    )


def message_view(detail: MessageDetail) -> MessageView:
    """Return one message with clocks and timeline."""
    row = detail.line.row
    return MessageView(
        **dict(message_item(detail.line)),
        box=row.direction.value,
        sender=str(row.sender),
        recipient=str(row.recipient),
        re=None if row.re is None else str(row.re),
        expires=instant(row.exp_ms),
        why=row.why,
        clocks=tuple(
            ClockView(name=clock.step.value, due=instant(clock.due_ms), state=clock.state.value)
            for clock in detail.line.clocks
        ),
        timeline=tuple(map(timeline_entry, detail.timeline)),
        event=detail.last_event,
        spoken=spoken(row.mid),
        stages=tuple(map(stage_view, detail.stages)),
        advice=detail.advice,
        card=None if detail.card is None else card_view(detail.card),
        copies=tuple(map(copy_view, detail.copies)),
        copy_of=None if detail.copy_of is None else str(detail.copy_of),
    )


def timeline_entry(row: EventRow) -> TimelineEntry:
    """Return one thing that happened to a message."""
    return TimelineEntry(at=instant(row.at_ms), what=row.what, by=row.by, log=_log(row))


def content_view(content: MessageContent, state: MessageState) -> ContentView:
    """Return the document of a message that may be read."""
    return ContentView(
        mid=str(content.mid),
        state=state.value,
        document=dict(content.document),
        files=tuple(
            FileItem(
                index=each.index,
                name=each.name,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                sha256=each.digest.hex(),
            )
            for each in content.files
        ),
    )


def opened_view(opened: OpenedMessage) -> ContentView:
    """Return what an officer sees after opening."""
    return ContentView(
        mid=str(opened.row.mid),
        state=opened.row.state.value,
        document=dict(opened.document),
        files=tuple(
            FileItem(
                index=each.index,
                name=each.name,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                sha256=each.digest.hex(),
            )
            for each in opened.files
        ),
    )


def explain_view(explanation: Explanation) -> ExplainView:
    """Return why a message is where it is."""
    row = explanation.line.row
    return ExplainView(
        mid=str(row.mid),
        state=row.state.value,
        why=row.why,
        attempts=tuple(
            AttemptView(
                at=instant(each.at_ms),
                kind=each.kind.value,
                what=each.what,
                outcome=each.outcome,
                next=instant_or_none(each.next_ms),
            )
            for each in explanation.attempts
        ),
        next=instant_or_none(explanation.next_ms),
        lane=None if explanation.way is None else lane_shape(explanation.way),
        stages=tuple(map(stage_view, explanation.stages)),
        sentences=explanation.sentences,
    )


def event_view(row: EventRow) -> Event:
    """Return one event: ids and states only."""
    return Event(
        id=row.number,
        event=row.kind,
        at=instant(row.at_ms),
        mid=None if row.mid is None else str(row.mid),
        thread=None if row.thread is None else str(row.thread),
        what=row.what,
        by=row.by,
        log=_log(row),
    )


def log_view(log: Log) -> LogView:
    """Return the newest signed head of our log; that of an empty one if none was signed."""
    if log.head is None:
        return LogView(origin=str(log.origin), size=0, root=EMPTY_ROOT.hex())
    return LogView(origin=str(log.head.origin), size=log.head.size, root=log.head.root.hex())


def _log(row: EventRow) -> LogRef | None:
    if row.origin is None or row.index is None:
        return None
    return LogRef(origin=row.origin, index=row.index)
