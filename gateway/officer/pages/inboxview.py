"""A message as a row of the inbox, the outbox and the list of what is closed.

A pure reading of what the services give; nothing here is escaped, and all that another Party wrote
is passed through the filter `foreign` by the template. What a caller may not see is taken away
before anything else (`Sight`).

Source: docs/desk.md, "Inbox and cases".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never

from gateway.officer.access import May, allows
from gateway.officer.adapters.languages import message
from gateway.officer.pages.tags import OVERDUE, Tag, state_tag
from gateway.people import Caller
from gateway.records import Direction
from gateway.service.clocks import ClockState, StepClock
from gateway.service.shown import MessageLine
from protocol.cases.ladder import MessageState, reached
from protocol.delivery.reference import code_of
from protocol.identifiers import MessageId
from protocol.requests.catalogue import TYPES

PAGE_ROWS: Final = 50


class Sight(StrEnum):
    """How much of a case somebody may see."""

    CONTENT = "content"
    LISTS = "lists"
    """Lists, timelines and clocks, without what a Party wrote: auditors."""
    STATES = "states"
    """Ids, states and peers alone: operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCell:
    """One clock of a message in a list.

    Attributes:
        name: What is waited for, an id of `ui`.
        due_ms: When it is due, ms since 1970 UTC.
        is_late: It is past and was not met.
        is_met: It was met: nothing is due any more.
    """

    name: str
    due_ms: int
    is_late: bool
    is_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """One row of a list of messages.

    Attributes:
        mid: Its id, hexadecimal.
        thread: The id of its case; None while it cannot be read here.
        code: Eight signs for the telephone.
        box: Received or sent.
        tags: How it stands, the most urgent word first.
        is_new: Nobody at this desk has opened it: shown bold.
        is_emergency: It was sent as an emergency.
        waits: Something is still to be done about it, here or there.
        acknowledge: Until when a person must acknowledge it; None where nobody must.
        answer: Until when it must be answered, likewise.
        due_ms: When the next step is due; None if no step is waited for.
        party: Country and number of the other node.
        party_name: What the directory calls that Party; foreign.
        type: The document's type; None if it is not known or not to be shown.
        article: Its provision, such as `29, 30`; empty for an act of procedure.
        reference: The sender's reference; foreign; None likewise.
        handling: Its handling code; None likewise.
        seen_by: Who of this desk opened it, in order of time.
        at_ms: When it was written.
        why: The code for which a node refused it; None where none did.
    """

    mid: str
    thread: str | None
    code: str
    box: Direction
    tags: tuple[Tag, ...]
    is_new: bool
    is_emergency: bool
    waits: bool
    acknowledge: ClockCell | None
    answer: ClockCell | None
    due_ms: int | None
    party: str
    party_name: str
    type: str | None
    article: str
    reference: str | None
    handling: str | None
    seen_by: tuple[str, ...]
    at_ms: int
    why: str | None


_NAMES: Final[Mapping[MessageState, str]] = {
    MessageState.ACCEPTED: message("Accepted by the other node"),
    MessageState.ACKNOWLEDGED: message("Acknowledgement"),
    MessageState.ANSWERED: message("Answer"),
}


def sight_of(caller: Caller) -> Sight:
    """Return how much of cases somebody may see.

    Args:
        caller: Who asks.
    """
    if allows(caller, May.READ_CONTENT):
        return Sight.CONTENT
    return Sight.LISTS if allows(caller, May.AUDIT) else Sight.STATES


def concealed(line: MessageLine, sight: Sight) -> MessageLine:
    """Return a line without what somebody may not see.

    Args:
        line: As the services give it.
        sight: Theirs.
    """
    match sight:
        case Sight.CONTENT:
            return line
        case Sight.LISTS:
            known = line.summary
            return replace(line, summary=None if known is None else replace(known, reference=None))
        case Sight.STATES:
            return replace(line, summary=None, clocks=(), due_ms=None, late=None)
        case _:
            assert_never(sight)


def row_of(line: MessageLine, *, seen_by: Sequence[str] = ()) -> BoxRow:
    """Return the row of one message.

    Args:
        line: As the services give it; already concealed for who may not read content.
        seen_by: Who of this desk opened it, as pages call them.
    """
    row, summary = line.row, line.summary
    clocks = {clock.step: _cell(clock) for clock in line.clocks}
    kind = None if summary is None else TYPES.get(summary.type)
    return BoxRow(
        mid=str(row.mid),
        thread=None if row.thread is None else str(row.thread),
        code=code_of(row.mid),
        box=row.direction,
        tags=_tags(line),
        is_new=is_new(line),
        is_emergency=line.urgency == "emergency",
        waits=line.due_ms is not None,
        acknowledge=clocks.get(MessageState.ACKNOWLEDGED),
        answer=clocks.get(MessageState.ANSWERED),
        due_ms=line.due_ms,
        party=str(line.party),
        party_name=line.party_name,
        type=None if summary is None else summary.type,
        article="" if kind is None else kind.article,
        reference=None if summary is None else summary.reference,
        handling=None if summary is None else summary.handling,
        seen_by=tuple(seen_by),
        at_ms=row.t_ms,
        why=row.why,
    )


def rows_of(
    lines: Sequence[MessageLine],
    *,
    seen: Mapping[MessageId, Sequence[str]],
    sight: Sight,
) -> tuple[BoxRow, ...]:
    """Return the rows of a list.

    Args:
        lines: In the order in which they are shown.
        seen: For each message who of this desk opened it.
        sight: How much the caller may see.
    """
    return tuple(
        row_of(concealed(line, sight), seen_by=seen.get(line.row.mid, ())) for line in lines
    )


def is_new(line: MessageLine) -> bool:
    """Tell whether a message waits for somebody of this desk to open it.

    Args:
        line: As the services give it.
    """
    row = line.row
    return row.direction is Direction.IN and row.state is MessageState.CONSIGNED


def is_readable(line: MessageLine) -> bool:
    """Tell whether people of this desk may read a message: it is ours, or somebody opened it.

    Args:
        line: As the services give it.
    """
    row = line.row
    return row.direction is Direction.OUT or reached(row.state, MessageState.OPENED)


def is_late(line: MessageLine) -> bool:
    """Tell whether a step of a message is overdue.

    Args:
        line: As the services give it.
    """
    return any(clock.state is ClockState.OVERDUE for clock in line.clocks)


def _tags(line: MessageLine) -> tuple[Tag, ...]:
    own = state_tag(line.row.state, line.row.direction)
    late = (OVERDUE,) if is_late(line) else ()
    return (*late, own)


def _cell(clock: StepClock) -> ClockCell | None:
    if clock.state is ClockState.VOID:
        return None
    return ClockCell(
        name=_NAMES[clock.step],
        due_ms=clock.due_ms,
        is_late=clock.state is ClockState.OVERDUE,
        is_met=clock.state is ClockState.MET,
    )
