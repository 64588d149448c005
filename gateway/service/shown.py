"""What an officer is shown of messages: lines of lists, one message with its story, a content."""

from dataclasses import dataclass
from typing import Final

from gateway.lateness import CopyRow, EscalationRow
from gateway.rows import AttemptRow, EventRow, MessageRow
from gateway.service.advice import Card, Late, Said
from gateway.service.clocks import StepClock
from gateway.service.summary import Summary
from gateway.service.ways import Way
from protocol.delivery.urgency import Urgency
from protocol.encoding import Value
from protocol.identifiers import MessageId, NodeId

_URGENCY: Final = {Urgency.P0: "emergency", Urgency.P1: "urgent"}


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
        late: How late it is, None before the first stage of its escalation.
    """

    row: MessageRow
    summary: Summary | None
    party: NodeId
    party_name: str
    clocks: tuple[StepClock, ...]
    due_ms: int | None
    late: Late | None

    @property
    def type(self) -> str | None:
        """The document's type, None before this node has opened it."""
        return None if self.summary is None else self.summary.type

    @property
    def urgency(self) -> str:
        """`routine`, `urgent` or `emergency`, as its author said; by its class until that is known.

        What preserves data travels with what is urgent, whatever its author said.
        """
        said = "" if self.summary is None else self.summary.urgency
        return said or _URGENCY.get(self.row.cls, "routine")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """One message with all that happened to it.

    Attributes:
        line: As in lists.
        timeline: Every event, oldest first.
        last_event: The number of the newest event, 0 if there is none: where to wait from.
        stages: What was told of it because it was late, in order.
        card: Whom to call about a late message of ours; None where nothing is late.
        advice: What an officer should know and do about a late message, in English sentences.
        said: The same by code and values, for pages in other languages.
        copies: The pair of message and copy that it belongs to, if to one.
        copy_of: The message that a received one is a copy of, as its opened content says.
    """

    line: MessageLine
    timeline: tuple[EventRow, ...]
    last_event: int
    stages: tuple[EscalationRow, ...] = ()
    card: Card | None = None
    advice: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    copies: tuple[CopyRow, ...] = ()
    copy_of: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One attachment, by what its sender said of it."""

    index: int
    name: str
    media_type: str
    size_bytes: int
    digest: bytes


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
    """Why a message is where it is.

    Attributes:
        line: As in lists.
        attempts: Every attempt to deliver it, the oldest first.
        stages: What was told because it was late, in order.
        way: To its addressee; None if it was received.
        next_ms: When it is tried next, if it waits and that is known.
        sentences: The same for people, with what would end it.
    """

    line: MessageLine
    attempts: tuple[AttemptRow, ...]
    stages: tuple[EscalationRow, ...]
    way: Way | None
    next_ms: int | None
    sentences: tuple[str, ...]
