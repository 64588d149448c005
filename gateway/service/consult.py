"""What an officer looks up: lists, one message, a thread, the attempts to deliver. Changes nothing.

Reading here is no act and makes no receipt; opening is (gateway.service.act). A received message
shows its content only once an officer has opened it.
"""

from dataclasses import dataclass

from gateway.errors import DataError, NoInputError
from gateway.ports import Clock, Directory
from gateway.records import (
    Direction,
)
from gateway.rows import (
    AttemptRow,
    EventRow,
    MessageRow,
)
from gateway.service.case import Case, Cases
from gateway.service.clocks import StepClock, next_due_ms, step_clocks
from gateway.service.summary import Summary, document_of
from gateway.service.surroundings import meant
from gateway.store import Casebook
from protocol.cases.ladder import MessageState, reached
from protocol.delivery.urgency import Urgency
from protocol.encoding import Value
from protocol.envelope.content import Content, decode_inner
from protocol.errors import MalformedError
from protocol.identifiers import MessageId, NodeId
from protocol.requests.catalogue import TYPES

_URGENCY = {Urgency.P0: "emergency", Urgency.P1: "urgent"}


class NotOpenedError(DataError):
    """The content of a received message is asked for, and nobody has opened it."""

    default_code = "not_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """A message as a list shows it.

    Attributes:
        row: What the store knows of it.
        summary: What is known of its content; None before this node has opened it.
        party: The other side.
        party_name: What the directory calls it; the country code if it is not listed.
        clocks: The clocks of its ladder.
        due_ms: When the next step is due, None if no step is waited for.
    """

    row: MessageRow
    summary: Summary | None
    party: NodeId
    party_name: str
    clocks: tuple[StepClock, ...]
    due_ms: int | None

    @property
    def type(self) -> str | None:
        """The document's type, None before this node has opened it."""
        return None if self.summary is None else self.summary.type

    @property
    def urgency(self) -> str:
        """`routine`, `urgent` or `emergency`."""
        return _URGENCY.get(self.row.cls, "routine")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """One message with all that happened to it.

    Attributes:
        line: As in lists.
        timeline: Every event, oldest first.
        last_event: The number of the newest event, 0 if there is none: where to wait from.
    """

    line: MessageLine
    timeline: tuple[EventRow, ...]
    last_event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One attachment, by what its sender said of it."""

    index: int
    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The document of a message, as its author wrote it, and its attachments."""

    mid: MessageId
    sender: NodeId
    cls: Urgency
    document: dict[str, Value]
    files: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a message is where it is: every attempt to deliver it, oldest first."""

    line: MessageLine
    attempts: tuple[AttemptRow, ...]


class Consult:
    """Read-only views.

    Args:
        casebook: Messages, states, events.
        directory: Names of the other side.
        clock: The present time, for clocks.
    """

    __slots__ = ("_casebook", "_cases", "_clock", "_directory")

    def __init__(
        self, casebook: Casebook, directory: Directory, clock: Clock, *, cases: Cases
    ) -> None:
        self._casebook = casebook
        self._cases = cases
        self._directory = directory
        self._clock = clock

    async def messages(
        self, direction: Direction, *, limit: int, before: int | None = None
    ) -> tuple[MessageLine, ...]:
        """Return messages one way, newest first.

        Args:
            direction: Received or sent.
            limit: At most so many.
            before: Only those older than this position, as the store counts it.
        """
        rows = await self._casebook.messages(direction, limit=limit, before=before)
        return tuple(self._line(row) for row in rows)

    async def thread(self, thread: MessageId) -> tuple[MessageLine, ...]:
        """Return the messages of a thread in order of time.

        Raises:
            NoInputError: No message of such a thread is here.
        """
        rows = await self._casebook.thread(thread)
        if not rows:
            raise NoInputError(f"no thread {thread} is here", hint="see: a35 inbox, a35 outbox")
        return tuple(self._line(row) for row in rows)

    async def case(self, thread: MessageId) -> Case:
        """Return where the case of a thread stands now."""
        return await self._cases.case(thread)

    async def show(self, mid: MessageId) -> MessageDetail:
        """Return one message with its clocks and timeline.

        Raises:
            NoInputError: No such message is here.
        """
        timeline = await self._casebook.timeline((await self._row(mid)).sender, mid)
        # The state is read after the events: whoever waits for events above `last_event` must
        # not be shown a state that is older than it, or the last step would pass unseen.
        row = await self._row(mid)
        return MessageDetail(
            line=self._line(row),
            timeline=timeline,
            last_event=max((event.number for event in timeline), default=0),
        )

    async def content(self, mid: MessageId) -> MessageContent:
        """Return the document of a message that may be read.

        Raises:
            NoInputError: No such message is here, or its content was never readable.
            NotOpenedError: It was received and no officer has opened it.
        """
        row = await self._row(mid)
        if row.direction is Direction.IN and not reached(row.state, MessageState.OPENED):
            raise NotOpenedError(
                f"message {mid} has not been opened", hint=f"open it first: a35 open {mid}"
            )
        inner = await self._casebook.inner(row.sender, mid)
        if inner is None:
            raise NoInputError(f"no readable content of message {mid} is here")
        content = Content.decode(decode_inner(inner).content)
        return MessageContent(
            mid=mid,
            sender=row.sender,
            cls=row.cls,
            document=document_of(content),
            files=tuple(
                FileLine(
                    index=index,
                    name=entry.name,
                    media_type=entry.media_type,
                    size_bytes=entry.size_bytes,
                )
                for index, entry in enumerate(content.files)
            ),
        )

    async def explain(self, mid: MessageId) -> Explanation:
        """Return every attempt to deliver a message of ours.

        Raises:
            NoInputError: No such message is here.
        """
        row = await self._row(mid)
        return Explanation(line=self._line(row), attempts=await self._casebook.attempts(mid))

    async def _row(self, mid: MessageId) -> MessageRow:
        """Return the message that this id means.

        Raises:
            NoInputError: No such message is here.
        """
        row = meant(await self._casebook.message(mid))
        if row is None:
            raise NoInputError(f"no message {mid} is here", hint="see: a35 inbox, a35 outbox")
        return row

    def _line(self, row: MessageRow) -> MessageLine:
        summary = _summary(row.summary)
        party = row.recipient if row.direction is Direction.OUT else row.sender
        entry = self._directory.party(party.country)
        clocks = step_clocks(
            state=row.state,
            cls=row.cls,
            urgency="" if summary is None else summary.urgency,
            t_ms=row.t_ms,
            is_request=_is_request(row, summary),
            now_ms=self._clock.now_ms(),
        )
        return MessageLine(
            row=row,
            summary=summary,
            party=party,
            party_name=party.country if entry is None else entry.name,
            clocks=clocks,
            due_ms=next_due_ms(clocks),
        )


def _is_request(row: MessageRow, summary: Summary | None) -> bool:
    """Tell whether a person must acknowledge and answer it; unread: whether it opens a thread."""
    kind = None if summary is None else TYPES.get(summary.type)
    return row.re is None if kind is None else kind.is_request


def _summary(data: bytes | None) -> Summary | None:
    """Read a summary; one of a later version shows as not known, the message stays in its list."""
    if data is None:
        return None
    try:
        return Summary.decode(data)
    except MalformedError:
        return None
