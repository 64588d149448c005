"""What a node tells its own officers by itself: warnings before data lapse, and that they lapsed.

The notices of a moment follow from the thread and the clock. Each has a key that stays the same
until there is something new to say, so that a node tells it once, also after a restart: it
keeps the keys it has told. `next_notice_ms` says when to look again.

Source: docs/domain.md, sections 6.4, 7 and 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.cases.days import DAY_MS, days_left
from protocol.cases.items import Item
from protocol.cases.message import Side
from protocol.cases.phases import FINISHED, Phase
from protocol.cases.preservation import PreservationState
from protocol.cases.request import Asking, Request
from protocol.cases.state import Thread
from protocol.cases.terms import WARNING_DAYS
from protocol.identifiers import MessageId

SETS_A_CLOCK: Final = "preservation_report"
"""The one type that says until when data are preserved: without one in it, a thread has no notice
to tell, whatever else it holds."""

_FIRST_MS: Final = max(WARNING_DAYS) * DAY_MS
_LAST_REMINDER: Final = 99


class NoticeKind(StrEnum):
    """The two local events of section 6.4 that a clock makes; the names are reserved ones."""

    EXPIRY_WARNING = "expiry_warning"
    LAPSE_NOTICE = "lapse_notice"


class Action(StrEnum):
    """What an officer should do about it."""

    EXTEND_OR_FOLLOW_UP = "send an extension, or tell that the MLA request was sent"
    AWAIT_EXTENSION = "see that the extension is decided and reported in time"
    AWAIT_HOLD = "see that the arrival of the MLA request is confirmed in time"
    EXPECT_EXTENSION = "be ready for an extension, or ask whether the data are still needed"
    DECIDE_EXTENSION = "decide on the extension and report the new end"
    CONFIRM_HOLD = "confirm the arrival of the MLA request, so that the data are held"
    ASK_ANEW = "ask whether the data are still there, and for a new preservation"
    RELEASE_OR_REPORT = "report anew if the data are still there, else release them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One local notice.

    Args:
        kind: Warning or lapse.
        request: Under which the data are preserved.
        item_id: Which item.
        until_ms: The end of its preservation, ms since 1970 UTC.
        days_left: A begun day counts whole; 0 after the lapse.
        action: What to do.
        key: Stays the same until there is something new to say; distinct within a thread.
    """

    kind: NoticeKind
    request: MessageId
    item_id: str
    until_ms: int
    days_left: int
    action: Action
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefilled:
    """A document that is begun for an officer: its type, what it replies to, and its body."""

    type: str
    in_reply_to: MessageId
    urgency: str
    body: dict[str, int]


def notices_of(thread: Thread, side: Side, *, now_ms: int) -> tuple[Notice, ...]:
    """Return what is to be told now, if it was not told before.

    A lapse is told also in a closed case; warnings are not, since nothing is wanted any more.

    Args:
        thread: As messages have it; at whatever time.
        side: On which this node is.
        now_ms: The present, ms since 1970 UTC.

    Returns:
        At most one for each item whose data are preserved.
    """
    return tuple(_Notices(thread.at(now_ms), side, now_ms).all())


def next_notice_ms(thread: Thread, *, now_ms: int) -> int | None:
    """Return when there may next be something new to tell, if nothing is said meanwhile.

    Args:
        thread: As messages have it; at whatever time.
        now_ms: The present, ms since 1970 UTC.

    Returns:
        The earliest warning or end of preserved data after now; None when no clock runs on any.
    """
    moments = (
        moment
        for request in thread.at(now_ms).requests.values()
        for item in request.items
        for moment in _moments_ms(item)
    )
    return min((moment for moment in moments if moment > now_ms), default=None)


def reminder(request: Request, side: Side) -> Prefilled | None:
    """Return the next reminder of a request, ready to be looked over and sent.

    Args:
        request: Of a thread.
        side: Who would send it.

    Returns:
        None after the 99th.
    """
    sent = request.reminders[0 if side is Side.REQUESTING else 1]
    if sent >= _LAST_REMINDER:
        return None
    return Prefilled(
        type="reminder",
        in_reply_to=request.mid,
        urgency=request.urgency,
        body={"ordinal": sent + 1},
    )


class _Notices:
    """The notices of one thread at one moment."""

    def __init__(self, thread: Thread, side: Side, now_ms: int) -> None:
        self._thread = thread
        self._asks = side is Side.REQUESTING
        self._now_ms = now_ms

    def all(self) -> Iterator[Notice]:
        """Yield them, by request and item."""
        is_closed = self._thread.phase is Phase.CLOSED
        for request in self._thread.requests.values():
            for item in request.items:
                data = item.preservation
                until_ms = None if data is None else data.until_ms
                if data is None or until_ms is None:
                    continue
                if data.state is PreservationState.LAPSED:
                    yield self._lapse(request, item, until_ms)
                elif data.runs and not is_closed and until_ms - self._now_ms <= _FIRST_MS:
                    yield self._warning(request, item, until_ms, hold_asked=data.hold_asked)

    def _lapse(self, request: Request, item: Item, until_ms: int) -> Notice:
        return Notice(
            kind=NoticeKind.LAPSE_NOTICE,
            request=request.mid,
            item_id=item.item_id,
            until_ms=until_ms,
            days_left=0,
            action=Action.ASK_ANEW if self._asks else Action.RELEASE_OR_REPORT,
            key=_key(request, item, until_ms, "lapse"),
        )

    def _warning(self, request: Request, item: Item, until_ms: int, *, hold_asked: bool) -> Notice:
        left_ms = until_ms - self._now_ms
        stage = min(days for days in WARNING_DAYS if left_ms <= days * DAY_MS)
        return Notice(
            kind=NoticeKind.EXPIRY_WARNING,
            request=request.mid,
            item_id=item.item_id,
            until_ms=until_ms,
            days_left=days_left(until_ms, self._now_ms),
            action=self._action(request, item, hold_asked=hold_asked),
            key=_key(request, item, until_ms, str(stage)),
        )

    def _action(self, request: Request, item: Item, *, hold_asked: bool) -> Action:
        if hold_asked:
            return Action.AWAIT_HOLD if self._asks else Action.CONFIRM_HOLD
        if _is_extension_open(self._thread, request, item):
            return Action.AWAIT_EXTENSION if self._asks else Action.DECIDE_EXTENSION
        return Action.EXTEND_OR_FOLLOW_UP if self._asks else Action.EXPECT_EXTENSION


def _key(request: Request, item: Item, until_ms: int, stage: str) -> str:
    return f"{request.mid}/{item.item_id}/{until_ms}/{stage}"


def _is_extension_open(thread: Thread, request: Request, item: Item) -> bool:
    return any(
        each.asking is Asking.EXTENSION
        and each.base == request.mid
        and each.phase not in FINISHED
        and any(asked.item_id == item.item_id and not asked.is_over for asked in each.items)
        for each in thread.requests.values()
    )


def _moments_ms(item: Item) -> Iterator[int]:
    data = item.preservation
    if data is not None and data.runs and data.until_ms is not None:
        yield data.until_ms
        for days in WARNING_DAYS:
            yield data.until_ms - days * DAY_MS
