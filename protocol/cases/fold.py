"""The state of a thread from its whole history: the same at both nodes, whatever came first.

A late message makes the fold run anew; nothing is kept but the messages themselves and how far
each request travelled. A thread has few messages, and a fold of a hundred takes milliseconds.

Source: docs/domain.md, section 7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from protocol.cases.ladder import MessageState
from protocol.cases.message import CaseMessage
from protocol.cases.objection import Reason, objection
from protocol.cases.opening import taken_back
from protocol.cases.ordering import Ordered, ordered
from protocol.cases.phases import Phase, phase_of
from protocol.cases.request import Request
from protocol.cases.state import Change, Entry, Thread
from protocol.cases.thread import step
from protocol.identifiers import MessageId

_NO_LADDER: Final[dict[MessageId, MessageState]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that one node holds of a thread.

    Args:
        thread: Its id.
        messages: Sent and received, in any order, also more than once.
        ladder: How far the requests that this node sent have come; received ones are not
            named here.
    """

    thread: MessageId
    messages: tuple[CaseMessage, ...]
    ladder: Mapping[MessageId, MessageState] = field(default_factory=lambda: _NO_LADDER)


def fold(history: History) -> Thread:
    """Return the state of a thread.

    Args:
        history: All that this node holds of it.

    Returns:
        As messages have it; Thread.at lets the clock run on it. The same for the same set of
        messages, once all requests are known to be delivered.
    """
    order = ordered(history.thread, history.messages)
    folding = _Folding(history, order)
    for message in order.placed:
        folding.take(message)
    return folding.thread()


class _Folding:
    """One run; its dictionaries are its own until the thread is handed out."""

    def __init__(self, history: History, order: Ordered) -> None:
        self._ladder = history.ladder
        self._order = order
        self._requests: dict[MessageId, Request] = {}
        self._owners: dict[MessageId, MessageId] = {}
        self._entries: list[Entry] = []
        opening = order.opening
        self._thread = Thread(
            thread=history.thread,
            requesting=None if opening is None else opening.sender,
            requested=None if opening is None else opening.recipient,
            requests=self._requests,
            owners=self._owners,
        )

    def take(self, message: CaseMessage) -> None:
        """Apply the next message in order."""
        ladder = self._ladder.get(message.mid, MessageState.CONSIGNED)
        if ladder is MessageState.CANCELLED:
            self._put(message, self._taken_back(message))
            return
        self._put(message, step(self._thread, message, reach=phase_of(ladder)))

    def thread(self) -> Thread:
        """Return the state, with all messages in their places."""
        order = self._order
        rest = (
            *_without_effect(order.awaiting, Reason.AWAITED),
            *_without_effect(order.repeated, Reason.REPEATED_ID),
            *_without_effect(order.foreign, Reason.FOREIGN),
        )
        return replace(self._thread, entries=(*self._entries, *rest))

    def _taken_back(self, message: CaseMessage) -> Change:
        """Return what a message changes that its author cancelled: it closes what it opened."""
        if self._requests:
            return Change(objection=objection(Reason.CANCELLED))
        opened = step(self._thread, message, reach=Phase.SENT)
        requests = tuple(taken_back(request) for request in opened.requests)
        return replace(opened, requests=requests)

    def _put(self, message: CaseMessage, change: Change) -> None:
        for request in change.requests:
            self._requests[request.mid] = request
        owner = self._owner(message)
        if owner is not None:
            self._owners[message.mid] = owner
        if change.zone is not None:
            self._thread = replace(self._thread, zone=change.zone)
        self._entries.append(
            Entry(
                message=message,
                request=owner,
                objection=change.objection,
                passed_over=change.passed_over,
            )
        )

    def _owner(self, message: CaseMessage) -> MessageId | None:
        """Return the request that a message opened, or that what it replies to is about."""
        if message.mid in self._requests:
            return message.mid
        before = message.re or message.supersedes
        return None if before is None else self._owners.get(before)


def _without_effect(messages: Iterable[CaseMessage], reason: Reason) -> Iterable[Entry]:
    for message in messages:
        yield Entry(message=message, request=None, objection=objection(reason))
