"""From a case to the body of GET /threads/{id}: where it stands, its clocks, what may be sent."""

from collections.abc import Sequence

from gateway.officer.api.views import message_item
from gateway.officer.shapes.models import CaseClock, CaseEntry, ItemView, RequestView, ThreadView
from gateway.officer.shapes.moments import instant_or_none
from gateway.service.case import Case
from gateway.service.shown import MessageLine
from protocol.cases.deadlines import Deadline
from protocol.cases.items import Item
from protocol.cases.request import Request
from protocol.cases.state import Thread
from protocol.identifiers import MessageId


def thread_view(thread: MessageId, lines: Sequence[MessageLine], case: Case) -> ThreadView:
    """Return a case for an officer.

    Args:
        thread: Its id.
        lines: Its messages in order of time.
        case: Where it stands now.
    """
    state = case.thread
    reasons = _out_of_order(state)
    return ThreadView(
        thread=str(thread),
        state=None if state.phase is None else state.phase.value,
        ending=None if state.ending is None else state.ending.value,
        side=None if case.side is None else case.side.value,
        requests=tuple(_request(each) for each in state.requests.values()),
        clocks=tuple(_clock(each) for each in case.deadlines),
        sendable=case.sendable,
        items=tuple(
            CaseEntry(**dict(message_item(line)), out_of_order=reasons.get(line.row.mid))
            for line in lines
        ),
    )


def _out_of_order(thread: Thread) -> dict[MessageId, str]:
    return {
        entry.message.mid: entry.objection.text
        for entry in thread.entries
        if entry.objection is not None
    }


def _request(request: Request) -> RequestView:
    return RequestView(
        mid=str(request.mid),
        type=request.type,
        state=request.phase.value,
        items=tuple(_item(item) for item in request.items),
    )


def _item(item: Item) -> ItemView:
    kept = item.preservation
    until = kept.until_ms if kept is not None and kept.runs else None
    return ItemView(
        item_id=item.item_id,
        category=item.category,
        status=item.status,
        desired=str(item.desired),
        preserved_until=instant_or_none(until),
    )


def _clock(deadline: Deadline) -> CaseClock:
    return CaseClock(
        what=deadline.due.value,
        request=str(deadline.request),
        item_id=deadline.item_id,
        due=instant_or_none(deadline.due_ms),
        state=deadline.standing.value,
        acts=None if deadline.acts is None else deadline.acts.value,
        article=None if deadline.law is None else deadline.law.shown,
    )
