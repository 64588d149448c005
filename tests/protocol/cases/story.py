"""A thread told message by message, by either side, for the tests of the cases."""

from typing import Final

from protocol.cases.facts import Asked, Facts, Nothing
from protocol.cases.fold import History, fold
from protocol.cases.items import Item
from protocol.cases.ladder import MessageState
from protocol.cases.message import CaseMessage, Side
from protocol.cases.request import Request
from protocol.cases.state import Entry, Thread
from protocol.identifiers import MessageId, NodeId
from tests.protocol.cases.instants import MINUTE_MS, START, ms
from tests.protocol.cases.words import items

FR: Final = NodeId("FR", 1)
RO: Final = NodeId("RO", 1)
JP: Final = NodeId("JP", 1)


def mid_of(number: int) -> MessageId:
    """Return the id of the n-th message."""
    return MessageId(number.to_bytes(16, "big"))


class Told:
    """A thread between France, which opened it, and Romania; a minute passes between messages."""

    def __init__(
        self,
        type: str = "preservation_request",  # noqa: A002
        asked: Asked | None = None,
        *,
        urgency: str = "routine",
        start: str = START,
    ) -> None:
        self.messages: list[CaseMessage] = []
        self.ladder: dict[MessageId, MessageState] = {}
        self.urgency = urgency
        self.now_ms = ms(start)
        self.opener = self.q(type, items("one", "two") if asked is None else asked)

    @property
    def last(self) -> MessageId:
        """Return the id of the last message."""
        return self.messages[-1].mid

    def q(
        self,
        type: str,  # noqa: A002
        facts: Facts | None = None,
        *,
        re: MessageId | None = None,
        supersedes: MessageId | None = None,
    ) -> MessageId:
        """Let the requesting side send; to the request unless it says otherwise."""
        return self._send(FR, type, facts, re=re, supersedes=supersedes)

    def a(
        self,
        type: str,  # noqa: A002
        facts: Facts | None = None,
        *,
        re: MessageId | None = None,
    ) -> MessageId:
        """Let the requested side send."""
        return self._send(RO, type, facts, re=re)

    def by(
        self,
        side: Side,
        type: str,  # noqa: A002
        facts: Facts | None = None,
        *,
        re: MessageId | None = None,
    ) -> MessageId:
        """Let one side send."""
        return (self.q if side is Side.REQUESTING else self.a)(type, facts, re=re)

    def at(self, instant: str) -> None:
        """Let time pass until an instant."""
        self.now_ms = ms(instant)

    def history(self) -> History:
        """Return what the requesting node holds."""
        return History(
            thread=self.messages[0].mid, messages=tuple(self.messages), ladder=self.ladder
        )

    def _send(
        self,
        sender: NodeId,
        type: str,  # noqa: A002
        facts: Facts | None,
        *,
        re: MessageId | None,
        supersedes: MessageId | None = None,
    ) -> MessageId:
        first = not self.messages
        if re is None and supersedes is None and not first:
            re = self.messages[0].mid
        mid = mid_of(len(self.messages) + 1)
        self.messages.append(
            CaseMessage(
                mid=mid,
                sender=sender,
                recipient=RO if sender == FR else FR,
                type=type,
                re=re,
                supersedes=supersedes,
                t_ms=self.now_ms,
                urgency=self.urgency,
                facts=Nothing() if facts is None else facts,
            )
        )
        self.now_ms += MINUTE_MS
        return mid


class Story(Told):
    """A told thread, and what the fold makes of it."""

    def thread(self, now: str | None = None) -> Thread:
        """Return the state, with the clock at an instant if one is given."""
        thread = fold(self.history())
        return thread if now is None else thread.at(ms(now))

    def request(self, mid: MessageId | None = None) -> Request:
        """Return a request as messages have it; the first one unless another is named."""
        return self.thread().requests[mid or self.opener]

    def item(self, name: str, request: MessageId | None = None) -> Item:
        """Return an item of a request."""
        return next(each for each in self.request(request).items if each.item_id == name)

    def states(self, request: MessageId | None = None) -> list[str]:
        """Return the states of the items of a request, as lists show them."""
        return [item.status for item in self.request(request).items]

    def phase(self) -> str:
        """Return the state of the thread."""
        return str(self.thread().phase)

    def entry(self, mid: MessageId | None = None) -> Entry:
        """Return the place of a message; the last one unless another is named."""
        wanted = mid or self.last
        return next(each for each in self.thread().entries if each.message.mid == wanted)

    def objection(self, mid: MessageId | None = None) -> str | None:
        """Return why a message has no effect, or None."""
        found = self.entry(mid).objection
        return None if found is None else str(found.reason)
