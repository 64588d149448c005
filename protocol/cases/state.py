"""The state of one thread, as both nodes compute it, and what one message changes in it.

Values only; how a message changes them is protocol.cases.thread, over the whole history
protocol.cases.fold.

Source: docs/domain.md, section 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Objection
from protocol.cases.phases import FINISHED, Ending, Phase
from protocol.cases.request import Request, ending_of, on_the_clock
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in its place in the thread.

    Args:
        message: The message.
        request: The request that it is about, or that it opens; None when there is none.
        objection: Why it has no effect, or None when it is in order.
        passed_over: Items that it names and that could not take what it says.
    """

    message: CaseMessage
    request: MessageId | None
    objection: Objection | None = None
    passed_over: tuple[str, ...] = ()

    @property
    def is_in_order(self) -> bool:
        """Tell whether it has its effect."""
        return self.objection is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The state of one thread.

    Args:
        thread: Its id, the id of its first message.
        requesting: The node that opened it; None while its first message is not here.
        requested: The other node.
        requests: Its requests in order, by their ids; the values are replaced, not changed.
        owners: For each message in order the request that it is about.
        entries: Its messages in order; at the end those that wait for an earlier one.
        zone: The time zone of the requested desk, as it said last.
    """

    thread: MessageId
    requesting: NodeId | None = None
    requested: NodeId | None = None
    requests: Mapping[MessageId, Request] = field(default_factory=dict)
    owners: Mapping[MessageId, MessageId] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    zone: str | None = None

    @property
    def current(self) -> Request | None:
        """Return the request that the thread's state is that of.

        The newest that is not finished; else the newest that was executed; else the newest.
        """
        known = [each for each in self.requests.values() if each.superseded_by is None]
        unfinished = [each for each in known if each.phase not in FINISHED]
        executed = [each for each in known if each.phase is Phase.EXECUTED]
        ranked = unfinished or executed or known
        return ranked[-1] if ranked else None

    @property
    def phase(self) -> Phase | None:
        """Return its state; None while its first message is not here."""
        return None if self.current is None else self.current.phase

    @property
    def ending(self) -> Ending | None:
        """Return why it is closed, or None while it is not."""
        if self.phase is not Phase.CLOSED:
            return None
        return ending_of(tuple(item for each in self.requests.values() for item in each.items))

    def side_of(self, node: NodeId) -> Side | None:
        """Return which side a node is on.

        Args:
            node: Any.

        Returns:
            None for a node that is no side of this thread.
        """
        if node == self.requesting:
            return Side.REQUESTING
        return Side.REQUESTED if node == self.requested else None

    def request_of(self, mid: MessageId | None) -> Request | None:
        """Return the request that a message of this thread is about.

        Args:
            mid: Of a message; None for none.

        Returns:
            None when the message is not here, or about no request.
        """
        owner = None if mid is None else self.owners.get(mid)
        return None if owner is None else self.requests.get(owner)

    def at(self, now_ms: int) -> "Thread":
        """Return the thread as the clock has it: what lapsed by now is lapsed.

        Args:
            now_ms: The moment, ms since 1970 UTC.
        """
        requests = {mid: on_the_clock(each, now_ms) for mid, each in self.requests.items()}
        return replace(self, requests=requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message in front of its thread: what an effect looks at.

    Args:
        thread: As it stands.
        message: What comes.
        side: Of whom.
        request: What it is about, on the clock at the message's time.
        kept: The request whose data are preserved, likewise; often the same, or None.
    """

    thread: Thread
    message: CaseMessage
    side: Side
    request: Request
    kept: Request | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one message does: requests that are new or other than before.

    Args:
        requests: They replace those of the same id.
        objection: Why there is no effect; then `requests` holds no more than what any message
            of the requested side implies (that it was delivered).
        passed_over: Items that it names and that could not take what it says.
        zone: The requested desk's time zone, if the message tells it.
    """

    requests: tuple[Request, ...] = ()
    objection: Objection | None = None
    passed_over: tuple[str, ...] = ()
    zone: str | None = None
