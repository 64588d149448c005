"""A case as its page shows it: clocks with who must act, items, messages, what may be sent.

A pure reading of what the services give. `case_view` leaves out what a caller may not see: for an
auditor references, items and conditions, for an operator all but ids, states and peers.

Source: docs/desk.md, "Inbox and cases"; docs/cases.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from gateway.officer.adapters.languages import message
from gateway.officer.pages.inboxview import BoxRow, Sight, is_readable, rows_of
from gateway.officer.pages.tags import (
    CONDITIONS,
    DUES,
    ENDINGS,
    PHASES,
    STANDINGS,
    Tag,
    item_tag,
)
from gateway.service.case import Case
from gateway.service.clocks import POLICY
from gateway.service.shown import MessageLine
from protocol.cases.deadlines import Deadline, Due, Standing
from protocol.cases.items import Desired, Item
from protocol.cases.message import Side
from protocol.cases.objection import Objection
from protocol.cases.request import Request, WaitFor
from protocol.cases.state import Thread
from protocol.identifiers import MessageId
from protocol.requests.catalogue import TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One clock of a case.

    Attributes:
        name: What is due, an id of `ui`.
        tag: How the clock stands.
        due_ms: When it ends, ms since 1970 UTC; None for a clock without an end.
        item: The item that it is about; foreign; None for the request as a whole.
        ours: Whether this desk must act; None if both or nobody must.
        paused: Why it stands still, an id of `ui`; None if it does not.
        law: The provision that sets it, in its own words; None for policy.
        is_late: It is past and was not met.
        is_preservation: It counts down how long data are preserved.
    """

    name: str
    tag: Tag
    due_ms: int | None
    item: str | None
    ours: bool | None
    paused: str | None
    law: str | None
    is_late: bool
    is_preservation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetClock:
    """A clock that was met: `acknowledged in 3 min 30 s (target 1 h)`; both in milliseconds."""

    took_ms: int
    target_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionLine:
    """One condition on an item; `kind` is a code of the form, `text` is foreign."""

    kind: str
    text: str | None
    tag: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One item of a request.

    Attributes:
        item_id: Its name in the request; foreign; `*` for a request without items.
        category: The code of its data category; None if it has none.
        tag: How it stands.
        stop: The requesting side asked to stop it.
        until_ms: Until when its data are preserved; None where no clock runs.
        path: What was told of the communication's path, a code; None if nothing.
        conditions: All that were offered for it or came with its data.
    """

    item_id: str
    category: str | None
    tag: Tag
    stop: bool
    until_ms: int | None
    path: str | None
    conditions: tuple[ConditionLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One request of a case with its items; `reminders` counts those of both sides."""

    mid: str
    number: int | None
    type: str
    tag: Tag
    items: tuple[ItemLine, ...]
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEntry:
    """One message of a case: its number, its row, and why it has no effect if it has none."""

    number: int
    row: BoxRow
    out_of_order: Objection | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case.

    Attributes:
        thread: Its id, hexadecimal.
        reference: Of its first message; foreign; None if it has none or is not to be shown.
        party: Country and number of the other node.
        party_name: What the directory calls that Party; foreign.
        articles: The provisions of its requests in order, each once.
        handling: The strictest handling code of its messages; None if none is known.
        tag: How it stands; None while its first message is not here.
        ours: Whether this desk opened the case (asks); None if it is no side of it.
        is_emergency: A message of it was sent as an emergency.
        clocks: What is due.
        acknowledged: How long the first request waited for a person; None while it waits.
        requests: Those that were opened, with their items; none for who may not read content.
        messages: In the order of time.
        sendable: Types that this desk may send now.
    """

    thread: str
    reference: str | None
    party: str
    party_name: str
    articles: tuple[str, ...]
    handling: str | None
    tag: Tag | None
    ours: bool | None
    is_emergency: bool
    clocks: tuple[ClockLine, ...]
    acknowledged: MetClock | None
    requests: tuple[RequestLine, ...]
    messages: tuple[MessageEntry, ...]
    sendable: tuple[str, ...]


_PAUSED: Final[Mapping[tuple[WaitFor, bool], str]] = {
    (WaitFor.INFORMATION, True): message("we asked for information"),
    (WaitFor.INFORMATION, False): message("they asked for information"),
    (WaitFor.DETERMINATION, True): message("we asked for a determination"),
    (WaitFor.DETERMINATION, False): message("they asked for a determination"),
}
_STANDS_STILL: Final = message("a question is open")


def case_view(
    thread: MessageId,
    lines: Sequence[MessageLine],
    case: Case,
    *,
    seen: Mapping[MessageId, Sequence[str]],
    acknowledged_ms: int | None,
    sight: Sight,
) -> CaseView:
    """Return a case.

    Args:
        thread: Its id.
        lines: Its messages in the order of time; at least one.
        case: Where it stands now.
        seen: For each message who of this desk opened it.
        acknowledged_ms: When a person of the other side took the first request, ms since 1970
            UTC, as the timeline has it; None while nobody has.
        sight: How much the caller may see.
    """
    state, first = case.thread, lines[0]
    deadlines = () if sight is Sight.STATES else case.deadlines
    rows = rows_of(lines, seen=seen, sight=sight)
    numbers = {line.row.mid: number for number, line in enumerate(lines, start=1)}
    reasons = _out_of_order(state)
    readable = {line.row.mid for line in lines if is_readable(line)}
    return CaseView(
        thread=str(thread),
        reference=next((row.reference for row in rows if row.reference), None),
        party=str(first.party),
        party_name=first.party_name,
        articles=_articles(rows),
        handling=max((row.handling for row in rows if row.handling), default=None),
        tag=_tag(state),
        ours=None if case.side is None else case.side is Side.REQUESTING,
        is_emergency=any(row.is_emergency for row in rows),
        clocks=tuple(
            _clock(each, case, names_items=sight is Sight.CONTENT and each.request in readable)
            for each in deadlines
        ),
        acknowledged=None if sight is Sight.STATES else _met(first, acknowledged_ms),
        requests=tuple(_requests(state, numbers, readable)) if sight is Sight.CONTENT else (),
        messages=tuple(
            MessageEntry(
                number=numbers[line.row.mid], row=row, out_of_order=reasons.get(line.row.mid)
            )
            for line, row in zip(lines, rows, strict=True)
        ),
        sendable=case.sendable if sight is Sight.CONTENT else (),
    )


def _tag(state: Thread) -> Tag | None:
    if state.ending is not None:
        return ENDINGS[state.ending]
    return None if state.phase is None else PHASES[state.phase]


def _articles(rows: Sequence[BoxRow]) -> tuple[str, ...]:
    kinds = (TYPES.get(row.type or "") for row in rows)
    asked = (kind.article for kind in kinds if kind is not None and kind.is_request)
    return tuple(dict.fromkeys(article for article in asked if article))


def _met(first: MessageLine, acknowledged_ms: int | None) -> MetClock | None:
    if acknowledged_ms is None:
        return None
    budget = POLICY.of(first.row.cls)
    return MetClock(
        took_ms=max(0, acknowledged_ms - first.row.t_ms),
        target_ms=None if budget is None else budget.acknowledged_ms,
    )


def _clock(deadline: Deadline, case: Case, *, names_items: bool) -> ClockLine:
    return ClockLine(
        name=DUES[deadline.due],
        tag=STANDINGS[deadline.standing],
        due_ms=deadline.due_ms,
        item=deadline.item_id if names_items else None,
        ours=None if deadline.acts is None else deadline.acts is case.side,
        paused=_why_paused(deadline, case),
        law=None if deadline.law is None else deadline.law.shown,
        is_late=deadline.standing in {Standing.OVERDUE, Standing.LAPSED},
        is_preservation=deadline.due is Due.PRESERVATION,
    )


def _why_paused(deadline: Deadline, case: Case) -> str | None:
    """Return what was asked and by whom: while that is open, the clock stands still."""
    if deadline.standing is not Standing.PAUSED:
        return None
    request = case.thread.requests.get(deadline.request)
    open_ = () if request is None else tuple(wait for wait in request.waits if wait.suspended)
    if not open_:
        return _STANDS_STILL
    # Questions that stop a clock come from the requested side alone.
    return _PAUSED.get((open_[-1].what, case.side is Side.REQUESTED), _STANDS_STILL)


def _out_of_order(state: Thread) -> dict[MessageId, Objection]:
    return {
        entry.message.mid: entry.objection for entry in state.entries if entry.objection is not None
    }


def _requests(
    state: Thread, numbers: Mapping[MessageId, int], readable: AbstractSet[MessageId]
) -> Iterator[RequestLine]:
    """Yield the requests that were opened: this node reads the others, but nobody of the desk."""
    for request in state.requests.values():
        if request.mid not in readable:
            continue
        yield RequestLine(
            mid=str(request.mid),
            number=numbers.get(request.mid),
            type=request.type,
            tag=_request_tag(request),
            items=tuple(_item(item, readable) for item in request.items),
            reminders=sum(request.reminders),
        )


def _request_tag(request: Request) -> Tag:
    return PHASES[request.phase] if request.ending is None else ENDINGS[request.ending]


def _item(item: Item, readable: AbstractSet[MessageId]) -> ItemLine:
    kept = item.preservation
    return ItemLine(
        item_id=item.item_id,
        category=item.category,
        tag=item_tag(item.status),
        stop=item.desired is Desired.STOP,
        until_ms=kept.until_ms if kept is not None and kept.runs else None,
        path=item.path,
        conditions=tuple(
            ConditionLine(kind=each.kind, text=each.text, tag=CONDITIONS[each.state])
            for each in item.conditions
            if each.by in readable
        ),
    )
