"""What lists of messages are made from: each message in a few words, without its content.

Values, and the part of the store port that gives them. An outline opens nothing: thousands are
read to find the fifty that a page shows, and only these are read whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.records import Direction
from gateway.rows import MessageRow
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId


class Box(StrEnum):
    """The lists of messages."""

    INBOX = "inbox"
    """Received, and neither answered nor put away."""
    OUTBOX = "outbox"
    """Sent, likewise."""
    CLOSED = "closed"
    """Both, answered, ended otherwise, or put away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A message in a few words.

    Attributes:
        number: Names it inside this store.
        direction: Received or sent.
        party: The other node.
        is_reply: It replies to another message.
        cls: How it is carried.
        state: How far it got.
        t_ms: When it was written, ms since 1970 UTC.
        is_filed: This desk put its case away, and nothing came after that.
    """

    number: int
    direction: Direction
    party: NodeId
    is_reply: bool
    cls: Urgency
    state: MessageState
    t_ms: int
    is_filed: bool


class BoxReads(Protocol):
    """What lists are made from."""

    async def outlines(self, box: Box, *, limit: int) -> tuple[Outline, ...]:
        """Return the messages of a list, the newest first."""

    async def boxes_version(self) -> tuple[int, ...]:
        """Return what changes whenever an outline does; cheap."""

    async def summaries(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return the opened summaries of some messages; one that has none is left out."""

    async def messages_of(self, numbers: Sequence[int]) -> tuple[MessageRow, ...]:
        """Return messages whole, in the order of the numbers; one that is gone is left out."""
